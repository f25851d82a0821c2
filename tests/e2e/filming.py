"""A phone's camera for journeys: Chromium films what a file shows, first a kitchen, then whoever stands before it."""

from collections.abc import Sequence
from pathlib import Path

import cv2

from tests.e2e.proving import kitchen, portrait
from vision.frames import Image

FPS = 30
EACH_S = 4


def film(path: Path) -> list[str]:
    """Write the film (over and over: four seconds of kitchen, four of a cook); return Chromium's arguments."""
    return filmed(path, (kitchen(), portrait(0)), EACH_S)


def filmed(path: Path, views: Sequence[Image], each_s: int) -> list[str]:
    """Write a film (MJPEG) that shows each view for so long; return Chromium's arguments."""
    path.write_bytes(b"".join(_jpeg(view) * (each_s * FPS) for view in views))
    media = "--use-fake-device-for-media-stream"
    return [media, "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={path}"]


def _jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
