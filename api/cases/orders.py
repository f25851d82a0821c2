"""What cases say to people: the order with clause, deadlines and how to answer, in both languages, from templates."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from api.cases.clocks import PARTIES, Clocks
from api.cases.machine import Action
from vision.toml_table import Table

TEXTS = Path(__file__).with_name("texts.toml")
Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEADLINES = ("acknowledge", "plan", "fix", "appeal")
"""The clocks that an order names, in the order of its lines."""
LINES = (
    *("title", "site", "finding", "repeat", "clause", "unverified", "no_clause", "demand"),
    *(*DEADLINES, "answer", "evidence"),
)
PAPER_WORDS = (
    *("case", "ordered_at", "sender", "deadlines", "what", "until", "pictures", "picture", "blurred", "unblurred"),
    *("lost", "receipt", "receipt_line", "officer_line", "footer"),
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A provision as an order quotes it."""

    instrument: str
    article: str
    text: Mapping[str, str]
    verified: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """What an order speaks of."""

    case: str
    site: str
    kind: Mapping[str, str]
    """By language."""
    where: str
    started_at: datetime
    count: int
    repeats: int
    quotes: tuple[Quote, ...]
    clocks: Clocks
    time_zone: str


@dataclass(frozen=True, slots=True)
class Texts:
    """Every sentence of one language."""

    order: Mapping[str, str]
    graver: Mapping[str, str]
    """What a site is told when something graver joins."""
    paper: Mapping[str, str]
    """What the printed order says beside it."""
    clocks: Mapping[str, str]
    actions: Mapping[str, str]


def written_order(occasion: Occasion) -> dict[str, dict[str, str]]:
    """Return title and body by language; the body's paragraphs are lines."""
    return {language: _in(language, occasion) for language in LANGUAGES}


def written_warning(occasion: Occasion) -> dict[str, dict[str, str]]:
    """Return what a site is told when something graver has joined a case that it knows: title, and the deadlines."""
    return {language: _warning(language, occasion) for language in LANGUAGES}


def _warning(language: Language, occasion: Occasion) -> dict[str, str]:
    lines, texts = load_texts()[language].graver, load_texts()[language].order
    body = [Template(texts["site"]).substitute(site=occasion.site)]
    body.append(Template(lines["finding"]).substitute(_finding(language, occasion)))
    body += [Template(texts[name]).substitute(values) for name, values in _deadlines(occasion)]
    return {"title": lines["title"], "body": "\n".join(body)}


def _in(language: Language, occasion: Occasion) -> dict[str, str]:
    lines = load_texts()[language].order
    body = (Template(lines[name]).substitute(values) for name, values in _lines(language, occasion))
    return {"title": lines["title"], "body": "\n".join(body)}


def _lines(language: Language, occasion: Occasion) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield the name of each line and what it is filled with."""
    yield "site", {"site": occasion.site}
    yield "finding", _finding(language, occasion)
    if occasion.repeats:
        yield "repeat", {"repeats": occasion.repeats}
    yield from _quotes(language, occasion.quotes)
    yield "demand", {}
    yield from _deadlines(occasion)
    yield "answer", {}
    yield "evidence", {}


def _deadlines(occasion: Occasion) -> Iterator[tuple[str, Mapping[str, object]]]:
    running = {clock.name: clock.due_at for clock in occasion.clocks if clock.is_running}
    for name in DEADLINES:
        if name in running:
            yield name, {"due": on_the_wall(running[name], occasion.time_zone)}


def _finding(language: Language, occasion: Occasion) -> Mapping[str, object]:
    return {
        "when": on_the_wall(occasion.started_at, occasion.time_zone),
        "where": occasion.where,
        "kind": occasion.kind[language],
        "count": occasion.count,
        "case": occasion.case,
    }


def _quotes(language: Language, quotes: Sequence[Quote]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for quote in quotes:
        text = quote.text.get(language) or next(iter(quote.text.values()), "")
        yield "clause", {"instrument": quote.instrument, "article": quote.article, "text": text}
        if not quote.verified:
            yield "unverified", {}
    if not quotes:
        yield "no_clause", {}


def on_the_wall(at: datetime, time_zone: str) -> str:
    """Return an instant as the site's own clock shows it, with the zone beside it."""
    return f"{at.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M} ({time_zone})"


@cache
def load_texts(path: Path = TEXTS) -> Mapping[Language, Texts]:
    """Read every sentence; ConfigError names one that is missing, unknown or asks for what nobody fills in."""
    root = Table("", tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    root.only(*LANGUAGES)
    return {language: _texts(root.table(language)) for language in LANGUAGES}


def _texts(table: Table) -> Texts:
    table.only("order", "graver", "paper", "clocks", "actions")
    return Texts(
        order=_sentences(table.table("order"), LINES),
        graver=_sentences(table.table("graver"), ("title", "finding")),
        paper=_sentences(table.table("paper"), PAPER_WORDS),
        clocks=_sentences(table.table("clocks"), PARTIES),
        actions=_sentences(table.table("actions"), [action.value for action in Action]),
    )


def _sentences(table: Table, names: Iterable[str]) -> Mapping[str, str]:
    table.only(*names)
    return {name: table.text(name) for name in names}
