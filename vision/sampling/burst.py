"""When a suspicion is worth a closer look: a few seconds at five looks a second, then a rest, every burst counted.

A key frame each two seconds is enough to suspect and too little to be sure soon. While evidence is under way and
nothing has opened yet, a burst lets the line see real motion. What the burst refutes never opens.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

State = Literal["idle", "running", "resting"]


@dataclass(frozen=True, slots=True)
class BurstLimits:
    """How closely, how long, how often."""

    interval_s: float = 0.2
    """Between looks of a burst: five a second."""
    length_s: float = 4.0
    rest_s: float = 20.0
    """After a burst that opened nothing: a standing doubt may not cost a core."""


@dataclass(slots=True)
class Bursts:
    """The bursts of one connection."""

    limits: BurstLimits = field(default_factory=BurstLimits)
    started: int = 0
    confirmed: int = 0
    """Bursts in which something opened."""
    refuted: int = 0
    """Bursts that ended without anything opened."""
    unaffordable: int = 0
    """Suspicions that the machine had no time to look at closely."""
    _until: datetime | None = None
    _rested_at: datetime | None = None

    def is_running(self, at: datetime) -> bool:
        """Tell whether the camera is being looked at closely."""
        return self._until is not None and at < self._until

    def state(self, at: datetime) -> State:
        """Return what the status tells."""
        if self.is_running(at):
            return "running"
        return "resting" if self._rested_at is not None and at < self._rested_at else "idle"

    def heard(self, at: datetime, *, suspects: bool, opened: bool, affordable: bool = True) -> bool:
        """Take what one look came to; return True where it begins a burst.

        Looks come in the order of time. A burst ends early when it has opened something or its suspicion is gone.
        What the machine cannot afford is not begun; the next look that suspects asks again.
        """
        if self._until is not None:
            self._follow(at, suspects=suspects, opened=opened)
            return False
        if opened or not suspects or self.state(at) == "resting":
            return False
        if not affordable:
            self.unaffordable += 1
            return False
        self._until = at + timedelta(seconds=self.limits.length_s)
        self.started += 1
        return True

    def _follow(self, at: datetime, *, suspects: bool, opened: bool) -> None:
        if opened:
            self.confirmed += 1
            self._until, self._rested_at = None, None
        elif not suspects or not self.is_running(at):
            self.refuted += 1
            self._until, self._rested_at = None, at + timedelta(seconds=self.limits.rest_s)
