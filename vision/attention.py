"""Chooses which packets of one connection become pictures: due key frames, and in a burst what lies between them."""

from dataclasses import dataclass, field
from functools import partial

from vision.frames import Frame, Packet
from vision.ports import Follower, Source
from vision.sampling.burst import Bursts
from vision.sources.sampler import KeyFrameSampler

EARLY_S = 0.02
"""A camera's frames do not fall on fifths of a second: one this little early is taken."""
LONGEST_RUN = 1500
"""Packets since a key frame that are kept for a burst: a minute at 25 fps; the camera's next key frame starts anew."""

LARGEST_RUN_BYTES = 32 << 20
"""The same for a camera that sends a flood: 100 cameras share a machine's memory."""


@dataclass(slots=True)
class Attention:
    """What one connection looks at; belongs to the thread that reads the source."""

    source: Source
    sampler: KeyFrameSampler
    bursts: Bursts = field(default_factory=Bursts)
    damaged: int = 0
    """Key frames that did not decode."""
    _run: list[Packet] = field(default_factory=list)
    """From the last key frame on."""
    _run_bytes: int = 0
    _follower: Follower | None = None
    _due_s: float = 0.0
    """When the follower's next picture is wanted, in seconds since the first packet."""

    def take(self, packet: Packet) -> list[Frame]:
        """Take the next packet; return the pictures that are to be looked at now, in the order shown."""
        self._remember(packet)
        is_due = self.sampler.wants(packet)
        if self.is_close(packet):
            return self._closely(packet)
        self._follower = None
        return self._key_frame(packet) if is_due else []

    def is_close(self, packet: Packet) -> bool:
        """Tell whether every packet is decoded now: in a burst, or because key frames are too far apart."""
        return bool(self._run) and (self.bursts.is_running(packet.received_at) or self.sampler.sparse)

    @property
    def decodes_fully(self) -> bool:
        """Tell whether the camera's key frames are too far apart to be enough."""
        return self.sampler.sparse

    def _remember(self, packet: Packet) -> None:
        if packet.is_key or len(self._run) >= LONGEST_RUN or self._run_bytes > LARGEST_RUN_BYTES:
            self._run.clear()
            self._run_bytes = 0
        if packet.is_key or self._run:
            self._run.append(packet)
            self._run_bytes += len(packet.data)

    def _key_frame(self, packet: Packet) -> list[Frame]:
        frame = self.source.decode(packet)
        self.damaged += frame is None
        self._due_s = frame.pts_s if frame else self._due_s
        return [frame] if frame else []

    def _closely(self, packet: Packet) -> list[Frame]:
        """Follow the run: its earlier packets first, so that the decoder knows what this one refers to."""
        packets, late = ([packet], False) if self._follower else (self._run, self.source.live)
        follower = self._follower = self._follower or self.source.follower()
        bursting = self.bursts.is_running(packet.received_at)
        every_s = self.bursts.limits.interval_s if bursting else self.sampler.interval_s
        wanted = partial(self._wants, every_s=every_s)
        frames = [frame for one in packets for frame in follower.decode(one, wanted)]
        # Of what a camera sent before the suspicion arose only the newest is news; a film waits for whoever looks.
        return frames[-1:] if late else frames

    def _wants(self, at_s: float, every_s: float) -> bool:
        if at_s < self._due_s + every_s - EARLY_S:
            return False
        self._due_s = at_s
        return True
