"""Training pictures are pasted together from several sets; each keeps its own silence about classes."""

import random
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.training.degrade import degraded, recoloured
from vision.training.vocabulary import CLASSES

Bytes = NDArray[np.uint8]
Area = tuple[int, int, int, int]
"""xyxy in px of the canvas."""
CELL_PX: Final = 8
"""Side of one cell of the mask: the detector's finest stride."""
PAD: Final = 114
WHOLE: Final = 0.35
"""A box of which less than this share is left in the picture is no label but a region to ignore."""


@dataclass(slots=True)
class Canvas:
    """One training picture in the making."""

    bgr: NDArray[np.uint8]
    """(s, s, 3)."""
    learnt: NDArray[np.uint8]
    """(classes, s / CELL_PX, s / CELL_PX): 1 where the class may be learnt."""
    boxes: list[tuple[float, ...]]
    """Class index and xyxy in px."""

    @classmethod
    def blank(cls, side_px: int) -> "Canvas":
        """Return an empty canvas."""
        cells = side_px // CELL_PX
        return cls(np.full((side_px, side_px, 3), PAD, np.uint8), np.ones((len(CLASSES), cells, cells), np.uint8), [])

    def allow(self, row: tuple[float, ...], value: int) -> None:
        """Set whether a class is learnt inside a box."""
        index, (x0, y0), (x1, y1) = int(row[0]), _floor(row[1:3]), _ceil(row[3:5])
        self.learnt[index, y0:y1, x0:x1] = value

    def paste(
        self, entry: dict[str, Any], bgr: NDArray[np.uint8], area: tuple[int, int, int, int], dice: random.Random
    ) -> None:
        """Put a random window of a picture into the xyxy `area`, with its boxes and its silences."""
        window, scale, (dx, dy) = _window(bgr, area, dice)
        flip = dice.random() < 0.5
        height, width = window.shape[:2]
        x0, y0 = area[:2]
        self.bgr[y0 : y0 + height, x0 : x0 + width] = window[:, ::-1] if flip else window
        placed = _Placement(scale, dx, dy, (x0, y0, x0 + width, y0 + height), flip)
        self._paste_labels(entry, placed)

    def _paste_labels(self, entry: dict[str, Any], placed: "_Placement") -> None:
        for index, known in enumerate(entry["known"]):
            self.allow((index, *placed.area), int(known))
        for row in entry["ignored"]:
            if moved := placed.moved(row)[0]:
                self.allow(moved, 0)
        for row in entry["boxes"]:
            moved, left = placed.moved(row)
            if moved and left >= WHOLE:
                self.boxes.append(moved)
            if moved:
                self.allow(moved, int(left >= WHOLE))


@dataclass(frozen=True, slots=True)
class _Placement:
    scale: float
    dx: float
    dy: float
    area: tuple[int, int, int, int]
    flip: bool

    def moved(self, row: list[float]) -> tuple[tuple[float, ...], float]:
        """Return the box on the canvas, empty when nothing is left, and the share that is left of it."""
        ax0, ay0, ax1, ay1 = self.area
        x0, y0, x1, y1 = (side * self.scale for side in row[1:])
        x0, x1, y0, y1 = x0 - self.dx + ax0, x1 - self.dx + ax0, y0 - self.dy + ay0, y1 - self.dy + ay0
        if self.flip:
            x0, x1 = ax0 + ax1 - x1, ax0 + ax1 - x0
        cx0, cy0, cx1, cy1 = max(x0, ax0), max(y0, ay0), min(x1, ax1), min(y1, ay1)
        if cx1 - cx0 < 2 or cy1 - cy0 < 2:
            return (), 0.0
        left = (cx1 - cx0) * (cy1 - cy0) / max((x1 - x0) * (y1 - y0), 1e-6)
        return (row[0], cx0, cy0, cx1, cy1), left


def single(entry: dict[str, Any], bgr: NDArray[np.uint8], side_px: int, dice: random.Random) -> Canvas:
    """Return one picture alone, at a random place and size."""
    canvas = Canvas.blank(side_px)
    x0, y0 = (dice.randrange(0, side_px // 3) if dice.random() < 0.5 else 0 for _ in "xy")
    canvas.paste(entry, bgr, (x0, y0, side_px, side_px), dice)
    return canvas


def mosaic(four: list[tuple[dict[str, Any], NDArray[np.uint8]]], side_px: int, dice: random.Random) -> Canvas:
    """Return four pictures around a random middle."""
    canvas = Canvas.blank(side_px)
    mx, my = (int(dice.uniform(0.3, 0.7) * side_px) // CELL_PX * CELL_PX for _ in "xy")
    areas = [(0, 0, mx, my), (mx, 0, side_px, my), (0, my, mx, side_px), (mx, my, side_px, side_px)]
    for (entry, bgr), area in zip(four, areas, strict=True):
        canvas.paste(entry, bgr, area, dice)
    return canvas


def finished(canvas: Canvas, dice: random.Random) -> Canvas:
    """Recolour and degrade the picture as cameras do."""
    canvas.bgr = recoloured(canvas.bgr, dice)
    if dice.random() < 0.3:
        canvas.bgr = degraded(canvas.bgr, dice, strength=0.5)
    return canvas


def _window(bgr: Bytes, area: Area, dice: random.Random) -> tuple[Bytes, float, tuple[int, int]]:
    """Return a window that fits the area, the scale applied, and its offset in the scaled picture."""
    width, height = area[2] - area[0], area[3] - area[1]
    across, down = width / bgr.shape[1], height / bgr.shape[0]
    scale = min((across * down) ** 0.5 * 2 ** dice.uniform(-0.7, 0.9), 3.0)
    scaled = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    dx, dy = (dice.randint(0, max(0, scaled.shape[a] - side)) for a, side in ((1, width), (0, height)))
    return np.asarray(scaled[dy : dy + height, dx : dx + width], np.uint8), scale, (dx, dy)


def _floor(point: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(max(int(side // CELL_PX), 0) for side in point)


def _ceil(point: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(max(int(-(-side // CELL_PX)), 0) for side in point)
