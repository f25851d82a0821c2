"""How long one look takes on one core: pixels in, answers out, the runtime's own code."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from vision.detectors.manifest import ModelManifest
from vision.detectors.onnx import OnnxDetector
from vision.measuring.wearing import Eyes

FRAME_HW = (1080, 1920)
HEADS = 8
ROUNDS = 15


def measure_speed(manifest: ModelManifest) -> dict[str, Any]:
    """Return milliseconds per frame of a detector, or per box of a wear model: quickest and median of ROUNDS.

    The quickest is the one that neighbours on a shared machine disturbed least.
    """
    image = np.random.default_rng(1).integers(0, 255, (*FRAME_HW, 3)).astype(np.uint8)
    if manifest.task == "detect":
        detector = OnnxDetector(manifest, 1, 1)
        return _timed(lambda: detector.detect([image]), 1)
    eyes = Eyes(manifest, 1)
    boxes = np.array([[100 + 90 * i, 80, 170 + 90 * i, 170] for i in range(HEADS)], np.float32)
    return _timed(lambda: eyes.look(image, boxes), HEADS)


def _timed(look: Callable[[], object], each: int) -> dict[str, Any]:
    look()
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        look()
        spent.append((time.perf_counter() - began) * 1000 / each)
    return {"ms_quickest": round(min(spent), 2), "ms_median": round(float(np.median(spent)), 2), "threads": 1}
