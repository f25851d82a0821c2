"""Reads the ground truth off what was drawn: boxes around visible pixels, states only where they can be judged."""

from collections.abc import Iterable

import cv2
import numpy as np

from vision.demo.animals import Animal
from vision.demo.arrays import Mask
from vision.demo.effects import SEEN
from vision.demo.figure import Figure
from vision.demo.parts import HEAD_PARTS, Part
from vision.demo.staging import Fume, Seen, Shot
from vision.demo.truth import ObjectTruth, PersonTruth, Rectangle

PERSON_PARTS = (Part.BODY, Part.HAND, *HEAD_PARTS)
LEAST_PERSON_SHARE, LEAST_PERSON_PX = 0.12, 300
LEAST_HEAD_PX, LEAST_HEAD_TALL_PX = 60, 14
LEAST_FACE_SHARE, LEAST_FACE_TALL_PX = 0.10, 18
LEAST_OBJECT_PX = {"phone": 30, "cigarette": 5, "rat": 60, "cat": 150, "flame": 60, "smoke": 250}
HAT_STYLES = {"none": "n", "toque": "c", "cap": "c", "skullcap": "c", "net": "h", "baseball": "o"}
MASK_STATES = {"worn": "worn", "nose": "improper", "chin": "improper", "none": "missing"}


def read_persons(shot: Shot) -> tuple[PersonTruth, ...]:
    """The persons of a frame, in the order of their ids."""
    found = [_person(seen, seen.actor.what) for seen in shot.seen if isinstance(seen.actor.what, Figure)]
    return tuple(sorted((person for person in found if person), key=lambda person: person.id))


def read_objects(shot: Shot) -> tuple[ObjectTruth, ...]:
    """Animals, things in hands, flames and smoke."""
    found = [*_animals(shot.seen), *_things(shot.seen), *_burning(shot.fumes)]
    return tuple(sorted(found, key=lambda thing: (thing.label, thing.subject)))


def bounds(mask: Mask, xy: tuple[int, int] = (0, 0)) -> Rectangle | None:
    """The half-open box around the true pixels of a mask whose first pixel is `xy` of the frame."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    return (x + xy[0], y + xy[1], x + width + xy[0], y + height + xy[1]) if width else None


def _any_of(seen: Seen, parts: tuple[Part, ...]) -> Mask:
    """Tell where one of these labels is."""
    wanted = np.zeros(256, np.uint8)
    wanted[list(parts)] = 1
    return np.asarray(cv2.LUT(seen.parts, wanted), np.bool_)


def _person(seen: Seen, figure: Figure) -> PersonTruth | None:
    body = _any_of(seen, PERSON_PARTS)
    count = int(np.count_nonzero(body))
    box = bounds(body, seen.xy)
    if box is None or count < max(LEAST_PERSON_PX, LEAST_PERSON_SHARE * seen.drawn_px):
        return None
    head = _head(seen)
    hat, mask = ("unknown", "unknown") if head is None else (_hat(figure), _mask(seen, figure, head))
    style = "u" if hat == "unknown" else HAT_STYLES[figure.dress.hat]
    return PersonTruth(
        seen.actor.id, box, head, hat, mask, style, figure.dress.clothing, round(count / seen.drawn_px, 3)
    )


def _head(seen: Seen) -> Rectangle | None:
    mask = _any_of(seen, HEAD_PARTS)
    box = bounds(mask, seen.xy)
    small = box is None or np.count_nonzero(mask) < LEAST_HEAD_PX or box[3] - box[1] < LEAST_HEAD_TALL_PX
    return None if small else box


def _hat(figure: Figure) -> str:
    return "missing" if figure.dress.hat == "none" else "worn"


def _mask(seen: Seen, figure: Figure, head: Rectangle) -> str:
    face = np.count_nonzero(_any_of(seen, (Part.FACE, Part.MASK)))
    whole = np.count_nonzero(_any_of(seen, HEAD_PARTS))
    judged = head[3] - head[1] >= LEAST_FACE_TALL_PX and face >= LEAST_FACE_SHARE * whole
    return MASK_STATES[figure.dress.mask] if judged else "unknown"


def _animals(all_seen: Iterable[Seen]) -> Iterable[ObjectTruth]:
    for seen in all_seen:
        if isinstance(seen.actor.what, Animal):
            yield from _object(seen.actor.what.kind, seen.parts == Part.ANIMAL, seen)


def _things(all_seen: Iterable[Seen]) -> Iterable[ObjectTruth]:
    for seen in all_seen:
        if isinstance(seen.actor.what, Figure):
            yield from _object("phone", seen.parts == Part.PHONE, seen)
            yield from _object("cigarette", seen.parts == Part.CIGARETTE, seen)


def _object(label: str, mask: Mask, seen: Seen) -> Iterable[ObjectTruth]:
    box = bounds(mask, seen.xy)
    if box and np.count_nonzero(mask) >= LEAST_OBJECT_PX[label]:
        yield ObjectTruth(label, box, seen.actor.id)


def _burning(fumes: Iterable[Fume]) -> Iterable[ObjectTruth]:
    for fume in fumes:
        mask = fume.strength > SEEN[fume.puff.kind]
        box = bounds(mask)
        if box and np.count_nonzero(mask) >= LEAST_OBJECT_PX[fume.puff.kind]:
            yield ObjectTruth(fume.puff.kind, box, f"{fume.puff.kind}@{fume.puff.foot[0]:.1f},{fume.puff.foot[1]:.1f}")
