"""From what is known of a site to its risk grade A to D, line by line, by a rule that is data (`risk.toml`)."""

import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from vision.catalogue import load_catalogue
from vision.errors import InvalidInputError
from vision.toml_table import Table

RULE = Path(__file__).with_name("risk.toml")
GRADES = ("A", "B", "C", "D")
Measure = Literal["area_m2", "diners"]
_MEASURES: dict[str, Measure] = {"area_m2": "area_m2", "diners": "diners"}


@dataclass(frozen=True, slots=True)
class Size:
    """Points for how large a business is."""

    by: Measure
    sites: frozenset[str]
    """Types of site; empty = all others."""
    upto: tuple[float, ...]
    """Upper ends, included."""
    points: tuple[float, ...]
    """One more than `upto`: the last is for everything beyond."""


@dataclass(frozen=True, slots=True)
class RiskRule:
    """The whole rule."""

    edition: str
    source: str
    static_most: float
    dynamic_most: float
    cutoffs: Mapping[str, float]
    visits: Mapping[str, float]
    sizes: tuple[Size, ...]

    def size_of(self, site_type: str) -> Size:
        """Return the table for a type of site: one that names it, else the one for all."""
        named = [size for size in self.sizes if site_type in size.sites]
        return (named or [size for size in self.sizes if not size.sites])[0]


@dataclass(frozen=True, slots=True)
class Findings:
    """What an inspector says in points."""

    static_other: float
    """What is static besides the size."""
    dynamic: float
    """What inspections found."""


@dataclass(frozen=True, slots=True)
class Grading:
    """A grade with the lines that add up to its points."""

    grade: str
    points: float
    lines: tuple[Mapping[str, Any], ...]
    edition: str
    visits_a_year: float


def graded(site: Mapping[Any, Any], findings: Findings, rule: RiskRule) -> Grading:
    """Return the grade of a site.

    Raises:
        InvalidInputError: its size is not known, or the points are more than the rule has.
    """
    size = rule.size_of(site["type"])
    value = site[size.by]
    if value is None:
        raise InvalidInputError(size.by, None, f"a number in the site's facts, for the type {site['type']}")
    by_size = size.points[bisect_left(size.upto, value)]
    _require("static_other", findings.static_other, rule.static_most - by_size)
    _require("dynamic", findings.dynamic, rule.dynamic_most)
    lines = (
        {"part": "static", "by": size.by, "value": value, "points": by_size},
        {"part": "static", "by": "inspector", "value": None, "points": findings.static_other},
        {"part": "dynamic", "by": "inspector", "value": None, "points": findings.dynamic},
    )
    points = by_size + findings.static_other + findings.dynamic
    grade = next((name for name in GRADES if points <= rule.cutoffs.get(name, 100.0)), GRADES[-1])
    return Grading(grade, points, lines, rule.edition, rule.visits[grade])


def _require(field: str, points: float, most: float) -> None:
    if not 0 <= points <= most:
        raise InvalidInputError(field, points, f"0 to {most:g} points")


@cache
def load_rule(path: Path = RULE) -> RiskRule:
    """Read the rule; ConfigError names the entry and key that are wrong."""
    root = Table("", tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    root.only("edition", "static_most", "dynamic_most", "source", "marks", "cutoffs", "visits", "size")
    edition = root.day("edition")
    if edition is None:
        raise root.refusal("edition", None, "a date such as 2026-11-26, without quotes")
    cutoffs, visits = root.table("cutoffs"), root.table("visits")
    cutoffs.only(*GRADES[:-1])
    return RiskRule(
        edition=edition.isoformat(),
        source=root.text("source"),
        static_most=root.number("static_most"),
        dynamic_most=root.number("dynamic_most"),
        cutoffs={name: cutoffs.number(name) for name in GRADES[:-1]},
        visits={name: visits.number(name) for name in GRADES},
        sizes=tuple(map(_size, root.rows("size"))),
    )


def _size(row: Table) -> Size:
    row.only("by", "sites", "upto", "points")
    by = _MEASURES.get(row.text("by"))
    if by is None:
        raise row.refusal("by", row.values["by"], ", ".join(_MEASURES))
    known = load_catalogue().site_types
    upto, points = _numbers(row, "upto"), _numbers(row, "points")
    if len(points) != len(upto) + 1:
        raise row.refusal("points", points, f"{len(upto) + 1} numbers: one for each end, and one beyond the last")
    return Size(by, frozenset(row.choices("sites", {name: name for name in known})), upto, points)


def _numbers(row: Table, key: str) -> tuple[float, ...]:
    values = row.values.get(key)
    if not isinstance(values, list) or not all(isinstance(value, int | float) for value in values):
        raise row.refusal(key, values, "a list of numbers")
    if sorted(values) != values:
        raise row.refusal(key, values, "numbers that rise")
    return tuple(map(float, values))
