"""Remembers the last seconds of a camera, still compressed, so that a clip can begin before anybody knew."""

from collections import deque
from datetime import datetime
from itertools import takewhile

from vision.frames import Packet

KEEP_S = 15.0
"""Never forgotten for age alone; only the byte limit goes below it."""
MAX_S = 30.0
MAX_BYTES = 64 * 1024 * 1024


class PacketRing:
    """The newest packets, always from a key frame on, bounded in bytes.

    Whole groups of pictures leave from the old end: once more than `max_s` are held and `KEEP_S` would remain, or as
    soon as `max_bytes` are exceeded. A single group larger than that is dropped whole; the next key frame starts anew.
    """

    def __init__(self, max_s: float = MAX_S, max_bytes: int = MAX_BYTES) -> None:
        self._max_s = max_s
        self._max_bytes = max_bytes
        self._groups: deque[list[Packet]] = deque()
        self._size_bytes = 0
        self.lost = 0
        """Packets that could not be kept: before the first key frame, or in a group beyond the limit."""

    def __len__(self) -> int:
        return sum(len(group) for group in self._groups)

    @property
    def size_bytes(self) -> int:
        """Return the payload bytes held; at most `max_bytes`."""
        return self._size_bytes

    def append(self, packet: Packet) -> None:
        """Take the next packet in the order received."""
        if packet.is_key:
            self._groups.append([])
        if not self._groups:
            self.lost += 1
            return
        self._groups[-1].append(packet)
        self._size_bytes += len(packet.data)
        self._forget(packet.received_at)

    def since(self, at: datetime) -> tuple[Packet, ...]:
        """Return the packets from the last key frame at or before `at`; all of them where none is so old."""
        older = sum(1 for _ in takewhile(lambda group: group[0].received_at <= at, self._groups))
        groups = list(self._groups)[max(0, older - 1) :]
        return tuple(packet for group in groups for packet in group)

    def _forget(self, now: datetime) -> None:
        while self._groups and (self._size_bytes > self._max_bytes or self._is_old(now)):
            group = self._groups.popleft()
            self._size_bytes -= sum(len(packet.data) for packet in group)
            if not self._groups:
                self.lost += len(group)

    def _is_old(self, now: datetime) -> bool:
        """Tell whether the oldest group may go: too much is held, and enough remains without it."""
        if len(self._groups) < 2:
            return False
        held_s = (now - self._groups[0][0].received_at).total_seconds()
        left_s = (now - self._groups[1][0].received_at).total_seconds()
        return held_s > self._max_s and left_s >= KEEP_S
