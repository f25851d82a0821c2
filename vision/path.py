"""One connection to one camera, from its packets to its recorded events: where the pure line meets its adapters.

Two threads meet here, the camera's own (`packet`) and the one that runs the models (`decide`), and a third one may end
it (`finish`); one lock per connection keeps the recorder whole. No other camera ever waits for it (I5).
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import partial
from uuid import UUID

from vision.attention import Attention
from vision.catalogue import Catalogue
from vision.config import CameraConfig, Hours
from vision.errors import StorageError
from vision.events import Opened, Transition
from vision.frames import CameraId, Frame, Packet, StreamInfo
from vision.pipeline import Abilities, CameraContext, Lawbook, Line, LookInput, build_line
from vision.ports import Source
from vision.recording.recorder import Desk, EventRecorder
from vision.rules import Reason
from vision.rules.schedule import Schedule
from vision.sampling.gate import ChangeGate, longest_s
from vision.sampling.plan import Rate, SamplingPlan, Shift
from vision.scene import Scene, Vitals
from vision.sight import Sight
from vision.sources.health import PacketStats, VitalsMeter, cells_of
from vision.sources.sampler import KeyFrameSampler
from vision.tally import Tally
from vision.vigil import Excerpt

Turn = AbstractContextManager[object]
"""What must be held while pixels are worked on; never for the disk, for which one camera may have to wait."""
FREE: Turn = nullcontext()
OWED_MOST = 16
"""So many transitions are kept for a disk that refuses them; each holds a picture, and memory ends too."""
VITALS_EVERY_S = 1.0
"""Between key frames a coder may repeat a still picture exactly: looks of a burst tell nothing of a camera's health."""
NO_STREAM = StreamInfo("none", 0, 0, Fraction(1, 1000), b"", Fraction(0))


def line_for(camera: CameraConfig, catalogue: Catalogue, abilities: Abilities) -> Line:
    """Return the rules of one connection as the camera's configuration, the law and the models allow them."""
    return build_line(context_of(camera), Excerpt(catalogue, presence=False), abilities)


def presence_line(camera: CameraConfig, catalogue: Lawbook, abilities: Abilities) -> Line:
    """Return the rule that judges whether a camera sends at all, over all its connections."""
    return build_line(context_of(camera), Excerpt(catalogue, presence=True), abilities)


def context_of(camera: CameraConfig) -> CameraContext:
    """Return what a line must know of a camera."""
    return CameraContext(
        camera=CameraId(camera.id),
        zones=tuple(zone.zone() for zone in camera.zones),
        site_type=camera.site_type,
        jurisdiction=camera.jurisdiction,
        schedule=_schedule(camera.hours, camera),
        attended=camera.attended,
        max_gap_s=max(5.0, 2.5 * camera.interval_s),
    )


def plan_of(camera: CameraConfig) -> SamplingPlan:
    """Return how often a camera is looked at over the week."""
    usual = Rate(camera.mode, camera.interval_s if camera.mode == "watch" else camera.patrol_s)
    shifts = (Shift(_schedule(shift.hours, camera), Rate(shift.mode, shift.interval_s)) for shift in camera.shifts)
    return SamplingPlan(usual, _schedule(camera.hours, camera), tuple(shifts))


def _schedule(hours: Hours, camera: CameraConfig) -> Schedule:
    return Schedule(hours.opens, hours.closes, hours.weekdays, camera.time_zone)


@dataclass(frozen=True, slots=True)
class Owed:
    """A transition, and the look that tells of it, on its way to the recorder."""

    transition: Transition
    frame: Frame | None
    scene: Scene

    @property
    def event(self) -> UUID:
        """Return the event that it is about."""
        opened = self.transition if isinstance(self.transition, Opened) else self.transition.opened
        return opened.id


@dataclass(slots=True)
class Hand:
    """Hands transitions to the recorder; what the disk refuses now is kept and tried again, in order (I2)."""

    recorder: EventRecorder
    tally: Tally
    trouble: StorageError | None = None
    """What the disk said last; None once it takes everything again."""
    _owed: deque[Owed] = field(default_factory=deque)
    _lost: set[UUID] = field(default_factory=set)
    """Events whose opening was lost: of what nobody heard of, nobody shall hear that it closed."""

    def owe(self, owed: Owed) -> None:
        """Take one more; beyond `OWED_MOST` the oldest is lost and counted."""
        self.tally.opened += isinstance(owed.transition, Opened)
        self._line_up(owed)

    def settle(self) -> None:
        """Hand over all that is owed; an event whose earlier transition is refused waits with it."""
        owed, self._owed = self._owed, deque()
        stuck: set[UUID] = set()
        for each in owed:
            if each.event in stuck or not self.save(partial(self._record, each)):
                stuck.add(each.event)
                self._owed.append(each)
        while len(self._owed) > OWED_MOST:
            self._lose(self._owed.popleft())

    def _lose(self, oldest: Owed) -> None:
        """Count one as lost; with an opening goes its closing, whether it is owed already or still to come."""
        self.tally.unrecorded += 1
        if isinstance(oldest.transition, Opened):
            self._lost.add(oldest.event)
            rest, self._owed = self._owed, deque()
            for each in rest:
                self._line_up(each)

    def _line_up(self, owed: Owed) -> None:
        if owed.event in self._lost:
            self._lost.discard(owed.event)
            self.tally.unrecorded += 1
        else:
            self._owed.append(owed)

    def save(self, step: Callable[[], None], *, proves: bool = True) -> bool:
        """Do something to the disk; tell whether it went well, and keep what went wrong.

        `proves`: success shows that the disk takes everything again.
        """
        try:
            step()
        except StorageError as error:
            self.trouble = error
            return False
        if proves and not self._owed:
            self.trouble = None
        return True

    def _record(self, owed: Owed) -> None:
        self.recorder.record(owed.transition, owed.frame, owed.scene)


