"""One labelled picture of a set's file, or the line of that file which is wrong."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vision.errors import ConfigError
from vision.training.vocabulary import LETTERS

SPLITS: Final = ("train", "val", "test")
ATTRIBUTES: Final = {"hat": "hat", "mask": "mask", "clothing": "uniform"}
"""Attribute of the labelled sets -> wear item whose letters it takes."""
SLACK: Final = 0.35
"""Share of its sides by which a box may reach beyond its picture: detectors that boxed faces do so at the edge."""


@dataclass(frozen=True, slots=True)
class Box:
    """One labelled box with whatever attributes its set gave."""

    label: str
    xyxy: tuple[float, float, float, float]
    attributes: dict[str, str] = field(default_factory=dict)
    """``hat``, ``mask``, ``clothing`` in the letters of the set; a missing key is not labelled."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture."""

    path: Path
    hw: tuple[int, int]
    split: str
    boxes: tuple[Box, ...]
    where: str = ""
    """File and line that told of it."""


@dataclass(frozen=True, slots=True)
class Labels:
    """A set's ``annotations.json``, with the lines of its entries."""

    path: Path
    text: str
    classes: tuple[str, ...]
    entries: tuple[Mapping[str, Any], ...]

    def pictures(self, extra: Mapping[str, Sequence[Box]], left_out: frozenset[str]) -> Iterator[Picture]:
        """Yield the pictures not left out, their boxes followed by those added by eye; raises ConfigError."""
        for entry in (each for each in self.entries if each["file"] not in left_out):
            yield self._picture(entry, tuple(extra.get(entry["file"], ())))

    def where(self, entry: Mapping[str, Any]) -> str:
        """Return file and line of an entry."""
        before = self.text.partition(json.dumps(entry["file"]))[0]
        return f"{self.path}:{before.count(chr(10)) + 1}"

    def _picture(self, entry: Mapping[str, Any], extra: tuple[Box, ...]) -> Picture:
        where, path = self.where(entry), self.path.parent / entry["file"]
        if not path.is_file():
            raise ConfigError(f"{where}: file", entry["file"], "a picture beside the labels")
        if entry["split"] not in SPLITS:
            raise ConfigError(f"{where}: split of {entry['file']}", entry["split"], ", ".join(SPLITS))
        hw = (int(entry["height"]), int(entry["width"]))
        boxes = tuple(box_of(told, f"{where}: {entry['file']}", self.classes) for told in entry["boxes"])
        for box in (*boxes, *extra):
            _check_inside(box, hw, f"{where}: {entry['file']}")
        return Picture(path, hw, entry["split"], (*boxes, *extra), where)


def read_labels(path: Path) -> Labels:
    """Read a set's ``annotations.json``; its pictures are checked when they are asked for."""
    text = path.read_text("utf-8")
    told = json.loads(text)
    return Labels(path, text, tuple(told["classes"]), tuple(told["images"]))


def read_by_eye(path: Path) -> dict[str, list[Box]]:
    """Return the boxes that we added to a set ourselves, by picture; an entry a line. No file, no boxes."""
    found: dict[str, list[Box]] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines() if path.exists() else [], 1):
        if line.startswith("{"):
            told = json.loads(line.rstrip(","))
            box = box_of({k: v for k, v in told.items() if k != "file"}, f"{path}:{number}", ("head", "person"))
            found.setdefault(told["file"], []).append(box)
    return found


def box_of(told: Mapping[str, Any], where: str, classes: Sequence[str]) -> Box:
    """Return a box, or raise ConfigError where its label, an attribute or its corners cannot be."""
    if told["label"] not in classes:
        raise ConfigError(f"{where}: label", told["label"], ", ".join(classes))
    attributes = {key: value for key, value in told.items() if key not in {"label", "xyxy"}}
    for key, letter in attributes.items():
        allowed = LETTERS.get(ATTRIBUTES.get(key, ""), {})
        if letter not in allowed:
            raise ConfigError(f"{where}: {key}", letter, " ".join(allowed) or "hat, mask or clothing only")
    x0, y0, x1, y1 = (float(side) for side in told["xyxy"])
    if not (x0 < x1 and y0 < y1):
        raise ConfigError(f"{where}: xyxy", told["xyxy"], "left of right and above below")
    return Box(told["label"], (x0, y0, x1, y1), attributes)


def _check_inside(box: Box, hw: tuple[int, int], where: str) -> None:
    x0, y0, x1, y1 = box.xyxy
    across, down = SLACK * (x1 - x0) + 1, SLACK * (y1 - y0) + 1
    if x0 < -across or y0 < -down or x1 > hw[1] + across or y1 > hw[0] + down:
        raise ConfigError(f"{where}: xyxy", list(box.xyxy), f"inside the picture of {hw[1]} by {hw[0]} px")
