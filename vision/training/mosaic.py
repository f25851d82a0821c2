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
TILTED: Final = 0.4
TILT_DEGREES: Final = 14.0
"""Share of pictures that are turned, and by how much at most: cameras hang askew, and heads lean."""


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
        window, view = _window(entry, bgr, area, dice)
        flip = dice.random() < 0.5
        height, width = window.shape[:2]
        x0, y0 = area[:2]
        self.bgr[y0 : y0 + height, x0 : x0 + width] = window[:, ::-1] if flip else window
        placed = _Placement(view, (x0, y0, x0 + width, y0 + height), flip)
        self._paste_labels(entry, placed)

    def _paste_labels(self, entry: dict[str, Any], placed: "_Placement") -> None:
        for index, known in enumerate(entry["known"]):
            self.allow((index, *placed.area), int(known))
        for row in entry["ignored"]:
            if moved := placed.moved(row)[0]:
                self.allow(moved, 0)
        for row in entry["boxes"]:
            moved, left = placed.moved(row)
            if moved:
                self.label(moved, left)

    def place(self, row: tuple[float, ...], side_px: int) -> None:
        """Label a box that may reach beyond the canvas."""
        index, x0, y0, x1, y1 = row
        cx0, cy0, cx1, cy1 = max(x0, 0.0), max(y0, 0.0), min(x1, float(side_px)), min(y1, float(side_px))
        if cx1 - cx0 >= 2 and cy1 - cy0 >= 2:
            self.label((index, cx0, cy0, cx1, cy1), (cx1 - cx0) * (cy1 - cy0) / max((x1 - x0) * (y1 - y0), 1e-6))

    def label(self, row: tuple[float, ...], left: float) -> None:
        """Add a box of which a share `left` is in the picture: a label, or where too little is left a silence."""
        if left >= WHOLE:
            self.boxes.append(row)
        self.allow(row, int(left >= WHOLE))


@dataclass(frozen=True, slots=True)
class _View:
    """How a picture was scaled, and the offset of its window in the scaled picture."""

    fx: float
    fy: float
    dx: int
    dy: int


@dataclass(frozen=True, slots=True)
class _Placement:
    view: _View
    area: tuple[int, int, int, int]
    flip: bool

    def moved(self, row: list[float]) -> tuple[tuple[float, ...], float]:
        """Return the box on the canvas, empty when nothing is left, and the share that is left of it."""
        ax0, ay0, ax1, ay1 = self.area
        x0, x1 = (side * self.view.fx - self.view.dx + ax0 for side in (row[1], row[3]))
        y0, y1 = (side * self.view.fy - self.view.dy + ay0 for side in (row[2], row[4]))
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
    """Tilt the picture by chance, recolour and degrade it as cameras do."""
    if dice.random() < TILTED:
        canvas = tilted(canvas, dice.uniform(-TILT_DEGREES, TILT_DEGREES))
    canvas.bgr = recoloured(canvas.bgr, dice)
    if dice.random() < 0.35:
        canvas.bgr = degraded(canvas.bgr, dice, strength=0.5)
    return canvas


def tilted(canvas: Canvas, degrees: float) -> Canvas:
    """Return the canvas turned about its middle; boxes are taken as ellipses, which heads nearly are."""
    side = canvas.bgr.shape[0]
    turn = np.asarray(cv2.getRotationMatrix2D((side / 2, side / 2), degrees, 1.0), np.float64)
    bgr = cv2.warpAffine(canvas.bgr, turn, (side, side), borderValue=(PAD,) * 3)
    small = turn * np.array([[1, 1, 1 / CELL_PX]] * 2)
    cells = (side // CELL_PX,) * 2
    learnt = [cv2.warpAffine(one, small, cells, flags=cv2.INTER_NEAREST, borderValue=1) for one in canvas.learnt]
    found = Canvas(np.asarray(bgr, np.uint8), np.asarray(learnt, np.uint8), [])
    for row in canvas.boxes:
        found.place(_turned(row, turn), side)
    return found


def _turned(row: tuple[float, ...], turn: NDArray[np.float64]) -> tuple[float, ...]:
    index, x0, y0, x1, y1 = row
    middle = turn @ np.array([(x0 + x1) / 2, (y0 + y1) / 2, 1.0])
    half = np.hypot(turn[:, 0] * (x1 - x0) / 2, turn[:, 1] * (y1 - y0) / 2)  # extents of the turned ellipse
    low, high = middle - half, middle + half
    return (index, float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _window(entry: dict[str, Any], bgr: Bytes, area: Area, dice: random.Random) -> tuple[Bytes, "_View"]:
    """Return a window that fits the area, and how the picture was scaled and shifted for it.

    Half of the windows look at a labelled object, small ones above all, instead of anywhere.
    """
    width, height = area[2] - area[0], area[3] - area[1]
    fit = ((width / bgr.shape[1]) * (height / bgr.shape[0])) ** 0.5
    scale, aspect = min(fit * 2 ** dice.uniform(-0.8, 1.1), 3.0), 2 ** dice.uniform(-0.2, 0.2)
    fx, fy = scale * aspect, scale / aspect
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(bgr, None, fx=fx, fy=fy, interpolation=way), np.uint8)
    focus = _focus(entry, dice)
    dx = _shift(scaled.shape[1] - width, focus and focus[0] * fx - width / 2, dice)
    dy = _shift(scaled.shape[0] - height, focus and focus[1] * fy - height / 2, dice)
    return scaled[dy : dy + height, dx : dx + width], _View(fx, fy, dx, dy)


def _focus(entry: dict[str, Any], dice: random.Random) -> tuple[float, float] | None:
    """Return the middle of a labelled object by chance, smaller ones oftener."""
    if not entry["boxes"] or dice.random() < 0.5:
        return None
    sides = [max(row[3] - row[1], row[4] - row[2], 1.0) for row in entry["boxes"]]
    row = dice.choices(entry["boxes"], [1 / side for side in sides])[0]
    return (row[1] + row[3]) / 2, (row[2] + row[4]) / 2


def _shift(room: int, wanted: float | None, dice: random.Random) -> int:
    """Return an offset from 0 to `room`: near the wanted one, or any."""
    drawn = dice.uniform(0, max(room, 0))
    near = drawn if wanted is None else wanted + dice.uniform(-0.3, 0.3) * max(room, 0)
    return int(min(max(near, 0), max(room, 0)))


def _floor(point: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(max(int(side // CELL_PX), 0) for side in point)


def _ceil(point: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(max(int(-(-side // CELL_PX)), 0) for side in point)