class CameraPath:
    """Everything of one connection between its packets and the outbox.

    Nothing here raises StorageError: what the disk refuses is tried again with the next look, and `trouble` tells it.
    """

    def __init__(
        self, camera: CameraConfig, source: Source, line: Line, desk: Desk, tally: Tally | None = None
    ) -> None:
        self.camera = camera
        self.tally = tally or Tally()
        self.tally.codec, self.tally.frame_wh = source.info.codec, (source.info.width, source.info.height)
        self._line = line
        self._hand = Hand(EventRecorder(camera, source.info, desk), self.tally)
        self._attention = Attention(source, KeyFrameSampler(camera.interval_s))
        self._gate = ChangeGate(tuple(zone.zone() for zone in camera.zones), longest_s(CameraId(camera.id)))
        self._stats = PacketStats()
        self.meter = VitalsMeter()
        """How the camera's pictures usually are; whoever keeps the camera hands on the one that knows it already."""
        self.turn = FREE
        """Taken by the source's own thread only: the models wait for nobody."""
        self._vitals: tuple[datetime, Vitals] | None = None
        self._sight: Sight | None = None
        """The models' last answer, on this connection."""
        self._may_burst = True
        self._changed_at: datetime | None = None
        """When something opened or closed last."""
        self._asked_at: datetime | None = None
        """The newest picture that was left for the models."""
        self.onlooker: Callable[[Frame, Scene], None] | None = None
        """Sees every look that was judged, for the wall."""
        self._lock = threading.Lock()
        self._last: tuple[Frame, Scene] | None = None
        self._is_over = False

    @property
    def trouble(self) -> StorageError | None:
        """Return what the disk said, while it refuses something."""
        return self._hand.trouble

    @property
    def decodes_fully(self) -> bool:
        """Tell whether the camera's key frames are too far apart, so that every packet is decoded."""
        return self._attention.decodes_fully

    def looks_closely(self, packet: Packet) -> bool:
        """Tell whether what lies between key frames is looked at now."""
        return self._attention.is_close(packet)

    def pace(self, interval_s: float, *, may_burst: bool) -> None:
        """Look once per interval from now on; without time for them, begin no bursts."""
        self._attention.sampler.interval_s = interval_s
        self._may_burst = may_burst

    def is_settled(self, at: datetime) -> bool:
        """Tell whether one may leave: all is judged, nothing is open or suspected, no clip waits for its end."""
        with self._lock:
            changed_at, judged_at = self._changed_at, self.tally.last_look_at
            judged = self._asked_at is not None and judged_at is not None and judged_at >= self._asked_at
            quiet = changed_at is None or (at - changed_at).total_seconds() > self.camera.post_roll_s
            return judged and quiet and not self._line.unsettled

    def packet(self, packet: Packet) -> list[Frame]:
        """Keep one packet; return the pictures that are to be looked at now. Called by the source's own thread."""
        self.tally.packets += 1
        self._stats.add(packet)
        with self._lock:
            if self._is_over:
                return []
            # A clip that was refused is tried again with key packets only.
            self._hand.save(partial(self._hand.recorder.keep, packet), proves=packet.is_key)
        damaged = self._attention.damaged
        with self.turn if packet.is_key or self.looks_closely(packet) else FREE:
            began_s = time.perf_counter()
            frames = self._attention.take(packet)
            self.tally.decode_s += time.perf_counter() - began_s
        self.tally.decoded += len(frames)
        self.tally.gop_s = self._attention.sampler.gop_s
        self.tally.damaged += self._attention.damaged - damaged
        return frames

    def known(self, frame: Frame) -> Sight | None:
        """Return what the models would say of a picture in which nothing changed; None where they must be asked.

        Never while something is suspected: one picture's mistake must not be repeated until it is believed. Called by
        the source's own thread.
        """
        with self._lock:
            judged_at = self.tally.last_look_at
            waits = self._asked_at is not None and (judged_at is None or judged_at < self._asked_at)
            resting = self.camera.spare_unchanged and not waits and not self._line.suspects
        if self._sight is not None and resting and self._is_unchanged(frame):
            self.tally.spared += 1
            return self._sight
        self._asked_at = frame.at
        return None

    def _is_unchanged(self, frame: Frame) -> bool:
        with self.turn:
            return self._gate.is_unchanged(cells_of(frame.reduced), frame.at)

    def decide(self, frame: Frame, sight: Sight) -> tuple[Transition, ...]:
        """Judge one look and record what opened and closed by it; nothing once the connection has ended."""
        spared = sight is self._sight  # then the source's own thread has come
        with self.turn if spared else FREE:
            vitals = self._measured(frame, spared=spared)
        seen = LookInput(frame.at, frame.pts_s, frame.hw, sight.people, sight.objects, sight.wear, vitals)
        with self._lock:
            if self._is_over:
                return ()
            self._remember(frame, sight)
            result = self._line.look(seen)
            self._last = (frame, result.scene)
            self.tally.looked(frame.at)
            self._look_closer(frame, result.transitions)
            self._changed_at = frame.at if result.transitions else self._changed_at
            recorded = self._record(result.transitions)
        if self.onlooker is not None:
            self.onlooker(frame, result.scene)
        return recorded

    def _measured(self, frame: Frame, *, spared: bool) -> Vitals:
        """Return the camera's vitals; of pictures that come fast, those of the first."""
        last = self._vitals
        if last is None or not 0 <= (frame.at - last[0]).total_seconds() < VITALS_EVERY_S:
            self._vitals = last = (frame.at, self.meter.measure(frame, self._stats, unchanged=spared))
            self.tally.vitals = last[1]
        return last[1]

    def _remember(self, frame: Frame, sight: Sight) -> None:
        """Keep what the models saw last, to compare the next picture with."""
        if sight is not self._sight and self.camera.spare_unchanged:
            self._gate.saw(cells_of(frame.reduced), frame.at)
        self._sight = sight

    def _look_closer(self, frame: Frame, transitions: tuple[Transition, ...]) -> None:
        """Begin, follow or end a burst by what the look came to."""
        bursts, opened = self._attention.bursts, any(isinstance(transition, Opened) for transition in transitions)
        before = (bursts.started, bursts.confirmed, bursts.refuted)
        bursts.heard(
            frame.at, suspects=self._line.suspects, opened=opened, affordable=self.camera.burst and self._may_burst
        )
        self.tally.bursts += bursts.started - before[0]
        self.tally.confirmed += bursts.confirmed - before[1]
        self.tally.refuted += bursts.refuted - before[2]

    def finish(self, at: datetime, reason: Reason) -> tuple[Transition, ...]:
        """Close what is open and complete what waits; the line takes nothing after this. Again changes nothing."""
        with self._lock:
            if self._is_over:
                return ()
            self._is_over = True
            transitions = self._record(self._line.finish(at, reason))
            self._complete(f"the stream {reason}")
            return transitions

    def attest(self, transition: Transition, scene: Scene) -> None:
        """Record what is known of the camera beyond this connection, with its last picture; see `vigil.Witness`."""
        with self._lock:
            # Heads are blurred as they were seen in that picture, so its own scene goes with it.
            frame, seen = self._last or (None, scene)
            self._hand.owe(Owed(transition, frame, seen))
            self._hand.settle()
            self._complete("the camera sends nothing")

    def settle(self) -> bool:
        """Hand over what an ended connection still owes; tell whether that is nothing any more."""
        with self._lock:
            self._hand.settle()
            self._complete("the connection ended")
            return self.trouble is None

    def _complete(self, reason: str) -> None:
        self._hand.save(partial(self._hand.recorder.finish, reason))

    def _record(self, transitions: tuple[Transition, ...]) -> tuple[Transition, ...]:
        """Hand transitions to the recorder; without any picture yet there is no evidence and nothing is opened."""
        if self._last is None:
            return ()
        for transition in transitions:
            self._hand.owe(Owed(transition, *self._last))
        self._hand.settle()
        return transitions


class Bystander:
    """The `vigil.Witness` of a camera that never sent a picture: its events have none, and their manifest says so."""

    def __init__(self, camera: CameraConfig, desk: Desk, tally: Tally) -> None:
        self._hand = Hand(EventRecorder(camera, NO_STREAM, desk), tally)

    @property
    def trouble(self) -> StorageError | None:
        """Return what the disk said, while it refuses something."""
        return self._hand.trouble

    def attest(self, transition: Transition, scene: Scene) -> None:
        """Record it with what is known: the time and the rule."""
        self._hand.owe(Owed(transition, None, scene))
        self._hand.settle()
        self._hand.save(partial(self._hand.recorder.finish, "the camera sends nothing"))
