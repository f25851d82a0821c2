"""Flame, steam and smoke: flickering noise between a foot and a height, laid over the picture."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from vision.demo.arrays import Bytes, Floats, Vector, array
from vision.demo.camera import Pinhole
from vision.demo.room import Backdrop

KINDS = ("flame", "steam", "smoke")
GRID = 96
SEEN = {"flame": 0.30, "smoke": 0.16, "steam": 1.0}
"""How strong a pixel must be to count as seen in the ground truth; steam is never labelled."""
_EMBERS = array([(0, 0, 0), (10, 40, 190), (20, 110, 250), (70, 190, 255), (170, 240, 255), (235, 252, 255)])


@dataclass(frozen=True, slots=True)
class Puff:
    """Something that burns or billows above a point."""

    kind: str
    foot: Vector
    width_m: float
    height_m: float
    strength: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Patch:
    """Where a puff is in the frame (x0, y0, x1, y1), not clipped, and how deep."""

    xyxy: tuple[int, int, int, int]
    depth_m: float


def place(puff: Puff, camera: Pinhole) -> Patch | None:
    """Find a puff in the frame; None if it is outside or behind."""
    x, y, z = puff.foot
    pixels, depth = camera.project(array([(x, y, z), (x, y, z + puff.height_m)]))
    half = puff.width_m / 2 * camera.focal_px / depth[0]
    x0, x1 = int(pixels[:, 0].min() - half), int(pixels[:, 0].max() + half) + 1
    y0, y1 = int(pixels[1, 1]), int(pixels[0, 1] + half * 0.3) + 1
    height, width = camera.frame_hw
    inside = depth.min() > 0.3 and x0 < width and x1 > 0 and y0 < height and y1 > 0 and x1 - x0 > 2 and y1 - y0 > 2
    return Patch((x0, y0, x1, y1), float(depth[0])) if inside else None


def lay_puff(frame: Bytes, backdrop: Backdrop, puff: Puff, patch: Patch, at_s: float) -> Floats | None:
    """Blend a puff into `frame`; returns the strength (h, w) of the visible part in the frame's own pixels, or None."""
    x0, y0, x1, y1 = patch.xyxy
    field = array(cv2.resize(_field(puff, at_s), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR))
    rows, columns = slice(max(y0, 0), min(y1, frame.shape[0])), slice(max(x0, 0), min(x1, frame.shape[1]))
    field = field[rows.start - y0 : rows.stop - y0, columns.start - x0 : columns.stop - x0]
    field = field * (backdrop.depth[rows, columns] > patch.depth_m - 0.3)
    under = frame[rows, columns].astype(np.float32)
    mixed = _glow(under, field) if puff.kind == "flame" else _veil(under, field, puff)
    frame[rows, columns] = np.clip(mixed, 0, 255).astype(np.uint8)
    seen = np.zeros(frame.shape[:2], np.float32)
    seen[rows, columns] = field
    return seen if puff.kind != "steam" else None


def _glow(under: Floats, field: Floats) -> Floats:
    place_in = np.clip(field, 0, 1) * (len(_EMBERS) - 1)
    low = np.minimum(place_in.astype(int), len(_EMBERS) - 2)
    share = (place_in - low)[..., None]
    colour = _EMBERS[low] * (1 - share) + _EMBERS[low + 1] * share
    opaque = np.clip(field * 1.6, 0, 0.95)[..., None]
    return array(under * (1 - opaque) + colour * opaque + (1 - opaque) * colour * 0.5)


def _veil(under: Floats, field: Floats, puff: Puff) -> Floats:
    tone = 225.0 if puff.kind == "steam" else 105.0 + 60 * (puff.seed % 3) / 2
    opaque = np.clip(field * (0.5 if puff.kind == "steam" else 0.85), 0, 0.9)[..., None]
    return array(under * (1 - opaque) + tone * opaque)


def _field(puff: Puff, at_s: float) -> Floats:
    """Strength over a (96, 96) square that stands on the foot."""
    across, up = np.meshgrid(np.linspace(-1, 1, GRID), np.linspace(1, 0, GRID))
    if puff.kind == "flame":
        return _tongues(across, up, puff, at_s)
    rising = _turbulence(puff.seed, up - at_s * 0.35, across)
    spread = 0.22 + 0.6 * up
    plume = (
        np.exp(-(((across + 0.25 * (rising - 0.5) * up) / spread) ** 2))
        * np.clip(up * 6, 0, 1)
        * np.clip((1 - up) * 1.8, 0, 1)
    )
    return array(plume * np.clip(rising * 1.7 - 0.25, 0, 1) * puff.strength)


def _tongues(across: Floats, up: Floats, puff: Puff, at_s: float) -> Floats:
    """Several tongues whose heights flicker; each thins out upwards."""
    rising = _turbulence(puff.seed, up * 0.8 - at_s * 1.9, across)
    field = np.zeros_like(across)
    for number in range(5):
        phase = puff.seed * 1.3 + number * 2.1
        middle = (number - 2) * 0.3 + 0.08 * np.sin(at_s * 9 + phase)
        tall = (0.62 + 0.3 * np.sin(at_s * (11 + number) + phase)) * (1 - 0.12 * abs(number - 2))
        thin = 0.24 * np.clip(1 - up / tall, 0, 1) ** 0.6 + 1e-3
        field = np.maximum(field, np.exp(-(((across - middle + 0.3 * (rising - 0.5) * up) / thin) ** 2)) * (up < tall))
    return array(np.clip(field * (0.55 + 0.7 * rising) * np.clip(up * 12, 0.3, 1) * puff.strength, 0, 1))


def _turbulence(seed: int, up: Floats, across: Floats) -> Floats:
    texture = _clouds(seed)
    size = texture.shape[0]
    x = np.mod((across * 0.25 + 0.5) * size, size).astype(np.float32)
    y = np.mod(-up * 0.5 * size, size).astype(np.float32)
    return array(cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP))


@lru_cache(maxsize=32)
def _clouds(seed: int) -> Floats:
    """Noise of four octaves, from 0 to 1, that repeats at its edges."""
    rng, size = np.random.default_rng(seed + 977), 128
    total = np.zeros((size, size), np.float32)
    for octave in (2, 4, 8, 16):
        tile = np.tile(rng.random((octave, octave)).astype(np.float32), (3, 3))
        smooth = array(cv2.resize(tile, (3 * size, 3 * size), interpolation=cv2.INTER_CUBIC))
        total += smooth[size : 2 * size, size : 2 * size] / np.float32(octave**0.8)
    return array((total - total.min()) / (total.max() - total.min()))
