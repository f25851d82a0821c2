"""Reads a detection network's numbers: one pure function per kind of head, chosen once from the manifest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.detectors.manifest import ModelManifest
from vision.detectors.nms import suppress
from vision.errors import ModelError

Raw = NDArray[np.float32]
"""One picture's rows of the network's first output, 2-D."""

STRIDES = (8, 16, 32)
"""Of YOLOX's three feature maps, in px of the input."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadSpec:
    """What a head must know of its model."""

    where: str
    """How messages call the manifest."""
    classes: tuple[str, ...]
    thresholds: NDArray[np.float32]
    """(c,) least confidence per class."""
    nms_iou: float
    input_hw: tuple[int, int]


Head = Callable[[Raw, HeadSpec], Detections]
"""Returns boxes in px of the network's input, most confident first."""


def spec_of(manifest: ModelManifest) -> HeadSpec:
    """Return what its head must know of a detector."""
    thresholds = np.array(manifest.thresholds, np.float32)
    hw = (manifest.input.height, manifest.input.width)
    return HeadSpec(manifest.where, manifest.classes, thresholds, manifest.nms_iou, hw)


def yolo11(raw: Raw, spec: HeadSpec) -> Detections:
    """Read YOLO v8/11: (4 + c, n) of centre x, y, width, height in input px, then class probabilities."""
    scores = raw[4:]
    hopeful = np.flatnonzero(scores.max(axis=0) >= spec.thresholds.min())
    confidence, class_id = _best(scores[:, hopeful].T, spec.thresholds)
    return _gather(_corners(raw[:4, hopeful].T), confidence, class_id, spec)


def yolox(raw: Raw, spec: HeadSpec) -> Detections:
    """Read YOLOX: (n, 5 + c) of offsets to the grid, objectness, class probabilities (arXiv 2107.08430)."""
    grid, stride = _grid(spec.input_hw)
    boxes = np.concatenate([(raw[:, :2] + grid) * stride, np.exp(np.minimum(raw[:, 2:4], 20)) * stride], axis=1)
    confidence, class_id = _best(raw[:, 4:5] * raw[:, 5:], spec.thresholds)
    return _gather(_corners(boxes), confidence, class_id, spec)


def yolo_end2end(raw: Raw, spec: HeadSpec) -> Detections:
    """Read a network that suppresses by itself: (n, 6) of x0, y0, x1, y1 in input px, confidence, class index."""
    rows = raw[raw[:, 4] >= spec.thresholds.min()]
    class_id = rows[:, 5].astype(np.int64)
    if len(rows) and not 0 <= class_id.min() <= class_id.max() < len(spec.classes):
        raise ModelError(
            f"{spec.where}: classes", int(class_id.max()), f"a map that fits; it has 0..{len(spec.classes) - 1}"
        )
    confidence = np.where(rows[:, 4] >= spec.thresholds[class_id], rows[:, 4], 0).astype(np.float32)
    found = _sound(rows[:, :4], confidence, class_id, spec)
    return found[np.argsort(-found.confidence, kind="stable")]


HEADS: Mapping[str, Head] = {"yolo11": yolo11, "yolox": yolox, "yolo_end2end": yolo_end2end}


def check_shape(manifest: ModelManifest, shape: tuple[int, ...]) -> None:
    """Refuse a network whose output, seen as (1, …) of this shape, does not fit the manifest's head and class map."""
    count = len(manifest.classes)
    axis, width = {"yolo11": (1, 4 + count), "yolox": (2, 5 + count), "yolo_end2end": (2, 6)}[manifest.head]
    if len(shape) != 3 or shape[axis] != width:
        allowed = f"a map that fits the output {shape}; {manifest.head} with {count} makes axis {axis} {width}"
        raise ModelError(f"{manifest.where}: classes", count, allowed)
    cells = len(_grid((manifest.input.height, manifest.input.width))[0])
    if manifest.head == "yolox" and shape[1] != cells:
        raise ModelError(
            f"{manifest.where}: head", "yolox", f"an output of {cells} cells for strides {STRIDES}, not {shape[1]}"
        )


def _grid(input_hw: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (n, 2) cell corners x, y in cells, and the (n, 1) stride of each."""
    corners, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: input_hw[0] // stride, : input_hw[1] // stride]
        corners.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full((x.size, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _best(scores: Raw, thresholds: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return per row of (n, c) the best of the classes that reach their own threshold, and 0 where none does."""
    passed = np.where(scores >= thresholds, scores, 0)
    class_id = passed.argmax(axis=1)
    return passed[np.arange(len(passed)), class_id].astype(np.float32), class_id.astype(np.int64)


def _corners(boxes: Raw) -> NDArray[np.float32]:
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def _gather(xyxy: Raw, confidence: Raw, class_id: NDArray[np.int64], spec: HeadSpec) -> Detections:
    return suppress(_sound(xyxy, confidence, class_id, spec), spec.nms_iou)


def _sound(xyxy: Raw, confidence: Raw, class_id: NDArray[np.int64], spec: HeadSpec) -> Detections:
    """Drop boxes that reached no threshold, are not numbers, or have no area."""
    keep = (confidence > 0) & np.isfinite(xyxy).all(axis=1) & (xyxy[:, 2:] > xyxy[:, :2]).all(axis=1)
    return Detections(xyxy[keep].astype(np.float32), confidence[keep], class_id[keep], spec.classes)
