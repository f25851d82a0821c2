"""Opens a picture from outside: bounded before a single pixel is decoded, upright, BGR."""

import hashlib
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from vision.errors import PictureError
from vision.frames import Image

MOST_BYTES = 64 << 20
MOST_PIXELS = 50_000_000
FORMATS = "JPEG, PNG, WebP or BMP"

_JPEG_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0..SOF15 without DHT, JPG and DAC (ITU-T T.81, table B.1)."""
_JPEG_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length: TEM, RST0..7, SOI."""

# OpenCV tells stderr about every damaged picture; we tell our caller, in one line.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


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


def read_picture(path_or_bytes: Path | str | bytes, name: str = "picture") -> Image:
    """Return the uint8 (h, w, 3) BGR pixels of a picture, turned upright as its EXIF orientation says.

    Raises:
        PictureError: not a readable picture of at most 64 MiB and 50 megapixels; `name` is how the message calls it.

    """
    content = path_or_bytes if isinstance(path_or_bytes, bytes) else read_bounded(Path(path_or_bytes), name)
    if len(content) > MOST_BYTES:
        raise PictureError(name, f"{len(content)} bytes", f"at most {MOST_BYTES} bytes")
    width, height = _measured(content, name)
    if not 0 < width * height <= MOST_PIXELS:
        raise PictureError(name, f"{width}x{height} px", f"at most {MOST_PIXELS} px in all")
    return _decoded(content, name)


def read_bounded(path: Path, name: str) -> bytes:
    """Return a file's bytes if it is a regular file of at most 64 MiB; raises PictureError naming it `name`."""
    try:
        if not path.is_file():
            raise PictureError(name, str(path), "an existing picture file")
        if path.stat().st_size > MOST_BYTES:
            raise PictureError(name, f"{path} of {path.stat().st_size} bytes", f"at most {MOST_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise PictureError(name, str(path), f"a readable file ({error.strerror})") from error


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in px as the header tells, without decoding; None if it is no picture that we read."""
    for signature, measure in _MEASURES:
        if content.startswith(signature):
            try:
                return measure(content)
            except (struct.error, IndexError):
                return None
    return None


def _measured(content: bytes, name: str) -> tuple[int, int]:
    size = picture_size(content)
    if size is None:
        raise PictureError(name, content[:16], f"a whole {FORMATS} picture")
    return size


def _decoded(content: bytes, name: str) -> Image:
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PictureError(name, content[:16], f"a {FORMATS} picture that decodes ({error.err})") from error
    if image is None:
        raise PictureError(name, content[:16], f"a {FORMATS} picture that decodes")
    return np.asarray(image, np.uint8)


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Read the first chunk; without the last one, IEND, the file was cut off."""
    width, height = struct.unpack_from(">II", content, 16)
    return (width, height) if content[12:16] == b"IHDR" and content.find(b"IEND", 33) > 0 else None


def _bmp_size(content: bytes) -> tuple[int, int] | None:
    if struct.unpack_from("<I", content, 14)[0] == 12:  # the header of OS/2
        width, height = struct.unpack_from("<HH", content, 18)
    else:
        width, height = struct.unpack_from("<ii", content, 18)  # negative height: rows from the top
    return abs(width), abs(height)


def _webp_size(content: bytes) -> tuple[int, int] | None:
    """Measure by the first chunk (RFC 9649, sections 2.5 to 2.7)."""
    chunk = content[12:16] if content[8:12] == b"WEBP" else b""
    if chunk == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if chunk == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Walk the segments to the frame header; a file that never ends its picture was cut off and is refused."""
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _JPEG_SIZE_MARKERS:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return (width, height) if content.find(b"\xff\xd9", at) > 0 else None
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _JPEG_BARE_MARKERS:
            at += 2
        else:
            at += 2 + struct.unpack_from(">H", content, at + 2)[0]
    return None


_MEASURES: tuple[tuple[bytes, Callable[[bytes], tuple[int, int] | None]], ...] = (
    (b"\xff\xd8\xff", _jpeg_size),
    (b"\x89PNG\r\n\x1a\n", _png_size),
    (b"RIFF", _webp_size),
    (b"BM", _bmp_size),
)
