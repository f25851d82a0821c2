"""Fits a picture into a network's input without stretching it, and boxes back into the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detectors.manifest import InputSpec
from vision.detectors.pixels import Planes
from vision.frames import Image
from vision.geometry import Boxes, clipped


@dataclass(frozen=True, slots=True)
class Placement:
    """Where in the input a picture lies, centred; all in px."""

    frame_hw: tuple[int, int]
    """Of the picture as captured."""
    content_hw: tuple[int, int]
    """Of the picture as scaled into the input."""
    top: int
    left: int

    @property
    def _scale(self) -> NDArray[np.float32]:
        y, x = (content / frame for content, frame in zip(self.content_hw, self.frame_hw, strict=True))
        return np.array([x, y, x, y], np.float32)

    @property
    def _offset(self) -> NDArray[np.float32]:
        return np.array([self.left, self.top, self.left, self.top], np.float32)

    def forward(self, xyxy: Boxes) -> Boxes:
        """Map (n, 4) boxes of the picture into the input."""
        return (xyxy * self._scale + self._offset).astype(np.float32)

    def back(self, xyxy: Boxes) -> Boxes:
        """Map (n, 4) boxes of the input into the picture and cut them to it."""
        return clipped((xyxy - self._offset) / self._scale, self.frame_hw)


def place(frame_hw: tuple[int, int], input_hw: tuple[int, int]) -> Placement:
    """Return the largest centred placement that keeps the aspect; the odd px of a border goes to the bottom or right.

    The rounding is the one of Ultralytics' LetterBox, with which the YOLO heads were trained.
    """
    ratio = min(input_hw[0] / frame_hw[0], input_hw[1] / frame_hw[1])
    height, width = (max(1, round(side * ratio)) for side in frame_hw)
    return Placement(frame_hw, (height, width), (input_hw[0] - height) // 2, (input_hw[1] - width) // 2)


class Letterbox:
    """Fills one reused (batch, 3, h, w) float32 tensor: one resize and one conversion per picture, nothing allocated.

    Not safe for two threads at once: the caller's lock must span `fill` and the use of what it returns.
    """

    def __init__(self, spec: InputSpec, batch: int) -> None:
        self._pad = spec.pad
        self._tensor = np.empty((batch, 3, spec.height, spec.width), np.float32)
        self._canvas = np.full((spec.height, spec.width, 3), spec.pad, np.uint8)
        self._planes = Planes(spec)
        self._filled: Placement | None = None

    def fill(self, images: Sequence[Image]) -> tuple[NDArray[np.float32], list[Placement]]:
        """Return the tensor's first len(images) rows, valid until the next call, and where each picture lies."""
        tensor = self._tensor[: len(images)]
        return tensor, [self._fit(image, row) for image, row in zip(images, tensor, strict=True)]

    def _fit(self, image: Image, row: NDArray[np.float32]) -> Placement:
        canvas = self._canvas
        placement = place((image.shape[0], image.shape[1]), (canvas.shape[0], canvas.shape[1]))
        if placement != self._filled:
            canvas[:] = self._pad
            self._filled = placement
        rows, columns = placement.content_hw
        inside = canvas[placement.top : placement.top + rows, placement.left : placement.left + columns]
        cv2.resize(image, (columns, rows), dst=inside, interpolation=cv2.INTER_LINEAR)
        self._planes.write(canvas, row)
        return placement
