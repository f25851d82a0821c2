"""Fits a picture into a network's input without stretching it, and boxes back into the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.detectors.manifest import InputSpec
from vision.detectors.pixels import Planes
from vision.frames import Image, Picture
from vision.geometry import Boxes, clipped
from vision.picture import picture_of


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


def fitting(frame_hw: tuple[int, int], shapes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the input (height, width) that shows a picture largest, and of equal ones the one with the least padding.

    At 640 px a 16:9 picture is as large in 640x448 as in 640x640, in seven tenths of the time.
    """

    def worth(input_hw: tuple[int, int]) -> tuple[int, int]:
        content = place(frame_hw, input_hw).content_hw
        return content[0] * content[1], -input_hw[0] * input_hw[1]

    return max(shapes, key=worth)


class Letterbox:
    """Fills one reused (batch, 3, h, w) float32 tensor: one resize and one conversion per picture, nothing allocated.

    Not safe for two threads at once: the caller's lock must span `fill` and the use of what it returns.
    """

    def __init__(self, spec: InputSpec, batch: int, input_hw: tuple[int, int] | None = None) -> None:
        """Make room for pictures at `input_hw`, by default the spec's own height and width."""
        hw = self.input_hw = input_hw or spec.shapes[0]
        self._pad = spec.pad
        self._tensor = np.empty((batch, 3, *hw), np.float32)
        self._canvas = np.full((*hw, 3), spec.pad, np.uint8)
        self._planes = Planes(spec, hw)
        self._filled: Placement | None = None

    def fill(self, pictures: Sequence[Image | Picture]) -> tuple[NDArray[np.float32], list[Placement]]:
        """Return the tensor's first len(pictures) rows, valid until the next call, and where each picture lies."""
        tensor = self._tensor[: len(pictures)]
        return tensor, [self._fit(picture_of(picture), row) for picture, row in zip(pictures, tensor, strict=True)]

    def _fit(self, picture: Picture, row: NDArray[np.float32]) -> Placement:
        canvas = self._canvas
        placement = place(picture.hw, self.input_hw)
        if placement != self._filled:
            canvas[:] = self._pad
            self._filled = placement
        rows, columns = placement.content_hw
        canvas[placement.top : placement.top + rows, placement.left : placement.left + columns] = picture.fitted(
            placement.content_hw
        )
        self._planes.write(canvas, row)
        return placement
