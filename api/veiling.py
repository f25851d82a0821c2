"""What of a live picture anybody may see without the viewing register: no face that a model finds, or only blocks."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np

from api.detecting.bodies import Wishes
from api.detecting.service import Detecting
from api.errors import ProblemError
from vision.errors import MingchuError
from vision.frames import Image
from vision.recording.snapshot import coarsened, face_areas, jpeg

MOST_WIDTH_PX = 1280
COLUMNS = 48
"""Of blocks across a picture that no model has looked at: a face a third as wide as the picture keeps 16."""
WITHIN_S = 6.0
"""For the models, which may have to be loaded first."""


@dataclass(frozen=True, slots=True)
class Veiled:
    """A picture that shows nobody."""

    jpeg: bytes
    blurred: Literal["heads", "whole"]
    """heads: each head that the detector found; whole: the models could not look, so everything is coarse."""


async def veiled(image: Image, detecting: Detecting) -> Veiled:
    """Return a live picture as it may be shown: at most `MOST_WIDTH_PX` wide, heads blurred as in evidence.

    Without the models' answer nobody knows where faces are: then the whole picture is coarse (decision 0007).
    """
    small = await detecting.aside(_fitted, image)
    try:
        look = await asyncio.wait_for(_looked(small, detecting), WITHIN_S)
    except (MingchuError, ProblemError, TimeoutError):
        return Veiled(await detecting.aside(_coarse, small), "whole")
    return Veiled(await detecting.aside(_without_heads, small, look["persons"]), "heads")


async def _looked(image: Image, detecting: Detecting) -> dict[str, Any]:
    content = await detecting.aside(jpeg, image)
    with detecting.seats(), detecting.holding() as held:
        held.take(len(content))
        return await detecting.look(content, Wishes(), held)


def _without_heads(image: Image, persons: list[dict[str, Any]]) -> bytes:
    if not persons:
        return jpeg(image)
    nowhere = [np.nan] * 4
    bodies = np.array([person["box"] for person in persons], np.float32)
    heads = np.array([person["head"] or nowhere for person in persons], np.float32)
    return jpeg(coarsened(image, face_areas(bodies, heads, (image.shape[0], image.shape[1]))))


def _coarse(image: Image) -> bytes:
    height, width = image.shape[:2]
    rows = max(1, round(COLUMNS * height / width))
    blocks = cv2.resize(image, (COLUMNS, rows), interpolation=cv2.INTER_AREA)
    return jpeg(np.asarray(cv2.resize(blocks, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8))


def _fitted(image: Image) -> Image:
    height, width = image.shape[:2]
    if width <= MOST_WIDTH_PX:
        return image
    size = MOST_WIDTH_PX, max(1, round(height * MOST_WIDTH_PX / width))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
