"""The public face-mask detector that we compare with: AIZOOTech/FaceMaskDetection (MIT), as its authors decode it."""

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import ConfigError
from vision.frames import Image
from vision.geometry import Boxes, iou

SIDE_PX: Final = 260
MAPS: Final = (33, 17, 9, 5, 3)
SIZES: Final = ((0.04, 0.056), (0.08, 0.11), (0.16, 0.22), (0.32, 0.45), (0.64, 0.72))
RATIOS: Final = (1.0, 0.62, 0.42)
VARIANCES: Final = np.array([0.1, 0.1, 0.2, 0.2])
NMS_IOU: Final = 0.4
STATES: Final = ("worn", "missing")

Faces = tuple[Boxes, NDArray[np.float64]]
"""(n, 4) boxes in px of the picture, and (n, 2) how sure it is of a worn and of a missing mask."""


class Aizoo:
    """Finds faces with and without mask; wants the package ai-edge-litert, which the extra `train` brings."""

    def __init__(self, weights: Path) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415  # only here is it needed
        except ImportError as missing:
            raise ConfigError("peer", str(weights), "a machine with the extra `train` (ai-edge-litert)") from missing
        self._net: Any = Interpreter(model_path=str(weights), num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        self._outputs = {detail["shape"][-1]: detail["index"] for detail in self._net.get_output_details()}
        self._anchors = anchors()

    def faces(self, image: Image, floor: float) -> Faces:
        """Return the faces that score at least `floor`, best first."""
        rgb = cv2.cvtColor(cv2.resize(image, (SIDE_PX, SIDE_PX)), cv2.COLOR_BGR2RGB)
        self._net.set_tensor(self._input, rgb[None].astype(np.float32) / 255)
        self._net.invoke()
        raw, scores = (self._net.get_tensor(self._outputs[width])[0].astype(np.float64) for width in (4, 2))
        boxes = decoded(raw, self._anchors) * np.tile([image.shape[1], image.shape[0]], 2)
        return _distinct(boxes.astype(np.float32), scores, floor)


def anchors() -> NDArray[np.float64]:
    """Return the (5972, 4) anchors as centre, width and height in shares of the picture."""
    found = []
    for cells, sizes in zip(MAPS, SIZES, strict=True):
        shapes = [(size, size) for size in sizes]
        shapes += [(sizes[0] * ratio**0.5, sizes[0] / ratio**0.5) for ratio in RATIOS[1:]]
        middles = (np.arange(cells) + 0.5) / cells
        found += [(x, y, width, height) for y in middles for x in middles for width, height in shapes]
    return np.array(found)


def decoded(raw: NDArray[np.float64], anchor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 4) xyxy in shares of the picture for the network's (n, 4) offsets (Liu et al. 2016, SSD)."""
    moved = raw * VARIANCES
    middle = moved[:, :2] * anchor[:, 2:] + anchor[:, :2]
    half = np.exp(moved[:, 2:]) * anchor[:, 2:] / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _distinct(boxes: Boxes, scores: NDArray[np.float64], floor: float) -> Faces:
    left = np.argsort(-scores.max(axis=1), kind="stable")
    left = left[scores[left].max(axis=1) >= floor]
    kept: list[int] = []
    while len(left):
        kept.append(int(left[0]))
        left = left[1:][iou(boxes[left[:1]], boxes[left[1:]])[0] <= NMS_IOU]
    return boxes[kept], scores[kept]
