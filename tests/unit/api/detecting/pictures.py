"""Pictures for detection, whole and hostile, all made here."""

import struct
import zlib

import cv2
import numpy as np


def encoded(suffix: str, seed: int = 0) -> bytes:
    """Return a small picture as a file: noise blocks, so that each seed has a hash of its own."""
    blocks = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    done, data = cv2.imencode(suffix, cv2.resize(blocks, (128, 96), interpolation=cv2.INTER_NEAREST))
    assert done
    return data.tobytes()


def png_bomb(side: int) -> bytes:
    """Return a PNG that announces side × side px in a few kilobytes; nobody must get so far as to unpack it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def many_scans() -> bytes:
    """Return a JPEG whose last scan is repeated a thousand times: each costs a pass over the picture."""
    whole = encoded(".jpg")
    at = whole.rindex(b"\xff\xda")
    return whole[:at] + whole[at:-2] * 1000 + b"\xff\xd9"
