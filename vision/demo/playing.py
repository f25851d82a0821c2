"""Plays a script: who stands where in which pose and clothes at an instant, and what burns."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from math import atan2, degrees, dist, pi
from typing import Any

from vision.demo.acting import ACTS, HELD, STRIDE_M, walking
from vision.demo.animals import Animal
from vision.demo.effects import Puff
from vision.demo.figure import Figure, Stance
from vision.demo.script import WALK_M_S, Creature, Fume, Mishap, Person, Script, Spot
from vision.demo.skeleton import Pose
from vision.demo.staging import Actor
from vision.demo.wardrobe import Dress, Looks

TURN_DEG_S = 200.0
BLEND_S = 0.4
"""How long a body takes from one activity to the next."""
FADE_S = 1.0
RUN_STRIDE_M = 0.16
"""How far a rat gets in one cycle of its gait."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A while in which somebody walks along one line or stays in one place, in the same clothes."""

    start_s: float
    from_m: Spot
    to_m: Spot
    do: str
    """walk, or an activity."""
    face_deg: float
    """Where the body turns to."""
    dress: Dress

    def place(self, at_s: float) -> Spot:
        """Return where the feet are."""
        length_m = dist(self.from_m, self.to_m)
        share = min(1.0, (at_s - self.start_s) * WALK_M_S / length_m) if length_m else 1.0
        return (
            self.from_m[0] + (self.to_m[0] - self.from_m[0]) * share,
            self.from_m[1] + (self.to_m[1] - self.from_m[1]) * share,
        )

    def pose(self, at_s: float, seed: int) -> Pose:
        """Return what the body does."""
        if self.do == "walk":
            return walking((at_s - self.start_s) * WALK_M_S / STRIDE_M * 2 * pi)
        return ACTS[self.do](at_s, seed)


class Part:
    """One person's part, from the script's steps to an instant."""

    def __init__(self, person: Person) -> None:
        self.id = person.id
        self._looks = Looks(**person.body.model_dump())
        self._stretches = list(_stretches(person))
        self._starts = [stretch.start_s for stretch in self._stretches]
        self._headings = list(_headings(self._stretches))
        self._gone_s = self._starts.pop() if person.steps[-1].leave else float("inf")

    def at(self, at_s: float) -> Figure | None:
        """Return the person at an instant; None while absent."""
        index = bisect_right(self._starts, at_s) - 1
        if index < 0 or at_s >= self._gone_s:
            return None
        now = self._stretches[index]
        pose = self._blended(index, at_s)
        heading = _turned(self._headings[index], now.face_deg, at_s - now.start_s)
        return Figure(self._looks, now.dress, pose, Stance(*now.place(at_s), heading), HELD.get(now.do, "nothing"))

    def _blended(self, index: int, at_s: float) -> Pose:
        now, seed = self._stretches[index], self._looks.seed
        pose, share = now.pose(at_s, seed), (at_s - now.start_s) / BLEND_S
        before = self._stretches[index - 1] if index else now
        return pose if share >= 1 or before.do == now.do else _between(before.pose(at_s, seed), pose, share)


def _stretches(person: Person) -> Iterator[Stretch]:
    """Cut steps at every corner of a walk; the last one of somebody who leaves is only the instant of being gone."""
    here, do, face = person.from_m, "idle", 0.0
    dress = Dress().wearing(**person.dress.words())
    for step in person.steps:
        start_s, dress = step.at_s, dress.wearing(**step.wear.words())
        for corner in step.walk_m:
            face = degrees(atan2(corner[0] - here[0], corner[1] - here[1]))
            yield Stretch(start_s, here, corner, "walk", face, dress)
            start_s, here = start_s + dist(here, corner) / WALK_M_S, corner
        do, face = step.do or do, face if step.face_deg is None else step.face_deg
        yield Stretch(start_s, here, here, do, face, dress)


