"""Every thread, queue, retry and shutdown of one worker: many cameras, one pair of models, one outbox.

::

    camera thread ×n ──newest frame──▶ Mailboxes ──batch──▶ models thread ──transitions──▶ recorder ──▶ Spool
                                                                                        reporter thread ◀──┘

`run` retries, `run_once` reads top to bottom. Frames may be dropped and are counted; events never are (I2). A thread
that hangs in a camera's library cannot be ended; so nobody waits for one: what a camera holds open is closed by whoever
stops it, and the thread finds its work gone when it comes back.
"""

import logging
import os
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import NoReturn

import numpy as np

from vision.clock import Clock
from vision.config import CameraConfig
from vision.crew import Crew, survive
from vision.errors import ModelError, PictureError, SourceError, SourceRefusedError, SourceUnreadableError, StorageError
from vision.frames import CameraId, Frame, Image, Picture
from vision.mailboxes import Mailboxes
from vision.path import CameraPath, Turn, plan_of
from vision.ports import Source
from vision.sampling.plan import next_visit_s
from vision.sampling.shedding import Shedder
from vision.scene import ZoneType
from vision.sight import Eyes, Sight
from vision.sources.health import VitalsMeter
from vision.tally import CameraStatus, Tally
from vision.vigil import Vigil

log = logging.getLogger(__name__)
BEGIN_EVERY_S = 0.1
"""Cameras that are assigned together begin one after the other: each shows the models a picture first of all, and a
worker that begins with more than it can do stretches every camera's rate for minutes."""
BATCH = 4
"""Most frames in one call of the models."""
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 30.0
REFUSED_RETRY_S = 300.0
"""After a wrong password: a camera that locks accounts must not be knocked at."""
WAKE_S = 0.5
"""How long a thread may sleep before it looks whether it should stop."""
REPLACED, MODELS_FAILED, RULES_FAILED = "replaced by a newer frame", "the models failed", "the rules failed"
"""Why a frame was dropped."""
PLAIN: Image = np.full((96, 96, 3), 128, np.uint8)
"""A picture that nobody can fail at: it tells whether a frame is bad or the models are broken."""
NAP_S = 5.0
"""The same between the visits of a patrol: hundreds of cameras must not wake a core all the time."""
SOON_S = 0.001
"""As good as now: clocks tick in microseconds, and nobody waits for less."""
SHED_EVERY_S = 5.0
"""How often rates are fitted to what the machine can do."""
FIRST_TIER = frozenset({ZoneType.SPECIAL_ROOM, ZoneType.SPECIAL_AREA})
"""Cameras of these zones give way last."""
Open = Callable[[CameraConfig], Source]
Path = Callable[[CameraConfig, Source, Tally], CameraPath]
Watch = Callable[[CameraConfig, Tally], Vigil]


@dataclass(slots=True)
class Load:
    """How much of what a camera should get the machine has time for."""

    stretch: float = 1.0
    may_burst: bool = True


@dataclass(frozen=True, slots=True)
class Seams:
    """What a worker needs from outside."""

    clock: Clock
    eyes: Eyes
    open: Open
    path: Path
    vigil: Watch
    turns: Turn = field(default_factory=lambda: threading.Semaphore(len(os.sched_getaffinity(0))))
    """Held while pixels are worked on. More threads at once than there are cores would only take the interpreter's lock
    from each other, and from the models."""


