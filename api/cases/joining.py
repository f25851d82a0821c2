"""Which case an event belongs to: one for each site, day and kind; what makes a case, and what takes it back."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from api.cases.machine import OVER, Stage

LEAP_DAY = (2, 29)


@dataclass(frozen=True, slots=True)
class Ground:
    """What one open case is about: everything of one kind at one site on one of its own days."""

    site: str
    kind: str
    day: date


class Leaving(StrEnum):
    """What becomes of a case when the confirmation of one of its events is taken back."""

    LEAVES = "leaves"
    """The event goes; the case stands on what is left, or is withdrawn already."""
    WITHDRAWS = "withdraws"
    """The case stood on this event alone, and nobody has been told yet."""
    REFUSED = "refused"
    """An order stands on it: the case itself must be withdrawn first, openly and with a reason."""


def makes_case(status: str, binding: str) -> bool:
    """Tell whether an event is followed up: a person has confirmed it (I6), and the law demands what was missing."""
    return status == "confirmed" and binding == "mandatory"


def ground_of(site: str, kind: str, started_at: datetime, time_zone: str) -> Ground:
    """Return where an event belongs; its day is that of its beginning on the site's own wall."""
    return Ground(site, kind, started_at.astimezone(ZoneInfo(time_zone)).date())


def a_year_before(day: date) -> date:
    """Return the first day on which the same would make this one a repeat."""
    before = day.replace(day=28) if (day.month, day.day) == LEAP_DAY else day
    return before.replace(year=day.year - 1)


def leaving(stage: Stage, others: int) -> Leaving:
    """Decide what becomes of a case at this stage that has so many other confirmed events."""
    if stage is Stage.WITHDRAWN or (others and stage not in OVER):
        return Leaving.LEAVES
    return Leaving.WITHDRAWS if stage is Stage.CONFIRMED else Leaving.REFUSED


def is_graver(tier: str, than: str) -> bool:
    """Tell whether a tier is more urgent than another: I before II before III."""
    return len(tier) < len(than)
