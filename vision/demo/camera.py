"""A pinhole in the corner of the ceiling: from metres in the room to pixels and back to rays."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vision.demo.arrays import Floats, Vector, array, unit


@dataclass(frozen=True, slots=True)
class Pinhole:
    """A camera without distortion; x right, y into the room, z up, all in metres."""

    position: Vector
    look_at: Vector
    focal_px: float
    frame_hw: tuple[int, int]

    @property
    def axes(self) -> Floats:
        """Right, down and forward as the rows of a (3, 3) matrix."""
        return _axes(self.position, self.look_at)

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Map points (n, 3) to pixels (n, 2) and depths (n,) along the axis; what lies behind gets depth ≤ 0.01."""
        seen = (points - array(self.position)) @ self.axes.T
        depth = np.maximum(seen[:, 2], 0.01)
        height, width = self.frame_hw
        pixels = seen[:, :2] * (self.focal_px / depth)[:, None] + array([width / 2, height / 2])
        return pixels, depth

    def rays(self) -> Floats:
        """Directions (h, w, 3) through the pixel centres, scaled so that a distance along them is a depth."""
        height, width = self.frame_hw
        across_px = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / self.focal_px
        down_px = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) / self.focal_px
        right, down, forward = self.axes
        return array(across_px[None, :, None] * right + down_px[:, None, None] * down + forward)


@lru_cache(maxsize=64)
def _axes(position: Vector, look_at: Vector) -> Floats:
    forward = unit(array(look_at) - array(position))
    right = unit(np.cross(forward, array([0.0, 0.0, 1.0])))
    return array(np.stack([right, np.cross(forward, right), forward]))
