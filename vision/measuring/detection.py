"""What the detector finds: average precision per class, over the pictures whose labels are complete for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.detectors.manifest import ModelManifest
from vision.detectors.onnx import OnnxDetector
from vision.geometry import Boxes
from vision.measuring.held_out import HeldOut
from vision.measuring.intervals import figure, joined
from vision.training.labels import truth
from vision.training.scoring import Looks, average_precision, matched
from vision.training.vocabulary import CLASS_INDEX

FLOOR = 0.01
NOBODY = (np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))
"""What a teacher says who was not asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What was found of one class in one picture."""

    confidence: NDArray[np.float64]
    hit: NDArray[np.bool_]
    objects: int
    twin: bool


def measure_detector(manifest: ModelManifest, held: Sequence[HeldOut], threads: int = 0) -> dict[str, Any]:
    """Return per class AP50 with its interval, recall and precision at the shipped threshold, and counts."""
    floor = replace(manifest, thresholds=(FLOOR,) * len(manifest.classes))
    detector = OnnxDetector(floor, threads)
    scored: dict[str, list[Scored]] = {name: [] for name in manifest.classes}
    for one in held:
        complete = [name for name in manifest.classes if one.source.knowledge.get(name) == "complete"]
        if complete:
            found = detector.detect([one.image()])[0]
            for name in complete:
                scored[name].append(score(found, one, name))
    least = dict(zip(manifest.classes, manifest.thresholds, strict=True))
    return {name: _report(parts, least[name]) for name, parts in scored.items()}


def score(found: Detections, one: HeldOut, name: str) -> Scored:
    """Match what was found of a class with what is labelled."""
    told = truth(one.source, one.picture, NOBODY)
    own = found.of([name])
    order = np.argsort(-own.confidence, kind="stable")
    hit, counts = matched(own.xyxy[order], _boxes(told.boxes, name), _boxes(told.ignored, name))
    confidence = own.confidence[order][counts].astype(np.float64)
    return Scored(confidence, hit[counts], len(_boxes(told.boxes, name)), one.twin)


def _boxes(rows: Sequence[tuple[int, float, float, float, float]], name: str) -> Boxes:
    return np.array([row[1:] for row in rows if row[0] == CLASS_INDEX[name]], np.float32).reshape(-1, 4)


def _report(parts: list[Scored], least: float) -> dict[str, Any]:
    fresh = [part for part in parts if not part.twin]
    found, hits = (sum(int(chosen.sum()) for chosen in kind) for kind in _above(parts, least))
    objects = sum(part.objects for part in parts)
    return {
        "pictures": len(parts),
        "objects": objects,
        "ap50": figure(len(parts), lambda chosen: _precision_of(parts, chosen)).told(),
        "without_twins": {
            "pictures": len(fresh),
            "objects": sum(part.objects for part in fresh),
            "ap50": figure(len(fresh), lambda chosen: _precision_of(fresh, chosen)).told(),
        },
        "threshold": least,
        "recall": round(hits / objects, 4) if objects else None,
        "precision": round(hits / found, 4) if found else None,
    }


def _above(parts: list[Scored], least: float) -> tuple[list[NDArray[np.bool_]], list[NDArray[np.bool_]]]:
    found = [part.confidence >= least for part in parts]
    return found, [part.hit & above for part, above in zip(parts, found, strict=True)]


def _precision_of(parts: list[Scored], chosen: NDArray[np.int64]) -> float:
    confidence = np.asarray(joined([part.confidence for part in parts], chosen), np.float64)
    hit = np.asarray(joined([part.hit for part in parts], chosen), np.bool_)
    return average_precision(Looks(confidence, hit, sum(parts[i].objects for i in chosen.tolist())))
