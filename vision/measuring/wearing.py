"""What a wear model answers about labelled boxes: right among the answers given, and how many are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detectors.crops import cut, windows
from vision.detectors.manifest import InputSpec, ModelManifest
from vision.detectors.pixels import Planes
from vision.detectors.session import OnnxSession
from vision.frames import Image
from vision.measuring.held_out import HeldOut
from vision.measuring.intervals import figure
from vision.training.calibration import answers, confusion, softmax
from vision.training.labels import region_of, states_of

SIZES_PX = (16, 24, 32, 48, 96)
COVERAGES = (0.8, 0.9, 0.95, 0.98, 1.0)
LEAST_PX = 24
"""The main figures are of boxes whose shorter side is at least this long."""
BINS = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a model says of n boxes about one item."""

    probability: NDArray[np.float64]
    target: NDArray[np.int64]
    picture: NDArray[np.int64]
    """Which picture each box is in."""
    side_px: NDArray[np.float64]
    states: tuple[str, ...]
    least: float

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Judged":
        """Return some of the boxes."""
        told = (self.target[chosen], self.picture[chosen], self.side_px[chosen])
        return Judged(self.probability[chosen], *told, self.states, self.least)

    @property
    def answer(self) -> NDArray[np.int64]:
        """Return the state answered for each box."""
        return answers(self.probability, self.least, self.states)

    @property
    def unknown(self) -> int:
        """Return the index of unknown."""
        return self.states.index("unknown")


