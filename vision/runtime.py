"""Every thread, queue, retry and shutdown of one worker: many cameras, one pair of models, one outbox.

::

    camera thread ×n ──newest frame──▶ Mailboxes ──batch──▶ models thread ──transitions──▶ recorder ──▶ Spool
                                                                                        reporter thread ◀──┘

`run` retries, `run_once` reads top to bottom. Frames may be dropped and are counted; events never are (I2).
"""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from vision.clock import Clock
from vision.config import CameraConfig
from vision.errors import PictureError, SourceError, SourceRefusedError, StorageError
from vision.frames import CameraId, Frame
from vision.mailboxes import Mailboxes
from vision.path import CameraPath, Tally
from vision.ports import Source
from vision.sight import Eyes, Sight

log = logging.getLogger(__name__)

BATCH = 4
"""Most frames in one call of the models."""
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 30.0
REFUSED_RETRY_S = 300.0
"""After a wrong password: a camera that locks accounts must not be knocked at."""
WAKE_S = 0.5
"""How long a thread may sleep before it looks whether it should stop."""

Open = Callable[[CameraConfig], Source]
Path = Callable[[CameraConfig, Source], CameraPath]


@dataclass(slots=True)
class CameraStatus:
    """What the API and the metrics tell of one camera."""

    state: str = "starting"
    """starting | ok | offline | refused | unreadable"""
    error: str = ""
    """Masked; empty while all is well."""
    connections: int = 0
    tally: Tally = field(default_factory=Tally)
    drops: Counter[str] = field(default_factory=Counter)


class CameraRunner:
    """Keeps one camera connected: a thread of its own, so that nobody else notices when it dies (I5)."""

    def __init__(self, camera: CameraConfig, seams: "Seams", mailboxes: Mailboxes) -> None:
        self.camera = camera
        self.status = CameraStatus()
        self.path: CameraPath | None = None
        self._seams = seams
        self._mailboxes = mailboxes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.run, name=f"camera-{camera.id}", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the end, then close what the connection still holds open."""
        self._thread.join(timeout_s)
        if self.path is not None:
            self.path.finish(self._seams.clock.now(), "interrupted")
            self.path = None

    def run(self) -> None:
        """Connect again and again, each failure waiting longer than the last, with jitter."""
        failures = 0
        while not self._stop.is_set():
            looks = self.status.tally.looks
            wait_s = self._attempt()
            failures = 0 if self.status.tally.looks > looks else failures + 1
            backoff_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(failures, 6))
            self._rest(max(wait_s, backoff_s * random.uniform(0.5, 1.0)))  # noqa: S311 - jitter is no secret

    def run_once(self) -> None:
        """Connect, look until the source ends or is lost."""
        with self._seams.open(self.camera) as source:
            self._renew(source)
            for packet in source.packets():
                if self._stop.is_set():
                    return
                self._take(self.path.packet(packet) if self.path else None)

    def _attempt(self) -> float:
        """Run one connection to its end; return the least seconds to wait before the next."""
        try:
            self.run_once()
            self.status.state, self.status.error = "offline", "the stream ended"
        except SourceRefusedError as error:
            return self._lost("refused", error, REFUSED_RETRY_S)
        except SourceError as error:
            return self._lost("offline", error, 0.0)
        except PictureError as error:
            return self._lost("unreadable", error, LAST_RETRY_S)
        except StorageError as error:
            return self._lost("offline", error, LAST_RETRY_S)
        return 0.0

    def _lost(self, state: str, error: Exception, wait_s: float) -> float:
        if self.status.error != str(error):
            log.warning("camera=%s state=%s error=%s", self.camera.id, state, error)
        self.status.state, self.status.error = state, str(error)
        return wait_s

    def _renew(self, source: Source) -> None:
        """Begin a new line with the connection: track ids never outlive it (I8)."""
        if self.path is not None:
            self.path.finish(self._seams.clock.now(), "interrupted")
        self.path = self._seams.path(self.camera, source)
        self.status.tally = self.path.tally
        self.status.connections += 1
        self.status.state, self.status.error = "ok", ""

    def _take(self, frame: Frame | None) -> None:
        if frame is not None:
            self._mailboxes.post(frame)

    def _rest(self, duration_s: float) -> None:
        """Wait before the next attempt, telling the line of the silence meanwhile."""
        began_at = self._seams.clock.now()
        while not self._stop.wait(min(WAKE_S, duration_s)):
            now = self._seams.clock.now()
            silent_s = (now - began_at).total_seconds()
            self._tell_silence(now, silent_s)
            if silent_s >= duration_s:
                return

    def _tell_silence(self, now: datetime, silent_s: float) -> None:
        if self.path is not None:
            self.path.silence(now, silent_s)


@dataclass(frozen=True, slots=True)
class Seams:
    """What a worker needs from outside."""

    clock: Clock
    eyes: Eyes
    open: Open
    path: Path


class Worker:
    """All cameras of one process."""

    def __init__(self, seams: Seams) -> None:
        self._seams = seams
        self._mailboxes = Mailboxes()
        self._runners: dict[CameraId, CameraRunner] = {}
        self._stop = threading.Event()
        self._models = threading.Thread(target=self._look_always, name="models", daemon=True)
        self._changing = threading.Lock()

    def start(self) -> None:
        """Begin to run the models on whatever frames arrive."""
        self._models.start()

    def assign(self, cameras: Iterable[CameraConfig]) -> None:
        """Start, restart and stop cameras so that exactly these are looked at."""
        wanted = {CameraId(camera.id): camera for camera in cameras}
        with self._changing:
            gone = [r for key, r in self._runners.items() if wanted.get(key) != r.camera]
            self._end(gone)
            for key in wanted.keys() - self._runners.keys():
                self._runners[key] = CameraRunner(wanted[key], self._seams, self._mailboxes)
                self._runners[key].start()

    def status(self) -> dict[CameraId, CameraStatus]:
        """Return how each camera is doing."""
        for key, runner in list(self._runners.items()):
            runner.status.drops["replaced by a newer frame"] = self._mailboxes.replaced(key)
        return {key: runner.status for key, runner in list(self._runners.items())}

    def stop(self) -> None:
        """End in order: cameras, models, then what is still open is closed as interrupted."""
        self._stop.set()
        self._mailboxes.close()
        self._models.join(timeout=3)
        with self._changing:
            self._end(list(self._runners.values()))

    def _end(self, runners: list[CameraRunner]) -> None:
        for runner in runners:
            runner.stop()
        for runner in runners:
            runner.join(timeout_s=2)
            del self._runners[CameraId(runner.camera.id)]

    def _look_always(self) -> None:
        while not self._stop.is_set():
            frames = self._mailboxes.take(BATCH, WAKE_S)
            if frames:
                self._look(frames)

    def _look(self, frames: list[Frame]) -> None:
        for frame, sight in zip(frames, self._seams.eyes.see([f.image for f in frames]), strict=True):
            self._decide(frame, sight)

    def _decide(self, frame: Frame, sight: Sight) -> None:
        runner = self._runners.get(frame.camera)
        if runner is None or runner.path is None:
            return
        try:
            runner.path.decide(frame, sight)
        except StorageError as error:
            runner.status.drops["not recorded"] += 1
            runner.status.error = str(error)
            log.exception("camera=%s event=not-recorded", frame.camera)
