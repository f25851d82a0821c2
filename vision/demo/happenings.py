"""What a rule may be asked to find in a film: from the script what was so, from the frames when it could be seen."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.catalogue import Catalogue, Place
from vision.demo.figure import Figure
from vision.demo.playing import Play
from vision.demo.staging import Actor
from vision.demo.truth import EventTruth, FrameTruth, PersonTruth, Rectangle
from vision.events import KindName
from vision.rules.zones import zones_at
from vision.scene import Zone, ZoneType

Claim = tuple[str, str]
"""Kind and subject: a person's id, `camera`, or the zone's name."""
HELD_KINDS = {"phone": "phone_use", "cigarette": "smoking"}
THING_KINDS = {"rat": "rodent", "cat": "pet_animal", "smoke": "smoke_fire", "flame": "smoke_fire"}
SOMEWHERE = "*"
"""The subject of what is about a zone, until it is known which."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the script says is so at an instant, seen or not."""

    claims: frozenset[Claim]

    @classmethod
    def of(cls, play: Play, at_s: float) -> Self:
        """Ask the script."""
        actors = play.actors(at_s)
        claims = {claim for actor in actors for claim in _worn(actor)}
        claims |= {(THING_KINDS[a.what.kind], SOMEWHERE) for a in actors if not isinstance(a.what, Figure)}
        claims |= {(THING_KINDS[p.kind], SOMEWHERE) for p in play.puffs(at_s) if p.kind in THING_KINDS}
        if play.after_hours and any(isinstance(actor.what, Figure) for actor in actors):
            claims.add(("intruder", SOMEWHERE))
        return cls(frozenset(claims))


class Observer:
    """Finds the violations of one camera's film, as far as the law knows them in its zones."""

    def __init__(self, zones: Sequence[Zone], frame_hw: tuple[int, int], catalogue: Catalogue) -> None:
        self._zones = tuple(zones)
        self._frame_hw = frame_hw
        self._catalogue = catalogue

    def events(self, frames: Sequence[tuple[FrameTruth, Moment]], fps: float) -> tuple[EventTruth, ...]:
        """Return every violation, [first, last + one frame) of what could be seen of it, in the order of time."""
        seen = [self._seen(truth) for truth, _ in frames]
        so = [_so(truth, moment) for truth, moment in frames]
        claims = sorted({claim for shown in seen for claim in shown})
        found = [event for claim in claims for run in _runs(claim, so) for event in _event(claim, run, seen, fps)]
        return tuple(sorted(found, key=lambda event: (event.start_s, event.kind, event.subject)))

    def _seen(self, truth: FrameTruth) -> dict[Claim, str]:
        """Return what this frame shows, with the zone's name, where the law minds."""
        return {
            (kind, zone.name if subject == SOMEWHERE else subject): zone.name
            for kind, subject, zone in self._shown(truth)
            if zone and self._minds(kind, zone.type)
        }

    def _shown(self, truth: FrameTruth) -> Iterator[tuple[str, str, Zone | None]]:
        homes = {person.id: self._zone(self._feet(person)) for person in truth.persons}
        for person in truth.persons:
            yield from ((kind, person.id, homes[person.id]) for kind in _wrongs(person))
            yield "intruder", SOMEWHERE, homes[person.id]
        for thing in truth.objects:
            if thing.label in HELD_KINDS:
                yield HELD_KINDS[thing.label], thing.subject, homes.get(thing.subject)
            else:
                zone = self._zone(_middle(thing.box))
                allowed = thing.label == "flame" and zone is not None and zone.type is ZoneType.COOKING
                yield THING_KINDS[thing.label], SOMEWHERE, None if allowed else zone
        if truth.camera != "ok":
            yield f"camera_{truth.camera}", "camera", self._zones[0]

    def _minds(self, kind: str, zone_type: ZoneType) -> bool:
        return self._catalogue.duty(KindName(kind), Place(zone_type)) is not None

    def _zone(self, point: tuple[float, float]) -> Zone | None:
        return zones_at(np.array([point], np.float32), self._zones, self._frame_hw)[0]

    def _feet(self, person: PersonTruth) -> tuple[float, float]:
        """Return where somebody stands; the middle of the head, else of the body, where the frame cuts off the legs."""
        x0, _, x1, y1 = person.box
        cut = y1 >= self._frame_hw[0] * 0.98
        return _middle(person.head or person.box) if cut else ((x0 + x1) / 2, float(y1))


def _worn(actor: Actor) -> Iterator[Claim]:
    if not isinstance(actor.what, Figure):
        return
    dress, held = actor.what.dress, actor.what.held
    wrongs = {
        "no_hat": dress.hat == "none",
        "no_mask": dress.mask != "worn",
        "no_uniform": dress.clothing in {"everyday", "bare"},
        "bare_torso": dress.clothing == "bare",
    }
    yield from ((kind, actor.id) for kind, wrong in wrongs.items() if wrong)
    if held in HELD_KINDS:
        yield HELD_KINDS[held], actor.id


def _wrongs(person: PersonTruth) -> Iterator[str]:
    if person.hat == "missing":
        yield "no_hat"
    if person.mask in {"missing", "improper"}:
        yield "no_mask"
    if person.clothing in {"everyday", "bare"}:
        yield "no_uniform"
    if person.clothing == "bare":
        yield "bare_torso"


def _so(truth: FrameTruth, moment: Moment) -> frozenset[Claim]:
    trouble = {(f"camera_{truth.camera}", "camera")} if truth.camera != "ok" else set()
    return moment.claims | trouble


def _runs(claim: Claim, so: Sequence[frozenset[Claim]]) -> Iterator[range]:
    """Yield the whiles in which a claim is so without a break."""
    kind, subject = claim
    start: int | None = None
    for number, claims in enumerate([*so, frozenset[Claim]()]):
        is_so = (kind, subject) in claims or (kind, SOMEWHERE) in claims
        if is_so and start is None:
            start = number
        elif not is_so and start is not None:
            yield range(start, number)
            start = None


def _event(claim: Claim, run: range, seen: Sequence[dict[Claim, str]], fps: float) -> Iterable[EventTruth]:
    shown = [number for number in run if claim in seen[number]]
    if not shown:
        return
    zone = Counter(seen[number][claim] for number in shown).most_common(1)[0][0]
    start_s, end_s = shown[0] / fps, (shown[-1] + 1) / fps
    yield EventTruth(claim[0], round(start_s, 3), round(end_s, 3), zone, claim[1], round(len(shown) / fps, 3))


def _middle(box: Rectangle) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
