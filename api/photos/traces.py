"""What a JPEG file tells about its own past: a camera's notes, an editor's, and whether it was compressed before.

Weak by nature: whoever strips every note and compresses once, with no trace of an earlier compression, leaves none.
"""

import io
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as Pillow

_CAMERA_TAGS = {
    ExifTags.Base.Make: "Make",
    ExifTags.Base.Model: "Model",
    ExifTags.Base.MakerNote: "MakerNote",
    ExifTags.Base.LensModel: "LensModel",
    ExifTags.Base.ExposureTime: "ExposureTime",
}
_EDITOR_TAGS = {
    ExifTags.Base.Software: "Software",
    ExifTags.Base.ProcessingSoftware: "ProcessingSoftware",
    ExifTags.Base.Artist: "Artist",
    ExifTags.Base.ImageDescription: "ImageDescription",
}
_EDITOR_SEGMENTS = ("photoshop", "xmp", "adobe", "comment", "mp")
"""Segments that Pillow names and that no canvas writes."""
_LOW_MODES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))
_REGION = 512
_REACH = 32
TWICE = 0.65
"""Share of a histogram's ripple in one frequency from which on it was quantised twice.

Set on 25 rendered photos: once 0.52 at most; twice, first at a lower quality, 0.79 and more; others are not told.
"""
_DCT = np.array(
    [[np.sqrt((1 if k == 0 else 2) / 8) * np.cos(np.pi * (2 * n + 1) * k / 16) for n in range(8)] for k in range(8)],
    np.float32,
)
"""The transform of ITU-T T.81, A.3.3."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What was found in one file."""

    is_jpeg: bool
    camera: tuple[str, ...] = ()
    """Notes that a camera writes and a live page does not: names of EXIF tags."""
    editor: tuple[str, ...] = ()
    """Notes that an editor writes."""
    taken: tuple[datetime, ...] = ()
    """EXIF times, naive: the wall clock of the camera."""
    tables: tuple[tuple[int, ...], ...] = ()
    """Quantisation tables, as the file has them."""
    twice: float = 0.0
    """How strongly the coefficients ripple as those of a file compressed twice do, 0..1."""
    is_broken: bool = False
    """Its notes cannot be read."""


def traces_of(content: bytes) -> Traces:
    """Return what a file of at most some megapixels, already known to be a picture, tells about its past."""
    if not content.startswith(b"\xff\xd8"):
        return Traces(is_jpeg=False)
    try:
        with warnings.catch_warnings(action="ignore"), Pillow.open(io.BytesIO(content)) as file:
            # Typed as any image; the signature says that it is a JPEG's.
            tables = tuple(tuple(table) for table in getattr(file, "quantization", {}).values())
            return _told(file, tables, content)
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, struct.error, UnidentifiedImageError):
        return Traces(is_jpeg=True, is_broken=True)


def _told(file: Pillow.Image, tables: tuple[tuple[int, ...], ...], content: bytes) -> Traces:
    exif = file.getexif()
    tags = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
    camera = [name for tag, name in _CAMERA_TAGS.items() if tags.get(tag)]
    camera += ["GPS"] if exif.get_ifd(ExifTags.IFD.GPSInfo) else []
    camera += ["thumbnail"] if exif.get_ifd(ExifTags.IFD.IFD1) else []
    editor = [name for tag, name in _EDITOR_TAGS.items() if tags.get(tag)]
    editor += [name for name in _EDITOR_SEGMENTS if name in file.info]
    return Traces(True, tuple(camera), tuple(editor), tuple(_times(tags)), tables, quantised_twice(content, tables))


def _times(tags: Mapping[int, object]) -> list[datetime]:
    names = (ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized, ExifTags.Base.DateTime)
    told = [str(tags[name]) for name in names if tags.get(name)]
    # EXIF knows no offset here: it is the camera's wall clock.
    return [datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S") for text in told]  # noqa: DTZ007


def quantised_twice(content: bytes, tables: tuple[tuple[int, ...], ...]) -> float:
    """Return how strongly the histograms of the slow waves ripple, 0..1.

    A coefficient that was rounded to multiples of one step and then of another falls into some bins more often than
    into their neighbours, again and again (Popescu and Farid, "Statistical Tools for Digital Forensics", 2004).
    """
    luma = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    if luma is None or not tables or min(luma.shape) < 64:
        return 0.0
    waves, steps = _waves(np.asarray(luma, np.uint8)), np.array(tables[0], np.float32).reshape(8, 8)
    ripples = sorted(_ripple(waves[..., row, column] / steps[row, column]) for row, column in _LOW_MODES)
    return float(np.mean(ripples[-3:]))


def _waves(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the (n, 8, 8) coefficients of the blocks in the middle, on the file's own grid."""
    height, width = (min(side, _REGION) // 8 * 8 for side in luma.shape)
    top, left = ((side - kept) // 16 * 8 for side, kept in zip(luma.shape, (height, width), strict=True))
    area = luma[top : top + height, left : left + width].astype(np.float32) - 128
    blocks = area.reshape(height // 8, 8, width // 8, 8).transpose(0, 2, 1, 3).reshape(-1, 8, 8)
    return np.asarray(_DCT @ blocks @ _DCT.T, np.float32)


def _ripple(values: NDArray[np.float32]) -> float:
    """Return the share of one frequency in what a histogram has beside its smooth shape."""
    whole = np.rint(values).astype(np.int64)
    counts = np.bincount(np.clip(whole, -_REACH, _REACH) + _REACH, minlength=2 * _REACH + 1)[1:-1].astype(np.float64)
    counts[_REACH - 2 : _REACH + 1] = 0  # the peak at zero says nothing
    if counts.sum() < 200:
        return 0.0
    root = np.sqrt(counts)  # evens out the noise of counting (Anscombe)
    smooth = np.convolve(root, np.ones(5) / 5, "same")
    rest = (root - smooth)[np.r_[4 : _REACH - 5, _REACH + 4 : 2 * _REACH - 6]]
    power = np.abs(np.fft.rfft(rest)) ** 2
    expected = 0.25 * len(rest) * 0.8
    """Power of pure counting noise in each frequency."""
    top = float(power[2:].max())
    return float(top / (top + 12 * expected))
