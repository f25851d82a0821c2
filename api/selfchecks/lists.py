"""The lists as data: which lines each round has for a type of site, who signs it, and when it is late."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from vision.catalogue import load_catalogue
from vision.toml_table import Table

LISTS = Path(__file__).with_name("lists.toml")
RoundName = Literal["daily", "weekly", "monthly"]
Post = Literal["officer", "director", "principal"]
ROUNDS: dict[str, RoundName] = {name: name for name in get_args(RoundName)}
POSTS: dict[str, Post] = {name: name for name in get_args(Post)}
_GRADES = {grade: grade for grade in "TXGRCD"}
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Round:
    """One of the three rounds."""

    name: RoundName
    post: Post
    """Who signs it."""
    words: Words
    remind: timedelta
    """So long before its end whoever must sign is reminded."""
    late: timedelta
    """So long after its end it can still be signed, late; then it is missed."""
    source: str
    grade: str


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to be checked."""

    id: str
    rounds: tuple[RoundName, ...]
    sites: tuple[str, ...]
    """Types of site; empty = all."""
    words: Words
    kinds: tuple[str, ...]
    """What cameras can see of it."""
    photo: bool
    """Needs a five-fixed photo."""
    source: str
    grade: str


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything in the file."""

    edition: str
    rounds: Mapping[RoundName, Round]
    lines: tuple[Line, ...]

    def lines_of(self, name: RoundName, site_type: str) -> tuple[Line, ...]:
        """Return the lines of a round for a type of site, in the order of the file."""
        return tuple(line for line in self.lines if name in line.rounds and (not line.sites or site_type in line.sites))


@cache
def load_lists(path: Path = LISTS) -> Lists:
    """Return the lists; ConfigError names a wrong key."""
    root = Table("", tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    root.only("edition", "rounds", "lines")
    edition = root.day("edition")
    rounds = {ROUNDS[name]: _round(ROUNDS[name], table) for name, table in root.children("rounds").items()}
    lines = tuple(map(_line, root.rows("lines")))
    return Lists(edition.isoformat() if edition else "", rounds, lines)


def _words(table: Table) -> Words:
    return {language: table.text(language) for language in ("zh", "en")}


def _round(name: RoundName, table: Table) -> Round:
    table.only("post", "zh", "en", "remind_h", "late_h", "source", "grade")
    remind, late = (timedelta(hours=table.number(key, above=0)) for key in ("remind_h", "late_h"))
    post, grade = table.choice("post", POSTS), table.choice("grade", _GRADES)
    return Round(name, post, _words(table), remind, late, table.text("source"), grade)


def _line(table: Table) -> Line:
    table.only("id", "rounds", "sites", "zh", "en", "kinds", "photo", "source", "grade")
    kinds = {str(kind): str(kind) for kind in load_catalogue().kinds}
    return Line(
        id=table.text("id"),
        rounds=table.choices("rounds", ROUNDS),
        sites=table.choices("sites", {kind: kind for kind in load_catalogue().site_types}),
        words=_words(table),
        kinds=table.choices("kinds", kinds),
        photo=table.values.get("photo") is True,
        source=table.text("source"),
        grade=table.choice("grade", _GRADES),
    )
