"""Good photos become what a cheap camera above a stove delivers: dim, warm, steamed, blurred, noisy, squeezed."""

import random

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(h, w, 3) BGR."""


def recoloured(bgr: Picture, dice: random.Random) -> Picture:
    """Shift gain, gamma, light colour; one picture in twelve loses its colour as night cameras do."""
    gain = _light(dice) * dice.uniform(0.6, 1.35)
    ramp = 255 * np.power(np.arange(256) / 255, 2 ** dice.uniform(-0.6, 0.8))
    table = np.clip(ramp[:, None] * gain, 0, 255).astype(np.uint8)
    shifted = np.asarray(cv2.LUT(bgr, table[None]), np.uint8)
    if dice.random() < 1 / 12:
        grey = cv2.cvtColor(shifted, cv2.COLOR_BGR2GRAY)
        return np.asarray(cv2.merge([grey] * 3), np.uint8)
    return shifted


def degraded(bgr: Picture, dice: random.Random, strength: float = 1.0) -> Picture:
    """Veil, blur, shrink, add noise, sharpen and squeeze, each by chance and in the order of a camera."""
    for step, chance in ((_veiled, 0.2), (_blurred, 0.4), (_shrunk, 0.5), (_noisy, 0.5), (_sharpened, 0.2)):
        if dice.random() < chance * strength:
            bgr = step(bgr, dice)
    return _squeezed(bgr, dice) if dice.random() < 0.6 * strength else bgr


def _light(dice: random.Random) -> NDArray[np.float64]:
    """Return gains of blue, green and red: lamps lie on the line from warm to cold, cameras err a little off it."""
    warmth = dice.gauss(0.0, 0.14)
    off = [dice.gauss(0.0, 0.03) for _ in range(3)]
    return np.asarray(np.exp(np.array([-warmth, -0.15 * abs(warmth), warmth]) + off), np.float64)


def _veiled(bgr: Picture, dice: random.Random) -> Picture:
    """Lay steam or the glare of a lamp over the picture: a soft bright patch, or an even haze."""
    height, width = bgr.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    far = ((x / width - dice.random()) ** 2 + (y / height - dice.random()) ** 2) / dice.uniform(0.05, 1.0)
    veil = (dice.uniform(0.1, 0.6) * np.exp(-far))[..., None]
    return np.asarray(bgr * (1 - veil) + dice.uniform(180, 255) * veil, np.uint8)


def _sharpened(bgr: Picture, dice: random.Random) -> Picture:
    """Sharpen as cheap cameras do, with halos."""
    amount = dice.uniform(0.5, 1.5)
    soft = cv2.GaussianBlur(bgr, (0, 0), dice.uniform(0.8, 2.0))
    return np.asarray(cv2.addWeighted(bgr, 1 + amount, soft, -amount, 0), np.uint8)


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
    return np.asarray(np.clip(bgr + noise * np.float32(dice.uniform(2, 18)), 0, 255), np.uint8)


def _squeezed(bgr: Picture, dice: random.Random) -> Picture:
    encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, dice.randint(12, 85)])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
