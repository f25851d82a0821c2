"""A worker without threads, cameras and models: honest fakes around the real line, path and recorder."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

import numpy as np

from tests.films import INFO, START_AT, TIME_BASE
from tests.unit.recording.scenes import CATALOGUE, MODELS, KeptOutbox
from vision.clock import SimulatedClock
from vision.config import CameraConfig
from vision.crew import Crew
from vision.detections import Detections
from vision.errors import SourceUnavailableError, StorageError
from vision.frames import CameraId, Frame, Image, Packet, Picture, StreamInfo
from vision.path import Bystander, CameraPath, line_for, presence_line
from vision.picture import Pixels, picture_of
from vision.pipeline import Abilities
from vision.ports import Follower, Outgoing, People, Source
from vision.recording.manifest import ManifestChain
from vision.recording.recorder import Desk
from vision.runtime import Seams, Worker
from vision.scene import Unseen, Wear
from vision.sight import Sight
from vision.tally import Tally
from vision.vigil import Pulse, Vigil

ABLE = Abilities("none@1", (), ())
"""Models that find nothing: only the camera's health is judged."""
BLACK: Image = np.zeros((96, 160, 3), np.uint8)
BLACK_OPENS_S = 16.0
"""A look in two seconds: `camera_black` is open by then."""

Act = float | Exception | Callable[[], object]
"""Seconds until the next key packet comes; an error that ends the stream; something that happens meanwhile."""


def camera(name: str = "k1", **changed: Any) -> CameraConfig:
    return CameraConfig(id=name, source=f"rtsp://admin:hunter2@cam/{name}", **changed)


def lost(reason: str = "no answer in time") -> SourceUnavailableError:
    return SourceUnavailableError("rtsp://***@cam/k1", reason)


class Filmed:
    """A camera in memory that does what its script says; every packet is a key frame."""

    def __init__(self, name: str, clock: SimulatedClock, script: Iterable[Act], image: Image = BLACK) -> None:
        self.is_closed = False
        self.rests = 0
        self._name = CameraId(name)
        self._clock = clock
        self._script = script
        self._image = image
        self._began_at = clock.now()

    @property
    def info(self) -> StreamInfo:
        return INFO

    @property
    def live(self) -> bool:
        return True

    def packets(self) -> Iterator[Packet]:
        for act in self._script:
            if isinstance(act, Exception):
                raise act
            if callable(act):
                act()
            else:
                self._clock.sleep(act)
                yield self._packet(self._clock.now())

    def rest(self) -> None:
        self.rests += 1

    def decode(self, packet: Packet) -> Frame | None:
        return Frame(self._name, Pixels(self._image.copy()), packet.received_at, packet.pts_s)

    def follower(self) -> Follower:
        raise NotImplementedError

    def _packet(self, at: datetime) -> Packet:
        pts = round((at - self._began_at).total_seconds() * 1000)
        return Packet(self._name, b"x", True, pts, pts, 100, TIME_BASE, at)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_closed = True


def blind_sight() -> Sight:
    nobody = People(Detections.empty(), np.empty((0, 4), np.float32))
    return Sight(nobody, Detections.empty(), Wear.unseen((), nobody.head_xyxy, Unseen.NO_HEAD))


@dataclass
class Eyes:
    """Sees nobody; fails at every picture whose first pixel is `poison`, or at all once `broken`."""

    poison: int = 255
    broken: bool = False
    batches: list[int] = field(default_factory=list)

    def see(self, images: Sequence[Image | Picture]) -> list[Sight]:
        self.batches.append(len(images))
        if self.broken or any(picture_of(image).image[0, 0, 0] == self.poison for image in images):
            raise ZeroDivisionError("the network divides by zero")
        return [blind_sight() for _ in images]


@dataclass
class Outbox(KeptOutbox):
    """Keeps every event body in the order in which it left; refuses a camera's things while its disk is `full`."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """(phase, data)"""
    full: set[str] = field(default_factory=set)

    def put(self, *items: Outgoing) -> None:
        bodies = [(item.name, json.loads(item.body)["data"]) for item in items if item.part == "event"]
        if any(data["camera"] in self.full for _, data in bodies):
            raise StorageError("spool w1: No space left on device")
        super().put(*items)
        self.told += bodies


class Turn:
    """Tells whether somebody works on pixels; nobody may ask for it twice."""

    def __init__(self) -> None:
        self.held = False

    def __enter__(self) -> None:
        assert not self.held
        self.held = True

    def __exit__(self, *_: object) -> None:
        self.held = False


class StillCrew(Crew):
    """Starts no thread: the test runs what it wants, when it wants."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[str] = []
        self.works: dict[str, Callable[[], None]] = {}

    def start(self, name: str, work: Callable[[], None]) -> Thread:
        self.started.append(name)
        self.works[name] = work
        return Thread(target=work)


class Bench:
    """One worker on a simulated clock, and a look at what left it."""

    def __init__(self, folder: Path) -> None:
        self.clock = SimulatedClock(START_AT)
        self.outbox = Outbox()
        self.eyes = Eyes()
        self.crew = StillCrew()
        self.opened: list[float] = []
        """When each connection was asked for, in seconds since the start."""
        self.connect: Callable[[CameraConfig], Source] = self._nobody
        staging = folder / "staging"
        staging.mkdir()
        self.desk = Desk("w1", self.outbox, CATALOGUE, MODELS, ManifestChain(folder / "chain.json", "w1"), staging)
        self.turn = Turn()
        self.seams = Seams(self.clock, self.eyes, self._open, self.path, self.vigil, self.turn)  # type: ignore[arg-type]
        self.worker = Worker(self.seams, self.crew)

    @property
    def now_s(self) -> float:
        return (self.clock.now() - START_AT).total_seconds()

    def path(self, config: CameraConfig, source: Source, tally: Tally | None = None) -> CameraPath:
        return CameraPath(config, source, line_for(config, CATALOGUE, ABLE), self.desk, tally or Tally())

    def vigil(self, config: CameraConfig, tally: Tally) -> Vigil:
        pulse = Pulse(presence_line(config, CATALOGUE, ABLE), self.clock.now())
        return Vigil(pulse, Bystander(config, self.desk, tally))

    def film(self, *script: Act, name: str = "k1", image: Image = BLACK) -> Filmed:
        return Filmed(name, self.clock, script, image)

    def look(self) -> None:
        """Let the models take what lies in the mailboxes."""
        self.worker.look_once(0)

    def looks(self, until_s: float, every_s: float = 2.0) -> list[Act]:
        """Return a script of so many seconds whose every picture is looked at."""
        return [act for _ in range(round(until_s / every_s)) for act in (every_s, self.look)]

    def told(self) -> list[tuple[str, str]]:
        """Return (kind, phase) of every event body that left, in order."""
        return [(data["kind"], phase) for phase, data in self.outbox.told]

    def last(self, phase: str) -> dict[str, Any]:
        """Return the data of the newest event body of a phase."""
        return [data for name, data in self.outbox.told if name == phase][-1]

    def after(self, seconds: float) -> datetime:
        return START_AT + timedelta(seconds=seconds)

    def _open(self, config: CameraConfig) -> Source:
        self.opened.append(self.now_s)
        return self.connect(config)

    def _nobody(self, _: CameraConfig) -> Source:
        raise lost()
