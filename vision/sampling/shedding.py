"""What gives way when a machine has more looks than time: all rates fall evenly, tier I last, for all to see."""

from dataclasses import dataclass

TOO_LATE = 0.01
"""Share of looks that may be replaced unread before rates fall."""
HARDER, EASIER = 1.25, 0.95
"""Fall quickly, recover slowly: a machine that is asked for more than it can do gets less done, and a rate that swings
asks for it again and again."""
OTHERS_MOST = 8.0
"""Everything but tier I is stretched so far first."""
FIRST_TIER_MOST = 4.0


@dataclass(slots=True)
class Shedder:
    """One worker's load, told once per period."""

    pressure: float = 1.0
    """1 = every camera has its rate; at most `OTHERS_MOST` × `FIRST_TIER_MOST`."""

    def heard(self, taken: int, replaced: int) -> None:
        """Take one period's count of frames that the models took, and of those that were replaced unread."""
        if replaced > TOO_LATE * (taken + replaced):
            self.pressure = min(self.pressure * HARDER, OTHERS_MOST * FIRST_TIER_MOST)
        elif not replaced:
            self.pressure = max(1.0, self.pressure * EASIER)

    def stretch(self, *, first_tier: bool) -> float:
        """Return by how much the intervals of a camera grow."""
        if first_tier:
            return max(1.0, self.pressure / OTHERS_MOST)
        return min(self.pressure, OTHERS_MOST)

    @property
    def has_time(self) -> bool:
        """Tell whether bursts may be afforded."""
        return self.pressure < HARDER
