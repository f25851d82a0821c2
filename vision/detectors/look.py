"""One look at one picture as the world sees it: `mingchu detect`, `POST /v1/detect` (interfaces.md, "A look")."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.catalogue import Catalogue, Kind, Place
from vision.detections import Detections
from vision.detectors.picture import Picture
from vision.detectors.wear import Judgement
from vision.frames import Image
from vision.geometry import clipped, coverage
from vision.people import pair
from vision.ports import Detector, ModelRef, People
from vision.scene import STATES, ItemState, Wear

Json = dict[str, object]

REJECT_COVERAGE = 0.5
"""A thing this much of which lies inside a rejecting one (the rat that is a cat) is not reported."""

_WRONG = tuple(STATES.index(state) for state in (ItemState.MISSING, ItemState.IMPROPER))
_RED, _GREEN = (48, 48, 220), (80, 160, 40)


class WearJudge(Protocol):
    """A wear model that also tells how probable its answers are, such as `OnnxWear`."""

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """Return which models speak."""
        ...

    def judge_fully(self, looks: Sequence[tuple[Image, People]]) -> list[Judgement]:
        """Judge the persons of several pictures; one judgement each, in order."""
        ...


def look_at(picture: Picture, detector: Detector, wear: WearJudge, catalogue: Catalogue | None, place: Place) -> Json:
    """Return the look at a picture; without a catalogue it names no violations.

    A violation here is what one picture can show: what a duration decides (an open bin) is left to events.
    """
    return look_at_each([(picture, place)], detector, wear, catalogue)[0]


def look_at_each(
    asked: Sequence[tuple[Picture, Place]], detector: Detector, wear: WearJudge, catalogue: Catalogue | None
) -> list[Json]:
    """Return the look at each of several pictures, made in one micro-batch; `timing_ms` is each one's equal share."""
    images = [picture.image for picture, _ in asked]
    started_s = time.perf_counter()
    found = [pair(detections, suppose_heads=False) for detections in detector.detect(images)]
    detected_s = time.perf_counter()
    judgements = wear.judge_fully([(image, people) for image, (people, _) in zip(images, found, strict=True)])
    shares_s = (detected_s - started_s) / len(asked), (time.perf_counter() - detected_s) / len(asked)
    models = {"model": _model(detector.model), "wear_models": [_model(ref) for ref in wear.models]}
    return [
        {
            "image": _image(picture),
            **models,
            **_seen(people, objects, judgement, picture.image),
            "violations": [] if catalogue is None else list(violations(catalogue, place, judgement.wear, objects)),
            "timing_ms": _timing(picture.decode_ms, *shares_s),
        }
        for (picture, place), (people, objects), judgement in zip(asked, found, judgements, strict=True)
    ]


def violations(catalogue: Catalogue, place: Place, wear: Wear, objects: Detections) -> Iterator[Json]:
    """Yield what is a violation in this place: persons by what they wear, then things that must not be there."""
    for kind, subject, row in _candidates(catalogue, wear, objects):
        duty = catalogue.duty(kind.name, place)
        if duty is not None:
            clause = duty.clauses[0].id if duty.clauses else None
            yield {
                "kind": kind.name,
                "tier": duty.tier.value,
                subject: row,
                "clause": clause,
                "binding": duty.binding.value,
            }


def annotate(image: Image, look: Json) -> Image:
    """Return a copy with every box of a look drawn: red where a violation names it, green elsewhere."""
    drawn = image.copy()
    for subject, entry, label in _labelled(look):
        blamed = [v["kind"] for v in _list(look["violations"]) if v.get(subject[0]) == subject[1]]
        _draw(drawn, entry["box"], " ".join([label, *map(str, blamed)]), _RED if blamed else _GREEN)
        if entry.get("head"):
            _draw(drawn, entry["head"], "", _RED if blamed else _GREEN)
    return drawn


