"""One connection to one camera, from its packets to its recorded events: where the pure line meets its adapters.

Two threads meet here, the camera's own (`packet`) and the one that runs the models (`decide`); one lock per connection
keeps the recorder whole. No other camera ever waits for it (I5).
"""

import threading
from dataclasses import dataclass
from datetime import datetime

from vision.catalogue import Catalogue
from vision.config import CameraConfig
from vision.events import Opened, Transition
from vision.frames import CameraId, Frame, Packet
from vision.pipeline import Abilities, CameraContext, Line, LineResult, LookInput, build_line
from vision.ports import Source
from vision.recording.recorder import Desk, EventRecorder
from vision.rules import Reason
from vision.rules.schedule import Schedule
from vision.scene import Scene
from vision.sight import Sight
from vision.sources.health import PacketStats, VitalsMeter
from vision.sources.sampler import KeyFrameSampler


def line_for(camera: CameraConfig, catalogue: Catalogue, abilities: Abilities) -> Line:
    """Return the rules of a camera as its configuration, the law and the models allow them."""
    hours = camera.hours
    context = CameraContext(
        camera=CameraId(camera.id),
        zones=tuple(zone.zone() for zone in camera.zones),
        site_type=camera.site_type,
        jurisdiction=camera.jurisdiction,
        schedule=Schedule(hours.opens, hours.closes, hours.weekdays, camera.time_zone),
        attended=camera.attended,
        max_gap_s=max(5.0, 2.5 * camera.interval_s),
    )
    return build_line(context, catalogue, abilities)


@dataclass(slots=True)
class Tally:
    """What one connection did so far; every loss has a reason (I2)."""

    packets: int = 0
    looks: int = 0
    damaged: int = 0
    """Key frames that did not decode."""
    opened: int = 0
    last_look_at: datetime | None = None


class CameraPath:
    """Everything of one connection between its packets and the outbox."""

    def __init__(self, camera: CameraConfig, source: Source, line: Line, desk: Desk) -> None:
        self.camera = camera
        self.tally = Tally()
        self._source = source
        self._line = line
        self._recorder = EventRecorder(camera, source.info, desk)
        self._sampler = KeyFrameSampler(camera.interval_s)
        self._stats = PacketStats()
        self._meter = VitalsMeter()
        self._lock = threading.Lock()
        self._last: tuple[Frame, Scene] | None = None

    def packet(self, packet: Packet) -> Frame | None:
        """Keep one packet; return its picture when it is time for a look. Called by the source's own thread."""
        self.tally.packets += 1
        self._stats.add(packet)
        with self._lock:
            self._recorder.keep(packet)
        if not self._sampler.wants(packet):
            return None
        frame = self._source.decode(packet)
        self.tally.damaged += frame is None
        return frame

    def decide(self, frame: Frame, sight: Sight) -> tuple[Transition, ...]:
        """Judge one look and record what opened and closed by it."""
        vitals = self._meter.measure(frame, self._stats)
        seen = LookInput(frame.at, frame.pts_s, frame.hw, sight.people, sight.objects, sight.wear, vitals)
        with self._lock:
            result = self._line.look(seen)
            self._last = (frame, result.scene)
            self.tally.looks += 1
            self.tally.last_look_at = frame.at
            return self._record(result.transitions)

    def silence(self, at: datetime, silent_s: float) -> LineResult:
        """Take note that the camera sends nothing."""
        with self._lock:
            result = self._line.silence(at, silent_s)
            self._record(result.transitions)
            return result

    def finish(self, at: datetime, reason: Reason) -> tuple[Transition, ...]:
        """Close what is open and complete what waits; the path takes nothing after this."""
        with self._lock:
            transitions = self._record(self._line.finish(at, reason))
            self._recorder.finish(f"the stream {reason}")
            return transitions

    def _record(self, transitions: tuple[Transition, ...]) -> tuple[Transition, ...]:
        """Hand transitions to the recorder; without any picture yet there is no evidence and nothing is opened."""
        if self._last is None:
            return ()
        frame, scene = self._last
        for transition in transitions:
            self.tally.opened += isinstance(transition, Opened)
            self._recorder.record(transition, frame, scene)
        return transitions
