"""On which days offices work: Monday to Friday but for statutory holidays, and on the weekends swapped for them."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from vision.toml_table import Table

OFFICES = Path(__file__).with_name("offices.toml")
_FRIDAY, _LONGEST = 5, timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Offices:
    """What differs from Monday to Friday."""

    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    """Saturdays and Sundays on which offices are open."""

    def are_open(self, day: date) -> bool:
        """Tell whether offices work on a day."""
        return day in self.work or (day.isoweekday() <= _FRIDAY and day not in self.off)


@dataclass(frozen=True, slots=True)
class Year:
    """What is known of one year in one jurisdiction."""

    jurisdiction: str
    year: int
    complete: bool
    """The yearly notice is in; without it only the days that the law itself names are known."""
    off: frozenset[date]
    work: frozenset[date]


def offices_of(jurisdiction: str) -> Offices:
    """Return every day that is known of a jurisdiction; where none is, offices work from Monday to Friday."""
    years = [year for year in load_offices() if year.jurisdiction == jurisdiction]
    return Offices(frozenset().union(*(y.off for y in years)), frozenset().union(*(y.work for y in years)))


@cache
def load_offices(path: Path = OFFICES) -> tuple[Year, ...]:
    """Read the file; ConfigError names a key or a day that is wrong."""
    root = Table("", tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    root.only("edition", "years")
    return tuple(map(_year, root.rows("years")))


def _year(row: Table) -> Year:
    row.only("jurisdiction", "year", "complete", "source", "source_url", "grade", "off", "work")
    for key in ("source", "source_url", "grade"):
        row.text(key)
    year, complete = row.integer("year", 2000, 2100), row.values.get("complete")
    if not isinstance(complete, bool):
        raise row.refusal("complete", complete, "true or false")
    off, work = frozenset(_spans(row, year)), frozenset(_days(row, "work", row.values.get("work"), year))
    wrong = sorted(day for day in work if day.isoweekday() <= _FRIDAY or day in off)
    if wrong:
        raise row.refusal("work", wrong[0], "Saturdays and Sundays that are not off")
    return Year(row.text("jurisdiction"), year, complete, off, work)


def _spans(row: Table, year: int) -> Iterator[date]:
    spans = row.values.get("off")
    if not isinstance(spans, list):
        raise row.refusal("off", spans, "a list of [first, last]")
    for span in spans:
        days = _days(row, "off", span, year)
        if len(days) != 2 or not days[0] <= days[1] <= days[0] + _LONGEST:
            raise row.refusal("off", span, "[first, last], a month at most")
        yield from (days[0] + timedelta(days=n) for n in range((days[1] - days[0]).days + 1))


def _days(row: Table, key: str, told: object, year: int) -> list[date]:
    """Return days of one year, each as TOML writes a date."""
    days = told if isinstance(told, list) else [told]
    wrong = [day for day in days if not isinstance(day, date) or isinstance(day, datetime) or day.year != year]
    if wrong:
        raise row.refusal(key, wrong[0], f"days of {year}")
    return list(days)
