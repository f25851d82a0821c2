"""Labels of many sets become one picture's truth: boxes of our classes, and where each class must not be learnt."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.geometry import Boxes, coverage
from vision.training.entries import Box, Picture
from vision.training.sources import Source
from vision.training.vocabulary import CLASS_INDEX, CLASSES, COCO_TWINS, LETTERS

SURE = 0.45
"""Teacher boxes above this are labels; below, down to its floor, they are ignored."""

TEACHABLE = frozenset({"hardhats", "smoking"})
"""Sets without mask labels on whose heads the face teacher may say that no face is seen."""
GROW = (0.16, 0.38, 0.16, 0.04)
SLIGHT = (0.06, 0.15, 0.06, 0.02)
"""How a face grows to its head: by shares of its sides left, top, right, bottom; the second for sets whose face boxes
often are heads already."""

Found = tuple[Boxes, NDArray[np.float32], NDArray[np.int64]]
"""Boxes in px of the picture, confidences, class indices."""
Classed = tuple[int, float, float, float, float]
"""Class index and xyxy in px."""


@dataclass(slots=True)
class Truth:
    """What is known of one picture."""

    boxes: list[Classed] = field(default_factory=list)
    ignored: list[Classed] = field(default_factory=list)
    """Regions in which one class is not learnt."""
    known: list[int] = field(default_factory=lambda: [1] * len(CLASSES))
    """1 where background may be learnt for a class."""


def truth(source: Source, picture: Picture, taught: Found) -> Truth:
    """Merge the set's labels with the COCO teacher's."""
    found = Truth(boxes=[row for box in picture.boxes if (row := _labelled(source, picture, box))])
    _add_taught(found, source, taught)
    persons = [box for box in (*found.boxes, *found.ignored) if box[0] == CLASS_INDEX["person"]]
    for name in CLASSES:
        told = source.knowledge.get(name, "unknown")
        found.known[CLASS_INDEX[name]] = int(told != "unknown")
        if told == "in_persons":
            found.ignored += _silent_persons(CLASS_INDEX[name], persons, found.boxes)
    return found


def head_of(face: tuple[float, float, float, float], grow: tuple[float, ...], hw: tuple[int, int]) -> tuple[float, ...]:
    """Grow a face box to the head around it, by shares of its sides, inside the picture."""
    x0, y0, x1, y1 = face
    w, h = x1 - x0, y1 - y0
    left, top, right, bottom = grow
    grown = (x0 - left * w, y0 - top * h, x1 + right * w, y1 + bottom * h)
    limits = (hw[1], hw[0], hw[1], hw[0])
    return tuple(min(max(side, 0.0), float(limit)) for side, limit in zip(grown, limits, strict=True))


def states_of(box: Box) -> dict[str, str]:
    """Translate a box's letters into our states."""
    letters = {("uniform" if key == "clothing" else key): value for key, value in box.attributes.items()}
    if "hat" in letters:
        letters["hat_type"] = letters["hat"]
    if "uniform" in letters:
        letters["clothing"] = letters["uniform"]
    return {item: LETTERS[item][letter] for item, letter in letters.items() if letter in LETTERS.get(item, {})}


def region_of(source: Source, picture: Picture, box: Box) -> tuple[float, ...]:
    """Return the box that is cut for a wear model: a face grown to its head, everything else as it is."""
    if box.label != "face":
        return box.xyxy
    return head_of(box.xyxy, SLIGHT if source.name == "masks2" else GROW, picture.hw)


def _labelled(source: Source, picture: Picture, box: Box) -> Classed | None:
    name = source.labels.get(box.label)
    if name is None:
        return None
    x0, y0, x1, y1 = head_of(box.xyxy, source.expand, picture.hw) if box.label == "face" else box.xyxy
    return CLASS_INDEX[name], x0, y0, x1, y1


def _add_taught(found: Truth, source: Source, taught: Found) -> None:
    twins = {coco: name for name, coco in COCO_TWINS.items()}
    for xyxy, confidence, coco in zip(*taught, strict=True):
        name = twins.get(int(coco))
        if name is None or _told_by_set(source, name):
            continue
        row = (CLASS_INDEX[name], *(float(side) for side in xyxy))
        sure = confidence >= SURE and name in source.teacher
        (found.boxes if sure else found.ignored).append(row)  # type: ignore[arg-type]  # five numbers by construction


def _told_by_set(source: Source, name: str) -> bool:
    """Tell whether the set settles a class: all boxed, or none there whatever the teacher sees (rats are no cats)."""
    told = source.knowledge.get(name)
    return told == "complete" or (told == "absent" and name not in source.teacher)


def _silent_persons(index: int, persons: list[Classed], boxes: list[Classed]) -> list[Classed]:
    """Return the persons on whom no box of this class lies: there the set says nothing."""
    own = np.array([box[1:] for box in boxes if box[0] == index], np.float32).reshape(-1, 4)
    return [
        (index, *person[1:])
        for person in persons
        if not (coverage(own, np.array([person[1:]], np.float32)) > 0.6).any()
    ]
