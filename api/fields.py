"""Types of single fields that several bodies share, each with its bounds."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationInfo,
)

from api.polygons import fault
from vision.catalogue import load_catalogue
from vision.config import ShiftConfig, ZoneConfig
from vision.frames import Mode

Slug = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""An id that people read, and that may stand in a path or in the name of a file."""


def _known_site_type(name: str) -> str:
    known = site_types()
    if name not in known:
        raise ValueError(f"one of {', '.join(known)} is allowed")
    return name


@lru_cache(maxsize=1)
def site_types() -> tuple[str, ...]:
    """Return the types of site that the catalogue of law knows."""
    return load_catalogue().site_types


SiteType = Annotated[str, Field(max_length=64), AfterValidator(_known_site_type)]
BIGGEST = (1 << 53) - 1
"""The largest number that JSON carries exactly everywhere; every database of ours holds it."""


Truth = Annotated[bool, Strict()]
"""A truth value in a body: neither 0 nor 1, and no word for it."""


def _spelled(value: object, info: ValidationInfo) -> object:
    """Read the two words of a query or a form, where everything is text; JSON has values of its own."""
    words: dict[object, object] = {"true": True, "false": False}
    return words.get(value, value) if info.mode == "python" and isinstance(value, str) else value


SpelledTruth = Annotated[Truth, BeforeValidator(_spelled)]
"""A truth value that may stand in a query, a form or a body: `true` or `false` and nothing else."""


Real = Strict()
"""Beside a number in a body, which pydantic would otherwise read out of a text or a truth value, too."""


def _counted(value: object) -> object:
    """Refuse what pydantic would count as 0 and 1, or read out of a text: in JSON a number is written as one."""
    if isinstance(value, bool | str):
        raise ValueError("a whole number is allowed")  # noqa: TRY004 - pydantic tells of no other
    return value


Whole = BeforeValidator(_counted)
"""Beside a whole number in a body."""
Count = Annotated[int, Field(ge=0, le=BIGGEST), Whole]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("printable characters on one line are allowed")
    return text


Line = Annotated[str, AfterValidator(_printable)]
"""Text on one line, without control characters: PostgreSQL keeps no NUL, and a terminal obeys an escape."""


def written(text: str) -> str:
    """Pass text of several lines: no control characters but line breaks and tabs."""
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise ValueError("printable characters, line breaks and tabs are allowed")
    return text.strip()


Written = Annotated[str, AfterValidator(written)]
"""Text of several lines, without blanks around it."""


def _no_number(value: object) -> object:
    """Refuse what pydantic would read as seconds since 1970: the document promises a date, and means it."""
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value.strip())):
        raise ValueError("a date as ISO 8601 writes it is allowed, and no number")
    return value


_NUMBER = re.compile(r"[+-]?[0-9_]*\.?[0-9_]*([eE][+-]?[0-9]+)?")
NoNumber = BeforeValidator(_no_number)
"""Beside a date or an instant: only text that is one."""


def _in_our_times(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR} is allowed")
    return at.astimezone(UTC)


FIRST_YEAR, LAST_YEAR = 1900, 9000
"""Wide enough for every film's clock, narrow enough that no calculation leaves the calendar."""
Moment = Annotated[AwareDatetime, AfterValidator(_in_our_times), NoNumber]
"""An instant in UTC."""


@lru_cache(maxsize=1)
def _zones_of_time() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_time_zone(name: str) -> str:
    if name not in _zones_of_time():
        raise ValueError("a name of the IANA time zone database is allowed, such as Asia/Shanghai")
    return name


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_time_zone)]


def _enclosing(zone: ZoneConfig) -> ZoneConfig:
    allowed = fault(zone.polygon)
    if allowed:
        raise ValueError(f"polygon of zone {zone.name!r}: allowed are {allowed}")
    return zone


def _named_apart(zones: Sequence[ZoneConfig]) -> Sequence[ZoneConfig]:
    names = [zone.name for zone in zones]
    if len(set(names)) < len(names):
        raise ValueError("zones with names that are all different are allowed")
    return zones


Zones = Annotated[
    tuple[Annotated[ZoneConfig, AfterValidator(_enclosing)], ...],
    Field(min_length=1, max_length=16),
    AfterValidator(_named_apart),
]
"""What a camera sees: 1 to 16 zones."""


class Sampling(BaseModel):
    """How often and how closely a camera is looked at; `interval_s` of the camera is the time between looks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = "watch"
    """watch: stay connected; patrol: connect every `patrol_s`, take one picture, hang up."""
    patrol_s: float = Field(default=30.0, ge=5, le=3600)
    shifts: tuple[ShiftConfig, ...] = Field(default=(), max_length=16)
    """Hours with a rate of their own; the first that fits wins."""
    burst: Truth = True
    """Look closely while something is suspected."""
    spare_unchanged: Truth = True
    """Let the models rest while nothing changes, a minute at most."""

    def told(self) -> dict[str, Any]:
        """Return what differs from the usual: that alone is stored, so that better defaults reach old cameras."""
        return self.model_dump(mode="json", exclude_defaults=True)
