"""A folder of pictures, or a single one, looked at as if it were a very slow camera."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from vision.errors import SourceUnavailableError, SourceUnreadableError
from vision.frames import CameraId, Frame, Packet, StreamInfo
from vision.picture import Pixels
from vision.picture_file import SUFFIXES, decoded, picture_hw, pictures_in, read_bounded
from vision.sources.address import SourceAddress

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
        height, width = picture_hw(read_bounded(paths[0], paths[0].name), paths[0].name)
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
            data = read_bounded(path, path.name)
            picture_hw(data, path.name)
            yield self._packet(index, data)
            if self._closed:
                return

    def rest(self) -> None:
        """Nothing comes before it is asked for."""

    def decode(self, packet: Packet) -> Frame | None:
        """Decode one picture; None if it is damaged behind its header."""
        image = decoded(packet.data)
        if image is None:
            self._damaged += 1
            return None
        return Frame(self._camera, Pixels(image), packet.received_at, packet.pts_s)

    def follower(self) -> "PictureFollower":
        """Return what decodes picture after picture."""
        return PictureFollower(self)

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


class Decoder(Protocol):
    """What decodes one picture at a time."""

    def decode(self, packet: Packet) -> Frame | None:
        """Decode one picture; None if it is damaged."""
        ...


class PictureFollower:
    """Every picture is whole: there is nothing between two of them."""

    def __init__(self, source: Decoder) -> None:
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
        paths = pictures_in(path)
    except OSError as error:
        raise SourceUnavailableError(address.shown, error.strerror or "cannot be listed") from None
    if not paths:
        allowed = ", ".join(sorted(SUFFIXES))
        raise SourceUnreadableError(address.shown, f"no pictures in this folder; allowed: {allowed}")
    return paths
