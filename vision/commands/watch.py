"""`mingchu watch`: looks at a file, URL, folder of pictures or camera without any server."""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from vision.catalogue import Catalogue, load_catalogue
from vision.clock import SystemClock
from vision.commands.composing import Sightedness, load_sight
from vision.config import CameraConfig, ZoneConfig
from vision.path import CameraPath, line_for
from vision.recording.folder import FolderOutbox
from vision.recording.manifest import ManifestChain
from vision.recording.recorder import Desk
from vision.scene import ZoneType
from vision.sources.opening import open_source
from vision.watching import watch_through

Print = Callable[[dict[str, Any]], None]


def watch(
    source: Annotated[str, typer.Argument(help="File, URL (rtsp://, http://), folder of pictures, camera index.")],
    out: Annotated[Path | None, typer.Option(help="Keep snapshot, clip and manifest of every event here.")] = None,
    zone: Annotated[ZoneType, typer.Option(help="What the camera sees; the law depends on it.")] = ZoneType.OTHER,
    interval: Annotated[float, typer.Option(help="Seconds between looks.", min=0.04, max=3600)] = 2.0,
    model: Annotated[str, typer.Option(help="Detector: name in models/ or a folder.")] = "detector",
    *,
    json_: Annotated[bool, typer.Option("--json", help="One event body per line on stdout.")] = False,
) -> None:
    """Look at a source to its end and tell every violation that opens and closes."""
    camera = CameraConfig(id=_camera_id(source), source=source, zones=(ZoneConfig(type=zone),), interval_s=interval)
    sight, catalogue = load_sight(model), load_catalogue()
    tell = _tell_json if json_ else _tell_people(catalogue)
    with tempfile.TemporaryDirectory(prefix=".mingchu-", dir=_beside(out)) as scratch:
        _watch(camera, sight, _desk(out or Path(scratch, "out"), Path(scratch), tell, (sight, catalogue)))


def _watch(camera: CameraConfig, sight: Sightedness, desk: Desk) -> None:
    with open_source(camera, clock=SystemClock()) as opened, _bar() as bar:
        task = bar.add_task(str(camera.source), total=None)
        path = CameraPath(camera, opened, line_for(camera, desk.catalogue, sight.abilities), desk)
        tally = watch_through(opened, path, sight.eyes, lambda pts_s: bar.update(task, completed=pts_s))
        bar.update(task, description=f"{tally.looks} looks, {tally.opened} violations")


def _desk(out: Path, scratch: Path, tell: Print, asked: tuple[Sightedness, Catalogue]) -> Desk:
    sight, catalogue = asked
    staging = scratch / "staging"
    staging.mkdir()
    models = (sight.detector.model, *sight.wear.models)
    chain = ManifestChain(scratch / "chain.json", "watch")
    return Desk("watch", FolderOutbox(out, tell), catalogue, models, chain, staging)


def _beside(out: Path | None) -> Path | None:
    """Return a folder on the disk of OUT, so that evidence is moved there and not copied."""
    if out is None:
        return None
    return next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.is_dir())


def _camera_id(source: str) -> str:
    stem = Path(source.rstrip("/").partition("?")[0]).stem if "://" not in source else "camera"
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in stem)[:64] or "camera"


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f} s"), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _tell_json(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _tell_people(catalogue: Catalogue) -> Print:
    console = Console(highlight=False)

    def tell(event: dict[str, Any]) -> None:
        data, phase = event["data"], event["type"].rpartition(".")[2]
        kind = catalogue.kinds[data["kind"]]
        when_s = data["ended_pts_s"] if phase == "closed" else data["opened_pts_s"]
        if phase != "updated":
            console.print(f"{when_s:8.1f} s  {phase:6}  {data['tier']:3}  {kind.zh} {kind.name}  {data['subject']}")

    return tell
