"""A rat and a cat: small swept bodies on legs that run."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from vision.demo.arrays import Bytes, Floats, Vector, array
from vision.demo.figure import Stance
from vision.demo.mesh import ATLAS_COLUMNS, CELL_PX, Mesh, Tube, assemble, ball
from vision.demo.parts import Cell, Part
from vision.demo.skeleton import turn

FURS: dict[str, Vector] = {
    "rat": (0.20, 0.23, 0.27), "dark": (0.10, 0.10, 0.12), "grey": (0.45, 0.46, 0.47),
    "ginger": (0.24, 0.46, 0.72), "white": (0.82, 0.83, 0.84),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Animal:
    """A rat or cat for one instant."""

    kind: str
    stance: Stance
    stride: float = 0.0
    """Phase of its gait in radians."""
    scale: float = 1.0
    fur: str = "rat"


@dataclass(frozen=True, slots=True)
class _Lump:
    """A ball on the right side of a body: ear, eye, muzzle; metres in the body's own axes."""

    middle: Vector
    radii: Vector
    cell: Cell
    rows: int
    columns: int


# Spines run from the nose to the rump: ahead, up, radius; metres.
_RAT_SPINE = (
    (0.145, 0.028, 0.002), (0.14, 0.029, 0.008), (0.12, 0.034, 0.017), (0.09, 0.042, 0.026), (0.05, 0.046, 0.030),
    (0.0, 0.05, 0.038), (-0.05, 0.05, 0.044), (-0.085, 0.044, 0.034), (-0.1, 0.04, 0.003),
)  # fmt: skip
_RAT_LUMPS = (
    _Lump((0.02, 0.085, 0.068), (0.011, 0.004, 0.013), Cell.SKIN, 5, 6),
    _Lump((0.017, 0.112, 0.045), (0.004, 0.004, 0.004), Cell.PROP, 4, 5),
)
_RAT_PAWS = ((-0.028, 0.06, 0.0), (0.028, 0.06, 2.2), (-0.028, -0.06, 2.6), (0.028, -0.06, 0.4))
"""To the right, ahead, and how far its step lags in radians."""
_CAT_SPINE = (
    (0.27, 0.27, 0.004), (0.265, 0.27, 0.04), (0.2, 0.265, 0.062), (0.1, 0.25, 0.075), (-0.02, 0.25, 0.078),
    (-0.14, 0.26, 0.08), (-0.22, 0.25, 0.06), (-0.24, 0.25, 0.004),
)  # fmt: skip
_CAT_TAIL = (0.02, 0.02, 0.019, 0.018, 0.017, 0.014, 0.004)
_CAT_MUZZLE = _Lump((0.0, 0.365, 0.318), (0.026, 0.022, 0.02), Cell.TOP, 5, 8)
_CAT_LUMPS = (_Lump((0.024, 0.363, 0.348), (0.008, 0.006, 0.008), Cell.PROP, 4, 6),)
_CAT_LEGS = ((-0.045, 0.2, 0.0), (0.045, 0.2, np.pi), (-0.045, -0.17, np.pi), (0.045, -0.17, 0.0))


def shape(animal: Animal) -> Mesh:
    """The mesh of an animal in the room's metres."""
    mesh = assemble(_rat(animal.stride) if animal.kind == "rat" else _cat(animal.stride))
    stance = animal.stance
    points = mesh.points * animal.scale @ turn(stance.heading_deg, 0.0) + array([stance.x_m, stance.y_m, stance.base_m])
    return replace(mesh, points=array(points))


@lru_cache(maxsize=16)
def fur(colour: str, seed: int = 0) -> Bytes:
    """The texture of an animal: fur all over but for the skin of tail and ears and the eyes."""
    rng = np.random.default_rng(seed)
    sheet = np.ones((3 * CELL_PX, ATLAS_COLUMNS * CELL_PX, 3), np.float32) * array(FURS[colour])
    sheet *= 1 + 0.22 * rng.standard_normal(sheet.shape[:2]).astype(np.float32)[..., None]
    for cell, tone in ((Cell.SKIN, (0.45, 0.48, 0.62)), (Cell.PROP, (0.03, 0.03, 0.03))):
        row, column = divmod(cell, ATLAS_COLUMNS)
        sheet[row * CELL_PX : (row + 1) * CELL_PX, column * CELL_PX : (column + 1) * CELL_PX] = tone
    return np.clip(sheet * 255, 0, 255).astype(np.uint8)


