"""What is wrong only by its duration or its hour: nobody at a post, somebody at night, a flame left alone."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.rules.hearing import Hearing
from vision.rules.ledger import Box, Charge, Testimony, box_at, place
from vision.rules.schedule import Schedule
from vision.rules.zones import margin, object_points, standing_points, zones_at
from vision.scene import Scene, Zone, ZoneType

_NOBODY = 2.0
"""One look at an empty post, in nats: a detector overlooks one person in ten or so."""
_REFUTED = -4.0
"""Somebody is there (or, for an intruder, the hour is right): as much as one look can say."""
_NONE_SEEN = -1.0
"""A clear look without the thing: mild, because the detector may have missed it."""
FLAME = "flame"


class _TimerRule(Hearing):
    """What the three have in common: one page per zone with a duty."""

    def _zones(self, scene: Scene) -> Iterator[Zone]:
        return (zone for zone in scene.zones if self._charge.duty(zone))


class AbsenceRule(_TimerRule):
    """Nobody at a post that must be attended, during working hours; built only where somebody must be."""

    def __init__(self, charge: Charge, schedule: Schedule) -> None:
        super().__init__(charge)
        self._schedule = schedule

    def _testimonies(self, scene: Scene) -> Iterator[Testimony]:
        is_open, manned = self._schedule.is_open(scene.at), _person_zones(scene)
        for zone in self._zones(scene):
            yield Testimony(place(zone), zone, _NOBODY if is_open and zone not in manned else _REFUTED)

    @property
    def suspects(self) -> bool:
        """Nobody at a post is a matter of minutes; more pictures a second would tell no more."""
        return False


class IntruderRule(_TimerRule):
    """Somebody in a zone outside working hours."""

    def __init__(self, charge: Charge, schedule: Schedule, threshold: float) -> None:
        super().__init__(charge)
        self._schedule = schedule
        self._threshold = threshold

    def _testimonies(self, scene: Scene) -> Iterator[Testimony]:
        is_open, manned = self._schedule.is_open(scene.at), _person_zones(scene)
        for zone in self._zones(scene):
            confidence, box = manned.get(zone, (0.0, None))
            against = _REFUTED if is_open else _NONE_SEEN
            seen = box is not None and not is_open
            if seen or place(zone) in self._ledger:
                yield Testimony(place(zone), zone, margin(confidence, self._threshold) if seen else against, box)


class FlameRule(_TimerRule):
    """A flame in a cooking zone and nobody anywhere in the picture."""

    def __init__(self, charge: Charge, threshold: float) -> None:
        super().__init__(charge)
        self._threshold = threshold

    def _testimonies(self, scene: Scene) -> Iterator[Testimony]:
        flames = _flames(scene)
        for zone in self._zones(scene):
            confidence, box = flames.get(zone, (0.0, None))
            if box is not None or place(zone) in self._ledger:
                log_odds = margin(confidence, self._threshold) if box is not None else _NONE_SEEN
                yield Testimony(place(zone), zone, _REFUTED if len(scene.persons) else log_odds, box)


_Best = dict[Zone, tuple[float, Box | None]]
"""The surest box in each zone that has one."""


def _person_zones(scene: Scene) -> _Best:
    return _surest(scene, scene.persons.seen, standing_points(scene))


def _flames(scene: Scene) -> _Best:
    seen = scene.objects.seen.of([FLAME])
    best = _surest(scene, seen, object_points(seen.xyxy))
    return {zone: flame for zone, flame in best.items() if zone.type is ZoneType.COOKING}


def _surest(scene: Scene, seen: Detections, points: NDArray[np.float32]) -> _Best:
    best: _Best = {}
    for row, zone in enumerate(zones_at(points, scene.zones, scene.frame_hw)):
        if zone and seen.confidence[row] > best.get(zone, (0.0, None))[0]:
            best[zone] = float(seen.confidence[row]), box_at(seen.xyxy, row)
    return best
