"""The cloth and skin of a figure, painted by rule: one picture of cells that its surfaces are wrapped in."""

from functools import lru_cache

import cv2
import numpy as np

from vision.demo.arrays import Bytes, Floats, Vector, array
from vision.demo.faces import paint_face
from vision.demo.mesh import ATLAS_COLUMNS, CELL_PX
from vision.demo.parts import Cell
from vision.demo.wardrobe import COLOURS, HAIR_COLOURS, SKINS, Dress, Looks

ROWS = 3


@lru_cache(maxsize=128)
def atlas(looks: Looks, dress: Dress) -> Bytes:
    """Paint the (768, 1024, 3) texture of one dressed figure."""
    rng = np.random.default_rng(looks.seed)
    sheet = np.zeros((ROWS * CELL_PX, ATLAS_COLUMNS * CELL_PX, 3), np.float32)
    for cell, picture in _cells(looks, dress, rng).items():
        row, column = divmod(cell, ATLAS_COLUMNS)
        sheet[row * CELL_PX : (row + 1) * CELL_PX, column * CELL_PX : (column + 1) * CELL_PX] = picture
    return np.clip(sheet * 255, 0, 255).astype(np.uint8)


def _cells(looks: Looks, dress: Dress, rng: np.random.Generator) -> dict[Cell, Floats]:
    skin, hair = SKINS[looks.skin], HAIR_COLOURS[looks.hair_colour]
    top = skin if dress.clothing == "bare" else COLOURS[dress.top_colour]
    return {
        Cell.HEAD: paint_face(looks, dress, rng),
        Cell.HAIR: _strands(hair, rng),
        Cell.HAT: _hat(dress, hair, rng),
        Cell.MASK: _mask(COLOURS[dress.mask_colour]),
        Cell.TOP: _top(dress, skin, top, rng),
        Cell.APRON: _apron(COLOURS[dress.apron_colour], rng),
        Cell.LEGS: cloth(COLOURS[dress.trousers_colour], rng, folds=0.16),
        Cell.SKIN: cloth(skin, rng, folds=0.05),
        Cell.SHOES: cloth(COLOURS[dress.shoes_colour], rng, folds=0.1),
        Cell.PROP: cloth((0.06, 0.06, 0.06), rng, folds=0.0),
        Cell.SLEEVE: _sleeve(dress, skin, top, rng),
        Cell.HANDS: cloth(_hand_colour(dress, skin), rng, folds=0.06),
    }


def noise(rng: np.random.Generator, size: tuple[int, int], grain_px: tuple[float, float]) -> Floats:
    """Smooth noise of about unit spread; `grain_px` is its width and height of correlation."""
    rough = rng.standard_normal(size).astype(np.float32)
    smooth = cv2.GaussianBlur(rough, (0, 0), grain_px[0], sigmaY=grain_px[1])
    return array(smooth / max(float(smooth.std()), 1e-6))


def cloth(colour: Vector, rng: np.random.Generator, *, folds: float = 0.12) -> Floats:
    """A cell of one colour with soft folds that run down the garment."""
    size = (CELL_PX, CELL_PX)
    shade = (
        1
        + folds * (0.6 * noise(rng, size, (7, 26)) + 0.4 * noise(rng, size, (16, 10)))
        + 0.015 * noise(rng, size, (1, 1))
    )
    return array(np.clip(shade, 0.45, 1.4)[..., None] * array(colour))


def _strands(hair: Vector, rng: np.random.Generator) -> Floats:
    shade = 1 + 0.28 * noise(rng, (CELL_PX, CELL_PX), (2, 30))
    gloss = np.exp(-(((np.arange(CELL_PX) / CELL_PX - 0.35) / 0.12) ** 2)) * 0.06
    return array(np.clip(shade, 0.4, 2)[..., None] * array(hair) + gloss[:, None, None])


def _hat(dress: Dress, hair: Vector, rng: np.random.Generator) -> Floats:
    cell = cloth(COLOURS[dress.hat_colour], rng, folds=0.06)
    if dress.hat == "net":
        return array(cell * 0.8 + array(hair) * 0.2)
    if dress.hat in {"toque", "cap"}:
        cell[176:182] *= 0.72
    if dress.hat == "toque":
        pleats = 1 - 0.22 * np.clip(np.cos(np.arange(CELL_PX) / CELL_PX * 2 * np.pi * 24), 0, 1) ** 4
        cell[60:176] *= pleats[None, :, None]
    return cell


def _mask(colour: Vector) -> Floats:
    cell = np.ones((CELL_PX, CELL_PX, 3), np.float32) * array(colour)
    for row in (70, 110, 150, 190):
        cell[row : row + 7] *= 0.84
    cell[:14], cell[-14:] = cell[:14] * 0.9, cell[-14:] * 0.88
    return cell


def _top(dress: Dress, skin: Vector, top: Vector, rng: np.random.Generator) -> Floats:
    cell = cloth(top, rng, folds=0.05 if dress.clothing == "bare" else 0.11)
    if dress.clothing == "bare":
        _chest(cell)
    if dress.clothing in {"jacket", "coat"}:
        _buttons(cell, top)
        cell[:26, 108:148] = array(skin) * 0.85
    if dress.clothing == "apron":
        strap = array(COLOURS[dress.apron_colour])
        cell[150:160, :], cell[:150, 96:104], cell[:150, 152:160] = strap, strap, strap
        cell[:150, 6:14] = cell[:150, -14:-6] = strap
    return cell


def _chest(cell: Floats) -> None:
    for x in (104, 152):
        cv2.ellipse(cell, (x, 92), (5, 5), 0, 0, 360, tuple(float(v) * 0.6 for v in cell[92, x]), -1, cv2.LINE_AA)
    cell[60:200, 126:130] *= 0.93


def _buttons(cell: Floats, top: Vector) -> None:
    dark = tuple(0.25 if value > 0.5 else 0.7 for value in top)
    cell[24:, 138:141] *= 0.7
    for row in range(50, 170, 26):
        for column in (116, 134):
            cv2.circle(cell, (column, row), 2, dark, -1, cv2.LINE_AA)


def _apron(colour: Vector, rng: np.random.Generator) -> Floats:
    cell = cloth(colour, rng, folds=0.10)
    cell[:8] *= 0.8
    cv2.rectangle(cell, (90, 140), (166, 190), tuple(float(v) * 0.75 for v in colour), 2)
    return cell


def _sleeve(dress: Dress, skin: Vector, top: Vector, rng: np.random.Generator) -> Floats:
    if dress.clothing == "bare":
        return cloth(skin, rng, folds=0.05)
    cell = cloth(top, rng, folds=0.14)
    if dress.clothing in {"everyday", "apron"}:
        cell[110:] = cloth(skin, rng, folds=0.04)[110:]
        cell[106:112] *= 0.7
    return cell


def _hand_colour(dress: Dress, skin: Vector) -> Vector:
    return {"blue": COLOURS["blue"], "white": COLOURS["white"]}.get(dress.gloves, skin)
