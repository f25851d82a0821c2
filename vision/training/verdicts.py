"""What supervisors judged becomes lessons: confirmed events show what their kind says, confirmed negatives do not."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np

from vision.catalogue import Kind, load_catalogue
from vision.detections import Detections
from vision.errors import ConfigError
from vision.frames import Image
from vision.geometry import iou
from vision.people import pair
from vision.reviewed.event import Reviewed
from vision.training.patch import Patch, cut_patch
from vision.training.vocabulary import CLASS_INDEX, CLASSES

LABELS: Final = "annotations.json"
ORIGIN: Final = "reviewed"
SAME_PERSON_IOU: Final = 0.5
"""Overlap from which a person found in the snapshot is the one that the event told of."""
CONFIRMED: Final = {
    "no_hat": ("hat", "missing"),
    "no_mask": ("mask", "missing"),
    "no_uniform": ("uniform", "missing"),
    "bare_torso": ("uniform", "bare"),
}
NEGATED: Final = {"no_hat": ("hat", "worn"), "no_mask": ("mask", "worn"), "no_uniform": ("uniform", "worn")}
"""Kind -> item and its state where a person said that the kind is not there; not bare may still be everyday."""
HEADS: Final = frozenset({"hat", "mask"})


class Finder(Protocol):
    """The detector of `vision.ports`, as far as it is needed here."""

    def detect(self, images: Sequence[Image]) -> Sequence[Detections]:
        """Return what is seen in each picture."""
        ...


@dataclass(frozen=True, slots=True)
class Lesson:
    """One judged event with its picture."""

    event: Reviewed
    path: Path

    def image(self) -> Image:
        """Return the (h, w, 3) BGR snapshot."""
        bgr = cv2.imread(str(self.path))
        if bgr is None:
            raise ConfigError("from", str(self.path), "a picture that decodes")
        return np.asarray(bgr, np.uint8)


def read_export(folder: Path) -> list[Lesson]:
    """Return the events of what `mingchu dataset export --format coco` wrote; raises ConfigError."""
    labels = folder / LABELS
    if not labels.is_file():
        raise ConfigError("from", str(folder), f"a folder with {LABELS}, as `dataset export --format coco` writes it")
    return [_lesson(folder, told) for told in json.loads(labels.read_text("utf-8"))["images"]]


def patches_of(lessons: Sequence[Lesson], region: str, finder: Finder) -> Iterator[Patch]:
    """Yield a crop for every judged person whose head (or, for clothes, whose body) can be found again."""
    for lesson in lessons:
        item, state = state_of(lesson.event)
        if item and (item in HEADS) == (region == "head"):
            image = lesson.image()
            for box in _boxes(lesson, image, region, finder):
                yield cut_patch(image, box, (ORIGIN, "train"), {item: state})


def entries_of(lessons: Sequence[Lesson]) -> Iterator[dict[str, Any]]:
    """Yield an index entry for every judged event that tells of a class of the detector."""
    for lesson in lessons:
        found = [CLASS_INDEX[name] for name in _classes(lesson.event.kind)]
        if found and (lesson.event.verdict == "confirmed" or lesson.event.negative):
            yield _entry(lesson, found)


def state_of(event: Reviewed) -> tuple[str, str]:
    """Return item and state that an event teaches; two empty words where it teaches none."""
    if event.verdict == "confirmed":
        return CONFIRMED.get(event.kind, ("", ""))
    return NEGATED.get(event.kind, ("", "")) if event.negative else ("", "")


def _entry(lesson: Lesson, classes: list[int]) -> dict[str, Any]:
    """Return a picture of which only the judged classes are known: a box, or that there is none of them.

    Where a kind rests on several classes (a pet is a cat or a dog) nobody said which: the box is ignored for all.
    """
    negative = lesson.event.negative
    rows = [[index, *lesson.event.xyxy] for index in classes]
    return {
        "path": str(lesson.path),
        "set": ORIGIN,
        "split": "train",
        "share": 1.0,
        "boxes": rows if not negative and len(rows) == 1 else [],
        "ignored": rows if not negative and len(rows) > 1 else [],
        "known": [int(negative and index in classes) for index in range(len(CLASSES))],
    }


@cache
def _kinds() -> dict[str, Kind]:
    return {str(name): kind for name, kind in load_catalogue().kinds.items()}


def _classes(kind: str) -> list[str]:
    told = _kinds().get(kind)
    if told is None or told.family not in {"presence", "timer"}:
        return []
    return [name for name in told.needs if name in CLASS_INDEX and name != "person"]


def _boxes(lesson: Lesson, image: Image, region: str, finder: Finder) -> list[tuple[float, ...]]:
    if region == "person":
        return [lesson.event.xyxy]
    people = pair(finder.detect([image])[0])[0]
    if not len(people.persons):
        return []
    overlap = iou(np.array([lesson.event.xyxy], np.float32), people.persons.xyxy)[0]
    head = people.head_xyxy[int(overlap.argmax())]
    same = overlap.max() >= SAME_PERSON_IOU and not np.isnan(head).any()
    return [tuple(float(side) for side in head)] if same else []


def _lesson(folder: Path, told: dict[str, Any]) -> Lesson:
    if "event" not in told:
        raise ConfigError(f"{folder / LABELS}: {told['file_name']}: event", None, "kind, reason and bbox of the event")
    path, event = folder / told["file_name"], told["event"]
    if not path.is_file():
        raise ConfigError(f"{folder / LABELS}: file_name", told["file_name"], "a picture beside the labels")
    x, y, w, h = event["bbox"]
    wh = (told["width"], told["height"])
    return Lesson(Reviewed(path.stem, event["kind"], told["verdict"], event["reason"], (x, y, x + w, y + h), wh), path)
