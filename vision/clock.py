"""Where the time comes from: the machine's clock in production, a simulated one in tests."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The only two ways in which a runtime touches time; pure code gets instants as arguments."""

    def now(self) -> datetime:
        """Return the present instant in aware UTC."""
        ...

    def sleep(self, duration_s: float) -> None:
        """Let time pass."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's wall clock in UTC."""
        return datetime.now(UTC)

    def sleep(self, duration_s: float) -> None:
        """Block the calling thread."""
        time.sleep(max(0.0, duration_s))


class SimulatedClock:
    """A clock that stands still until somebody sleeps; sleeping just advances it (after moonfire-nvr's)."""

    def __init__(self, start_at: datetime) -> None:
        self._now = start_at

    def now(self) -> datetime:
        """Return the simulated instant."""
        return self._now

    def sleep(self, duration_s: float) -> None:
        """Advance the instant without waiting."""
        self._now += timedelta(seconds=max(0.0, duration_s))
