"""Turns a BGR picture of the input's size into the float planes that a network eats, allocating nothing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detectors.manifest import InputSpec
from vision.frames import Image


class Planes:
    """(pixel / scale - mean) / std, channel by channel, for one input size; not for two threads at once."""

    def __init__(self, spec: InputSpec, input_hw: tuple[int, int] | None = None) -> None:
        self._planes = [np.empty(input_hw or spec.shapes[0], np.uint8) for _ in range(3)]
        self._order = (2, 1, 0) if spec.colour == "rgb" else (0, 1, 2)
        self._gain = [np.float32(1 / (spec.scale * std)) for std in spec.std]
        self._bias = [np.float32(-mean / std) for mean, std in zip(spec.mean, spec.std, strict=True)]

    def write(self, canvas: Image, row: NDArray[np.float32]) -> None:
        """Write the (h, w, 3) canvas into the (3, h, w) row of the input tensor."""
        # Splitting first makes every later step contiguous: 0.2 ms against 3.2 ms of cv2.dnn.blobFromImage at 640x640.
        cv2.split(canvas, self._planes)
        for channel, plane in enumerate(self._order):
            np.multiply(self._planes[plane], self._gain[channel], out=row[channel])
            if self._bias[channel]:
                row[channel] += self._bias[channel]