class Eyes:
    """A wear model that tells all its probabilities."""

    def __init__(self, manifest: ModelManifest, threads: int = 0) -> None:
        self.manifest = manifest
        self._session = OnnxSession(manifest, threads)

    def look(self, image: Image, boxes: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Return per item the (n, states) probabilities for (n, 4) boxes."""
        logits = self._session.run(tensor_of(image, boxes, self.manifest.input), tuple(self.manifest.outputs))
        return {
            item: softmax(raw.astype(np.float64), told.temperature)
            for (item, told), raw in zip(self.manifest.outputs.items(), logits, strict=True)
        }


def tensor_of(image: Image, boxes: NDArray[np.float32], spec: InputSpec) -> NDArray[np.float32]:
    """Return the (n, 3, height, width) input for (n, 4) boxes of a picture."""
    tensor = np.empty((len(boxes), 3, spec.height, spec.width), np.float32)
    canvas, planes = np.empty((spec.height, spec.width, 3), np.uint8), Planes(spec)
    for row, window in zip(tensor, windows(boxes, spec.crop_scale, (spec.height, spec.width)), strict=True):
        cut(image, window, canvas, spec.pad)
        planes.write(canvas, row)
    return tensor


def measure_wear(manifest: ModelManifest, held: Sequence[HeldOut], threads: int = 0) -> dict[str, Any]:
    """Return per item accuracy, coverage, confusion, risk over coverage, calibration and accuracy by size."""
    eyes = Eyes(manifest, threads)
    judged = _judged(eyes, held, None)
    shrunk = {px: _judged(eyes, held, px) for px in SIZES_PX}
    return {
        item: {**_report(told), "by_px": {str(px): _short(shrunk[px][item]) for px in SIZES_PX}}
        for item, told in judged.items()
    }


def _judged(eyes: Eyes, held: Sequence[HeldOut], shrunk_px: int | None) -> dict[str, Judged]:
    """Judge every labelled box; with `shrunk_px` only larger ones, each in a picture shrunk to make it this small."""
    rows: dict[str, list[tuple[NDArray[np.float64], int, int, float]]] = {item: [] for item in eyes.manifest.outputs}
    for number, one in enumerate(held):
        boxes = boxes_of(one, eyes.manifest.input.crop, tuple(eyes.manifest.outputs))
        whole = one.image() if boxes else None
        for box, states in boxes:
            side = float(min(box[2] - box[0], box[3] - box[1]))
            if whole is not None and (shrunk_px is None or side >= shrunk_px):
                image, scale = _shrunk(whole, 1.0 if shrunk_px is None else shrunk_px / side)
                seen = eyes.look(image, (box * scale)[None].astype(np.float32))
                for item, state in states.items():
                    index = eyes.manifest.outputs[item].states.index(state)
                    rows[item].append((seen[item][0], index, number, side))
    return {item: _table(eyes.manifest, item, told) for item, told in rows.items()}


def boxes_of(one: HeldOut, region: str, items: tuple[str, ...]) -> list[tuple[NDArray[np.float64], dict[str, str]]]:
    """Return the labelled heads or persons of a picture, with the states of the items asked for."""
    found = []
    for box in one.picture.boxes:
        states = {item: state for item, state in states_of(box).items() if item in items}
        if states and (box.label == "person") == (region == "person"):
            found.append((np.array(region_of(one.source, one.picture, box)), states))
    return found


def _shrunk(image: Image, scale: float) -> tuple[Image, float]:
    if scale >= 1:
        return image, 1.0
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8), scale


def _table(manifest: ModelManifest, item: str, rows: list[tuple[NDArray[np.float64], int, int, float]]) -> Judged:
    told = manifest.outputs[item]
    probability = np.array([row[0] for row in rows]).reshape(-1, len(told.states))
    target, picture = (np.array([row[i] for row in rows], np.int64) for i in (1, 2))
    return Judged(probability, target, picture, np.array([row[3] for row in rows]), told.states, told.answer_above)


def _report(judged: Judged) -> dict[str, Any]:
    large = judged.of(judged.side_px >= LEAST_PX)
    parts = [large.of(np.flatnonzero(large.picture == number)) for number in np.unique(large.picture)]
    return {
        "answer_above": judged.least,
        "heads": len(large.target),
        "balanced_accuracy": _interval(parts, balanced_accuracy),
        "coverage": _interval(parts, coverage),
        "recall": {state: _interval(parts, _recall(state)) for state in judged.states if state != "unknown"},
        "confusion": confusion(large.target, large.answer, judged.states),
        "by_coverage": {str(share): round(_at_coverage(large, share), 4) for share in COVERAGES},
        "calibration": _reliability(large),
    }


def _interval(parts: list[Judged], measure: Any) -> dict[str, float | None]:
    def of(chosen: NDArray[np.int64]) -> float:
        drawn = [parts[i] for i in chosen.tolist()]
        probability = np.concatenate([part.probability for part in drawn])
        target, picture = (np.concatenate([getattr(part, name) for part in drawn]) for name in ("target", "picture"))
        side = np.concatenate([part.side_px for part in drawn])
        return float(measure(Judged(probability, target, picture, side, parts[0].states, parts[0].least)))

    return figure(len(parts), of).told()


def balanced_accuracy(judged: Judged) -> float:
    """Return the mean over worn and missing of the share answered rightly among those answered; improper is wrong."""
    answer = judged.answer
    shares = []
    for state in ("worn", "missing"):
        given = (judged.target == judged.states.index(state)) & (answer != judged.unknown)
        shares.append(float((answer[given] == judged.target[given]).mean()) if given.any() else float("nan"))
    return float(np.mean(shares))


def coverage(judged: Judged) -> float:
    """Return the share of the boxes truly worn or missing that are answered at all."""
    known = np.isin(judged.target, [judged.states.index(state) for state in ("worn", "missing")])
    return float((judged.answer[known] != judged.unknown).mean()) if known.any() else float("nan")


def _recall(state: str) -> Any:
    def of(judged: Judged) -> float:
        true = judged.target == judged.states.index(state)
        return float((judged.answer[true] == judged.states.index(state)).mean()) if true.any() else float("nan")

    return of


def _at_coverage(judged: Judged, share: float) -> float:
    """Return the balanced accuracy when the surest `share` of the boxes truly worn or missing are answered."""
    known = judged.of(np.isin(judged.target, [judged.states.index(state) for state in ("worn", "missing")]))
    if not len(known.target):
        return float("nan")
    masked = known.probability.copy()
    masked[:, known.unknown] = 0
    order = np.argsort(-masked.max(axis=1), kind="stable")[: max(1, round(share * len(masked)))]
    return balanced_accuracy(
        Judged(masked[order], known.target[order], known.picture[order], known.side_px[order], known.states, 0.0)
    )


def _reliability(judged: Judged) -> list[dict[str, float]]:
    """Return, for bins of the probability of the answer given, how many there are and how many are right."""
    answer = judged.answer
    given = answer != judged.unknown
    sure, right = judged.probability[given, answer[given]], answer[given] == judged.target[given]
    bins = [(low, high, (sure >= low) & (sure < high + (high == 1))) for low, high in pairwise(BINS)]
    return [
        {"from": low, "to": high, "answers": int(inside.sum()), "right": round(float(right[inside].mean()), 4)}
        for low, high, inside in bins
        if inside.any()
    ]


def _short(judged: Judged) -> dict[str, float]:
    return {
        "heads": len(judged.target),
        "balanced_accuracy": round(balanced_accuracy(judged), 4),
        "coverage": round(coverage(judged), 4),
    }
