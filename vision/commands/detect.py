"""`mingchu detect`: one look per picture, as JSON lines in the order given."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import cv2
import typer

from vision.catalogue import Place, load_catalogue
from vision.commands.composing import load_sight
from vision.detectors.look import annotate, look_at
from vision.detectors.picture import Picture, open_picture
from vision.scene import ZoneType


def detect(
    images: Annotated[list[Path], typer.Argument(help="Pictures: JPEG, PNG, WebP or BMP.")],
    zone: Annotated[ZoneType, typer.Option(help="What the pictures show; the law depends on it.")] = ZoneType.OTHER,
    drawn: Annotated[
        Path | None, typer.Option("--annotate", help="Write pictures with boxes into this folder.")
    ] = None,
    model: Annotated[str, typer.Option(help="Detector: name in models/ or a folder.")] = "detector",
    *,
    json_: Annotated[bool, typer.Option("--json", help="The whole look as one line of JSON.")] = False,
) -> None:
    """Look once at each picture."""
    sight, catalogue, place = load_sight(model), load_catalogue(), Place(zone)
    for path in images:
        picture = open_picture(path, str(path))
        look = look_at(picture, sight.detector, sight.wear, catalogue, place)
        sys.stdout.write((json.dumps(look, ensure_ascii=False) if json_ else _sentence(path, look)) + "\n")
        if drawn is not None:
            _draw(drawn / f"{path.stem}.jpg", picture, look)


def _sentence(path: Path, look: dict[str, Any]) -> str:
    kinds = ", ".join(violation["kind"] for violation in look["violations"]) or "no violation"
    return f"{path}: {len(look['persons'])} persons, {len(look['objects'])} objects; {kinds}"


def _draw(path: Path, picture: Picture, look: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), annotate(picture.image, look))
