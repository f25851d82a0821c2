"""`mingchu dataset …`: what the labelled sets hold, and what supervisors judged, as pictures to learn from."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from vision.errors import ConfigError
from vision.reviewed.fetching import export as fetch
from vision.reviewed.formats import FORMATS
from vision.training.sources import Source, pictures, read_sources

dataset_app = typer.Typer(no_args_is_help=True, help="Data: check and count the labelled sets, export reviewed events.")

Data = Annotated[Path, typer.Option(help="Folder of the labelled sets.")]
Manifests = Annotated[Path, typer.Option(help="Folder of the sets' manifests.")]
DATA, MANIFESTS = Path("../shared/data"), Path("datasets")
SPLITS = ("train", "val", "test")


@dataset_app.command("stats")
def stats(data: Data = DATA, manifests: Manifests = MANIFESTS) -> None:
    """Read every entry of every set, refuse a wrong one with its file and line, and count what there is."""
    table = Table("set", "label", *SPLITS, "licence")
    for source in read_sources(manifests):
        for row in _counted(source, data):
            table.add_row(source.name, *row, source.licence)
    Console(soft_wrap=True).print(table)


@dataset_app.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="Folder to write into; must not exist.")],
    api: Annotated[str, typer.Option(help="Address of the API.")],
    key: Annotated[str, typer.Option(envvar="MINGCHU_KEY", help="A key that may read events and unblurred media.")],
    form: Annotated[str, typer.Option("--format", help=" ".join(FORMATS))] = "coco",
) -> None:
    """Write the reviewed events with their snapshots: confirmed, confirmed negatives, and doubts to be ignored."""
    if form not in FORMATS:
        raise ConfigError("format", form, ", ".join(FORMATS))
    if out.exists():
        raise ConfigError("out", str(out), "a folder that does not exist yet")
    with httpx.Client(base_url=api, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        written = fetch(client, form, out)
    typer.echo(", ".join(f"{count} {verdict}" for verdict, count in written.items()))


def _counted(source: Source, data: Path) -> Iterator[tuple[str, ...]]:
    counts: Counter[tuple[str, str]] = Counter()
    for picture in pictures(source, data):
        counts["pictures", picture.split] += 1
        for box in picture.boxes:
            counts[box.label, picture.split] += 1
    for label in sorted({label for label, _ in counts}, key=lambda name: (name != "pictures", name)):
        yield label, *(str(counts[label, split]) for split in SPLITS)
