"""Pictures of the moment: as the camera saw it, with the finding drawn in, and with every head made unrecognisable."""

from collections.abc import Iterator
from datetime import datetime

import cv2
import numpy as np

from vision.errors import StorageError
from vision.events import Opened
from vision.frames import Image
from vision.geometry import Boxes, clipped, expanded
from vision.scene import Scene

JPEG_QUALITY = 92
HEAD_SCALE = 1.3
"""Head boxes end at the hairline; ears, chin and a wrong pixel or two must go as well."""
BLOCKS = 5
"""A blurred head keeps at most 5 × 5 colours: nothing can bring a face back from 75 numbers."""

RED, WHITE, BLACK = (48, 48, 230), (255, 255, 255), (0, 0, 0)


def jpeg(image: Image) -> bytes:
    """Return the picture as a JPEG file."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise StorageError(f"snapshot: a picture of {image.shape} cannot be encoded")
    return bytes(data)


def annotated(image: Image, opened: Opened) -> Image:
    """Return a copy with the box, the kind, the zone and the time; ASCII only, as OpenCV's fonts are."""
    copy = image.copy()
    unit = max(1, round(image.shape[0] / 540))
    if opened.box is not None:
        x0, y0, x1, y1 = (round(side) for side in opened.box)
        cv2.rectangle(copy, (x0, y0), (x1, y1), RED, 2 * unit)
    _caption(copy, caption(opened), unit)
    return copy


def caption(opened: Opened) -> str:
    """Return what is written under an annotated picture."""
    zone = opened.zone.encode("ascii", "replace").decode()
    return f"{opened.kind}  {opened.confidence:.0%}  zone {zone}  {_stamp(opened.at)}"


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _caption(image: Image, text: str, unit: int) -> None:
    height, width = image.shape[:2]
    scale = 0.5 * unit
    text_width = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, unit)[0][0]
    scale *= min(1.0, (width - 16 * unit) / max(1, text_width))
    cv2.rectangle(image, (0, height - 24 * unit), (width, height), BLACK, cv2.FILLED)
    at = (8 * unit, height - 8 * unit)
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, WHITE, unit, cv2.LINE_AA)


def blurred(image: Image, scene: Scene) -> Image:
    """Return a copy in which every head of the look, and the upper third of whoever shows none, is coarse blocks."""
    return coarsened(image, private_areas(scene))


def coarsened(image: Image, areas: Boxes) -> Image:
    """Return a copy in which each of the (n, 4) areas, xyxy in px, is coarse blocks."""
    copy = image.copy()
    for x0, y0, x1, y1 in _whole_px(areas, (image.shape[0], image.shape[1])):
        area = copy[y0:y1, x0:x1]
        area[:] = _blocks(area)
    return copy


def private_areas(scene: Scene) -> Boxes:
    """Return the (n, 4) areas that may show a face, one for each person of the look."""
    return face_areas(scene.persons.seen.xyxy, scene.wear.head_xyxy, scene.frame_hw)


def face_areas(persons: Boxes, heads: Boxes, frame_hw: tuple[int, int]) -> Boxes:
    """Return where faces may be, of (n, 4) boxes of persons and of their heads in px, NaN where no head is seen."""
    uppers = persons.copy()
    uppers[:, 3] = uppers[:, 1] + (uppers[:, 3] - uppers[:, 1]) / 3
    unseen = np.asarray(np.isnan(heads).any(axis=1))
    areas = np.where(unseen[:, None], uppers, expanded(heads, HEAD_SCALE))
    return clipped(areas, frame_hw)


def _whole_px(areas: Boxes, frame_hw: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Round outwards, so that no row of a face stays; leave out what is empty."""
    height, width = frame_hw
    for x0, y0, x1, y1 in areas:
        left, top = max(0, int(np.floor(x0))), max(0, int(np.floor(y0)))
        right, bottom = min(width, int(np.ceil(x1))), min(height, int(np.ceil(y1)))
        if right > left and bottom > top:
            yield left, top, right, bottom


def _blocks(area: Image) -> Image:
    height, width = area.shape[:2]
    small = cv2.resize(area, (min(BLOCKS, width), min(BLOCKS, height)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
