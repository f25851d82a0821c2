"""Mends a stream's timestamps, so that everything behind it may rely on them.

Cameras restart their clocks, leave timestamps out and step backwards; FFmpeg passes all of that on (compare the
`TimestampValidator` of Home Assistant's `stream`, which drops such packets; we keep every packet and count).
"""

from dataclasses import dataclass
from fractions import Fraction

DEFAULT_STEP_S = Fraction(1, 25)
STALLED_PACKETS = 3
"""So many packets in a row that claim no later time: the clock stands, and from then on ours counts."""


@dataclass(slots=True)
class Timeline:
    """Gives each packet a `dts` that only ever grows and a `pts` that is not before it; ticks of `time_base`."""

    time_base: Fraction
    max_gap_s: float = 60.0
    """A longer step forward is a clock that jumped, not time that passed."""
    max_back_s: float = 1.0
    """A longer step backward is a clock that jumped; a shorter one is jitter, and squeezed."""
    repaired: int = 0
    """Packets whose timestamps were missing or out of order."""
    jumps: int = 0
    """Times the stream's clock jumped and was joined to what came before."""
    _offset: int = 0
    _last_dts: int | None = None
    _step: int = 0
    _stalled: int = 0
    _anchor: tuple[float, int] | None = None
    """When our clock began to count for the stream's, and at which `dts`."""

    @property
    def is_ours(self) -> bool:
        """Tell whether our clock counts now, because the stream's has stopped or is missing."""
        return self._anchor is not None

    def place(self, pts: int | None, dts: int | None, duration: int, arrived_s: float | None = None) -> tuple[int, int]:
        """Return (pts, dts) for the next packet in the order received.

        `arrived_s`: when it arrived by a clock of ours, for a camera; the stream's own clock may stand still.
        """
        if pts is not None and dts is not None and self._is_in_order(pts, dts):
            self._stalled, self._anchor = 0, None
            self._remember(dts + self._offset)
            return pts + self._offset, dts + self._offset
        decode_at = self._decode_at(pts, dts, duration, arrived_s)
        present_at = decode_at if pts is None else max(decode_at, pts + self._offset)
        if pts is None or present_at != pts + self._offset:
            self.repaired += 1
        self._remember(decode_at)
        return present_at, decode_at

    def _is_in_order(self, pts: int, dts: int) -> bool:
        """Tell whether nothing needs mending, which is so of nearly every packet: the whole rest costs 6 µs each."""
        last = self._last_dts
        return (
            last is not None
            and last < dts + self._offset
            and dts <= pts
            and not self._jumped(dts + self._offset - last)
        )

    def _decode_at(self, pts: int | None, dts: int | None, duration: int, arrived_s: float | None) -> int:
        claimed = dts if dts is not None else pts
        expected = 0 if self._last_dts is None else self._last_dts + (duration or self._typical_step())
        if self._stands(claimed) and arrived_s is not None:
            return self._ours(claimed, expected, arrived_s)
        if claimed is None:
            return expected
        if self._last_dts is not None and self._jumped(claimed + self._offset - self._last_dts):
            self.jumps += 1
            self._offset = expected - claimed
        return self._growing(claimed + self._offset)

    def _ours(self, claimed: int | None, expected: int, arrived_s: float) -> int:
        """Return the time by our clock, counted from when it took over, so that roundings do not add up."""
        self._anchor = self._anchor or (arrived_s, expected)
        since = round(Fraction(arrived_s - self._anchor[0]) / self.time_base)
        decode_at = max(self._anchor[1] + since, expected if self._last_dts is None else self._last_dts + 1)
        if claimed is not None:
            self._offset = decode_at - claimed
            self.repaired += 1
        return decode_at

    def _stands(self, claimed: int | None) -> bool:
        """Tell whether the stream's clock has stopped or is missing, by what it has claimed so far and now."""
        grows = claimed is not None and (self._last_dts is None or claimed + self._offset > self._last_dts)
        self._stalled = 0 if grows else self._stalled + 1
        if grows:
            self._anchor = None
        return self._stalled >= STALLED_PACKETS

    def _jumped(self, step: int) -> bool:
        step_s = step * self.time_base.numerator / self.time_base.denominator
        return step_s > self.max_gap_s or step_s < -self.max_back_s

    def _growing(self, claimed: int) -> int:
        if self._last_dts is None or claimed > self._last_dts:
            return claimed
        self.repaired += 1
        return self._last_dts + 1

    def _typical_step(self) -> int:
        return self._step or max(1, round(DEFAULT_STEP_S / self.time_base))

    def _remember(self, dts: int) -> None:
        if self._last_dts is not None:
            self._step = dts - self._last_dts
        self._last_dts = dts
