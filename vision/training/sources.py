"""Labelled sets come in: a TOML manifest says what each set's labels mean and what they are silent about."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from vision.errors import ConfigError
from vision.training.entries import Box, Picture, read_by_eye, read_labels
from vision.training.vocabulary import CLASS_INDEX

Knowledge = Literal["complete", "absent", "in_persons", "unknown"]
"""What a set tells of one class.

``complete``: every object is boxed; ``absent``: the set shows none; ``unknown``: boxes are right, no more;
``in_persons``: on persons without a label nothing is known, elsewhere there is none.
"""
OWN_LABELS = ("head",)
"""Labels that our own boxes may have in any set."""
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
    by_eye: Mapping[str, Sequence[Box]] = field(default_factory=dict)
    """Boxes that we added ourselves, by the picture's file."""
    left_out: frozenset[str] = frozenset()
    """Pictures, by their file, that are not used: near-twins of held-out ones."""

    def __post_init__(self) -> None:
        """Refuse classes and knowledge that do not exist."""
        for name in (*self.labels.values(), *self.knowledge, *self.teacher):
            if name not in CLASS_INDEX:
                raise ConfigError(f"{self.name}.class", name, " ".join(CLASS_INDEX))
        for told in self.knowledge.values():
            if told not in KNOWLEDGE:
                raise ConfigError(f"{self.name}.knowledge", told, " ".join(KNOWLEDGE))


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
        by_eye=read_by_eye(manifest.with_suffix(".by_eye.json")),
        left_out=_left_out(manifest),
    )


def _left_out(manifest: Path) -> frozenset[str]:
    """Return the files named in ``<set>.left_out`` beside the manifest: one a line, its twin behind it."""
    beside = manifest.with_suffix(".left_out")
    lines = beside.read_text("utf-8").splitlines() if beside.exists() else []
    return frozenset(line.split()[0] for line in lines if line and not line.startswith("#"))


def read_sources(manifests: Path) -> list[Source]:
    """Read every manifest of a folder, by name."""
    return [read_source(path) for path in sorted(manifests.glob("*.toml"))]


def pictures(source: Source, root: Path) -> Iterator[Picture]:
    """Yield the pictures of a set under the data folder `root`, those left out excepted.

    Raises:
        ConfigError: an entry is wrong; the message begins with its file and line.
    """
    labels = read_labels(root / source.folder / "annotations.json")
    for name in source.labels:
        if name not in (*labels.classes, *OWN_LABELS):
            raise ConfigError(f"datasets/{source.name}.toml: labels", name, ", ".join(labels.classes))
    yield from labels.pictures(source.by_eye, source.left_out)
