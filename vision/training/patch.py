"""A head or a person cut out of a labelled picture, with room to shift the crop."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import clipped, expanded

ROOM = 2.4
"""Sides of the stored patch over the sides of the box: room for jitter."""
LONGEST_PX = 320


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


def cut_patch(bgr: NDArray[np.uint8], xyxy: tuple[float, ...], told: tuple[str, str], states: dict[str, str]) -> Patch:
    """Cut a box with its surroundings out of a picture; `told` names its set and split."""
    box = np.array([xyxy], np.float32)
    square = np.repeat((box[:, 2:] - box[:, :2]).max() / 2, 2)
    middle = (box[0, :2] + box[0, 2:]) / 2
    window = expanded(np.concatenate([middle - square, middle + square])[None].astype(np.float32), ROOM)
    x0, y0, x1, y1 = clipped(window, (bgr.shape[0], bgr.shape[1]))[0].astype(int)
    part = bgr[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    scale = min(1.0, LONGEST_PX / max(part.shape[:2]))
    small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else part.copy()
    inside = ((box[0] - np.array([x0, y0, x0, y0])) * scale).tolist()
    return Patch(np.asarray(small, np.uint8), tuple(inside), states, *told)
