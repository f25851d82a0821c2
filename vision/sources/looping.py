"""Plays a file for ever at its own pace: a camera for demonstrations that never ends."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from vision.clock import Clock
from vision.frames import CameraId, Frame, Packet, StreamInfo
from vision.sources.address import SourceAddress
from vision.sources.av import AvSource, open_container
from vision.sources.following import AvFollower

LATE = timedelta(seconds=1)
"""Whoever reads later than this missed it, as with a camera: playing goes on from there without hurry."""


class LoopingSource:
    """An endless live source made of one file; timestamps run on across the seam."""

    def __init__(self, camera: CameraId, address: SourceAddress, clock: Clock) -> None:
        self._camera = camera
        self._address = address
        self._clock = clock
        self._tape = self._rewound()
        self._closed = False

    @property
    def info(self) -> StreamInfo:
        """Return what a remuxer needs."""
        return self._tape.info

    @property
    def live(self) -> bool:
        """Packets come at the file's own pace."""
        return True

    @property
    def faults(self) -> dict[str, int]:
        """Return what is wrong with the file."""
        return self._tape.faults

    def packets(self) -> Iterator[Packet]:
        """Yield packets for ever, each not before its time; ends only when the source is closed."""
        pace = _Pace(self._clock)
        end: int | None = None
        while not self._closed:
            end = yield from self._once(pace, end)
            self._rewind()

    def _once(self, pace: "_Pace", begin: int | None) -> Generator[Packet, None, int | None]:
        """Play the file once, its first `dts` moved to `begin`; return where the next turn begins."""
        end, offset = begin, None
        for packet in self._tape.packets():
            if offset is None:
                # With B-frames a file's first `dts` lies before 0.
                offset = 0 if begin is None else begin - packet.dts
            pts, dts = packet.pts + offset, packet.dts + offset
            pace.wait(float(dts * packet.time_base))
            yield replace(packet, pts=pts, dts=dts, received_at=self._clock.now())
            end = dts + self._length(packet)
        return end

    def rest(self) -> None:
        """The film is slept for already."""

    def decode(self, packet: Packet) -> Frame | None:
        """Decode one key packet at once; None if it is damaged."""
        return self._tape.decode(packet)

    def follower(self) -> AvFollower:
        """Return a decoder for an unbroken run; where the film begins anew, so does the picture."""
        return self._tape.follower()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._tape.__exit__(kind, error, trace)

    def _length(self, packet: Packet) -> int:
        rate = self.info.frame_rate or 25
        return packet.duration or round(1 / (rate * packet.time_base))

    def _rewind(self) -> None:
        if not self._closed:
            with self._tape:
                self._tape = self._rewound()

    def _rewound(self) -> AvSource:
        opened = open_container(self._address, trusted=True)
        return AvSource(self._camera, opened, lambda _: self._clock.now())


class _Pace:
    """Sleeps until a timestamp is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._zero_at: datetime | None = None

    def wait(self, at_s: float) -> None:
        now = self._clock.now()
        if self._zero_at is None or now - self._zero_at - timedelta(seconds=at_s) > LATE:
            self._zero_at = now - timedelta(seconds=at_s)
        self._clock.sleep((self._zero_at + timedelta(seconds=at_s) - now).total_seconds())
