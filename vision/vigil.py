"""Watches whether a camera sends anything at all, from the first attempt on and across all its connections.

Pure: time is an argument. A line of its own judges `camera_offline`, because the lines of connections begin and end
with them: a camera that never answered has none, and one that comes back has another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import numpy as np

from vision.catalogue import Duty, Kind, Place
from vision.detections import Detections
from vision.errors import StorageError
from vision.events import Closed, KindName, Opened, Transition
from vision.pipeline import Lawbook, Line, LineResult, LookInput
from vision.ports import People
from vision.scene import Scene, Unseen, Vitals, Wear

OFFLINE = KindName("camera_offline")
BEAT = timedelta(seconds=1)
"""Signs of life, or of none, closer together say nothing more."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of the law that a line can judge: whether a camera sends, or everything else."""

    law: Lawbook
    presence: bool
    """True = `camera_offline` alone, for the line that outlives connections; False = all but that."""

    @property
    def kinds(self) -> Mapping[KindName, Kind]:
        """Return the kinds of this part."""
        return {name: kind for name, kind in self.law.kinds.items() if (name == OFFLINE) == self.presence}

    @property
    def version(self) -> str:
        """Return the whole law's version."""
        return self.law.version

    def duty(self, kind: KindName, place: Place) -> Duty | None:
        """Return what the law says."""
        return self.law.duty(kind, place)


class Pulse:
    """Turns signs of life and their absence into looks of a line; calls come in the order of time."""

    def __init__(self, line: Line, begins_at: datetime) -> None:
        self._line = line
        self._begins_at = begins_at
        self._alive_at = begins_at
        self._told_at: datetime | None = None
        self._frame_hw = (0, 0)

    @property
    def unsettled(self) -> bool:
        """Tell whether the camera is held off-line, or may be."""
        return self._line.unsettled

    def expect(self, at: datetime) -> None:
        """From now on the camera should send: between two visits of a patrol it does not."""
        self._alive_at = at

    def beat(self, at: datetime, frame_hw: tuple[int, int]) -> LineResult | None:
        """Take note of a packet; None where the last note was taken less than a second ago."""
        self._alive_at, self._frame_hw = at, frame_hw
        return self._line.look(self._look(at)) if self._is_due(at) else None

    def miss(self, at: datetime) -> LineResult | None:
        """Take note that nothing has come since the last packet, or since the first attempt."""
        silent_s = (at - self._alive_at).total_seconds()
        return self._line.silence(at, silent_s) if self._is_due(at) else None

    def finish(self, at: datetime) -> tuple[Transition, ...]:
        """Close what is open: nobody watches any more."""
        return self._line.finish(at, "interrupted")

    def _is_due(self, at: datetime) -> bool:
        if self._told_at is not None and timedelta() <= at - self._told_at < BEAT:
            return False
        self._told_at = at
        return True

    def _look(self, at: datetime) -> LookInput:
        """Return a look that says nothing but that the camera sends."""
        nobody = People(Detections.empty(), np.empty((0, 4), np.float32))
        wear = Wear.unseen((), nobody.head_xyxy, Unseen.NO_HEAD)
        since_s = (at - self._begins_at).total_seconds()
        return LookInput(at, since_s, self._frame_hw, nobody, Detections.empty(), wear, Vitals(connected=True))


class Witness(Protocol):
    """Who records what is known of a camera beyond one connection."""

    @property
    def trouble(self) -> StorageError | None:
        """Return what the disk said, while it refuses something."""
        ...

    def attest(self, transition: Transition, scene: Scene) -> None:
        """Record it with the newest picture that there is."""
        ...


class Vigil:
    """One camera's pulse, and who records what it comes to: the last connection, or a bystander before the first.

    What opened is closed by the witness who recorded it, who may be older than the newest connection.
    """

    def __init__(self, pulse: Pulse, bystander: Witness) -> None:
        self._pulse = pulse
        self._witness = bystander
        self._kept: dict[UUID, tuple[Witness, Scene]] = {}

    @property
    def trouble(self) -> StorageError | None:
        """Return what the disk said to the one who records now."""
        return self._witness.trouble

    @property
    def unsettled(self) -> bool:
        """Tell whether it is not yet sure that the camera sends."""
        return self._pulse.unsettled

    def expect(self, at: datetime) -> None:
        """From now on the camera should send."""
        self._pulse.expect(at)

    def connected(self, witness: Witness) -> None:
        """A connection was made: from now on it records."""
        self._witness = witness

    def beat(self, at: datetime, frame_hw: tuple[int, int]) -> None:
        """Take note of a packet."""
        result = self._pulse.beat(at, frame_hw)
        if result is not None:
            self._hear(result)

    def miss(self, at: datetime) -> None:
        """Take note that nothing came."""
        result = self._pulse.miss(at)
        if result is not None:
            self._hear(result)

    def finish(self, at: datetime) -> None:
        """Close what is open."""
        for change in self._pulse.finish(at):
            self._close(change)

    def _hear(self, result: LineResult) -> None:
        for change in result.transitions:
            if isinstance(change, Opened):
                self._kept[change.id] = (self._witness, result.scene)
                self._witness.attest(change, result.scene)
            else:
                self._close(change)

    def _close(self, change: Transition) -> None:
        if isinstance(change, Closed):
            witness, scene = self._kept.pop(change.opened.id)
            witness.attest(change, scene)