def _candidates(catalogue: Catalogue, wear: Wear, objects: Detections) -> Iterator[tuple[Kind, str, int]]:
    """Yield kind, what it is about (person or object) and which row, whether or not the law minds."""
    kinds = catalogue.kinds.values()
    timed = {name for kind in kinds if kind.family == "timer" for name in kind.needs}
    for kind in kinds:
        if kind.family == "wear":
            yield from ((kind, "person", row) for row in _wrong_rows(wear, kind.item))
        elif kind.family == "presence":
            yield from ((kind, "object", row) for row in _forbidden_rows(objects, kind, timed))


def _wrong_rows(wear: Wear, item: str) -> list[int]:
    if item not in wear.items:
        return []
    return [int(row) for row in np.flatnonzero(np.isin(wear.state[:, wear.items.index(item)], _WRONG))]


def _forbidden_rows(objects: Detections, kind: Kind, timed: set[str]) -> list[int]:
    """Return the objects that a kind forbids; what is allowed for a while (`timed`) no single picture can condemn."""
    forbidden = set(kind.needs) - timed
    rejecting = objects.of(kind.rejects).xyxy
    doubted = np.any(coverage(objects.xyxy, rejecting) >= REJECT_COVERAGE, axis=1).tolist()
    return [row for row, name in enumerate(objects.names()) if name in forbidden and not doubted[row]]


def _image(picture: Picture) -> Json:
    height, width = picture.image.shape[:2]
    return {"width": width, "height": height, "sha256": picture.sha256}


def _seen(people: People, objects: Detections, judgement: Judgement, image: Image) -> Json:
    return {
        "persons": _persons(people, judgement, (image.shape[0], image.shape[1])),
        "objects": _objects(objects),
    }


def _model(ref: ModelRef) -> Json:
    return {"name": ref.name, "version": ref.version, "sha256": ref.sha256}


def _persons(people: People, judgement: Judgement, frame_hw: tuple[int, int]) -> list[Json]:
    boxes, heads = clipped(people.persons.xyxy, frame_hw), clipped(people.head_xyxy, frame_hw)
    rows = zip(boxes, people.persons.confidence, heads, judgement.persons(), strict=True)
    return [
        {"box": _box(box), "confidence": round(float(confidence), 4), "head": _head(head), "items": items}
        for box, confidence, head, items in rows
    ]


def _objects(objects: Detections) -> list[Json]:
    rows = zip(objects.names(), objects.xyxy, objects.confidence, strict=True)
    return [
        {"class": name, "box": _box(box), "confidence": round(float(confidence), 4)} for name, box, confidence in rows
    ]


def _box(xyxy: NDArray[np.float32]) -> list[float]:
    return [round(float(side), 1) for side in xyxy]


def _head(xyxy: NDArray[np.float32]) -> list[float] | None:
    return None if np.isnan(xyxy).any() else _box(xyxy)


def _timing(decode_ms: float, detect_s: float, wear_s: float) -> Json:
    return {"decode": round(decode_ms, 2), "detect": round(detect_s * 1e3, 2), "wear": round(wear_s * 1e3, 2)}


def _labelled(look: Json) -> Iterator[tuple[tuple[str, int], dict[str, Any], str]]:
    for row, person in enumerate(_list(look["persons"])):
        states = [f"{item} {answer['state']}" for item, answer in person["items"].items()]
        yield ("person", row), person, ", ".join(states) or "person"
    for row, thing in enumerate(_list(look["objects"])):
        yield ("object", row), thing, f"{thing['class']} {thing['confidence']:.2f}"


def _list(value: object) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", value)


def _draw(image: Image, box: list[float], label: str, colour: tuple[int, int, int]) -> None:
    x0, y0, x1, y1 = (round(side) for side in box)
    thick = max(1, min(image.shape[:2]) // 300)
    cv2.rectangle(image, (x0, y0), (x1 - 1, y1 - 1), colour, thick)
    if label:
        size = max(0.4, min(image.shape[:2]) / 1200)
        cv2.putText(image, label, (x0, max(y0 - 4, 12)), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA)
