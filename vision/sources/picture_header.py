"""Reads a picture's size from its first bytes, so that a bomb is refused before it is unpacked."""

import struct
from collections.abc import Callable

from vision.errors import PictureError

ALLOWED = "a JPEG, PNG, WebP or BMP picture"
_NO_SIZE_MARKERS = {0xC4, 0xC8, 0xCC}
"""Between 0xC0 and 0xCF, yet no start of frame: DHT, JPG, DAC (ITU-T T.81, table B.1)."""


def picture_hw(data: bytes, field: str) -> tuple[int, int]:
    """Return (height, width) in px as the header announces them.

    Raises:
        PictureError: not one of the formats, or its header is cut or says nothing.
    """
    reader = next((read for magic, read in READERS.items() if data.startswith(magic)), None)
    try:
        size = reader(data) if reader else None
    except (struct.error, IndexError):
        size = None
    if size is None or min(size) < 1:
        raise PictureError(field, data[:16], ALLOWED)
    return size


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return height, width


def _bmp(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<ii", data, 18)
    return abs(height), abs(width)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE_MARKERS:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return height, width
        at += 1 if marker == 0xFF else 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    form = data[8:16]
    if form == b"WEBPVP8X":
        return 1 + int.from_bytes(data[27:30], "little"), 1 + int.from_bytes(data[24:27], "little")
    if form == b"WEBPVP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return height & 0x3FFF, width & 0x3FFF
    if form == b"WEBPVP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)
    return None


READERS: dict[bytes, Callable[[bytes], tuple[int, int] | None]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8\xff": _jpeg,
    b"RIFF": _webp,
    b"BM": _bmp,
}
