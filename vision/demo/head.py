"""A head and everything that is worn on it: skull, hair, hats, masks, all spun over one profile."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vision.demo.arrays import Floats, array
from vision.demo.mesh import Grid, around, ball, tube
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


@lru_cache(maxsize=256)
def head_grids(wear: Headwear) -> tuple[Grid, ...]:
    """The grids of a head in its own axes."""
    return (_skull(), *_ears(), *_hair(wear), *_HATS[wear.hat](wear), *_mask(wear.mask))


def _skull() -> Grid:
    angles, down = around(28), array(np.linspace(0.002, 0.998, 19))
    parts = np.full((18, 28), Part.HEAD)
    middle = (angles[:-1] + angles[1:]) / 2
    parts[9:17, np.abs(middle) < 0.95] = Part.FACE
    return Grid(surface(angles[None], down[:, None]), parts, Cell.HEAD)


def _ears() -> list[Grid]:
    return [
        Grid(ball(array([side * 0.079, -0.012, -0.012]), (0.012, 0.022, 0.033)), Part.HEAD, Cell.SKIN)
        for side in (-1, 1)
    ]


def _hair(wear: Headwear) -> list[Grid]:
    if wear.hat == "net" or (wear.hair == "bald" and wear.hat != "none"):
        return []
    thick = {"none": 0.014}.get(wear.hat, 0.006)
    shell = Grid(_cover(_HAIRLINES[wear.hair], thick), Part.HEAD, Cell.HAIR, 0.004)
    bun = [Grid(ball(array([0, -0.125, 0.03]), (0.045, 0.035, 0.045)), Part.HEAD, Cell.HAIR)]
    return [shell, *(bun if wear.hair == "bun" else [])]


def _cover(edge: tuple[float, ...], out_m: float, *, rows: int = 10) -> Floats:
    """A shell from the crown to an edge that depends on the angle."""
    angles = around(28)
    reach = np.interp(np.abs(angles), _ANGLES, edge)
    down = np.linspace(0.0, 1.0, rows)[:, None] * reach[None]
    rounding = out_m * np.sqrt(np.clip(1.02 - np.linspace(0.0, 1.0, rows) ** 6, 0, 1))[:, None]
    return surface(angles[None], np.maximum(down, 0.002), rounding)


def _crown(heights_m: tuple[float, ...], radii_m: tuple[float, ...], pleats: float, tilt: float) -> Floats:
    """A hat of rings around the head, leaning back by `tilt`."""
    height, radius = array(heights_m), array(radii_m)
    path = np.stack([np.zeros_like(height), -0.008 - tilt * (height - height[-1]), height], axis=1)
    angles = around(24)
    rings = tube(array(path), array(np.stack([radius * 0.88, radius * 1.08], axis=1)), array([0, 1, 0]), angles)
    swell = 1 + pleats * np.cos(12 * angles)[None, :, None] * np.linspace(1, 0.2, len(height))[:, None, None]
    return array(path[:, None] + (rings - path[:, None]) * swell)


def _no_hat(wear: Headwear) -> list[Grid]:
    del wear
    return []


def _toque(wear: Headwear) -> list[Grid]:
    del wear
    heights = (0.235, 0.24, 0.232, 0.205, 0.165, 0.13, 0.115, 0.08, 0.048)
    radii = (0.003, 0.06, 0.105, 0.122, 0.118, 0.098, 0.091, 0.090, 0.089)
    return [Grid(_crown(heights, radii, 0.035, 0.18), Part.HAT, Cell.HAT, 0.02)]


def _flat_cap(wear: Headwear) -> list[Grid]:
    del wear
    heights = (0.148, 0.15, 0.142, 0.115, 0.08, 0.046)
    radii = (0.003, 0.07, 0.092, 0.094, 0.091, 0.089)
    return [Grid(_crown(heights, radii, 0.0, 0.12), Part.HAT, Cell.HAT, 0.02)]


def _skullcap(wear: Headwear) -> list[Grid]:
    del wear
    return [Grid(_cover(_CAP_EDGE, 0.013), Part.HAT, Cell.HAT, 0.02)]


def _net(wear: Headwear) -> list[Grid]:
    angles = around(28)
    puffy = _cover(_NET_EDGE, 0.030 if wear.hair != "bald" else 0.022, rows=12)
    ripple = 1 + 0.02 * np.cos(14 * angles)[None, :, None] * np.sin(np.linspace(0, np.pi, 12))[:, None, None]
    return [Grid(array(puffy * ripple), Part.HAT, Cell.HAT, 0.02)]


def _baseball(wear: Headwear) -> list[Grid]:
    angles = around(12, 1.05)[None]
    inner = surface(angles, np.full_like(angles, 0.24), 0.012)
    outer = inner * array([1.0, 1.0, 1.0]) + np.stack([angles * 0, np.cos(angles) * 0.075, angles * 0 - 0.014], axis=-1)
    brim = array(np.concatenate([inner, (inner + outer) / 2, outer]))
    return [*_skullcap(wear), Grid(brim, Part.HAT, Cell.HAT, 0.02), Grid(brim[::-1], Part.HAT, Cell.HAT, 0.02)]


_HATS = {"none": _no_hat, "toque": _toque, "cap": _flat_cap, "skullcap": _skullcap, "net": _net, "baseball": _baseball}
_MASK_DOWN = {"worn": (0.49, 0.965), "nose": (0.655, 0.985), "chin": (0.80, 0.995)}


def _mask(kind: str) -> list[Grid]:
    if kind == "none":
        return []
    top, bottom = _MASK_DOWN[kind]
    angles, rows = around(14, 1.3)[None], np.linspace(0, 1, 8)[:, None]
    # The upper edge runs from the bridge of the nose down to the cheeks, the lower one up to the jaw.
    side = np.abs(angles / 1.3) ** 1.5
    down = (top + 0.07 * side) * (1 - rows) + (bottom - 0.10 * side) * rows
    bulge = 0.009 + 0.012 * np.exp(-((angles / 0.45) ** 2)) * np.sin(rows * np.pi)
    return [Grid(surface(angles, down, bulge), Part.MASK, Cell.MASK, 0.02)]
