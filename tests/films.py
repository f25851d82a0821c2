"""Generated films and packets for tests: nothing third-party, each from the recipe below."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from vision.frames import CameraId, Packet, StreamInfo

CAMERA = CameraId("kitchen-1")
START_AT = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
WIDTH, HEIGHT = 160, 96


@dataclass(frozen=True, slots=True)
class Film:
    """What to encode."""

    codec: str = "libx264"
    frames: int = 60
    rate: int = 10
    key_every: int = 10
    b_frames: int = 0
    slices: int = 0
    """0 = what the encoder likes."""
    scale: int = 1
    """Size as a multiple of `picture`'s."""


def picture(index: int) -> NDArray[np.uint8]:
    """Return frame `index`: a bright bar that moves 2 px a frame over a grey that brightens; (96, 160, 3) BGR."""
    image = np.full((HEIGHT, WIDTH, 3), 40 + index % 150, np.uint8)
    at = 2 * index % (WIDTH - 16)
    image[:, at : at + 16] = (60, 220, 120)
    return image


def write_film(path: Path, film: Film = Film()) -> Path:
    """Encode a film; `path` chooses the container."""
    with av.open(path, "w") as container:
        stream = container.add_stream(film.codec, rate=film.rate, width=WIDTH * film.scale, height=HEIGHT * film.scale)
        stream.pix_fmt = "yuvj420p" if film.codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = film.key_every
        stream.codec_context.max_b_frames = film.b_frames
        if film.codec == "libx264":
            slices = f":sliced-threads=0:slices={film.slices}" if film.slices else ""
            stream.options = {"x264-params": f"scenecut=0:keyint={film.key_every}:bframes={film.b_frames}{slices}"}
        if film.codec == "libx265":
            keys = f"keyint={film.key_every}:min-keyint={film.key_every}:scenecut=0:bframes={film.b_frames}"
            stream.options = {"x265-params": f"{keys}:slices={film.slices or 1}:repeat-headers=1:log-level=none"}
        for index in range(film.frames):
            image = np.kron(picture(index), np.ones((film.scale, film.scale, 1), np.uint8))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def payloads(path: Path) -> list[bytes]:
    """Return every video packet's bytes, as bare PyAV demuxes them."""
    with av.open(path) as container:
        return [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]


TIME_BASE = Fraction(1, 1000)
INFO = StreamInfo("h264", WIDTH, HEIGHT, TIME_BASE, b"", Fraction(10))


def packet(at_s: float, *, key: bool = False, size_bytes: int = 10) -> Packet:
    """Return a packet for pure tests, received `at_s` after `START_AT`."""
    pts = round(at_s * 1000)
    at = START_AT + timedelta(seconds=at_s)
    return Packet(CAMERA, b"x" * size_bytes, key, pts, pts, 100, TIME_BASE, at)
