"""A folder of pictures, or a single one, looked at as if it were a very slow camera."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from vision.errors import PictureError, SourceUnavailableError, SourceUnreadableError
from vision.frames import CameraId, Frame, Image, Packet, StreamInfo
from vision.sources.address import PICTURE_SUFFIXES, SourceAddress
from vision.sources.picture_header import picture_hw

MAX_PICTURE_PX = 100_000_000
MAX_PICTURE_BYTES = 64 * 1024 * 1024
TIME_BASE = Fraction(1, 1000)
CODEC = "pictures"
"""`StreamInfo.codec` of a source without a video: there is nothing to cut a clip from."""


class PictureSource:
    """Each picture is one key packet with the file's own bytes; they follow each other at the camera's interval."""

    def __init__(self, camera: CameraId, paths: list[Path], interval_s: float, start_at: datetime) -> None:
        self._camera = camera
        self._paths = paths
        self._interval_s = interval_s
        self._start_at = start_at
        height, width = check_bounds(read_bounded(paths[0]), paths[0].name)
        self._info = StreamInfo(CODEC, width, height, TIME_BASE, b"", Fraction(0))
        self._damaged = 0
        self._closed = False

    @property
    def info(self) -> StreamInfo:
        """Return the size of the first picture; there is no stream to remux."""
        return self._info

    @property
    def live(self) -> bool:
        """Pictures are read as fast as they are asked for."""
        return False

    @property
    def faults(self) -> dict[str, int]:
        """Return how many pictures could not be decoded."""
        return {"damaged key frames": self._damaged} if self._damaged else {}

    def packets(self) -> Iterator[Packet]:
        """Yield the pictures in the order of their names.

        Raises:
            PictureError: one is no picture, or exceeds the bounds.
        """
        for index, path in enumerate(self._paths):
            data = read_bounded(path)
            check_bounds(data, path.name)
            yield self._packet(index, data)
            if self._closed:
                return

    def decode(self, packet: Packet) -> Frame | None:
        """Decode one picture; None if it is damaged behind its header."""
        image = decoded(packet.data)
        if image is None:
            self._damaged += 1
            return None
        return Frame(self._camera, image, packet.received_at, packet.pts_s)

    def follower(self) -> "_PictureFollower":
        """Return what decodes picture after picture."""
        return _PictureFollower(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True

    def _packet(self, index: int, data: bytes) -> Packet:
        pts = round(index * self._interval_s / TIME_BASE)
        at = self._start_at + timedelta(milliseconds=pts)
        return Packet(
            self._camera, data, is_key=True, pts=pts, dts=pts, duration=0, time_base=TIME_BASE, received_at=at
        )


class _PictureFollower:
    """Every picture is whole: there is nothing between two of them."""

    def __init__(self, source: PictureSource) -> None:
        self._source = source

    def decode(self, packet: Packet, wants: Callable[[float], bool]) -> list[Frame]:
        """Return the picture, if it is wanted and whole."""
        frame = self._source.decode(packet) if wants(packet.pts_s) else None
        return [frame] if frame else []


def open_pictures(
    camera: CameraId, address: SourceAddress, interval_s: float, start_at: datetime | None
) -> PictureSource:
    """Open a picture or a folder of pictures.

    Without `start_at` the first picture's modification time counts.

    Raises:
        SourceError: no pictures there.
        PictureError: the first one is none, or exceeds the bounds.
    """
    paths = _listed(address)
    begins_at = start_at or datetime.fromtimestamp(paths[0].stat().st_mtime, UTC)
    return PictureSource(camera, paths, interval_s, begins_at)


def _listed(address: SourceAddress) -> list[Path]:
    path = Path(address.target)
    if not path.is_dir():
        return [path]
    try:
        paths = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())
    except OSError as error:
        raise SourceUnavailableError(address.shown, error.strerror or "cannot be listed") from None
    if not paths:
        raise SourceUnreadableError(
            address.shown, f"no pictures in this folder; allowed: {', '.join(sorted(PICTURE_SUFFIXES))}"
        )
    return paths


def read_bounded(path: Path) -> bytes:
    """Return a file's bytes; refuses more than `MAX_PICTURE_BYTES` before reading them."""
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MAX_PICTURE_BYTES:
            raise PictureError(path.name, f"{size_bytes} bytes", f"up to {MAX_PICTURE_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise SourceUnavailableError(path.name, error.strerror or "cannot be read") from None


def check_bounds(data: bytes, field: str) -> tuple[int, int]:
    """Return a picture's (height, width) from its header alone; refuses what would not fit into memory.

    Raises:
        PictureError: not a JPEG, PNG, WebP or BMP; more than `MAX_PICTURE_BYTES` or `MAX_PICTURE_PX`.
    """
    if len(data) > MAX_PICTURE_BYTES:
        raise PictureError(field, f"{len(data)} bytes", f"up to {MAX_PICTURE_BYTES} bytes")
    height, width = picture_hw(data, field)
    if height * width > MAX_PICTURE_PX:
        raise PictureError(field, f"{width}×{height}", f"up to {MAX_PICTURE_PX // 1_000_000} megapixels")
    return height, width


def decoded(data: bytes) -> Image | None:
    """Return the picture as it is meant to be seen (EXIF orientation applied), uint8 (h, w, 3) BGR; None if damaged."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)


def read_picture(data: bytes, field: str = "picture") -> Image:
    """Return a picture from bytes of unknown origin, uint8 (h, w, 3) BGR.

    Raises:
        PictureError: no picture, damaged, or beyond the bounds; nothing large is decoded to find out.
    """
    check_bounds(data, field)
    image = decoded(data)
    if image is None:
        raise PictureError(field, "a damaged picture", "a complete JPEG, PNG, WebP or BMP")
    return image
