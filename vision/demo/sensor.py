"""What a cheap kitchen camera adds to the light: vignette, colour cast, noise, and our own watermark."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from vision.demo.arrays import Bytes

NOISE_FLOOR = 40
WATERMARK = "RENDERED DEMO"


@dataclass(frozen=True, slots=True)
class Sensor:
    """The look of one camera."""

    noise: float = 2.0
    """Standard deviation, in grey levels."""
    vignette: float = 0.25
    """How much darker the corners are, 0 to 1."""
    seed: int = 0
    label: str | None = ""
    """Printed beside the watermark, as camera names are; None leaves out both (training frames)."""


def expose(frame: Bytes, sensor: Sensor, number: int) -> Bytes:
    """Turn the picture of frame `number` into what the camera sends."""
    height, width = frame.shape[:2]
    dimmed = cv2.multiply(frame, _falloff((height, width), sensor.vignette), scale=1 / 255)
    grain = _grain((height, width), sensor.noise, sensor.seed)
    x, y = (number * 7919 + 13) % 64, (number * 104729 + 7) % 64
    noisy = cv2.subtract(cv2.add(dimmed, grain[y : y + height, x : x + width]), np.full(4, NOISE_FLOOR, np.float64))
    return _stamp(noisy.astype(np.uint8, copy=False), sensor.label)


def _stamp(frame: Bytes, label: str | None) -> Bytes:
    if label is None:
        return frame
    scale = frame.shape[0] / 720
    text = f"{WATERMARK}  {label}".strip()
    at = (int(14 * scale), frame.shape[0] - int(14 * scale))
    cv2.putText(
        frame, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.55 * scale, (30, 30, 30), max(int(3 * scale), 1), cv2.LINE_AA
    )
    cv2.putText(frame, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.55 * scale, (225, 225, 225), 1, cv2.LINE_AA)
    return frame


@lru_cache(maxsize=4)
def _falloff(frame_hw: tuple[int, int], strength: float) -> Bytes:
    y, x = np.mgrid[-1 : 1 : frame_hw[0] * 1j, -1 : 1 : frame_hw[1] * 1j]
    gain = 1 - strength * np.clip((x**2 + y**2) / 2, 0, 1) ** 1.3
    return np.repeat((gain * 255).astype(np.uint8)[..., None], 3, axis=2)


@lru_cache(maxsize=4)
def _grain(frame_hw: tuple[int, int], noise: float, seed: int) -> Bytes:
    """Noise around `NOISE_FLOOR`, a little larger than the frame; slightly smeared as by a de-noiser."""
    rng = np.random.default_rng(seed)
    size = (frame_hw[0] + 64, frame_hw[1] + 64)
    grey, colour = rng.standard_normal((*size, 1)), rng.standard_normal((*size, 3))
    smeared = cv2.GaussianBlur((grey + 0.5 * colour).astype(np.float32), (0, 0), 0.7)
    level = np.rint(smeared / smeared.std() * noise + NOISE_FLOOR)
    return np.asarray(np.clip(level, 0, 2 * NOISE_FLOOR), np.uint8)
