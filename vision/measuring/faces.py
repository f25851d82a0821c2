"""Faces with and without mask, found and judged: our two models together, and a public detector beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.detectors.manifest import ModelManifest
from vision.detectors.onnx import OnnxDetector
from vision.frames import Image
from vision.geometry import Boxes
from vision.measuring.aizoo import STATES, Faces
from vision.measuring.detection import FLOOR
from vision.measuring.held_out import HeldOut
from vision.measuring.intervals import figure, joined
from vision.measuring.wearing import Eyes
from vision.training.labels import GROW
from vision.training.scoring import Looks, average_precision, matched
from vision.training.vocabulary import LETTERS

LEAST_PX = 20
"""Faces that are narrower, and improper or undecided masks, are neither wanted nor held against anybody."""
SET = "masks"

Finder = Callable[[Image], Faces]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What was found of one state in one picture."""

    confidence: NDArray[np.float64]
    hit: NDArray[np.bool_]
    objects: int


def ours(detector: ModelManifest, wear: ModelManifest, threads: int = 0) -> Finder:
    """Return a finder of faces: heads of the detector, shrunk to faces, judged by the wear model."""
    finder = OnnxDetector(replace(detector, thresholds=(FLOOR,) * len(detector.classes)), threads)
    eyes = Eyes(wear, threads)
    columns = [wear.outputs["mask"].states.index(state) for state in STATES]

    def find(image: Image) -> Faces:
        heads = finder.detect([image])[0].of(["head"])
        if not len(heads):
            return np.empty((0, 4), np.float32), np.empty((0, 2))
        seen = eyes.look(image, heads.xyxy)["mask"][:, columns]
        return face_of(heads.xyxy), seen * heads.confidence[:, None]

    return find


def face_of(heads: Boxes) -> Boxes:
    """Return the (n, 4) faces that `labels.head_of` would grow to these heads."""
    left, top, right, bottom = GROW
    sides = (heads[:, 2:] - heads[:, :2]) / np.array([1 + left + right, 1 + top + bottom])
    low = heads[:, :2] + sides * [left, top]
    return np.concatenate([low, low + sides], axis=1).astype(np.float32)


def measure_faces(find: Finder, held: Sequence[HeldOut]) -> dict[str, Any]:
    """Return AP50 per state and their mean, with intervals."""
    parts: list[list[_Part]] = []
    for one in (each for each in held if each.source.name == SET):
        boxes, sure = find(one.image())
        parts.append([_part(boxes, sure[:, i], one, state) for i, state in enumerate(STATES)])
    of_state = {
        state: figure(len(parts), lambda chosen, i=i: _precision([row[i] for row in parts], chosen)).told()  # type: ignore[misc]  # mypy cannot infer a lambda's default
        for i, state in enumerate(STATES)
    }
    mean = figure(
        len(parts), lambda chosen: float(np.mean([_precision([row[i] for row in parts], chosen) for i in (0, 1)]))
    )
    objects = {state: sum(row[i].objects for row in parts) for i, state in enumerate(STATES)}
    return {"pictures": len(parts), "objects": objects, "ap50": of_state, "map50": mean.told()}


def _part(boxes: Boxes, sure: NDArray[np.float64], one: HeldOut, state: str) -> _Part:
    wanted: list[tuple[float, float, float, float]] = []
    silent: list[tuple[float, float, float, float]] = []
    for box in one.picture.boxes:
        told = LETTERS["mask"].get(box.attributes.get("mask", ""), "unknown")
        narrow = min(box.xyxy[2] - box.xyxy[0], box.xyxy[3] - box.xyxy[1]) < LEAST_PX
        if narrow or told not in STATES:
            silent.append(box.xyxy)
        elif told == state:
            wanted.append(box.xyxy)
    order = np.argsort(-sure, kind="stable")
    order = order[sure[order] >= FLOOR]
    hit, counts = matched(boxes[order], _table(wanted), _table(silent))
    return _Part(sure[order][counts], hit[counts], len(wanted))


def _table(rows: list[tuple[float, float, float, float]]) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 4)


def _precision(parts: list[_Part], chosen: NDArray[np.int64]) -> float:
    confidence = np.asarray(joined([part.confidence for part in parts], chosen), np.float64)
    hit = np.asarray(joined([part.hit for part in parts], chosen), np.bool_)
    return average_precision(Looks(confidence, hit, sum(parts[i].objects for i in chosen.tolist())))
