"""`mingchu model …`: which models are here and whose terms they carry; measure, train and promote them."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vision.detectors.manifest import ModelManifest, find_models, models_root
from vision.errors import ConfigError
from vision.measuring.accuracy import measure
from vision.measuring.comparison import promote
from vision.measuring.held_out import held_out

model_app = typer.Typer(no_args_is_help=True, help="Models: list, evaluate, and (extra `train`) train and promote.")

Data = Annotated[Path, typer.Option(help="Folder of the labelled sets.")]
Manifests = Annotated[Path, typer.Option(help="Folder of the sets' manifests.")]
DATA, MANIFESTS = Path("../shared/data"), Path("datasets")


@model_app.command("list")
def list_models(
    models: Annotated[Path | None, typer.Option(help="Folder of model folders; default: the shipped ones.")] = None,
) -> None:
    """Show every model that can be used here, its hash checked."""
    table = Table("name", "version", "task", "head", "finds", "licence", "sha256")
    for manifest in find_models(models):
        table.add_row(*_row(manifest))
    Console().print(table)


@model_app.command("evaluate")
def evaluate(
    split: Annotated[str, typer.Option(help="val or test; test is looked at once per release.")] = "val",
    data: Data = DATA,
    manifests: Manifests = MANIFESTS,
    models: Annotated[Path | None, typer.Option(help="Folder of model folders; default: the shipped ones.")] = None,
) -> None:
    """Measure every model on the held-out pictures and print the figures as JSON."""
    if split not in {"val", "test"}:
        raise ConfigError("split", split, "val, test")
    typer.echo(json.dumps(measure(find_models(models), manifests, data, split), indent=1))


@model_app.command("train")
def train(
    name: Annotated[str, typer.Argument(help="detector, wear or clothing.")],
    work: Annotated[Path, typer.Option(help="Folder for index, crops and kept states, outside the repository.")],
    data: Data = DATA,
    manifests: Manifests = MANIFESTS,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps; default: as the shipped model's recipe.")] = None,
    reviewed: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Folder of `dataset export --format coco`; fine-tunes the shipped weights on it."),
    ] = None,
) -> None:
    """Train a model from the labelled sets, or fine-tune it on reviewed events; run again to go on after a stop."""
    try:
        from vision.training.recipes import Bench  # noqa: PLC0415  # torch comes with the extra `train` only
        from vision.training.recipes import train as follow  # noqa: PLC0415  # the same
    except ImportError as missing:
        raise ConfigError("model train", str(missing.name), "an installation with the extra `train`") from missing
    typer.echo(follow(name, Bench(manifests, data, work, reviewed or ()), steps))


@model_app.command("promote")
def promote_model(
    candidate: Annotated[Path, typer.Argument(help="Folder of a trained model, named as the one it replaces.")],
    data: Data = DATA,
    manifests: Manifests = MANIFESTS,
    split: Annotated[str, typer.Option(help="Held-out pictures on which both are measured.")] = "val",
) -> None:
    """Put a trained model in the place of the shipped one, unless it is worse on the same pictures."""
    figures = promote(candidate, models_root() / candidate.resolve().name, held_out(manifests, data, split))
    typer.echo(json.dumps(figures, indent=1))


def _row(manifest: ModelManifest) -> tuple[str, ...]:
    finds = ", ".join(manifest.classes) or ", ".join(manifest.outputs)
    return (
        manifest.name, manifest.version, manifest.task, manifest.head, finds, manifest.licence, manifest.sha256[:12]
    )  # fmt: skip
