"""Bodies are swept surfaces: rings of points along a path, joined into quads; all of a body are swept in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vision.demo.arrays import Floats, Ints, Vector, across, array, cross, unit

CELL_PX = 256
ATLAS_COLUMNS = 4
ALL_ROUND = (-np.pi, np.pi)
AHEAD: Vector = (0.0, 1.0, 0.0)


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
class Tube:
    """A surface that is not swept yet: an ellipse that runs down or out along a path."""

    path: Floats
    """(k, 3) metres."""
    radii: Floats
    """(k, 2): half widths to the side and to the `front`."""
    front: Floats | Vector
    part: int
    cell: int
    nearer_m: float = 0.0
    columns: int = 12
    reach: tuple[float, float] = ALL_ROUND
    """From and to which angle, counted from the front, in radians."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """Many surfaces as flat arrays: points (v, 3), quads (q, 4), atlas pixels (v, 2), parts (q,), nearer_m (q,)."""

    points: Floats
    quads: Ints
    texels: Floats
    parts: Ints
    nearer_m: Floats


@lru_cache(maxsize=32)
def around(columns: int, reach: float = np.pi) -> Floats:
    """Angles from `-reach` to `reach`."""
    return array(np.linspace(-reach, reach, columns + 1))


def ball(centre: Floats, radii: Vector, part: int, cell: int, *, rows: int = 7, columns: int = 10) -> Tube:
    """Return an upright ellipsoid with half axes to the side, to the front and up."""
    down, wide = _ball(rows, radii)
    return Tube(array(down + centre), wide, AHEAD, part, cell, 0.0, columns)


@lru_cache(maxsize=64)
def _ball(rows: int, radii: Vector) -> tuple[Floats, Floats]:
    turn = np.linspace(0.02, np.pi - 0.02, rows)
    down = np.stack([turn * 0, turn * 0, np.cos(turn) * radii[2]], axis=1)
    return array(down), array(np.sin(turn)[:, None] * array(radii[:2]))


def bar(ends: tuple[Floats, Floats], half_wh: tuple[float, float], front: Floats, part: int, cell: int) -> Tube:
    """Return a closed box-shaped bar from one end to the other."""
    start, end = ends
    path = array(np.stack([start, start + (end - start) * 0.01, end - (end - start) * 0.01, end]))
    size = array([[0.001, 0.001], half_wh, half_wh, [0.001, 0.001]]) * np.sqrt(2)
    return Tube(path, array(size), front, part, cell, 0.09, 4, (-0.75 * np.pi, 1.25 * np.pi))


def sweep(tubes: Sequence[Tube]) -> Floats:
    """Return the points (v, 3) of all tubes, one after the other, each ring by ring."""
    plan = _plan(tuple((len(tube.path), tube.columns, tube.reach) for tube in tubes))
    path = np.concatenate([tube.path for tube in tubes])
    radii = np.concatenate([tube.radii for tube in tubes])
    along = unit(path[plan.after] - path[plan.before])
    ahead = across(array([tube.front for tube in tubes])[plan.tube], along)
    rings = np.concatenate([path, cross(along, ahead) * radii[:, :1], ahead * radii[:, 1:]], axis=1)[plan.ring]
    return array(rings[:, :3] + rings[:, 3:6] * plan.sine + rings[:, 6:] * plan.cosine)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which numbers meet in a sweep: for each ring its tube and neighbours, for each point its ring and angle."""

    tube: Ints
    before: Ints
    after: Ints
    ring: Ints
    sine: Floats
    cosine: Floats


@lru_cache(maxsize=256)
def _plan(shapes: tuple[tuple[int, int, tuple[float, float]], ...]) -> _Plan:
    counts = [rings for rings, _, _ in shapes]
    first = np.concatenate([[0], np.cumsum(counts)])
    tube = np.repeat(np.arange(len(shapes)), counts)
    number = np.arange(first[-1])
    before, after = np.maximum(number - 1, first[tube]), np.minimum(number + 1, first[tube + 1] - 1)
    ring = np.repeat(number, np.array([columns + 1 for _, columns, _ in shapes])[tube])
    angles = [np.tile(np.linspace(*reach, columns + 1), rings) for rings, columns, reach in shapes]
    angle = np.concatenate(angles)[:, None]
    return _Plan(tube, before, after, ring, array(np.sin(angle)), array(np.cos(angle)))


def assemble(tubes: Sequence[Tube]) -> Mesh:
    """Sweep tubes into one mesh."""
    shapes = tuple((len(tube.path), tube.columns + 1, tube.cell, tube.part, tube.nearer_m) for tube in tubes)
    return Mesh(sweep(tubes), *_topology(shapes))


def mesh_of(grid: Grid) -> Mesh:
    """Return one grid as a mesh."""
    rows, columns = grid.points.shape[:2]
    quads, texels = _quads(rows, columns), _texels(rows, columns, grid.cell)
    labels = np.broadcast_to(np.ravel(grid.part), len(quads))
    return Mesh(grid.points.reshape(-1, 3), quads, texels, labels, array(np.full(len(quads), grid.nearer_m)))


def join(meshes: Sequence[Mesh]) -> Mesh:
    """Put meshes into one."""
    firsts = np.cumsum([0, *(len(mesh.points) for mesh in meshes[:-1])])
    return Mesh(
        array(np.concatenate([mesh.points for mesh in meshes])),
        np.concatenate([mesh.quads + first for mesh, first in zip(meshes, firsts, strict=True)]),
        array(np.concatenate([mesh.texels for mesh in meshes])),
        np.concatenate([mesh.parts for mesh in meshes]),
        array(np.concatenate([mesh.nearer_m for mesh in meshes])),
    )


Shape = tuple[int, int, int, int, float]
"""Rows and columns of points, cell, part, nearer_m."""


@lru_cache(maxsize=256)
def _topology(shapes: tuple[Shape, ...]) -> tuple[Ints, Floats, Ints, Floats]:
    patches = [
        mesh_of(Grid(np.zeros((rows, columns, 3), np.float32), part, cell, nearer_m))
        for rows, columns, cell, part, nearer_m in shapes
    ]
    joined = join(patches)
    return joined.quads, joined.texels, joined.parts, joined.nearer_m


def _quads(rows: int, columns: int) -> Ints:
    corner = np.arange(rows * columns).reshape(rows, columns)
    around_quad = [corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]]
    return np.stack(around_quad, axis=-1).reshape(-1, 4)


def _texels(rows: int, columns: int, cell: int) -> Floats:
    down, right = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    corner = array([cell % ATLAS_COLUMNS, cell // ATLAS_COLUMNS]) * CELL_PX + 2
    return array(np.stack([right, down], axis=-1).reshape(-1, 2) * (CELL_PX - 5) + corner)
