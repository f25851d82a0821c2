"""A camera that gives one picture per request: asked at the camera's interval, each answer is a key frame."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from types import TracebackType
from typing import Protocol, Self

from vision.clock import Clock
from vision.errors import (
    PictureError,
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
    SourceUnreadableError,
)
from vision.frames import CameraId, Frame, Packet, StreamInfo
from vision.picture import Pixels
from vision.picture_file import decoded, picture_hw
from vision.sources.address import AddressPolicy, SourceAddress
from vision.sources.fetching import Fetcher
from vision.sources.pictures import CODEC, PictureFollower

TIME_BASE = Fraction(1, 1000)
MISSES = 2
"""Requests in a row that may fail before the camera counts as lost."""
NAP_S = 0.5
_JPEG = b"\xff\xd8\xff"


class Shutter(Protocol):
    """Who takes the picture; see `fetching.Fetcher`."""

    def fetch(self) -> bytes:
        """Return a picture's bytes; raises the SourceError family."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class SnapshotSource:
    """A snapshot address as a very slow camera; see `vision.ports.Source`."""

    def __init__(self, camera: CameraId, shown: str, shutter: Shutter, interval_s: float, clock: Clock) -> None:
        self._camera = camera
        self._shown = shown
        self._shutter = shutter
        self._interval_s = interval_s
        self._clock = clock
        self._closed = False
        self._missed = self._damaged = 0
        self._first, self._hw = self._take()
        self._began_at = clock.now()
        # Anything but JPEG is looked at too, but no clip can hold it.
        codec = "mjpeg" if self._first.startswith(_JPEG) else CODEC
        self._info = StreamInfo(codec, self._hw[1], self._hw[0], TIME_BASE, b"", Fraction(0))

    @property
    def info(self) -> StreamInfo:
        """Return the size of the first picture."""
        return self._info

    @property
    def live(self) -> bool:
        """Pictures come at their time."""
        return True

    @property
    def faults(self) -> dict[str, int]:
        """Return what was missing, counted by kind."""
        counts = {"snapshots missed": self._missed, "damaged key frames": self._damaged}
        return {kind: count for kind, count in counts.items() if count}

    def packets(self) -> Iterator[Packet]:
        """Yield one picture per interval, as the server sent it.

        Raises:
            SourceError: it refuses, fails more than `MISSES` times in a row, or its pictures have another size now.
        """
        yield self._packet(self._first)
        failed = 0
        while self._wait():
            try:
                data, hw = self._take()
            except SourceError as error:
                failed += 1
                self._missed += 1
                if failed > MISSES or isinstance(error, SourceRefusedError):
                    raise
                continue
            failed = 0
            self._require(hw)
            yield self._packet(data)

    def rest(self) -> None:
        """Nothing comes before it is asked for."""

    def decode(self, packet: Packet) -> Frame | None:
        """Decode one picture; None if it is damaged behind its header."""
        image = decoded(packet.data)
        if image is None:
            self._damaged += 1
            return None
        return Frame(self._camera, Pixels(image), packet.received_at, packet.pts_s)

    def follower(self) -> PictureFollower:
        """Return what decodes picture after picture."""
        return PictureFollower(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._shutter.close()

    def _take(self) -> tuple[bytes, tuple[int, int]]:
        data = self._shutter.fetch()
        try:
            return data, picture_hw(data)
        except PictureError as error:
            raise SourceUnreadableError(self._shown, str(error)) from None

    def _require(self, hw: tuple[int, int]) -> None:
        if hw != self._hw:
            was, now = (f"{width}x{height}" for height, width in (self._hw, hw))
            raise SourceUnavailableError(self._shown, f"the picture is {now} px, was {was}: connecting anew")

    def _packet(self, data: bytes) -> Packet:
        at = self._clock.now()
        pts = max(0, round((at - self._began_at) / timedelta(milliseconds=1)))
        lasts = round(self._interval_s / TIME_BASE)
        return Packet(
            self._camera, data, is_key=True, pts=pts, dts=pts, duration=lasts, time_base=TIME_BASE, received_at=at
        )

    def _wait(self) -> bool:
        """Sleep until the next picture is due, in phase; tell whether anybody still wants it."""
        due_at = self._due_at(self._clock.now())
        while not self._closed and (left_s := (due_at - self._clock.now()).total_seconds()) > 0:
            self._clock.sleep(min(NAP_S, left_s))
        return not self._closed

    def _due_at(self, now: datetime) -> datetime:
        interval = timedelta(seconds=self._interval_s)
        return self._began_at + ((now - self._began_at) // interval + 1) * interval


def open_snapshot(
    camera: CameraId, address: SourceAddress, interval_s: float, clock: Clock, policy: AddressPolicy
) -> SnapshotSource:
    """Take the first picture of a snapshot address.

    Raises:
        SourceError: one of its family; in under 10 s.
    """
    fetcher = Fetcher(address, policy)
    try:
        return SnapshotSource(camera, address.shown, fetcher, interval_s, clock)
    except SourceError:
        fetcher.close()
        raise
