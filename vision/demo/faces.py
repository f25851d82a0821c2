"""A face, painted on the unrolled head: x runs around it, y from crown to chin."""

import cv2
import numpy as np

from vision.demo.arrays import Floats, Vector, array
from vision.demo.mesh import CELL_PX
from vision.demo.wardrobe import HAIR_COLOURS, SKINS, Dress, Looks

_MIDDLE = CELL_PX // 2
_SHORT_HAIRLINE = ((0, 48), (20, 50), (44, 62), (60, 108), (70, 122), (84, 165), (110, 205), (128, 212))
"""Columns from the middle of the face, and the row down to which short hair grows there."""


def paint_face(looks: Looks, dress: Dress, rng: np.random.Generator) -> Floats:
    """Paint the head cell (256, 256, 3): skin, hair roots, brows, eyes, nose, lips, and the loops of a mask."""
    cell = _skin(SKINS[looks.skin], rng)
    _features(cell, SKINS[looks.skin], HAIR_COLOURS[looks.hair_colour], rng)
    _roots(cell, looks, HAIR_COLOURS[looks.hair_colour])
    if dress.mask == "worn":
        _loops(cell, COLOUR_OF_LOOPS)
    _shade_of_hat(cell, dress)
    return cv2.GaussianBlur(cell, (0, 0), 0.8).astype(np.float32)


COLOUR_OF_LOOPS = (0.92, 0.92, 0.92)


def _skin(skin: Vector, rng: np.random.Generator) -> Floats:
    rough = cv2.GaussianBlur(rng.standard_normal((CELL_PX, CELL_PX)).astype(np.float32), (0, 0), 6)
    cell = array((1 + 0.4 * rough)[..., None] * array(skin))
    x, y = np.meshgrid(np.arange(CELL_PX) - _MIDDLE, np.arange(CELL_PX))
    for side in (-1, 1):
        cheek = np.exp(-(((x - side * 20) / 10) ** 2) - ((y - 158) / 16) ** 2)[..., None]
        cell *= 1 - cheek * array([0.10, 0.08, 0.0])
    under_chin = np.clip((y - 225) / 30, 0, 1)[..., None]
    return array(cell * (1 - 0.35 * under_chin))


def _features(cell: Floats, skin: Vector, hair: Vector, rng: np.random.Generator) -> None:
    brow_px = int(rng.integers(96, 102))
    for side in (-1, 1):
        x = _MIDDLE + side * 16
        _spot(cell, (x, 119), (11, 13), tuple(v * 0.82 for v in skin))
        _spot(cell, (x, 120), (7, 5), (0.82, 0.85, 0.86))
        _spot(cell, (x, 120), (3, 5), (0.06, 0.07, 0.10))
        cv2.ellipse(cell, (x, 119), (8, 7), 0, 190, 350, tuple(v * 0.4 for v in skin), 2, cv2.LINE_AA)
        cv2.ellipse(
            cell, (x + side, brow_px + 8), (10, 8), 0, 205, 335, tuple(v * 0.6 + 0.05 for v in hair), 4, cv2.LINE_AA
        )
        _spot(cell, (_MIDDLE + side * 4, 166), (2, 3), tuple(v * 0.45 for v in skin))
    lips = (skin[0] * 0.62, skin[1] * 0.58, skin[2] * 0.82)
    _spot(cell, (_MIDDLE, 192), (12, 7), lips)
    cv2.line(cell, (_MIDDLE - 12, 191), (_MIDDLE + 12, 191), tuple(v * 0.55 for v in lips), 2, cv2.LINE_AA)


def _spot(cell: Floats, centre: tuple[int, int], axes: tuple[int, int], colour: tuple[float, ...]) -> None:
    cv2.ellipse(cell, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)


def _roots(cell: Floats, looks: Looks, hair: Vector) -> None:
    columns = np.abs(np.arange(CELL_PX) - _MIDDLE)
    hairline = np.array(_SHORT_HAIRLINE)
    edge = np.interp(columns, hairline[:, 0], hairline[:, 1])
    if looks.hair == "bald":
        edge = np.where(columns < 60, 0, edge)
    rows = np.arange(CELL_PX)[:, None]
    grown = np.clip((edge[None] - rows) / 5 + 0.5, 0, 1)
    if looks.hair == "bald":
        grown *= np.clip((rows - 105) / 10, 0, 1)
    cell *= (1 - grown)[..., None]
    cell += grown[..., None] * array(hair)


def _loops(cell: Floats, colour: Vector) -> None:
    for side in (-1, 1):
        for row in (142, 205):
            cv2.line(cell, (_MIDDLE + side * 50, row), (_MIDDLE + side * 68, 140), colour, 2, cv2.LINE_AA)


def _shade_of_hat(cell: Floats, dress: Dress) -> None:
    if dress.hat != "none":
        rows = np.arange(CELL_PX)
        cell *= (1 - 0.35 * np.exp(-np.maximum(rows - 78, 0) / 14.0))[:, None, None]
