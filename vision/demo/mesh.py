"""Bodies are swept surfaces: rings of points along a path, joined into quads."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vision.demo.arrays import Floats, Ints, across, array, unit

CELL_PX = 256
ATLAS_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Grid:
    """A patch of surface whose rows run down a path and whose columns run around it, seen from outside."""

    points: Floats
    """(rows, columns, 3) metres."""
    part: int | Ints
    """What this is (see `parts`): one label, or one per quad (rows - 1, columns - 1)."""
    cell: int
    """Which cell of the figure's texture atlas it wears."""
    nearer_m: float = 0.0
    """Drawn as if it were this much nearer, so that a garment wins against the body below it."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """Many grids as flat arrays: points (v, 3), quads (q, 4), atlas pixels (v, 2), parts (q,), nearer_m (q,)."""

    points: Floats
    quads: Ints
    texels: Floats
    parts: Ints
    nearer_m: Floats


def tube(path: Floats, radii: Floats, front: Floats, angles: Floats) -> Floats:
    """Sweep ellipses along `path` (k, 3), which runs downwards or outwards; returns (k, n, 3).

    `radii` (k, 2) are half widths to the side and to the `front`; `angles` (n,) count from the front, in radians.
    """
    along = unit(np.gradient(path, axis=0))
    ahead = across(np.broadcast_to(front, path.shape), along)
    side = np.cross(along, ahead)
    sideways = (radii[:, :1] * np.sin(angles))[..., None] * side[:, None]
    forwards = (radii[:, 1:] * np.cos(angles))[..., None] * ahead[:, None]
    return array(path[:, None] + sideways + forwards)


@lru_cache(maxsize=32)
def around(columns: int, reach: float = np.pi) -> Floats:
    """Angles from `-reach` to `reach`."""
    return array(np.linspace(-reach, reach, columns + 1))


def ball(centre: Floats, radii: Sequence[float], *, rows: int = 7, columns: int = 10) -> Floats:
    """Return an upright ellipsoid with half axes to the side, to the front and up."""
    turn = np.linspace(0.02, np.pi - 0.02, rows)
    path = np.zeros((rows, 3)) + centre
    path[:, 2] += np.cos(turn) * radii[2]
    return tube(array(path), array(np.sin(turn)[:, None] * array(radii[:2])), array([0, 1, 0]), around(columns))


def bar(start: Floats, end: Floats, half_wh: tuple[float, float], front: Floats) -> Floats:
    """Return a closed box-shaped bar from `start` to `end`."""
    path = array(np.stack([start, start + (end - start) * 0.01, end - (end - start) * 0.01, end]))
    size = array([[0.001, 0.001], half_wh, half_wh, [0.001, 0.001]]) * np.sqrt(2)
    return tube(path, array(size), front, array(np.linspace(-0.75, 1.25, 5) * np.pi))


def assemble(grids: Sequence[Grid]) -> Mesh:
    """Join grids into one mesh."""
    shapes = tuple(grid.points.shape[:2] for grid in grids)
    quads, texels = _topology(
        tuple((rows, columns, grid.cell) for (rows, columns), grid in zip(shapes, grids, strict=True))
    )
    counts = [(rows - 1) * (columns - 1) for rows, columns in shapes]
    parts = [np.broadcast_to(np.ravel(grid.part), count) for grid, count in zip(grids, counts, strict=True)]
    nearer = np.repeat(array([grid.nearer_m for grid in grids]), counts)
    points = array(np.concatenate([grid.points.reshape(-1, 3) for grid in grids]))
    return Mesh(points, quads, texels, np.concatenate(parts), nearer)


@lru_cache(maxsize=256)
def _topology(shapes: tuple[tuple[int, int, int], ...]) -> tuple[Ints, Floats]:
    quads, texels, first = [], [], 0
    for rows, columns, cell in shapes:
        quads.append(_quads(rows, columns) + first)
        texels.append(_texels(rows, columns, cell))
        first += rows * columns
    return np.concatenate(quads), array(np.concatenate(texels))


def _quads(rows: int, columns: int) -> Ints:
    corner = np.arange(rows * columns).reshape(rows, columns)
    around_quad = [corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]]
    return np.stack(around_quad, axis=-1).reshape(-1, 4)


def _texels(rows: int, columns: int, cell: int) -> Floats:
    down, right = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    corner = array([cell % ATLAS_COLUMNS, cell // ATLAS_COLUMNS]) * CELL_PX + 2
    return array(np.stack([right, down], axis=-1).reshape(-1, 2) * (CELL_PX - 5) + corner)