def _headings(stretches: list[Stretch]) -> Iterator[float]:
    """Yield the direction in which each stretch begins."""
    heading = stretches[0].face_deg
    for now, then in pairwise([*stretches, stretches[-1]]):
        yield heading
        heading = _turned(heading, now.face_deg, then.start_s - now.start_s)


def _turned(from_deg: float, to_deg: float, passed_s: float) -> float:
    way = (to_deg - from_deg + 180) % 360 - 180
    most = TURN_DEG_S * passed_s
    return from_deg + max(-most, min(most, way))


def _between(first: Pose, second: Pose, share: float) -> Pose:
    mixed: dict[str, Any] = {f.name: _mix(getattr(first, f.name), getattr(second, f.name), share) for f in fields(Pose)}
    return Pose(**mixed)


def _mix(first: Any, second: Any, share: float) -> Any:
    if isinstance(first, tuple):
        return tuple(_mix(a, b, share) for a, b in zip(first, second, strict=True))
    return first + (second - first) * share


class Play:
    """A whole script, to be asked for any instant."""

    def __init__(self, script: Script) -> None:
        self.parts = tuple(Part(person) for person in script.persons)
        self.after_hours = script.after_hours
        self._script = script

    def actors(self, at_s: float) -> list[Actor]:
        """Return everybody and every animal that is there."""
        people = [Actor(part.id, figure) for part in self.parts if (figure := part.at(at_s))]
        return people + [
            Actor(f"{creature.kind}-{number}", animal)
            for number, creature in enumerate(self._script.animals, start=1)
            if (animal := animal_at(creature, at_s))
        ]

    def puffs(self, at_s: float) -> list[Puff]:
        """Return what burns, steams or smokes."""
        return [puff for fume in self._script.fumes if (puff := _puff(fume, at_s))]

    def camera(self, at_s: float) -> str:
        """Return ok, or what is wrong with the camera."""
        return next((m.state for m in self._mishaps(at_s)), "ok")

    def mishap_share(self, at_s: float) -> float:
        """Return how much of the present mishap is over, from 0 to 1."""
        return next(((at_s - m.from_s) / (m.to_s - m.from_s) for m in self._mishaps(at_s)), 0.0)

    def _mishaps(self, at_s: float) -> Iterator[Mishap]:
        return (m for m in self._script.mishaps if m.from_s <= at_s < m.to_s)


def animal_at(creature: Creature, at_s: float) -> Animal | None:
    """Return an animal at an instant, running from mark to mark; None before its first and after its last."""
    for before, after in pairwise(creature.marks):
        if before.at_s <= at_s < after.at_s:
            share = (at_s - before.at_s) / (after.at_s - before.at_s)
            (x0, y0), (x1, y1) = before.at_m, after.at_m
            length_m = dist(before.at_m, after.at_m)
            stride = 2 * pi * length_m * share / (RUN_STRIDE_M * (1 if creature.kind == "rat" else 4))
            heading = degrees(atan2(x1 - x0, y1 - y0)) if length_m else _facing(creature, at_s)
            up_m = before.up_m + (after.up_m - before.up_m) * share
            stance = Stance(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, heading, up_m)
            return Animal(creature.kind, stance, stride, creature.scale, creature.fur)
    return None


def _facing(creature: Creature, at_s: float) -> float:
    """Return where an animal that stands still looks: where it last ran to."""
    runs = [(a, b) for a, b in pairwise(creature.marks) if a.at_m != b.at_m]
    before = [(a, b) for a, b in runs if b.at_s <= at_s] or runs[:1]
    return degrees(atan2(before[-1][1].at_m[0] - before[-1][0].at_m[0], before[-1][1].at_m[1] - before[-1][0].at_m[1]))


def _puff(fume: Fume, at_s: float) -> Puff | None:
    if not fume.from_s <= at_s < fume.to_s:
        return None
    fade = min(1.0, (at_s - fume.from_s + 0.1) / FADE_S, (fume.to_s - at_s) / FADE_S)
    whole = Puff(fume.kind, fume.foot_m, fume.width_m, fume.height_m, fume.strength, fume.seed)
    return replace(whole, strength=fume.strength * fade)
