"""How good a detector is: average precision per class over the pictures whose labels speak about it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.geometry import Boxes, coverage, iou

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Looks:
    """What was found of one class over many pictures."""

    confidence: Floats
    """(n,) of every detection that counts."""
    hit: NDArray[np.bool_]
    """(n,) whether it met an object of its own."""
    objects: int
    """Labelled objects."""


def matched(boxes: Boxes, truth: Boxes, ignored: Boxes, overlap: float = 0.5) -> tuple[Flags, Flags]:
    """Return for boxes that come best first whether each hits an object of its own, and whether each counts.

    A miss inside an ignored region does not count. Greedy matching as in PASCAL VOC (Everingham et al. 2010).
    """
    hit = np.zeros(len(boxes), np.bool_)
    shared, free = iou(boxes, truth), np.ones(len(truth), np.bool_)
    for i in range(len(boxes)):
        candidates = shared[i] * free
        if len(truth) and candidates.max() >= overlap:
            hit[i], free[candidates.argmax()] = True, False
    silent = (coverage(boxes, ignored) > 0.5).any(axis=1) if len(ignored) else np.zeros(len(boxes), np.bool_)
    return hit, hit | ~silent


def average_precision(looks: Looks) -> float:
    """Return the area under the precision envelope at all points; NaN without objects."""
    if not looks.objects:
        return float("nan")
    recall, precision = curve(looks)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * envelope))


def curve(looks: Looks) -> tuple[Floats, Floats]:
    """Return (n,) recall and precision as the threshold falls."""
    hit = looks.hit[np.argsort(-looks.confidence, kind="stable")]
    hits = np.cumsum(hit)
    return hits / max(looks.objects, 1), hits / np.arange(1, len(hit) + 1)


def best_threshold(looks: Looks, beta: float = 1.0) -> tuple[float, float, float]:
    """Return the confidence with the best F score (beta < 1 prefers precision), and recall and precision there."""
    if not len(looks.hit):
        return float("nan"), 0.0, 0.0
    recall, precision = curve(looks)
    weight = beta * beta
    score = (1 + weight) * recall * precision / np.maximum(weight * precision + recall, 1e-9)
    best = int(score.argmax())
    return float(np.sort(looks.confidence)[::-1][best]), float(recall[best]), float(precision[best])
