"""A film for benchmarks that anybody can make: rendered kitchens as a 1080p camera would send them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
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
        stream = _stream(container)
        for picture in _pictures(Path(folder)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def write_day(path: Path, films: list[Path], every: int = 1) -> Path:
    """Encode the demo site's films one after the other as one 1080p camera would send them, with a sensor's noise.

    `every`: only each so-manyth picture of a film, so that a bench sees the whole site in a few minutes.
    """
    with av.open(path, "w") as container:
        stream = _stream(container)
        rng = np.random.default_rng(SEED)
        noise = rng.normal(0, 2, (HEIGHT + 64, WIDTH, 3)).astype(np.int8)
        for film in films:
            for picture in _enlarged(film, every):
                row = int(rng.integers(64))
                grain = cv2.add(picture, noise[row : row + HEIGHT], dtype=cv2.CV_8U)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(grain), format="bgr24")))
        container.mux(stream.encode())
    return path


def _enlarged(film: Path, every: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures of a film at 1080p, each as often as makes `RATE` of them a second."""
    with av.open(film) as source:
        video = source.streams.video[0]
        step = float(video.average_rate or RATE) / RATE
        due = 0.0
        for number, frame in enumerate(source.decode(video)):
            if number % every == 0:
                picture = cv2.resize(frame.to_ndarray(format="bgr24"), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
                while due <= number // every:
                    yield np.asarray(picture, np.uint8)
                    due += step


def _stream(container: OutputContainer) -> VideoStream:
    stream = container.add_stream("libx264", rate=RATE, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
    stream.bit_rate = 3_000_000
    stream.codec_context.gop_size = KEY_EVERY
    stream.options = {
        "preset": "veryfast",
        "x264-params": f"scenecut=0:keyint={KEY_EVERY}:bframes=0:sliced-threads=0",
    }
    return stream


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
