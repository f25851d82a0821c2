"""A head and everything that is worn on it: skull, hair, hats, masks, all spun over one profile."""

from dataclasses import dataclass

import numpy as np

from vision.demo.arrays import Floats, Vector, array
from vision.demo.mesh import AHEAD, Grid, Tube, around, ball, sweep
from vision.demo.parts import Cell, Part

# The profile of a head of 0.23 m from crown (0) to chin (1): half width, and how far it reaches to the front and back.
_DOWN = (0.0, 0.04, 0.11, 0.22, 0.35, 0.5, 0.62, 0.75, 0.87, 0.95, 1.0)
_WIDE = (0.004, 0.034, 0.054, 0.069, 0.077, 0.076, 0.073, 0.066, 0.052, 0.036, 0.004)
_FRONT = (0.004, 0.044, 0.067, 0.082, 0.087, 0.087, 0.086, 0.085, 0.081, 0.070, 0.020)
_BACK = (0.004, 0.050, 0.079, 0.097, 0.104, 0.099, 0.086, 0.066, 0.048, 0.036, 0.004)
HEAD_M = 0.23

# How far down hair and covers reach at these angles from the face.
_ANGLES = (0.0, 0.5, 1.0, 1.35, 1.6, 1.95, 2.5, np.pi)
_HAIRLINES = {
    "short": (0.19, 0.19, 0.25, 0.42, 0.50, 0.66, 0.80, 0.83),
    "long": (0.20, 0.21, 0.30, 0.66, 0.95, 0.99, 0.99, 0.99),
    "bun": (0.18, 0.18, 0.24, 0.40, 0.46, 0.64, 0.80, 0.82),
    "bald": (0.01, 0.01, 0.01, 0.02, 0.45, 0.66, 0.78, 0.80),
}
_NET_EDGE = (0.24, 0.24, 0.28, 0.38, 0.50, 0.64, 0.74, 0.76)
_CAP_EDGE = (0.25, 0.25, 0.27, 0.29, 0.31, 0.34, 0.38, 0.38)


@dataclass(frozen=True, slots=True)
class Headwear:
    """What a head carries."""

    hat: str
    """none, toque, cap, skullcap, net, baseball."""
    mask: str
    """worn, nose (below the nose), chin, none."""
    hair: str
    """short, long, bun, bald."""


def surface(angles: Floats, down: Floats, out_m: float | Floats = 0.0) -> Floats:
    """Points of the head, `out_m` above its skin, in its own axes (right, ahead, up); shapes broadcast."""
    angles, down = np.broadcast_arrays(angles, down)
    aside = np.asarray(out_m) * np.sqrt(np.clip(down / 0.10, 0.0, 1.0))
    wide = np.interp(down, _DOWN, _WIDE) + aside
    ahead = np.cos(angles)
    depth = np.where(ahead > 0, np.interp(down, _DOWN, _FRONT), np.interp(down, _DOWN, _BACK)) + aside
    nose = 0.024 * np.exp(-((angles / 0.17) ** 2)) * np.interp(down, (0.44, 0.6, 0.64, 0.68), (0, 1, 0.9, 0))
    up = (0.5 - down) * (HEAD_M + 2 * np.asarray(out_m) * (np.abs(0.5 - down) * 2))
    return array(np.stack([wide * np.sin(angles), depth * ahead + nose, up], axis=-1))


