"""A picture that is looked at alone: its pixels, and what a look tells about the bytes that were sent."""

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path

from vision.frames import Image
from vision.picture_file import read_bounded, read_picture


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture from outside, as sent and as decoded."""

    image: Image = field(repr=False)
    """Upright."""
    sha256: str
    """Of the bytes as sent."""
    decode_ms: float


def open_picture(path_or_bytes: Path | str | bytes, name: str = "picture") -> Picture:
    """Return a picture with the hash of its bytes and the time that decoding took; raises PictureError."""
    content = path_or_bytes if isinstance(path_or_bytes, bytes) else read_bounded(Path(path_or_bytes), name)
    started_s = time.perf_counter()
    image = read_picture(content, name)
    decode_ms = (time.perf_counter() - started_s) * 1e3
    return Picture(image, hashlib.sha256(content).hexdigest(), decode_ms)
