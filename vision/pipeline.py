"""One camera's path from what the models saw to violations: track, place, judge; no threads, no clock, no I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Protocol

import numpy as np

from vision.catalogue import Duty, Jurisdiction, Kind, Place
from vision.detections import Detections
from vision.events import KindName, Transition
from vision.frames import CameraId
from vision.geometry import clipped
from vision.ports import People
from vision.rules import Reason, Rule
from vision.rules.camera import EVIDENCE, CameraRule
from vision.rules.ledger import Charge
from vision.rules.presence import NEAR, PersonRule, ZoneRule, things
from vision.rules.schedule import Schedule
from vision.rules.timer import AbsenceRule, FlameRule, IntruderRule
from vision.rules.wear import WearRule
from vision.scene import Scene, Unseen, Vitals, Wear, Zone, ZoneType
from vision.tracker import Tracker

OBJECT_THRESHOLD = 0.35
"""Confidence at which a box says nothing either way, where the model gives no threshold of its own."""


@dataclass(frozen=True, slots=True)
class CameraContext:
    """What is known of a camera before its first look."""

    camera: CameraId
    zones: tuple[Zone, ...]
    site_type: str = "restaurant"
    jurisdiction: Jurisdiction = "CN"
    schedule: Schedule = field(default_factory=Schedule)
    attended: bool = False
    """Somebody must be at this post during working hours."""
    max_gap_s: float = 5.0
    """A thing unseen for longer is gone; at looks 2 s apart one missed look is bridged."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the models of this worker can tell."""

    model: str
    """name@version of every model, joined by +."""
    classes: tuple[str, ...]
    """What the detector finds."""
    items: tuple[str, ...]
    """What the wear model judges."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Confidence by detector class at which a box says nothing either way."""

    def threshold(self, names: Iterable[str]) -> float:
        """Return the threshold of these classes, the strictest where they differ."""
        return max((self.thresholds.get(name, OBJECT_THRESHOLD) for name in names), default=OBJECT_THRESHOLD)


class Lawbook(Protocol):
    """The part of `vision.catalogue.Catalogue` that a line needs."""

    @property
    def kinds(self) -> Mapping[KindName, Kind]:
        """Return every kind of violation by name."""
        ...

    @property
    def version(self) -> str:
        """Return what events call `rule_version`."""
        ...

    def duty(self, kind: KindName, place: Place) -> Duty | None:
        """Return what a kind means there; None = nothing."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LookInput:
    """What the models and the camera's health say about one picture."""

    at: datetime
    """Aware UTC."""
    pts_s: float
    """Seconds since the first packet of the stream or file."""
    frame_hw: tuple[int, int]
    people: People
    objects: Detections
    """Neither persons nor heads."""
    wear: Wear
    """Row i is about person i of `people`."""
    vitals: Vitals = field(default_factory=Vitals)


@dataclass(frozen=True, slots=True, eq=False)
class LineResult:
    """What one look came to."""

    scene: Scene
    transitions: tuple[Transition, ...]


