"""A public face detector says which heads show a face; without one nobody can tell of a mask."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

SIDE_PX = 260
NO_FACE, SURE = 0.25, 0.85


class FaceTeacher:
    """AIZOOTech/FaceMaskDetection (MIT): an SSD for masked and bare faces; a teacher only."""

    def __init__(self, weights: Path) -> None:
        self._net: Any = Interpreter(model_path=str(weights), num_threads=2)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        shapes = {detail["shape"][-1]: detail["index"] for detail in self._net.get_output_details()}
        self._scores = shapes[2]

    def mask_of(self, bgr: NDArray[np.uint8]) -> str | None:
        """Return the mask's state on an (h, w, 3) BGR crop around one head: unknown, missing, or None when unsure."""
        rgb = cv2.cvtColor(cv2.resize(bgr, (SIDE_PX, SIDE_PX)), cv2.COLOR_BGR2RGB)
        self._net.set_tensor(self._input, rgb[None].astype(np.float32) / 255)
        self._net.invoke()
        masked, bare = self._net.get_tensor(self._scores)[0].max(axis=0)
        if max(masked, bare) < NO_FACE:
            return "unknown"
        return "missing" if bare > SURE and masked < NO_FACE else None
