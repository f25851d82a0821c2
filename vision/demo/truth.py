"""What is really to be seen: per frame the boxes and states that were drawn, per event when it began and ended."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from vision.errors import InvalidInputError

Rectangle = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels, half-open."""

OBJECTS = ("rat", "cat", "phone", "cigarette", "flame", "smoke")
CAMERA_STATES = ("ok", "black", "frozen", "covered", "blurred", "moved")


@dataclass(frozen=True, slots=True)
class PersonTruth:
    """One person in one frame; boxes bound what is visible, behind furniture and other people nothing is."""

    id: str
    box: Rectangle
    head: Rectangle | None
    hat: str
    """worn, missing or unknown (too small or hidden)."""
    mask: str
    """worn, improper, missing or unknown (turned away, too small or hidden)."""
    hat_style: str
    """The data sets' letter: n bare, c cook's hat, h hair net, o other, u cannot tell."""
    clothing: str
    """jacket, apron, coat, everyday or bare."""
    visible: float
    """Share of the body within the frame that nothing hides."""


@dataclass(frozen=True, slots=True)
class ObjectTruth:
    """A thing, animal, flame or smoke in one frame."""

    label: str
    box: Rectangle
    subject: str = ""


@dataclass(frozen=True, slots=True)
class FrameTruth:
    """One frame: its number, its instant from the start of the clip, and all that is in it."""

    number: int
    at_s: float
    persons: tuple[PersonTruth, ...] = ()
    objects: tuple[ObjectTruth, ...] = ()
    camera: str = "ok"


@dataclass(frozen=True, slots=True)
class EventTruth:
    """Something that a rule may be asked to find, from its first to its last sign: [start_s, end_s)."""

    kind: str
    start_s: float
    end_s: float
    zone: str
    subject: str
    visible_s: float
    """How long of that it could be seen."""


@dataclass(frozen=True, slots=True)
class ClipTruth:
    """All that is true of a rendered clip."""

    scene: str
    zone: str
    frame_wh: tuple[int, int]
    fps: int
    seconds: float
    off_hours: bool
    renderer: str
    frames: tuple[FrameTruth, ...] = field(repr=False)
    events: tuple[EventTruth, ...]

    def save(self, path: Path) -> None:
        """Write the truth as JSON."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote; raises InvalidInputError where the file is something else."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            frames = tuple(_frame(entry) for entry in raw.pop("frames"))
            events = tuple(EventTruth(**entry) for entry in raw.pop("events"))
            return cls(**(raw | {"frame_wh": tuple(raw["frame_wh"])}), frames=frames, events=events)
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInputError(str(path), str(error), "a truth file as written by ClipTruth.save") from error


def _frame(entry: dict[str, Any]) -> FrameTruth:
    persons = tuple(
        PersonTruth(**(p | {"box": tuple(p["box"]), "head": p["head"] and tuple(p["head"])})) for p in entry["persons"]
    )
    objects = tuple(ObjectTruth(**(o | {"box": tuple(o["box"])})) for o in entry["objects"])
    return FrameTruth(entry["number"], entry["at_s"], persons, objects, entry["camera"])
