"""A head or a person cut out of a labelled picture, with room to shift the crop."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """One box with room around it, and what is labelled."""

    bgr: NDArray[np.uint8]
    xyxy: tuple[float, ...]
    """The box in px of the patch."""
    states: dict[str, str]
    """Item -> state; items not labelled are missing."""
    origin: str
    """Name of the set."""
    split: str
    face: tuple[float, ...] = ()
    """The labelled face in px of the patch; empty where a whole head was labelled."""
