"""Rectangles and polygons: array functions on half-open xyxy boxes, no state."""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
"""(n, 4) xyxy, half-open: x0 <= x < x1."""


def areas(xyxy: Boxes) -> NDArray[np.float32]:
    """Return the (n,) areas in px²; inverted boxes have none."""
    sides = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def centres(xyxy: Boxes) -> NDArray[np.float32]:
    """Return the (n, 2) centre points."""
    return np.asarray((xyxy[:, :2] + xyxy[:, 2:]) / 2, np.float32)


def bottom_centres(xyxy: Boxes) -> NDArray[np.float32]:
    """Return the (n, 2) points where upright things stand: the right question for zones."""
    return np.stack([(xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]], axis=1)


def intersections(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Return the (n, m) areas that each box of `a` shares with each of `b`."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2), np.float32)


def iou(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Return the (n, m) intersection over union; two empty boxes give 0."""
    shared = intersections(a, b)
    union = areas(a)[:, None] + areas(b)[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0), np.float32)


def coverage(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Return (n, m): the share of each box of `a` that lies inside each box of `b`."""
    own = areas(a)[:, None]
    shared = intersections(a, b)
    return np.asarray(np.divide(shared, own, out=np.zeros_like(shared), where=own > 0), np.float32)


def clipped(xyxy: Boxes, frame_hw: tuple[int, int]) -> Boxes:
    """Return the boxes cut to the frame."""
    height, width = frame_hw
    limit = np.array([width, height, width, height], np.float32)
    return np.clip(xyxy, 0, limit).astype(np.float32)


def expanded(xyxy: Boxes, scale: float) -> Boxes:
    """Return boxes with the same centres and `scale` times the sides."""
    middle = np.tile(centres(xyxy), 2)
    return (middle + (xyxy - middle) * scale).astype(np.float32)


def inside_polygon(points: NDArray[np.float32], polygon: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell for (n, 2) points whether each lies inside the (k, 2) polygon.

    Even-odd rule (W. R. Franklin, PNPOLY); edges are half-open as boxes are.
    """
    x, y = points[:, 0, None], points[:, 1, None]
    x0, y0 = polygon[:, 0], polygon[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    straddles = (y0 > y) != (y1 > y)
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    crossing = (x1 - x0) * (y - y0) / rise + x0
    odd: NDArray[np.bool_] = np.sum(straddles & (x < crossing), axis=1) % 2 == 1
    return odd