class CameraRunner:
    """Keeps one camera connected: `run` has a thread of its own, so that nobody else notices when it dies (I5)."""

    def __init__(self, camera: CameraConfig, seams: Seams, post: Callable[["Glimpse"], None]) -> None:
        self.camera = camera
        self.status = CameraStatus()
        self._seams = seams
        self._post = post
        self._stop = threading.Event()
        self._guard = threading.Lock()
        """Between the camera's thread and whoever closes it; held for a hand-over to the disk at most."""
        self._path: CameraPath | None = None
        self._owing: list[CameraPath] = []
        """Connections that ended while the disk refused what they had to say."""
        self._vigil = seams.vigil(camera, self.status.tally)
        self._plan = plan_of(camera)
        self._meter = VitalsMeter()
        self.load = Load()
        """What the worker tells of the machine."""
        self._dice = random.Random()  # noqa: S311 - spreads retries, guards no secret

    def run(self, begin_in_s: float = 0.0) -> None:
        """Connect again and again, each failure waiting longer than the last, with jitter."""
        self._await(self._seams.clock.now().timestamp() + begin_in_s)
        failures = 0
        while not self._stop.is_set():
            decoded = self.status.tally.decoded
            wait_s = survive(self._attempt, self._failed)
            if wait_s is None:
                failures = 0
                self._await_visit()
                continue
            failures = 0 if self.status.tally.decoded > decoded else failures + 1
            backoff_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(failures, 6))
            self._rest(max(wait_s, backoff_s * self._dice.uniform(0.5, 1.0)))

    def run_once(self) -> bool:
        """Connect, look until the source ends or is lost, close what is then open.

        Tell whether we hung up ourselves: on patrol, once there is nothing more to see.
        """
        with self._seams.open(self.camera) as source:
            path = self._begin(source)
            if path is None:
                return False
            try:
                hung_up = self._read(source, path)
                path.finish(self._seams.clock.now(), "interrupted" if self._stop.is_set() else "ended")
            finally:
                self._end(path)
            return hung_up

    def stop(self) -> None:
        """Ask the thread to end; it may take as long as the camera's library takes."""
        self._stop.set()

    def close(self) -> StorageError | None:
        """Close what is open as interrupted, wherever the thread may hang; return what the disk refused.

        What it refused is not lost: the outbox remembers what it holds open, and the next start closes it.
        """
        with self._guard:
            self._stop.set()
            now, path = self._seams.clock.now(), self._path
            if path is not None:
                path.finish(now, "interrupted")
            self._vigil.finish(now)
            self._owing = [owing for owing in self._owing if not owing.settle()]
            return path.trouble if path is not None and path.trouble else self._vigil.trouble

    def decide(self, path: CameraPath, frame: Frame, sight: Sight) -> None:
        """Judge one look; a rule that breaks at it costs this frame and no other."""
        survive(partial(self._decide, path, frame, sight), partial(self.spoilt, RULES_FAILED))

    def spoilt(self, reason: str, error: Exception) -> None:
        """A frame was dropped: count it, and tell the camera once."""
        self.status.drops[reason] += 1
        self._tell(f"{reason}: {type(error).__name__}: {error}")

    def _decide(self, path: CameraPath, frame: Frame, sight: Sight) -> None:
        path.decide(frame, sight)
        self._owing = [owing for owing in self._owing if not owing.settle()]
        self._tell(str(path.trouble or ""))

    def _begin(self, source: Source) -> CameraPath | None:
        """Begin a new line with the connection: track ids never outlive it (I8). None once told to stop."""
        with self._guard:
            if self._stop.is_set():
                return None
            self._path = self._seams.path(self.camera, source, self.status.tally)
            self._path.meter, self._path.turn = self._meter, self._seams.turns
            self._vigil.connected(self._path)
            self.status.connections += 1
            self.status.state, self.status.error = "ok", ""
            return self._path

    def _read(self, source: Source, path: CameraPath) -> bool:
        frame_hw = (source.info.height, source.info.width)
        for packet in source.packets():
            if self._stop.is_set():
                return False
            now = self._seams.clock.now()
            with self._guard:
                self._vigil.beat(now, frame_hw)
            if packet.is_key:
                self._pace(path, now)
            for frame in path.packet(packet):
                self._offer(path, frame)
            if self.status.mode == "patrol":
                if self._may_leave(path, now):
                    return True
            elif not path.looks_closely(packet):
                source.rest()
        return False

    def _pace(self, path: CameraPath, now: datetime) -> None:
        """Follow the plan of the hour, as far as the machine keeps up."""
        rate = self._plan.rate(now)
        usual_s = rate.interval_s if rate.mode == "watch" else self.camera.interval_s
        path.pace(usual_s * self.load.stretch, may_burst=self.load.may_burst)
        self.status.mode, self.status.interval_s = rate.mode, rate.interval_s
        self.status.stretch, self.status.decodes_fully = self.load.stretch, path.decodes_fully

    def _may_leave(self, path: CameraPath, now: datetime) -> bool:
        with self._guard:
            return path.is_settled(now) and not self._vigil.unsettled

    def _await_visit(self) -> None:
        interval_s = self.status.interval_s * self.load.stretch
        self._await(next_visit_s(CameraId(self.camera.id), interval_s, self._seams.clock.now().timestamp()))

    def _await(self, due_s: float) -> None:
        """Rest until the camera is due, in seconds since the epoch; its silence meanwhile is ours."""
        while not self._stop.is_set() and (left_s := due_s - self._seams.clock.now().timestamp()) > SOON_S:
            self._seams.clock.sleep(min(NAP_S, left_s))
        with self._guard:
            self._vigil.expect(self._seams.clock.now())

    def _offer(self, path: CameraPath, frame: Frame) -> None:
        """Leave a picture for the models, unless nothing changed since they were asked last."""
        sight = path.known(frame)
        if sight is None:
            self._post(Glimpse(self, path, frame))
        else:
            self.decide(path, frame, sight)

    def _end(self, path: CameraPath) -> None:
        path.finish(self._seams.clock.now(), "interrupted")
        if path.trouble is not None:
            self._owing.append(path)
            self._tell(str(path.trouble))

    def _attempt(self) -> float | None:
        """Return the least seconds to wait before the next connection; None after a visit that went well."""
        return None if self.run_once() else self._lost("offline", "the stream ended", 0.0)

    def _failed(self, error: Exception) -> float:
        """Return the least seconds to wait after a connection that ended so."""
        match error:
            case SourceRefusedError():
                return self._lost("refused", str(error), REFUSED_RETRY_S)
            case SourceUnreadableError():
                return self._lost("unreadable", str(error), 0.0)
            case SourceError():
                return self._lost("offline", str(error), 0.0)
            case PictureError():
                return self._lost("unreadable", str(error), LAST_RETRY_S)
        log.error("camera=%s event=unforeseen", self.camera.id, exc_info=error)
        return self._lost("unreadable", f"{type(error).__name__}: {error}", LAST_RETRY_S)

    def _lost(self, state: str, reason: str, wait_s: float) -> float:
        if self.status.error != reason and not self._stop.is_set():
            log.warning("camera=%s state=%s error=%s", self.camera.id, state, reason)
        self.status.state, self.status.error = state, reason
        return wait_s

    def _tell(self, error: str) -> None:
        """Keep what is wrong with a camera that sends, and log it when it changes."""
        if error and error != self.status.error:
            log.error("camera=%s error=%s", self.camera.id, error)
        if self.status.state == "ok":
            self.status.error = error

    def _rest(self, left_s: float) -> None:
        """Wait before the next attempt, telling the vigil of the silence meanwhile."""
        while left_s > 0 and not self._stop.is_set():
            with self._guard:
                if not self._stop.is_set():
                    self._vigil.miss(self._seams.clock.now())
            self._seams.clock.sleep(min(WAKE_S, left_s))
            left_s -= WAKE_S


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One frame on its way to the models, and the connection that it came from and that alone may judge it."""

    runner: CameraRunner
    path: CameraPath
    frame: Frame

    def settle(self, sight: Sight | Exception) -> None:
        """Take what the models say, or why they could not."""
        if isinstance(sight, Exception):
            self.runner.spoilt(MODELS_FAILED, sight)
        else:
            self.runner.decide(self.path, self.frame, sight)


class Worker:
    """All cameras of one process."""

    def __init__(self, seams: Seams, crew: Crew) -> None:
        self._seams = seams
        self._crew = crew
        self._mailboxes = Mailboxes[Glimpse]()
        self._runners: dict[CameraId, CameraRunner] = {}
        self._changing = threading.Lock()
        self._shedder = Shedder()
        self._heard_at = seams.clock.now()
        self._taken = self._replaced = 0

    def assign(self, cameras: Iterable[CameraConfig]) -> None:
        """Start, restart and stop cameras so that exactly these are looked at; nothing once the worker stops."""
        wanted = {CameraId(camera.id): camera for camera in cameras}
        with self._changing:
            if self._crew.stop.is_set():
                return
            self._dismiss([key for key, runner in self._runners.items() if wanted.get(key) != runner.camera])
            for number, key in enumerate([key for key in wanted if key not in self._runners]):
                self._runners[key] = CameraRunner(wanted[key], self._seams, partial(self._mailboxes.post, key))
                self._crew.start(f"camera-{key}", partial(self._runners[key].run, number * BEGIN_EVERY_S))

    def look(self) -> None:
        """Run the models on whatever frames arrive until told to stop; ModelError when they are broken."""
        while not self._crew.stop.is_set():
            self.look_once(WAKE_S)

    def look_once(self, timeout_s: float) -> None:
        """Run the models on one batch, if frames arrive in time."""
        glimpses = self._mailboxes.take(BATCH, timeout_s)
        began_s = perf_counter()
        sights = self._see([glimpse.frame.picture for glimpse in glimpses]) if glimpses else []
        each_s = (perf_counter() - began_s) / max(1, len(glimpses))
        for glimpse, sight in zip(glimpses, sights, strict=True):
            glimpse.runner.status.tally.saw(each_s)
            glimpse.settle(sight)
        self._taken += len(glimpses)
        self._shed()

    def _shed(self) -> None:
        """Fit all rates to what the machine can do."""
        now = self._seams.clock.now()
        if (now - self._heard_at).total_seconds() < SHED_EVERY_S:
            return
        runners = dict(self._runners)
        replaced = sum(map(self._mailboxes.replaced, runners))
        self._shedder.heard(self._taken, max(0, replaced - self._replaced))
        self._heard_at, self._taken, self._replaced = now, 0, replaced
        for runner in runners.values():
            first = any(zone.type in FIRST_TIER for zone in runner.camera.zones)
            runner.load = Load(self._shedder.stretch(first_tier=first), self._shedder.has_time)

    def status(self) -> dict[CameraId, CameraStatus]:
        """Return how each camera is doing."""
        runners = dict(self._runners)
        for key, runner in runners.items():
            runner.status.drops[REPLACED] = self._mailboxes.replaced(key)
        return {key: runner.status for key, runner in runners.items()}

    def stop(self) -> int:
        """Close everything as interrupted, each camera on its own; return how many could not be closed whole."""
        self._crew.stop.set()
        self._mailboxes.close()
        with self._changing:
            return self._dismiss(list(self._runners))

    def _dismiss(self, keys: Sequence[CameraId]) -> int:
        gone = [self._runners.pop(key) for key in keys]
        for runner in gone:
            runner.stop()
        troubles = {runner.camera.id: survive(runner.close, lambda error: error) for runner in gone}
        for camera, trouble in troubles.items():
            if trouble is not None:
                log.error("camera=%s event=not-closed error=%s; the next start closes it", camera, trouble)
        return sum(trouble is not None for trouble in troubles.values())

    def _see(self, images: Sequence[Image | Picture]) -> Sequence[Sight | Exception]:
        """Look at all pictures together; where the models fail, at each alone, to find the one that they fail at."""
        return survive(partial(self._seams.eyes.see, images), partial(self._see_each, images))

    def _see_each(self, images: Sequence[Image | Picture], error: Exception) -> Sequence[Sight | Exception]:
        if len(images) > 1:
            return [sight for image in images for sight in self._see([image])]
        survive(partial(self._seams.eyes.see, [PLAIN]), _broken)
        return [error]


def _broken(error: Exception) -> NoReturn:
    """The models fail at a plain picture too: no frame is to blame."""
    raise ModelError("models", f"{type(error).__name__}: {error}", "models that can look at a plain picture") from error
