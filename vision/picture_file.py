"""Reads a picture from outside: bounded before a single pixel is decoded, upright, BGR."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.errors import PictureError
from vision.frames import Image

MOST_BYTES = 64 << 20
MOST_PIXELS = 50_000_000
FORMATS = "JPEG, PNG, WebP or BMP"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
"""How a file is named that a folder of pictures counts as one of them."""

_JPEG_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0..SOF15 without DHT, JPG and DAC (ITU-T T.81, table B.1)."""
_JPEG_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length: TEM, RST0..7, SOI."""

# OpenCV tells stderr about every damaged picture; we tell our caller, in one line.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@dataclass(frozen=True, slots=True)
class _Header:
    """What the first bytes promise, and whether the last ones keep it."""

    width: int
    height: int
    is_whole: bool = True
    """False where the file was cut off; formats that do not mark their end leave that to the decoder."""


def pictures_in(folder: Path) -> list[Path]:
    """Return the files of a folder that are named as pictures, in the order of their names; raises OSError."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())


def read_picture(path_or_bytes: Path | str | bytes, name: str = "picture") -> Image:
    """Return the uint8 (h, w, 3) BGR pixels of a picture, turned upright as its EXIF orientation says.

    Raises:
        PictureError: not a readable picture of at most 64 MiB and 50 megapixels; `name` is how the message calls it.
    """
    content = path_or_bytes if isinstance(path_or_bytes, bytes) else read_bounded(Path(path_or_bytes), name)
    picture_hw(content, name)
    image = decoded(content)
    if image is None:
        raise PictureError(name, content[:16], f"a whole {FORMATS} picture that decodes")
    return image


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


def picture_hw(content: bytes, name: str = "picture") -> tuple[int, int]:
    """Return (height, width) in px as the header announces them, before orientation; decodes nothing.

    Raises:
        PictureError: none of the formats, its header is cut, or it exceeds the bounds.
    """
    if len(content) > MOST_BYTES:
        raise PictureError(name, f"{len(content)} bytes", f"at most {MOST_BYTES} bytes")
    header = _header(content)
    if header is None:
        raise PictureError(name, content[:16], f"a {FORMATS} picture")
    if not 0 < header.width * header.height <= MOST_PIXELS:
        raise PictureError(name, f"{header.width}x{header.height} px", f"at most {MOST_PIXELS} px in all")
    return header.height, header.width


def decoded(content: bytes) -> Image | None:
    """Return the upright uint8 (h, w, 3) BGR pixels of bytes that `picture_hw` accepted; None if damaged or cut off."""
    header = _header(content)
    if header is None or not header.is_whole:
        return None
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)


def _header(content: bytes) -> _Header | None:
    for signature, read in _READERS.items():
        if content.startswith(signature):
            try:
                return read(content)
            except (struct.error, IndexError):
                return None
    return None


def _png(content: bytes) -> _Header | None:
    """Read the first chunk; without the last one, IEND, the file was cut off."""
    width, height = struct.unpack_from(">II", content, 16)
    return _Header(width, height, content.find(b"IEND", 33) > 0) if content[12:16] == b"IHDR" else None


def _bmp(content: bytes) -> _Header:
    if struct.unpack_from("<I", content, 14)[0] == 12:  # the header of OS/2
        width, height = struct.unpack_from("<HH", content, 18)
    else:
        width, height = struct.unpack_from("<ii", content, 18)  # negative height: rows from the top
    return _Header(abs(width), abs(height))


def _webp(content: bytes) -> _Header | None:
    """Measure by the first chunk (RFC 9649, sections 2.5 to 2.7)."""
    chunk = content[12:16] if content[8:12] == b"WEBP" else b""
    if chunk == b"VP8X":
        return _Header(1 + _little24(content, 24), 1 + _little24(content, 27))
    if chunk == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        return _Header(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return _Header(width & 0x3FFF, height & 0x3FFF)
    return None


def _little24(content: bytes, at: int) -> int:
    low, high = struct.unpack_from("<HB", content, at)
    return int(low | high << 16)


def _jpeg(content: bytes) -> _Header | None:
    """Walk the segments to the frame header; a file that never ends its picture was cut off."""
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _JPEG_SIZE_MARKERS:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return _Header(width, height, content.find(b"\xff\xd9", at) > 0)
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _JPEG_BARE_MARKERS:
            at += 2
        else:
            at += 2 + struct.unpack_from(">H", content, at + 2)[0]
    return None


_READERS: dict[bytes, Callable[[bytes], _Header | None]] = {
    b"\xff\xd8\xff": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"RIFF": _webp,
    b"BM": _bmp,
}
"""First bytes of a file → who reads its header."""
