"""Generated pictures for tests, the hostile ones among them: nothing third-party, each from the recipe below."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray


def noise(hw: tuple[int, int], seed: int = 1) -> NDArray[np.uint8]:
    """Return an (h, w, 3) picture of coloured blobs in which nothing is to be seen."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (hw[1], hw[0]), interpolation=cv2.INTER_CUBIC), np.uint8)


def encoded(suffix: str, image: NDArray[np.generic] | None = None) -> bytes:
    """Return a picture file of the kind that the suffix names."""
    return bytes(cv2.imencode(suffix, noise((48, 64)) if image is None else image)[1])


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk of a PNG, its checksum right."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(width: int, height: int, rows: bytes = b"\0") -> bytes:
    """Return a well-formed PNG whose header promises this size, whatever its rows hold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(rows, 9)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
