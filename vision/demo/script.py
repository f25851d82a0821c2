"""A written scene: who and what is before one camera at which second, read from TOML, wrong entries named by key."""

import tomllib
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from math import dist
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from vision.config import ZoneConfig
from vision.demo.acting import ACTS
from vision.demo.animals import FURS
from vision.demo.effects import KINDS as FUME_KINDS
from vision.demo.furniture import KINDS
from vision.demo.solids import MATERIALS
from vision.demo.wardrobe import CLOTHING, COLOURS, GLOVES, HAIR_COLOURS, HAIRS, HATS, MASKS, SKINS
from vision.errors import ConfigError

SCENES = Path(__file__).parent / "scenes"
"""The scripts of the demo site, one per camera; the file's name is the camera's."""
TROUBLES = ("black", "frozen", "covered", "blurred", "moved")
WALK_M_S = 1.15
"""How fast people walk."""

Metres = Annotated[float, Field(ge=-5, le=30)]
Share = Annotated[float, Field(ge=0, le=2)]
Seconds = Annotated[float, Field(ge=0, le=600)]
Spot = tuple[Metres, Metres]
Point = tuple[Metres, Metres, Metres]
Colour = tuple[Share, Share, Share]
"""Blue, green, red reflectance."""


def _one_of(words: Collection[str]) -> AfterValidator:
    """Refuse a word that the renderer does not know."""

    def known(word: str) -> str:
        if word not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return word

    return AfterValidator(known)


