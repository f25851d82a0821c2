"""What must not be there: a cigarette, a phone in the hand, a rat, a pet, smoke, an open bin.

The evidence of a look is the surest box against the class's threshold (`zones.margin`); a clear look without one is
mild evidence against. What belongs to a person (cigarette, phone) is about that person's track; everything else is
about the zone, so that three rats, or one rat whose track broke, are one violation.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vision.catalogue import Kind
from vision.detections import Detections
from vision.geometry import Boxes, coverage, expanded
from vision.rules.hearing import Hearing, PersonHearing
from vision.rules.ledger import Charge, Testimony, box_at, person, place
from vision.rules.zones import margin, object_points, persons_zones, zones_at
from vision.scene import Scene, Zone, ZoneType
from vision.tracks import Tracks

_NONE_SEEN = -1.0
"""A clear look without the thing: mild, because a detector may miss a small one."""
_SAME_THING = 0.5
"""A rejecting box that covers this share of a thing is the thing."""
_HELD = 0.5
"""Share of a thing that must lie in the part of a person where it would be held."""
_MOUTH_REACH = 2.0
"""Around the mouth is within a head box of twice the size."""
_UPPER_SHARE = 0.4
"""Where no head is seen, this upper share of the body."""
_STEADY_LOOKS = 3
NOT_THINGS = ("person", "head")
Part = Literal["head", "body"]
NEAR: dict[str, Part] = {"smoking": "head", "phone_use": "body"}
"""Kinds that are about a person, and where the thing is then."""
STEADY = ("rodent",)
"""Kinds that one look cannot decide: three looks, or something that moved."""
ALLOWED: dict[str, dict[str, ZoneType]] = {"smoke_fire": {"flame": ZoneType.COOKING}}
"""Where a class is no sign of the kind: a flame belongs into a cooking zone."""


def things(kind: Kind) -> tuple[str, ...]:
    """Return the object classes whose presence is the kind."""
    return tuple(name for name in kind.needs if name not in NOT_THINGS)


@dataclass(slots=True)
class _Memory:
    """What is known of one object track."""

    origin: tuple[float, float]
    """(x, y) px: its middle when it was first seen."""
    looks: int = 0
    called_other: int = 0
    """Looks in which it was called one of the rejected classes."""
    moved: bool = False


class Suspects:
    """Picks the boxes that really are the thing: nothing rejected, and steady where one look cannot decide."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._things = frozenset(things(kind))
        self._needs_time = kind.name in STEADY
        self._memory: dict[int, _Memory] = {}

    def pick(self, objects: Tracks) -> Detections:
        """Return the suspects of this look; looks come in the order of time."""
        for track in objects.ended:
            self._memory.pop(track, None)
        names, tracks = objects.seen.names(), objects.track_id.tolist()
        for track, name, box in zip(tracks, names, objects.seen.xyxy.tolist(), strict=True):
            self._learn(track, name, box)
        kept = [name in self._things and self._holds(track) for track, name in zip(tracks, names, strict=True)]
        suspects = objects.seen[np.array(kept, np.bool_)]
        if not len(suspects):
            return suspects
        rejecting = objects.seen.of(self._kind.rejects)
        free: NDArray[np.bool_] = np.all(coverage(suspects.xyxy, rejecting.xyxy) < _SAME_THING, axis=1)
        return suspects[free]

    def _learn(self, track: int, name: str, box: list[float]) -> None:
        x0, y0, x1, y1 = box
        here = ((x0 + x1) / 2, (y0 + y1) / 2)
        memory = self._memory.setdefault(track, _Memory(here))
        memory.looks += 1
        memory.called_other += name in self._kind.rejects
        memory.moved |= math.dist(here, memory.origin) >= max(x1 - x0, y1 - y0)

    def _holds(self, track: int) -> bool:
        memory = self._memory[track]
        steady = not self._needs_time or memory.looks >= _STEADY_LOOKS or memory.moved
        return steady and 2 * memory.called_other <= memory.looks


class ZoneRule(Hearing):
    """A thing in a zone where it must not be."""

    def __init__(self, charge: Charge, threshold: float) -> None:
        super().__init__(charge)
        self._threshold = threshold
        self._suspects = Suspects(charge.kind)
        self._allowed = ALLOWED.get(charge.kind.name, {})

    def _testimonies(self, scene: Scene) -> Iterator[Testimony]:
        suspects = self._suspects.pick(scene.objects)
        rows = self._surest(suspects, scene)
        for zone in scene.zones:
            if zone in rows:
                log_odds = margin(float(suspects.confidence[rows[zone]]), self._threshold)
                yield Testimony(place(zone), zone, log_odds, box_at(suspects.xyxy, rows[zone]))
            elif place(zone) in self._ledger:
                yield Testimony(place(zone), zone, _NONE_SEEN)

    def _surest(self, suspects: Detections, scene: Scene) -> dict[Zone, int]:
        """Return for each zone with a duty the row of its surest suspect."""
        if not len(suspects):
            return {}
        zones = zones_at(object_points(suspects.xyxy), scene.zones, scene.frame_hw)
        names, best = suspects.names(), dict[Zone, int]()
        for row in np.argsort(suspects.confidence, kind="stable").tolist():
            zone = zones[row]
            if zone and self._charge.duty(zone) and self._allowed.get(names[row]) is not zone.type:
                best[zone] = row
        return best


class PersonRule(PersonHearing):
    """A thing at a person: each thing counts for the one person who holds most of it."""

    def __init__(self, charge: Charge, threshold: float) -> None:
        super().__init__(charge)
        self._threshold = threshold
        self._part = NEAR[charge.kind.name]
        self._suspects = Suspects(charge.kind)

    def _testimonies(self, scene: Scene) -> Iterator[Testimony]:
        held = self._held(self._suspects.pick(scene.objects), scene)
        for row, zone in enumerate(persons_zones(scene)):
            subject = person(int(scene.persons.track_id[row]))
            known = row in held or subject in self._ledger
            if zone and self._charge.duty(zone) and known:
                log_odds = margin(held[row], self._threshold) if row in held else _NONE_SEEN
                yield Testimony(subject, zone, log_odds, box_at(scene.persons.seen.xyxy, row))

    def _held(self, suspects: Detections, scene: Scene) -> dict[int, float]:
        """Return person's row → confidence of the surest thing at that person."""
        if not len(suspects) or not len(scene.persons):
            return {}
        shares = coverage(suspects.xyxy, _regions(scene, self._part))
        held: dict[int, float] = {}
        for thing in range(len(suspects)):
            row = int(np.argmax(shares[thing]))
            if shares[thing, row] >= _HELD:
                held[row] = max(held.get(row, 0.0), float(suspects.confidence[thing]))
        return held


def _regions(scene: Scene, part: Part) -> Boxes:
    """Return the (n, 4) part of each person where the thing would be."""
    bodies, heads = scene.persons.seen.xyxy, scene.wear.head_xyxy
    if part == "body":
        return expanded(bodies, 1.1)
    upper = bodies.copy()
    upper[:, 3] = bodies[:, 1] + (bodies[:, 3] - bodies[:, 1]) * _UPPER_SHARE
    unseen = np.any(np.isnan(heads), axis=1, keepdims=True)
    return np.where(unseen, upper, expanded(heads, _MOUTH_REACH)).astype(np.float32)
