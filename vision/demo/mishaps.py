"""What goes wrong with a camera: a hand before the lens, no light, no focus; frozen and moved ones are filmed so."""

from functools import lru_cache

import cv2
import numpy as np

from vision.demo.arrays import Bytes, Floats, array

UNFOCUSED_SHARE = 1 / 150
"""Spread of the blur as a share of the picture's width: soft, yet not a covered lens."""
_PALM = (46, 62, 104)
_GAP = (10, 12, 30)
_FINGERS = ((0.06, 0.30), (0.30, 0.10), (0.56, 0.06), (0.80, 0.22))
"""Where each finger ends, as shares of width and height."""


def covered(picture: Bytes, at_s: float) -> Bytes:
    """Lay a hand over the lens: near and out of focus, it trembles; (h, w, 3) BGR."""
    hand = _hand(picture.shape[:2])
    height, width = picture.shape[:2]
    dx, dy = (0.012 * width * np.sin(at_s * 2.3 + turn) for turn in (0.0, 1.3))
    shifted = cv2.warpAffine(hand, array([[1, 0, dx], [0, 1, dy]]), (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.addWeighted(picture, 0.03, shifted, 0.97, 0), np.uint8)


def black(picture: Bytes) -> Bytes:
    """Return what a camera sends whose lens cap is on."""
    return np.full_like(picture, 6)


def blurred(picture: Bytes) -> Bytes:
    """Turn the focus ring."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), picture.shape[1] * UNFOCUSED_SHARE), np.uint8)


@lru_cache(maxsize=2)
def _hand(frame_hw: tuple[int, ...]) -> Bytes:
    height, width = frame_hw
    picture: Floats = np.full((height, width, 3), _GAP, np.float32)
    thick = int(width * 0.23)
    for x, y in _FINGERS:
        start, end = (int(width * (0.35 + 0.3 * x)), int(height * 1.1)), (int(width * x), int(height * y))
        cv2.line(picture, start, end, tuple(float(v) * (0.85 + 0.3 * x) for v in _PALM), thick, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), width / 28), np.uint8)
