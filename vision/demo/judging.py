"""Holds what the line opened against what was so: found, found again, missed, too short to ask for, and false."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, Self

import numpy as np

from vision.demo.truth import ClipTruth, EventTruth
from vision.geometry import iou

SLACK_S = 2.0
"""One look: an event may seem to begin or be opened so much outside of what could be seen."""
SURE_S = 6.0
"""Three looks 2 s apart: what could be seen for less, beside its dwelling, no rule need open."""
SAME_BODY_IOU = 0.3
PERSONAL = ("no_hat", "no_mask", "no_uniform", "bare_torso", "phone_use", "smoking")
"""Kinds about one person: the box must be that person's."""


@dataclass(frozen=True, slots=True)
class Found:
    """A violation that the line opened; seconds of the film."""

    kind: str
    zone: str
    started_s: float
    opened_s: float
    ended_s: float
    """NaN while open."""
    box: tuple[float, float, float, float] | None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Read the `data` of an event's body."""
        ended_s = nan if data["ended_pts_s"] is None else float(data["ended_pts_s"])
        box = data["box"] and tuple(data["box"])
        return cls(data["kind"], data["zone"]["name"], data["started_pts_s"], data["opened_pts_s"], ended_s, box)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one film was judged."""

    found: tuple[tuple[EventTruth, Found], ...]
    repeated: tuple[Found, ...]
    """True, and already found: a track broke, or the matter seemed over for a while."""
    missed: tuple[EventTruth, ...]
    short: tuple[EventTruth, ...]
    """Not found, and seen too shortly to be."""
    false: tuple[Found, ...]


def judge(truth: ClipTruth, opened: Iterable[Found], dwell_s: Mapping[str, float]) -> Verdict:
    """Match events with the truth, the earliest first; `dwell_s` by kind is how long each must last."""
    hits: dict[int, Found] = {}
    repeated: list[Found] = []
    false: list[Found] = []
    for found in sorted(opened, key=lambda found: found.opened_s):
        at = [i for i, event in enumerate(truth.events) if _is(event, found, truth)]
        fresh = next((i for i in at if i not in hits), None)
        if fresh is not None:
            hits[fresh] = found
        else:
            (repeated if at else false).append(found)
    lacking = [event for i, event in enumerate(truth.events) if i not in hits]
    fair = {id(event) for event in lacking if event.visible_s >= dwell_s.get(event.kind, 0) + SURE_S}
    return Verdict(
        tuple((truth.events[i], found) for i, found in sorted(hits.items())),
        tuple(repeated),
        tuple(event for event in lacking if id(event) in fair),
        tuple(event for event in lacking if id(event) not in fair),
        tuple(false),
    )


def _is(event: EventTruth, found: Found, truth: ClipTruth) -> bool:
    in_time = event.start_s - SLACK_S <= found.started_s and found.opened_s <= event.end_s + SLACK_S
    if event.kind != found.kind or not in_time:
        return False
    return _same_person(event.subject, found, truth) if event.kind in PERSONAL else event.zone == found.zone


def _same_person(subject: str, found: Found, truth: ClipTruth) -> bool:
    number = min(round(found.opened_s * truth.fps), len(truth.frames) - 1)
    boxes: Sequence[tuple[int, ...]] = [p.box for p in truth.frames[number].persons if p.id == subject]
    if not boxes or found.box is None:
        return False
    return float(iou(np.array([found.box], np.float32), np.array(boxes, np.float32))[0, 0]) >= SAME_BODY_IOU
