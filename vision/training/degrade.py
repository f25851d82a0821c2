"""Good photos become what a cheap camera above a stove delivers: dark, blurred, small, noisy, squeezed by codecs."""

import random

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(h, w, 3) BGR."""


def recoloured(bgr: Picture, dice: random.Random) -> Picture:
    """Shift gain, gamma and colour balance; one picture in twelve loses its colour as night cameras do."""
    gain = np.array([dice.uniform(0.9, 1.1) for _ in range(3)]) * dice.uniform(0.65, 1.3)
    ramp = 255 * np.power(np.arange(256) / 255, 2 ** dice.uniform(-0.5, 0.7))
    table = np.clip(ramp[:, None] * gain, 0, 255).astype(np.uint8)
    shifted = np.asarray(cv2.LUT(bgr, table[None]), np.uint8)
    if dice.random() < 1 / 12:
        grey = cv2.cvtColor(shifted, cv2.COLOR_BGR2GRAY)
        return np.asarray(cv2.merge([grey] * 3), np.uint8)
    return shifted


def degraded(bgr: Picture, dice: random.Random, strength: float = 1.0) -> Picture:
    """Blur, shrink, darken, add noise and squeeze, each by chance."""
    steps = (_blurred, _shrunk, _noisy, _squeezed)
    for step in steps:
        if dice.random() < 0.5 * strength:
            bgr = step(bgr, dice)
    return bgr


def _blurred(bgr: Picture, dice: random.Random) -> Picture:
    if dice.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(bgr, (0, 0), dice.uniform(0.4, 0.012 * max(bgr.shape[:2]) + 0.5)), np.uint8)
    length = dice.randint(2, max(3, bgr.shape[1] // 50))
    kernel = np.full((1, length) if dice.random() < 0.7 else (length, 1), 1 / length, np.float32)
    return np.asarray(cv2.filter2D(bgr, -1, kernel), np.uint8)


def _shrunk(bgr: Picture, dice: random.Random) -> Picture:
    height, width = bgr.shape[:2]
    share = dice.uniform(0.4, 0.9)
    small = cv2.resize(bgr, (max(2, int(width * share)), max(2, int(height * share))), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _noisy(bgr: Picture, dice: random.Random) -> Picture:
    noise = np.random.default_rng(dice.randrange(2**31)).standard_normal(bgr.shape, np.float32)
    return np.asarray(np.clip(bgr + noise * np.float32(dice.uniform(2, 14)), 0, 255), np.uint8)


def _squeezed(bgr: Picture, dice: random.Random) -> Picture:
    encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, dice.randint(25, 85)])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
