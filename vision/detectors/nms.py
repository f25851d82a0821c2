"""Keeps the best of boxes that show the same thing: greedy non-maximum suppression within each class."""

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.geometry import iou

CANDIDATES = 500
"""Only so many of the most confident boxes compete: a kitchen has fewer things, and the cost grows with the square."""


def suppress(found: Detections, max_iou: float) -> Detections:
    """Return the detections, best first, without those that overlap a better one of their class above `max_iou`."""
    best = found[np.argsort(-found.confidence, kind="stable")[:CANDIDATES]]
    rivals = (iou(best.xyxy, best.xyxy) > max_iou) & (best.class_id[:, None] == best.class_id[None, :])
    return best[_survivors(rivals)]


def _survivors(rivals: NDArray[np.bool_]) -> NDArray[np.bool_]:
    alive = np.ones(len(rivals), np.bool_)
    for i in range(len(rivals)):
        if alive[i]:
            alive[i + 1 :] &= ~rivals[i, i + 1 :]
    return alive
