"""What gives way when a machine has more looks than time: all rates fall evenly, tier I last, for all to see."""

from dataclasses import dataclass
from datetime import datetime

EVERY_S = 5.0
"""How often rates are fitted to what the machine can do."""
TOO_LATE = 0.01
"""Share of looks that may be replaced unread before rates fall."""
HARDER = 1.25
FULL = 0.85
"""Share of the time that the models are at work when a machine is as busy as it should be."""
EASIER, EASIER_MOST = 0.95, 0.5
"""Recovery when the models hardly rest, and when they do nothing else: a rate that swings helps nobody, but one that
stays low on an idle machine misses what it could have seen."""
OTHERS_MOST = 8.0
"""Everything but tier I is stretched so far first."""
FIRST_TIER_MOST = 4.0


@dataclass(slots=True)
class Shedder:
    """One worker's load, weighed once per period."""

    since: datetime
    """When the period began."""
    pressure: float = 1.0
    """1 = every camera has its rate; at most `OTHERS_MOST` × `FIRST_TIER_MOST`."""
    _taken: int = 0
    _busy_s: float = 0.0
    _replaced: int = 0
    """Before the period."""

    def worked(self, taken: int, busy_s: float) -> None:
        """Count frames that the models took, and the seconds that it took to judge them."""
        self._taken += taken
        self._busy_s += busy_s

    def is_due(self, now: datetime) -> bool:
        """Tell whether the period is over."""
        return (now - self.since).total_seconds() >= EVERY_S

    def weigh(self, now: datetime, replaced: int) -> None:
        """End the period and begin the next; `replaced` counts the frames that were replaced unread since the start."""
        period_s = max((now - self.since).total_seconds(), EVERY_S)
        # A camera that was taken away takes its count along.
        self._hear(self._taken, max(0, replaced - self._replaced), self._busy_s / period_s)
        self.since, self._taken, self._busy_s, self._replaced = now, 0, 0.0, replaced

    def _hear(self, taken: int, replaced: int, busy: float) -> None:
        """Take what one period came to; `busy`, the share of it that was worked, falls with the rates."""
        if replaced > TOO_LATE * (taken + replaced):
            self.pressure = min(self.pressure * HARDER, OTHERS_MOST * FIRST_TIER_MOST)
        else:
            step = 1.0 if replaced else EASIER
            self.pressure = max(1.0, self.pressure * min(step, max(EASIER_MOST, busy / FULL)))

    def stretch(self, *, first_tier: bool) -> float:
        """Return by how much the intervals of a camera grow."""
        if first_tier:
            return max(1.0, self.pressure / OTHERS_MOST)
        return min(self.pressure, OTHERS_MOST)

    @property
    def has_time(self) -> bool:
        """Tell whether bursts may be afforded."""
        return self.pressure < HARDER
