"""The check-lists as data: which lines each has, for which sites it is, and how long its result holds."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from vision.catalogue import load_catalogue
from vision.toml_table import Table

LISTS = Path(__file__).with_name("lists.toml")
_GRADES = {grade: grade for grade in "TXGRCD"}
_LONGEST = 3660
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CheckList:
    """One list."""

    name: str
    words: Words
    sites: tuple[str, ...]
    """Types of site; empty = all."""
    valid: timedelta | None
    """How long a passed result lets a site supply; None where the list gates nothing."""
    correct: timedelta | None
    """And one whose general lines are to be corrected."""
    source: str
    grade: str

    @property
    def gates(self) -> bool:
        """Tell whether its result decides about supplying."""
        return self.valid is not None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to be looked at."""

    id: str
    lists: tuple[str, ...]
    key: bool
    """A key item (重点项): alone it fails the whole."""
    words: Words
    source: str
    grade: str


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything in the file."""

    edition: str
    lists: Mapping[str, CheckList]
    lines: tuple[Line, ...]

    def lines_of(self, name: str) -> tuple[Line, ...]:
        """Return the lines of a list in the order of the file."""
        return tuple(line for line in self.lines if name in line.lists)


@cache
def load_lists(path: Path = LISTS) -> Lists:
    """Return the lists; ConfigError names a wrong key."""
    root = Table("", tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    root.only("edition", "lists", "lines")
    edition = root.day("edition")
    lists = {name: _list(name, table) for name, table in root.children("lists").items()}
    lines = tuple(_line(row, lists) for row in root.rows("lines"))
    for name in lists:
        if not any(name in line.lists for line in lines):
            raise root.refusal("lines", name, "at least one line for each list")
    return Lists(edition.isoformat() if edition else "", lists, lines)


def _list(name: str, table: Table) -> CheckList:
    table.only("zh", "en", "sites", "gates", "valid_days", "correct_days", "source", "grade")
    gates = table.values.get("gates")
    if not isinstance(gates, bool):
        raise table.refusal("gates", gates, "true or false")
    valid, correct = (
        timedelta(days=table.integer(key, 1, _LONGEST)) if gates else None for key in ("valid_days", "correct_days")
    )
    sites = table.choices("sites", {kind: kind for kind in load_catalogue().site_types})
    source, grade = table.text("source"), table.choice("grade", _GRADES)
    return CheckList(name, _words(table), sites, valid, correct, source, grade)


def _line(table: Table, lists: Mapping[str, CheckList]) -> Line:
    table.only("id", "lists", "key", "zh", "en", "source", "grade")
    named = table.choices("lists", {name: name for name in lists})
    is_key = table.values.get("key", False)
    if not isinstance(is_key, bool):
        raise table.refusal("key", is_key, "true or false")
    return Line(table.text("id"), named, is_key, _words(table), table.text("source"), table.choice("grade", _GRADES))


def _words(table: Table) -> Words:
    return {language: table.text(language) for language in ("zh", "en")}