def _body(points: tuple[Vector, ...], radii: tuple[float, ...], cell: Cell = Cell.TOP, columns: int = 12) -> Tube:
    return _tube(array(points), radii, (0.01, 0.02, 1.0), cell, columns)


def _tube(path: Floats, radii: tuple[float, ...], front: Vector, cell: Cell, columns: int) -> Tube:
    return Tube(path, array([[radius, radius] for radius in radii]), front, Part.ANIMAL, cell, 0.0, columns)


def _rat(stride: float) -> list[Tube]:
    hop = 0.008 * float(np.sin(2 * stride))
    trunk = _body(tuple((0.0, y, z + hop) for y, z, _ in _RAT_SPINE), tuple(radius for _, _, radius in _RAT_SPINE))
    wag = 0.03 * float(np.sin(stride))
    tail = tuple((wag * k * k / 16, -0.09 - 0.05 * k, 0.03 / (1 + k)) for k in range(5))
    lumps = [_lump(lump, hop) for lump in _both_sides(_RAT_LUMPS)]
    paws = [_paw(x, y, 0.014, stride + lag) for x, y, lag in _RAT_PAWS]
    return [trunk, _body(tail, (0.009, 0.008, 0.006, 0.005, 0.002), Cell.SKIN, 6), *lumps, *paws]


def _paw(x: float, y: float, size_m: float, phase: float) -> Tube:
    middle = array([x, y + 0.025 * np.sin(phase), size_m * 0.8 + 0.006 * max(0.0, float(np.cos(phase)))])
    return ball(middle, (size_m * 0.7, size_m * 1.3, size_m), Part.ANIMAL, Cell.TOP, rows=5, columns=6)


def _cat(stride: float) -> list[Tube]:
    trunk = _body(
        tuple((0.0, y, z) for y, z, _ in _CAT_SPINE), tuple(radius for _, _, radius in _CAT_SPINE), columns=14
    )
    sway = 0.05 * float(np.sin(stride * 0.5))
    tail = tuple((sway * k / 5, -0.22 - 0.045 * k, 0.27 + 0.012 * k * k) for k in range(7))
    head = ball(array([0, 0.31, 0.335]), (0.058, 0.062, 0.055), Part.ANIMAL, Cell.TOP)
    ears = [_ear(side) for side in (-1, 1)]
    lumps = [_lump(lump, 0.0) for lump in (_CAT_MUZZLE, *_both_sides(_CAT_LUMPS))]
    legs = [_leg(x, y, stride + lag) for x, y, lag in _CAT_LEGS]
    return [trunk, _body(tail, _CAT_TAIL, columns=8), head, *ears, *lumps, *legs]


def _ear(side: int) -> Tube:
    path = ((side * 0.036, 0.30, 0.425), (side * 0.036, 0.305, 0.40), (side * 0.034, 0.31, 0.365))
    return _body(path, (0.002, 0.013, 0.026), columns=6)


def _lump(lump: _Lump, lift_m: float) -> Tube:
    x, y, z = lump.middle
    middle = array([x, y, z + lift_m])
    return ball(middle, lump.radii, Part.ANIMAL, lump.cell, rows=lump.rows, columns=lump.columns)


def _both_sides(lumps: tuple[_Lump, ...]) -> list[_Lump]:
    return [replace(lump, middle=(side * lump.middle[0], *lump.middle[1:])) for lump in lumps for side in (-1, 1)]


def _leg(x: float, y: float, phase: float) -> Tube:
    swing, lift = 0.075 * float(np.sin(phase)), 0.03 * max(0.0, float(np.cos(phase)))
    knee: Floats = array([x, y + swing * 0.4 + 0.012, 0.13 + lift])
    foot = array([x, y + swing, 0.022 + lift])
    path = array(
        [[x, y, 0.24], [x, y, 0.22], knee, foot, foot + array([0, 0.03, -0.012]), foot + array([0, 0.05, -0.015])]
    )
    return _tube(path, (0.02, 0.036, 0.025, 0.018, 0.019, 0.004), (1.0, 0, 0), Cell.TOP, 8)