@dataclass(frozen=True, slots=True)
class _Weave:
    """How fine the grids are: quads around a head, around a hat, and for each ten rows of a near one."""

    head: int
    hat: int
    tenth: int

    def rows(self, near: int) -> int:
        """Return how many rows do instead of `near`."""
        return max(5, near * self.tenth // 10)


_NEAR, _FAR = _Weave(28, 24, 10), _Weave(14, 12, 6)


def head_grids(wear: Headwear, *, far: bool = False) -> tuple[Grid, ...]:
    """The grids of a head in its own axes; coarser for one that is `far`."""
    weave = _FAR if far else _NEAR
    return (_skull(weave), *_ears(weave), *_hair(wear, weave), *_HATS[wear.hat](wear, weave), *_mask(wear.mask, weave))


def _skull(weave: _Weave) -> Grid:
    angles, down = around(weave.head), array(np.linspace(0.002, 0.998, weave.rows(18) + 1))
    middle, depth = (angles[:-1] + angles[1:]) / 2, (down[:-1] + down[1:]) / 2
    face = (np.abs(depth - 0.72) < 0.22)[:, None] & (np.abs(middle) < 0.95)
    return Grid(surface(angles[None], down[:, None]), np.where(face, Part.FACE, Part.HEAD), Cell.HEAD)


def _ears(weave: _Weave) -> list[Grid]:
    return [_ball((side * 0.079, -0.012, -0.012), (0.012, 0.022, 0.033), Cell.SKIN, weave) for side in (-1, 1)]


def _ball(centre: Vector, radii: Vector, cell: Cell, weave: _Weave) -> Grid:
    tube = ball(array(centre), radii, Part.HEAD, cell, rows=weave.rows(7), columns=10 if weave is _NEAR else 6)
    return Grid(sweep([tube]).reshape(len(tube.path), tube.columns + 1, 3), Part.HEAD, cell)


def _hair(wear: Headwear, weave: _Weave) -> list[Grid]:
    if wear.hat == "net" or (wear.hair == "bald" and wear.hat != "none"):
        return []
    thick = {"none": 0.014}.get(wear.hat, 0.006)
    shell = Grid(_cover(_HAIRLINES[wear.hair], thick, weave), Part.HEAD, Cell.HAIR, 0.004)
    bun = [_ball((0, -0.125, 0.03), (0.045, 0.035, 0.045), Cell.HAIR, weave)]
    return [shell, *(bun if wear.hair == "bun" else [])]


def _cover(edge: tuple[float, ...], out_m: float, weave: _Weave, near_rows: int = 10) -> Floats:
    """A shell from the crown to an edge that depends on the angle."""
    angles, rows = around(weave.head), weave.rows(near_rows)
    reach = np.interp(np.abs(angles), _ANGLES, edge)
    down = np.linspace(0.0, 1.0, rows)[:, None] * reach[None]
    rounding = out_m * np.sqrt(np.clip(1.02 - np.linspace(0.0, 1.0, rows) ** 6, 0, 1))[:, None]
    return surface(angles[None], np.maximum(down, 0.002), rounding)


def _crown(rings: tuple[tuple[float, float], ...], pleats: float, tilt: float, weave: _Weave) -> Grid:
    """A hat of rings (height, radius in metres) around the head, leaning back by `tilt`."""
    height, radius = array(rings).T
    path = np.stack([np.zeros_like(height), -0.008 - tilt * (height - height[-1]), height], axis=1)
    tube = Tube(array(path), radius[:, None] * array([[0.88, 1.08]]), AHEAD, Part.HAT, Cell.HAT, 0.0, weave.hat)
    points = sweep([tube]).reshape(len(path), weave.hat + 1, 3)
    swell = 1 + pleats * np.cos(12 * around(weave.hat))[None, :, None] * np.linspace(1, 0.2, len(height))[:, None, None]
    return Grid(array(path[:, None] + (points - path[:, None]) * swell), Part.HAT, Cell.HAT, 0.02)


def _no_hat(wear: Headwear, weave: _Weave) -> list[Grid]:
    del wear, weave
    return []


def _toque(wear: Headwear, weave: _Weave) -> list[Grid]:
    del wear
    top = ((0.235, 0.003), (0.24, 0.06), (0.232, 0.105), (0.205, 0.122), (0.165, 0.118))
    band = ((0.13, 0.098), (0.115, 0.091), (0.08, 0.090), (0.048, 0.089))
    return [_crown(top + band, 0.035 if weave is _NEAR else 0.0, 0.18, weave)]


def _flat_cap(wear: Headwear, weave: _Weave) -> list[Grid]:
    del wear
    rings = ((0.148, 0.003), (0.15, 0.07), (0.142, 0.092), (0.115, 0.094), (0.08, 0.091), (0.046, 0.089))
    return [_crown(rings, 0.0, 0.12, weave)]


def _skullcap(wear: Headwear, weave: _Weave) -> list[Grid]:
    del wear
    return [Grid(_cover(_CAP_EDGE, 0.013, weave), Part.HAT, Cell.HAT, 0.02)]


def _net(wear: Headwear, weave: _Weave) -> list[Grid]:
    puffy = _cover(_NET_EDGE, 0.030 if wear.hair != "bald" else 0.022, weave, 12)
    waves = np.sin(np.linspace(0, np.pi, len(puffy)))[:, None, None]
    ripple = 1 + (0.02 if weave is _NEAR else 0.0) * np.cos(14 * around(weave.head))[None, :, None] * waves
    return [Grid(array(puffy * ripple), Part.HAT, Cell.HAT, 0.02)]


def _baseball(wear: Headwear, weave: _Weave) -> list[Grid]:
    angles = around(weave.hat // 2, 1.05)[None]
    inner = surface(angles, np.full_like(angles, 0.24), 0.012)
    outer = inner + np.stack([angles * 0, np.cos(angles) * 0.075, angles * 0 - 0.014], axis=-1)
    brim = array(np.concatenate([inner, (inner + outer) / 2, outer]))
    shades = [Grid(side, Part.HAT, Cell.HAT, 0.02) for side in (brim, brim[::-1])]
    return [*_skullcap(wear, weave), *shades]


_HATS = {"none": _no_hat, "toque": _toque, "cap": _flat_cap, "skullcap": _skullcap, "net": _net, "baseball": _baseball}
_MASK_DOWN = {"worn": (0.49, 0.965), "nose": (0.655, 0.985), "chin": (0.80, 0.995)}


def _mask(kind: str, weave: _Weave) -> list[Grid]:
    if kind == "none":
        return []
    top, bottom = _MASK_DOWN[kind]
    angles, rows = around(weave.head // 2, 1.3)[None], np.linspace(0, 1, weave.rows(8))[:, None]
    # The upper edge runs from the bridge of the nose down to the cheeks, the lower one up to the jaw.
    side = np.abs(angles / 1.3) ** 1.5
    down = (top + 0.07 * side) * (1 - rows) + (bottom - 0.10 * side) * rows
    bulge = 0.009 + 0.012 * np.exp(-((angles / 0.45) ** 2)) * np.sin(rows * np.pi)
    return [Grid(surface(angles, down, bulge), Part.MASK, Cell.MASK, 0.02)]
