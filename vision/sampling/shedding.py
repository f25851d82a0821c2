"""What gives way when a machine has more looks than time: all rates fall evenly, tier I last, for all to see."""

from dataclasses import dataclass
from datetime import datetime

EVERY_S = 5.0
"""How often rates are fitted to what the machine can do."""
TOO_LATE = 0.01
"""Share of looks that may be replaced unread before rates fall."""
HARDER, EASIER, RELIEVED = 1.25, 0.95, 0.5
"""Fall quickly. Come back as quickly to what was borne before, and slowly beyond: a machine that is asked for more than
it can do gets less done, so a rate that swings costs looks."""
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
    _borne: float = 1.0
    """Where the machine should manage: a step above what it did not, less with every calm period."""
    _is_late: bool = False
    _before: tuple[int, int] = (0, 0)
    """Looks and replaced frames until the period began."""

    def is_due(self, now: datetime) -> bool:
        """Tell whether the period is over."""
        return (now - self.since).total_seconds() >= EVERY_S

    def weigh(self, now: datetime, looks: int, replaced: int) -> None:
        """End the period and begin the next; looks and frames that were replaced unread are counted since the start."""
        # A camera that was taken away takes its counts along.
        done, lost = (max(0, new - old) for new, old in zip((looks, replaced), self._before, strict=True))
        self.since, self._before = now, (looks, replaced)
        if lost > TOO_LATE * (done + lost):
            self._press()
        else:
            self._ease(calm=not lost)

    def _press(self) -> None:
        if not self._is_late:
            self._borne = self.pressure * HARDER
        self._is_late = True
        self.pressure = min(self.pressure * HARDER, OTHERS_MOST * FIRST_TIER_MOST)

    def _ease(self, *, calm: bool) -> None:
        self._is_late = False
        if self.pressure > self._borne:
            self.pressure = max(self._borne, self.pressure * RELIEVED)
        elif calm:
            self.pressure = self._borne = max(1.0, self.pressure * EASIER)

    def stretch(self, *, first_tier: bool) -> float:
        """Return by how much the intervals of a camera grow."""
        if first_tier:
            return max(1.0, self.pressure / OTHERS_MOST)
        return min(self.pressure, OTHERS_MOST)

    @property
    def has_time(self) -> bool:
        """Tell whether bursts may be afforded."""
        return self.pressure < HARDER
