"""`mingchu detect`: one look per picture, in the order given; what is no picture is told and passed over."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from vision.catalogue import Place, load_catalogue
from vision.commands.composing import load_sight
from vision.detectors.look import annotate, look_at
from vision.detectors.picture import Picture, open_picture
from vision.errors import PictureError
from vision.picture_file import SUFFIXES, pictures_in
from vision.recording.snapshot import jpeg
from vision.recording.writing import write_whole
from vision.scene import ZoneType

BAD_INPUT = 2


def detect(
    images: Annotated[list[Path], typer.Argument(help="Pictures (JPEG, PNG, WebP, BMP) or folders of them.")],
    zone: Annotated[ZoneType, typer.Option(help="What the pictures show; the law depends on it.")] = ZoneType.OTHER,
    drawn: Annotated[
        Path | None, typer.Option("--annotate", help="Write NAME.annotated.jpg with boxes into this folder.")
    ] = None,
    model: Annotated[str, typer.Option(help="Detector: name in models/ or a folder.")] = "detector",
    *,
    json_: Annotated[bool, typer.Option("--json", help="The whole look as one line of JSON.")] = False,
) -> None:
    """Look once at each picture."""
    paths = [path for each in images for path in _listed(each)]
    sight, catalogue, place = load_sight(model), load_catalogue(), Place(zone)
    looked: Counter[str] = Counter()
    for path in paths:
        picture = _opened(path)
        if picture is not None:
            look = look_at(picture, sight.detector, sight.wear, catalogue, place)
            sys.stdout.write((json.dumps(look, ensure_ascii=False) if json_ else _sentence(path, look)) + "\n")
            looked[path.name] += 1
            if drawn is not None:
                write_whole(drawn / _name(path, looked), jpeg(annotate(picture.image, look)))
    if looked.total() < len(paths):
        raise typer.Exit(BAD_INPUT)


def _listed(path: Path) -> list[Path]:
    """Return the pictures of a folder, or the path itself."""
    if not path.is_dir():
        return [path]
    try:
        paths = pictures_in(path)
    except OSError as error:
        raise PictureError(str(path), str(path), f"a folder that can be listed ({error.strerror})") from error
    if not paths:
        raise PictureError(str(path), "a folder without pictures", f"one with {', '.join(sorted(SUFFIXES))}")
    return paths


def _opened(path: Path) -> Picture | None:
    """Return the picture, or tell in one line why there is none: one bad file does not cost the looks at the others."""
    try:
        return open_picture(path, str(path))
    except PictureError as error:
        sys.stderr.write(f"mingchu: {error}\n")
        return None


def _name(path: Path, looked: Counter[str]) -> str:
    """Return how the annotated copy is called; pictures of the same name from several folders are numbered."""
    number = f"-{looked[path.name]}" if looked[path.name] > 1 else ""
    return f"{path.name}{number}.annotated.jpg"


def _sentence(path: Path, look: dict[str, Any]) -> str:
    kinds = ", ".join(violation["kind"] for violation in look["violations"]) or "no violation"
    return f"{path}: {len(look['persons'])} persons, {len(look['objects'])} objects; {kinds}"
