"""Watches one film as `mingchu watch` does: the same source, line and recorder, the events into a folder."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from api.detecting.service import Models
from vision.clock import SystemClock
from vision.config import CameraConfig, ZoneConfig
from vision.errors import SourceUnreadableError
from vision.frames import Frame, Packet, StreamInfo
from vision.path import CameraPath, line_for
from vision.ports import Follower, Source
from vision.recording.folder import FolderOutbox
from vision.recording.manifest import ManifestChain
from vision.recording.recorder import Desk
from vision.scene import ZoneType
from vision.sources.opening import open_source
from vision.tally import Tally
from vision.watching import watch_through

LONGEST_S = 4 * 3600.0
"""Of a film, by its own clock."""
PATIENCE_S = 3600.0
"""For watching it, by ours."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a film shall be watched."""

    zone: ZoneType = ZoneType.OTHER
    interval_s: float = 2.0
    start_at: datetime | None = None
    """The instant of its first packet; None = what the file says, else when it arrived."""

    def stored(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self) | {"start_at": self.start_at.isoformat() if self.start_at else None}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        """Return an order from plain JSON; KeyError or ValueError when it is none."""
        start_at = datetime.fromisoformat(told["start_at"]) if told["start_at"] else None
        return cls(ZoneType(told["zone"]), float(told["interval_s"]), start_at)


@dataclass(frozen=True, slots=True)
class Stage:
    """How far it has come."""

    share: float = 0.0
    """Of the film's bytes, 0..1."""
    seen_s: float = 0.0
    """By the film's own clock."""
    looks: int = 0
    events: int = 0


Tell = Callable[[Stage], None]
"""Told at each packet; what it raises ends the watch."""


def watch_film(folder: Path, order: Order, models: Models, tell: Tell) -> Stage:
    """Watch `folder/source` to its end; events go into `folder/out`, one folder each.

    Raises:
        SourceError: it is no film that we can read.
        StorageError: the disk is full.
        ModelsUnavailableError: the models do not load.
    """
    sight, film, tally = models.sight(), folder / "source", Tally()
    zones = (ZoneConfig(type=order.zone),)
    camera = CameraConfig(id="film", source=str(film), zones=zones, interval_s=order.interval_s)
    line = line_for(camera, models.catalogue, sight.abilities)
    with open_source(camera, clock=SystemClock(), start_at=order.start_at) as opened:
        meter = _Meter(film.stat().st_size, tally, tell)
        path = CameraPath(camera, opened, line, _desk(folder, models), tally)
        watch_through(_Metered(opened, meter), path, sight.eyes, lambda _: None)
    return replace(meter.stage(), share=1.0)


def _desk(folder: Path, models: Models) -> Desk:
    sight = models.sight()
    staging = folder / "staging"
    staging.mkdir(exist_ok=True)
    chain = ManifestChain(folder / "chain.json", "film")
    outbox = FolderOutbox(folder / "out", lambda _: None)
    return Desk("film", outbox, models.catalogue, (sight.detector.model, *sight.wear.models), chain, staging)


@dataclass(slots=True)
class _Meter:
    """Counts what was read of a film, and tells it."""

    size_bytes: int
    tally: Tally
    tell: Tell
    read_bytes: int = 0
    seen_s: float = 0.0
    began_s: float = field(default_factory=time.monotonic)

    def packet(self, packet: Packet) -> None:
        self.read_bytes += len(packet.data)
        self.seen_s = packet.pts_s
        if self.seen_s > LONGEST_S:
            raise SourceUnreadableError("film", f"is longer than {LONGEST_S:g} s")
        if time.monotonic() - self.began_s > PATIENCE_S:
            raise SourceUnreadableError("film", f"cannot be watched within {PATIENCE_S:g} s")
        self.tell(self.stage())

    def stage(self) -> Stage:
        share = min(1.0, self.read_bytes / max(1, self.size_bytes))
        return Stage(round(share, 4), round(self.seen_s, 3), self.tally.looks, self.tally.opened)


class _Metered:
    """A `vision.ports.Source` whose packets are counted on their way."""

    def __init__(self, source: Source, meter: _Meter) -> None:
        self._source = source
        self._meter = meter

    @property
    def info(self) -> StreamInfo:
        return self._source.info

    @property
    def live(self) -> bool:
        return self._source.live

    def packets(self) -> Iterator[Packet]:
        for packet in self._source.packets():
            self._meter.packet(packet)
            yield packet

    def rest(self) -> None:
        self._source.rest()

    def decode(self, packet: Packet) -> Frame | None:
        return self._source.decode(packet)

    def follower(self) -> Follower:
        return self._source.follower()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The source is closed by whoever opened it."""