class Line:
    """One connection to one camera: looks in, violations out, in the order of time.

    Track ids begin at 1 with every line and end with it; nothing is carried from one line to the next (I8).
    """

    def __init__(self, context: CameraContext, rules: Sequence[Rule]) -> None:
        ids = count(1)
        self._context = context
        self._rules = tuple(rules)
        self._persons = Tracker(context.max_gap_s, ids)
        self._objects = Tracker(context.max_gap_s, ids)
        self._last: Scene | None = None

    @property
    def suspects(self) -> bool:
        """Tell whether evidence is under way that a burst of looks would settle."""
        return any(rule.suspects for rule in self._rules)

    @property
    def unsettled(self) -> bool:
        """Tell whether something is open or under way, of whatever kind."""
        return any(rule.unsettled for rule in self._rules)

    def look(self, seen: LookInput) -> LineResult:
        """Take one look; raises InvalidInputError when wear and people do not belong together."""
        people, objects = (_cut(found, seen.frame_hw) for found in (seen.people.persons, seen.objects))
        scene = Scene(
            camera=self._context.camera,
            at=seen.at,
            pts_s=seen.pts_s,
            frame_hw=seen.frame_hw,
            persons=self._persons.update(people, seen.at, seen.frame_hw),
            objects=self._objects.update(objects, seen.at, seen.frame_hw),
            wear=seen.wear,
            zones=self._context.zones,
            vitals=seen.vitals,
        )
        return self._judge(scene)

    def silence(self, at: datetime, silent_s: float) -> LineResult:
        """Take note that the camera sends nothing: everything but its health is unknown."""
        scene = Scene(
            camera=self._context.camera,
            at=at,
            pts_s=self._pts_s(at),
            frame_hw=self._last.frame_hw if self._last else (0, 0),
            persons=self._persons.rest(at),
            objects=self._objects.rest(at),
            wear=Wear.unseen((), np.empty((0, 4), np.float32), Unseen.NO_HEAD),
            zones=self._context.zones,
            vitals=Vitals(connected=False, silent_s=silent_s),
        )
        return self._judge(scene)

    def finish(self, at: datetime, reason: Reason = "ended") -> tuple[Transition, ...]:
        """Close whatever is open: the stream ended or we stop; the line takes no look after this."""
        return tuple(t for rule in self._rules for t in rule.finish(at, self._pts_s(at), reason))

    def _judge(self, scene: Scene) -> LineResult:
        self._last = scene
        return LineResult(scene, tuple(transition for rule in self._rules for transition in rule.update(scene)))

    def _pts_s(self, at: datetime) -> float:
        """Return the stream's time of an instant without a picture."""
        return self._last.pts_s + max(0.0, (at - self._last.at).total_seconds()) if self._last else 0.0


def _cut(found: Detections, frame_hw: tuple[int, int]) -> Detections:
    return Detections(clipped(found.xyxy, frame_hw), found.confidence, found.class_id, found.classes)


def build_line(context: CameraContext, catalogue: Lawbook, abilities: Abilities) -> Line:
    """Return a line with a rule for every kind that the models can see and the law knows in some zone of the camera."""
    made = (
        _rule(_charge(kind, context, catalogue, abilities), context, abilities) for kind in catalogue.kinds.values()
    )
    return Line(context, [rule for rule in made if rule])


def is_available(kind: Kind, abilities: Abilities) -> bool:
    """Tell whether the models carry what a kind needs."""
    return set(kind.needs) <= set(abilities.classes) and (not kind.item or kind.item in abilities.items)


def _place(zone_type: ZoneType, context: CameraContext) -> Place:
    return Place(zone_type, context.site_type, context.jurisdiction)


def _charge(kind: Kind, context: CameraContext, catalogue: Lawbook, abilities: Abilities) -> Charge:
    types = {zone.type for zone in context.zones}
    asked = {type_: catalogue.duty(kind.name, _place(type_, context)) for type_ in types}
    duties = {type_: duty for type_, duty in asked.items() if duty}
    return Charge(context.camera, kind, duties, abilities.model, catalogue.version)


def _rule(charge: Charge, context: CameraContext, abilities: Abilities) -> Rule | None:
    """Return the rule that judges the charge; None where nothing can or need be judged."""
    kind = charge.kind
    if not charge.duties or not is_available(kind, abilities):
        return None
    if kind.family == "wear":
        return WearRule(charge)
    if kind.family == "camera":
        return CameraRule(charge, context.zones) if kind.name in EVIDENCE else None
    threshold = abilities.threshold(things(kind))
    if kind.family == "presence":
        return (PersonRule if kind.name in NEAR else ZoneRule)(charge, threshold)
    return _timer(charge, context, threshold)


def _timer(charge: Charge, context: CameraContext, threshold: float) -> Rule | None:
    match charge.kind.name:
        case "absence":
            return AbsenceRule(charge, context.schedule) if context.attended else None
        case "intruder":
            return IntruderRule(charge, context.schedule, threshold)
        case "flame_unattended":
            return FlameRule(charge, threshold)
    return None
