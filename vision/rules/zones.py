"""Where somebody stands, and whether the camera sees at all."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vision.geometry import Boxes, bottom_centres, centres, inside_polygon
from vision.scene import Scene, Vitals, Zone

_CUT_SHARE = 0.02
"""A box that ends within this share of the frame's height from its lower edge is cut off there."""
DARK_LUMA = 20.0
FLAT_CONTRAST = 8.0
COVERED_EDGE_LOSS = 0.8


def sees(vitals: Vitals) -> bool:
    """Tell whether the picture can show anything: connected, not black, not covered; unmeasured is taken as fine."""
    black = vitals.luma < DARK_LUMA and not vitals.contrast >= FLAT_CONTRAST
    return vitals.connected and not black and not vitals.edge_loss > COVERED_EDGE_LOSS


def standing_points(scene: Scene) -> NDArray[np.float32]:
    """Return (n, 2) px: where each person stands; the head (else the middle) where the frame cuts off the legs."""
    boxes, heads = scene.persons.seen.xyxy, scene.wear.head_xyxy
    feet = bottom_centres(boxes)
    cut = feet[:, 1] >= scene.frame_hw[0] * (1 - _CUT_SHARE)
    upper = np.where(np.any(np.isnan(heads), axis=1, keepdims=True), centres(boxes), centres(heads))
    return np.where(cut[:, None], upper, feet).astype(np.float32)


@lru_cache(maxsize=16)
def persons_zones(scene: Scene) -> tuple[Zone | None, ...]:
    """Return for each person of a look the zone they stand in, or None; every rule of the look asks the same."""
    return tuple(zones_at(standing_points(scene), scene.zones, scene.frame_hw))


def object_points(xyxy: Boxes) -> NDArray[np.float32]:
    """Return (n, 2) px: the middle of each thing, which may hang, lie or be held."""
    return centres(xyxy)


def zones_at(points: NDArray[np.float32], zones: Sequence[Zone], frame_hw: tuple[int, int]) -> list[Zone | None]:
    """Return for each (n, 2) px point the zone it lies in, or None.

    Polygons come before whole-picture zones and earlier before later ones.
    """
    shares = (points / np.array(frame_hw[::-1], np.float32)).astype(np.float32)
    found: list[Zone | None] = [None] * len(points)
    for zone in sorted(zones, key=lambda zone: bool(zone.polygon), reverse=True):
        for row in np.flatnonzero(_inside(shares, zone)).tolist():
            found[row] = found[row] or zone
    return found


def _inside(shares: NDArray[np.float32], zone: Zone) -> NDArray[np.bool_]:
    if not zone.polygon:
        return np.ones(len(shares), np.bool_)
    return inside_polygon(shares, np.array(zone.polygon, np.float32))


def margin(confidence: float, threshold: float) -> float:
    """Return the log-odds of a detector's confidence against its threshold: logit(confidence) - logit(threshold).

    At the threshold a box says nothing, above it speaks for what it shows. Both are kept off 0 and 1.
    """
    return _logit(confidence) - _logit(threshold)


def _logit(share: float) -> float:
    kept = min(max(share, 0.001), 0.999)
    return math.log(kept / (1 - kept))
