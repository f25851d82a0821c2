"""A film for benchmarks that anybody can make: rendered kitchens as a 1080p camera would send them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from vision.demo.random_frames import write_frames

WIDTH, HEIGHT, RATE = 1920, 1080, 25
KEY_EVERY = 50
"""A key frame every 2 s, the usual setting of cameras."""
SEED = 7
SWAY_PX = 12


def write_kitchen(path: Path, looks: int = 20) -> Path:
    """Encode `looks` groups of pictures, each around one rendered frame with people; H.264, 3 Mbit/s, no B-frames."""
    with tempfile.TemporaryDirectory() as folder, av.open(path, "w") as container:
        write_frames(Path(folder), SEED, looks)
        stream = container.add_stream("libx264", rate=RATE, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
        stream.bit_rate = 3_000_000
        stream.codec_context.gop_size = KEY_EVERY
        stream.options = {
            "preset": "veryfast",
            "x264-params": f"scenecut=0:keyint={KEY_EVERY}:bframes=0:sliced-threads=0",
        }
        for picture in _pictures(Path(folder)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def _pictures(folder: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield each rendered frame `KEY_EVERY` times, swaying a little and with a sensor's noise."""
    rng = np.random.default_rng(SEED)
    noise = rng.normal(0, 4, (HEIGHT + 64, WIDTH, 3)).astype(np.int16)
    for name in sorted((folder / "images").glob("*.jpg")):
        wide = cv2.resize(cv2.imread(str(name)), (WIDTH + 2 * SWAY_PX, HEIGHT), interpolation=cv2.INTER_CUBIC)
        for step in range(KEY_EVERY):
            at = SWAY_PX + round(SWAY_PX * np.sin(2 * np.pi * step / KEY_EVERY))
            row = int(rng.integers(64))
            grain = wide[:, at : at + WIDTH].astype(np.int16) + noise[row : row + HEIGHT]
            yield np.clip(grain, 0, 255).astype(np.uint8)
