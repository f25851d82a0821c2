"""Says when a packet came that was read later, and when its reader may rest so that several gather.

A hundred cameras that send 25 packets a second wake a hundred threads 25 times a second, each to fight for the
interpreter's lock. A connection over TCP keeps what comes meanwhile; so its reader rests, and takes several at once.
"""

from dataclasses import dataclass

GATHER_S = 0.2
"""How long packets gather unread. A lost TCP segment holds a stream up as long, so every camera bears it."""
WAITED_S = 0.003
"""A read that took so long had to wait for the camera: nothing lay ready."""
NEWEST_S = 0.03
"""A packet that is late by less is as new as any."""
LEAK = 0.001
"""Seconds per second by which a stream's clock may run slow against ours and still be followed; quartz does 0.0001."""
ANEW_S = 10.0
"""Nobody is so late: one of the clocks was set."""


@dataclass(slots=True)
class Arrivals:
    """One stream's times against ours: the packet that was the least delayed tells how the two clocks lie.

    Both grow, in seconds. Pure: the caller brings the time.
    """

    late_s: float = 0.0
    """How long the newest packet had lain ready when it was read; at most `GATHER_S`, for no rest is longer: more is
    the camera's own hesitation, and no packet is told to have come before it could."""
    _offset_s: float | None = None
    """Our time minus the stream's, of the least delayed packet."""
    _read_s: float = 0.0
    _dts_s: float = 0.0
    _rested_dts_s: float = 0.0
    """Of the last packet before the last rest."""
    _waited: bool = False

    def read(self, dts_s: float, now_s: float, waited_s: float) -> float:
        """Take the next packet, read now after a wait; return `late_s`."""
        delay_s = now_s - dts_s
        if self._offset_s is None or delay_s - self._offset_s > ANEW_S:
            self._offset_s, self._rested_dts_s = delay_s, dts_s
        self._offset_s = min(self._offset_s + LEAK * max(0.0, now_s - self._read_s), delay_s)
        self._read_s, self._dts_s, self._waited = now_s, dts_s, waited_s >= WAITED_S
        self.late_s = min(delay_s - self._offset_s, GATHER_S)
        return self.late_s

    def rest_s(self) -> float:
        """Return how long the reader may rest now; 0 where packets lie ready.

        Never before the stream has gone on by as much as the last rest took: whoever has too much to do for reading
        waits for the processor with each packet, and must not take that for waiting for the camera.
        """
        if not self._waited or self.late_s > NEWEST_S or self._dts_s - self._rested_dts_s < GATHER_S:
            return 0.0
        self._rested_dts_s = self._dts_s
        return GATHER_S