Act = Annotated[str, _one_of(ACTS)]
Tone = Annotated[str, _one_of(COLOURS)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Clothes(_Entry):
    """What is put on or taken off; a word that is not given stays as it was."""

    hat: Annotated[str, _one_of(HATS)] | None = None
    mask: Annotated[str, _one_of(MASKS)] | None = None
    clothing: Annotated[str, _one_of(CLOTHING)] | None = None
    gloves: Annotated[str, _one_of(GLOVES)] | None = None
    hat_colour: Tone | None = None
    mask_colour: Tone | None = None
    top_colour: Tone | None = None
    apron_colour: Tone | None = None
    trousers_colour: Tone | None = None
    shoes_colour: Tone | None = None

    def words(self) -> dict[str, str]:
        """Return what is given."""
        return self.model_dump(exclude_none=True)


class Body(_Entry):
    """Who somebody is."""

    height_m: float = Field(default=1.70, ge=1.4, le=2.1)
    girth: float = Field(default=1.0, ge=0.8, le=1.4)
    skin: Annotated[str, _one_of(SKINS)] = "light"
    hair: Annotated[str, _one_of(HAIRS)] = "short"
    hair_colour: Annotated[str, _one_of(HAIR_COLOURS)] = "black"
    seed: int = 0


class Step(_Entry):
    """From `at_s` on: walk along these points, then face and do this; clothes change at `at_s`."""

    at_s: Seconds
    walk_m: tuple[Spot, ...] = ()
    do: Act | None = None
    """None goes on with what was done before."""
    face_deg: float | None = Field(default=None, ge=-360, le=360)
    """0 looks along +y, 90 along +x; None keeps the direction."""
    wear: Clothes = Clothes()
    leave: bool = False
    """Gone when the walk is over."""


class Person(_Entry):
    """Somebody who plays a part."""

    id: str = Field(min_length=1, max_length=32)
    body: Body = Body()
    dress: Clothes = Clothes()
    from_m: Spot
    steps: tuple[Step, ...] = Field(min_length=1)


class Mark(_Entry):
    """Where an animal is at an instant; it runs in a straight line to the next mark."""

    at_s: Seconds
    at_m: Spot
    up_m: float = Field(default=0.0, ge=0, le=3)


class Creature(_Entry):
    """A rat or a cat, there from its first mark to its last."""

    kind: Literal["rat", "cat"]
    fur: Annotated[str, _one_of(FURS)] = "rat"
    scale: float = Field(default=1.0, ge=0.5, le=2.0)
    marks: tuple[Mark, ...] = Field(min_length=2)


class Fume(_Entry):
    """Something that burns or billows for a while."""

    kind: Annotated[str, _one_of(FUME_KINDS)]
    foot_m: Point
    width_m: float = Field(gt=0, le=4)
    height_m: float = Field(gt=0, le=4)
    strength: float = Field(default=1.0, gt=0, le=2)
    seed: int = 0
    from_s: Seconds = 0.0
    to_s: Seconds = 600.0


class Mishap(_Entry):
    """What is wrong with the camera for a while."""

    state: Annotated[str, _one_of(TROUBLES)]
    from_s: Seconds
    to_s: Seconds


class Stuff(_Entry):
    """What a surface is made of."""

    kind: Annotated[str, _one_of(MATERIALS)] = "tile"
    colour: Colour
    grain_m: float = Field(default=0.2, gt=0, le=2)


class Door(_Entry):
    """An opening in a wall."""

    wall: Literal["left", "right", "back", "front"]
    start_m: Metres
    end_m: Metres


class Furniture(_Entry):
    """One piece; see `vision.demo.furniture`."""

    kind: Annotated[str, _one_of(KINDS)]
    at_m: Spot
    size_m: Spot
    height_m: float = Field(default=0.0, ge=0, le=4)
    seed: int = 0


class Room(_Entry):
    """The kitchen."""

    size_m: Point
    walls: Stuff = Stuff(colour=(0.80, 0.82, 0.82))
    floor: Stuff = Stuff(kind="floor", colour=(0.40, 0.42, 0.42), grain_m=0.3)
    doors: tuple[Door, ...] = ()
    pieces: tuple[Furniture, ...] = ()
    seed: int = 1


class Lens(_Entry):
    """Where the camera hangs and where it looks."""

    at_m: Point
    look_at_m: Point
    focal: float = Field(default=0.75, ge=0.3, le=3)
    """Focal length as a share of the picture's width: 0.5 sees 90 degrees, 1 sees 53."""
    moved_look_at_m: tuple[Point, ...] = ()
    """Where it looks while it is `moved`, one after the other: a camera that was knocked aside goes on sagging."""
    noise: float = Field(default=2.0, ge=0, le=12)
    vignette: float = Field(default=0.2, ge=0, le=1)


class Lamps(_Entry):
    """The light."""

    infrared: bool = False
    key: float = Field(default=0.55, ge=0, le=1.5)
    ambient: float = Field(default=0.55, ge=0, le=1.5)
    tint: Colour = (1.0, 1.0, 1.0)


class Script(_Entry):
    """One camera of the demo site and all that happens before it in one turn of its film."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    seconds: int = Field(ge=4, le=180)
    after_hours: bool = False
    """Nobody may be here now."""
    zones: tuple[ZoneConfig, ...] = Field(min_length=1)
    room: Room
    lens: Lens
    lamps: Lamps = Lamps()
    persons: tuple[Person, ...] = ()
    animals: tuple[Creature, ...] = ()
    fumes: tuple[Fume, ...] = ()
    mishaps: tuple[Mishap, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a script; raises ConfigError that names the file, the key path and what is allowed."""
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(path.name, str(error), "TOML in UTF-8") from error
        return cls.parse(raw, path.name)

    @classmethod
    def parse(cls, raw: dict[str, Any], where: str) -> Self:
        """Check a script; `where` begins the key path of an error."""
        try:
            script = cls.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigError(_path(where, first["loc"]), first["input"], _allowed(first["msg"])) from error
        for key, value, allowed in _inconsistencies(script):
            raise ConfigError(f"{where}: {key}", value, allowed)
        return script


def scene(name: str) -> Script:
    """Return a scene of the demo site by its name."""
    return Script.load(SCENES / f"{name}.toml")


def walked_s(start_m: Spot, points: Iterable[Spot]) -> float:
    """Return how long a walk takes."""
    return sum(dist(a, b) for a, b in pairwise((start_m, *points))) / WALK_M_S


def _path(where: str, keys: tuple[int | str, ...]) -> str:
    return f"{where}: " + ".".join(str(key) for key in keys)


def _allowed(message: str) -> str:
    return message.removeprefix("Value error, ")


Fault = tuple[str, object, str]
"""Key path, value, what is allowed."""


def _inconsistencies(script: Script) -> Iterator[Fault]:
    """Yield what is wrong between entries that are each fine."""
    names = [person.id for person in script.persons]
    for number, person in enumerate(script.persons):
        if person.id in names[:number]:
            yield f"persons.{number}.id", person.id, "an id that nobody else has"
        yield from _late_steps(f"persons.{number}", person, script.seconds)
    for number, animal in enumerate(script.animals):
        yield from _late_marks(f"animals.{number}", animal)
    for number, mishap in enumerate(script.mishaps):
        yield from _impossible(f"mishaps.{number}", mishap, script)


def _late_marks(key: str, animal: Creature) -> Iterator[Fault]:
    for number, (before, mark) in enumerate(pairwise(animal.marks), start=1):
        if mark.at_s <= before.at_s:
            yield f"{key}.marks.{number}.at_s", mark.at_s, f"more than {before.at_s}, the mark before"


def _impossible(key: str, mishap: Mishap, script: Script) -> Iterator[Fault]:
    if not mishap.from_s < mishap.to_s <= script.seconds:
        yield f"{key}.to_s", mishap.to_s, f"more than {mishap.from_s} and at most {script.seconds}"
    if mishap.state == "moved" and not script.lens.moved_look_at_m:
        yield "lens.moved_look_at_m", [], "a point or more, because the camera is moved in this scene"


def _late_steps(key: str, person: Person, seconds: int) -> Iterator[Fault]:
    free_s, here = 0.0, person.from_m
    for number, step in enumerate(person.steps):
        if step.at_s < free_s:
            yield f"{key}.steps.{number}.at_s", step.at_s, f"at least {free_s:.2f}, when the walk before is over"
        if step.at_s >= seconds:
            yield f"{key}.steps.{number}.at_s", step.at_s, f"less than {seconds}, the end of the film"
        if step.leave and number + 1 < len(person.steps):
            yield f"{key}.steps.{number}.leave", True, "the last step"
        free_s = step.at_s + walked_s(here, step.walk_m)
        here = step.walk_m[-1] if step.walk_m else here
