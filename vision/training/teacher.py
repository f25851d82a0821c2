"""A COCO detector labels what a set's authors left out; what it is unsure of is neither label nor background."""

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from ultralytics.nn.tasks import load_checkpoint

from vision.geometry import Boxes, iou
from vision.training.labels import Found


class Teacher:
    """A trained Ultralytics detector that answers picture by picture."""

    def __init__(self, weights: Path, side_px: int = 640) -> None:
        self._side_px = side_px
        network = load_checkpoint(str(weights))[0].float().eval()
        self.network = network.to(memory_format=torch.channels_last)

    def __call__(self, bgr: NDArray[np.uint8], floor: float = 0.1) -> Found:
        """Return what is seen in an (h, w, 3) BGR picture with at least `floor` confidence."""
        scale = min(self._side_px / max(bgr.shape[:2]), 2.5)
        with torch.inference_mode():
            raw = self.network(as_tensor(shrunk(bgr, scale)))[0][0].float().numpy()
        boxes, scores, classes = suppressed(raw, floor)
        return np.asarray(boxes / scale, np.float32), scores, classes


def shrunk(bgr: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Resize and fill up to multiples of 32 px at the right and bottom edge."""
    small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    bottom, right = (-side % 32 for side in small.shape[:2])
    return np.asarray(cv2.copyMakeBorder(small, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=(114,) * 3), np.uint8)


def as_tensor(bgr: NDArray[np.uint8]) -> torch.Tensor:
    """Turn (h, w, 3) BGR bytes into the (1, 3, h, w) RGB picture in 0..1 that the network wants."""
    rgb = np.ascontiguousarray(bgr[:, :, ::-1].transpose(2, 0, 1))[None]
    return torch.from_numpy(rgb).float().div_(255).to(memory_format=torch.channels_last)


def suppressed(raw: NDArray[np.float32], floor: float, overlap: float = 0.6) -> Found:
    """Turn (4 + classes, n) centre boxes and scores into distinct xyxy boxes, best first."""
    classes = raw[4:].argmax(0)
    scores = raw[4:].max(0)
    order = np.argsort(-scores)[: int((scores >= floor).sum())]
    centre, half = raw[:2, order].T, raw[2:4, order].T / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
    kept = distinct(boxes + classes[order, None].astype(np.float32) * 10_000, overlap)
    return boxes[kept], scores[order][kept], classes[order][kept].astype(np.int64)


def distinct(boxes: Boxes, overlap: float) -> NDArray[np.int64]:
    """Return the indices of greedy non-maximum suppression over boxes that come best first."""
    left = np.arange(len(boxes))
    kept: list[int] = []
    while len(left):
        first, rest = left[0], left[1:]
        kept.append(int(first))
        left = rest[iou(boxes[first : first + 1], boxes[rest])[0] <= overlap]
    return np.array(kept, np.int64)
