"""Labelled sets come in: a TOML manifest says what each set's labels mean and what they are silent about."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from vision.errors import ConfigError
from vision.training.vocabulary import CLASS_INDEX

Knowledge = Literal["complete", "absent", "in_persons", "unknown"]
"""What a set tells of one class.

``complete``: every object is boxed; ``absent``: the set shows none; ``unknown``: boxes are right, no more;
``in_persons``: on persons without a label nothing is known, elsewhere there is none.
"""
KNOWLEDGE = ("complete", "absent", "in_persons", "unknown")


@dataclass(frozen=True, slots=True)
class Source:
    """One labelled set and how to read it."""

    name: str
    folder: str
    licence: str
    origin: str
    labels: dict[str, str]
    """Label of the set -> our class; labels not named are not boxes of ours."""
    knowledge: dict[str, Knowledge]
    """Our class -> what the set tells of it; classes not named are ``unknown``."""
    expand: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """Shares of the box by which a face grows to a head: left, top, right, bottom."""
    share: float = 1.0
    """How often a picture is drawn, relative to the other sets."""
    teacher: tuple[str, ...] = ()
    """Classes that the COCO teacher may label here."""

    def __post_init__(self) -> None:
        """Refuse classes and knowledge that do not exist."""
        for name in (*self.labels.values(), *self.knowledge, *self.teacher):
            if name not in CLASS_INDEX:
                raise ConfigError(f"{self.name}.class", name, " ".join(CLASS_INDEX))
        for told in self.knowledge.values():
            if told not in KNOWLEDGE:
                raise ConfigError(f"{self.name}.knowledge", told, " ".join(KNOWLEDGE))


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


def read_source(manifest: Path) -> Source:
    """Read one ``datasets/*.toml``.

    Raises:
        ConfigError: a class or a kind of knowledge does not exist.
    """
    told = tomllib.loads(manifest.read_text("utf-8"))
    return Source(
        name=manifest.stem,
        folder=told["folder"],
        licence=told["licence"],
        origin=told["origin"],
        labels=told.get("labels", {}),
        knowledge=told.get("knowledge", {}),
        expand=cast("tuple[float, float, float, float]", tuple(told.get("expand", (0.0,) * 4))),
        share=float(told.get("share", 1.0)),
        teacher=tuple(told.get("teacher", ())),
    )


def read_sources(manifests: Path) -> list[Source]:
    """Read every manifest of a folder, by name."""
    return [read_source(path) for path in sorted(manifests.glob("*.toml"))]


def pictures(source: Source, root: Path) -> Iterator[Picture]:
    """Yield the pictures of a set under the data folder `root`."""
    folder = root / source.folder
    for told in json.loads((folder / "annotations.json").read_text("utf-8"))["images"]:
        boxes = tuple(_box(box) for box in told["boxes"])
        yield Picture(folder / told["file"], (told["height"], told["width"]), told["split"], boxes)


def _box(told: dict[str, Any]) -> Box:
    attributes = {key: value for key, value in told.items() if key not in {"label", "xyxy"}}
    x0, y0, x1, y1 = (float(side) for side in told["xyxy"])
    return Box(told["label"], (x0, y0, x1, y1), attributes)
