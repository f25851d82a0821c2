"""Says which key frames are worth a look: one per interval, in phase, without a clock of its own."""

import math
from dataclasses import dataclass

from vision.frames import Packet

TOLERANCE_S = 0.001
"""Time bases of 1/1000 round; a key frame one tick early is not early."""


@dataclass(slots=True)
class KeyFrameSampler:
    """Wants the first key frame at or after each due time; due times keep their phase and skip what a gap swallowed."""

    interval_s: float
    skipped: int = 0
    """Key frames that were not due."""
    sparse: bool = False
    """The last two key frames, or the last one and now, are more than two intervals apart: they are not enough."""
    gop_s: float = 0.0
    """Between the last two key frames; 0 before the second."""
    _due_s: float | None = None
    _last_key_s: float | None = None

    def wants(self, packet: Packet) -> bool:
        """Tell whether to decode this packet; reads the stream's own clock, in ticks that only grow."""
        at_s = packet.pts_s
        if not packet.is_key:
            self._miss_key(at_s)
            return False
        self._note_spacing(at_s)
        if self._due_s is not None and at_s < self._due_s - TOLERANCE_S:
            self.skipped += 1
            return False
        self._due_s = self._next_due(at_s)
        return True

    def _miss_key(self, at_s: float) -> None:
        if self._last_key_s is not None:
            self.sparse |= at_s - self._last_key_s > 2 * self.interval_s

    def _note_spacing(self, at_s: float) -> None:
        if self._last_key_s is not None:
            self.gop_s = at_s - self._last_key_s
            self.sparse = self.gop_s > 2 * self.interval_s
        self._last_key_s = at_s

    def _next_due(self, at_s: float) -> float:
        due_s = at_s if self._due_s is None else self._due_s
        missed = math.floor((at_s - due_s + TOLERANCE_S) / self.interval_s)
        return due_s + (missed + 1) * self.interval_s
