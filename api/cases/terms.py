"""How long each party of a case has: the deadlines as data, chosen by tier, kind, zone and type of site."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from api.cases.calendar import SiteCalendar
from vision.catalogue import load_catalogue
from vision.errors import InvalidInputError
from vision.scene import ZoneType
from vision.toml_table import Table, listed

POLICY = Path(__file__).with_name("policy.toml")
Unit = Literal["min", "h", "work h", "work d", "office d", "meal", "duty"]
_UNITS: dict[str, Unit] = {unit: unit for unit in get_args(Unit)}
_SPAN = re.compile(r"(?:(\d+(?:\.\d+)?) (min|h|work h|work d|office d))|(meal|duty)")
SPANS = (
    "like '30 min', '2 h', '8 work h' and '3 work d' (of the site), '5 office d' (Monday to Friday), 'meal' (end of the"
    " meal) or 'duty' (as the catalogue says)"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in a unit of the field."""

    amount: float
    unit: Unit

    @classmethod
    def parse(cls, text: str, field: str) -> "Span":
        """Read '2 h'; InvalidInputError names the field."""
        found = _SPAN.fullmatch(text)
        if not found:
            raise InvalidInputError(field, text, SPANS)
        amount, unit, word = found.groups()
        return cls(float(amount or 1), _UNITS[unit or word])

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        return (
            self.unit if self.unit in ("meal", "duty") else f"{f'{self.amount:f}'.rstrip('0').rstrip('.')} {self.unit}"
        )

    @property
    def is_working_time(self) -> bool:
        """Tell whether it counts only the hours in which the site works."""
        return self.unit not in ("min", "h", "office d")

    def after(self, at: datetime, calendar: SiteCalendar) -> datetime:
        """Return when it is over if it begins at an instant."""
        match self.unit:
            case "min":
                return at + timedelta(minutes=self.amount)
            case "work h":
                return calendar.after_working(at, timedelta(hours=self.amount))
            case "work d":
                return calendar.after_working_days(at, max(1, round(self.amount)))
            case "office d":
                return calendar.after_office_days(at, max(1, round(self.amount)))
            case "meal":
                return calendar.end_of_meal(at)
        return at + timedelta(hours=self.amount)


@dataclass(frozen=True, slots=True)
class Terms:
    """What one case is given; None = that clock never runs."""

    order: Span | None
    """The supervisor orders, after the confirmation."""
    acknowledge: Span | None
    """The site says that it has read the order."""
    plan: Span | None
    """The site says what it will do."""
    fix: Span | None
    """The site proves that it is put right."""
    recheck: Span | None
    """The supervisor looks at the proof."""
    appeal: Span | None
    """The site may contest; a window, no duty."""
    decide: Span | None
    """The supervisor answers an appeal."""
    red: Span | None
    """From the yellow card, given when a clock of the site runs out, to the red one."""
    on_site: Span | None
    """From the red card to the inspector's visit."""
    reminders: tuple[float, ...] = (0.5, 0.9)
    """Shares of a clock at which its party is reminded."""

    def written(self) -> dict[str, Any]:
        """Return them as JSON: a case keeps the terms under which it began, whatever the policy says later."""
        spans = {name: getattr(self, name) for name in SPAN_NAMES}
        texts = {name: str(span) if span else None for name, span in spans.items()}
        return {**texts, "reminders": list(self.reminders)}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Terms":
        """Return what `written` has written."""
        texts = {name: written[name] for name in SPAN_NAMES}
        spans = {name: Span.parse(text, name) if text else None for name, text in texts.items()}
        return cls(**spans, reminders=tuple(written["reminders"]))


@dataclass(frozen=True, slots=True)
class Matter:
    """What a case is about, as far as its deadlines depend on it."""

    tier: str
    kind: str
    zone_type: ZoneType
    site_type: str
    plan_h: float | None = None
    """What the catalogue's duty asks."""
    fix_h: float | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One entry of the policy: where it holds (an empty set means everywhere), and what it sets."""

    tiers: frozenset[str]
    kinds: frozenset[str]
    zones: frozenset[str]
    sites: frozenset[str]
    spans: dict[str, Span | None]
    reminders: tuple[float, ...] | None

    @property
    def rank(self) -> int:
        """How narrow it is: the narrower wins."""
        return sum(map(bool, (self.tiers, self.kinds, self.zones, self.sites)))

    def holds(self, matter: Matter) -> bool:
        """Tell whether it speaks of a matter."""
        allowed = (self.tiers, self.kinds, self.zones, self.sites)
        values = (matter.tier, matter.kind, matter.zone_type.value, matter.site_type)
        return all(not names or value in names for names, value in zip(allowed, values, strict=True))


@dataclass(frozen=True, slots=True)
class Policy:
    """Every deadline of cases; narrower clauses overlay wider ones, later ones earlier ones of the same width."""

    edition: str
    clauses: tuple[Clause, ...]

    def terms(self, matter: Matter) -> Terms:
        """Return what a case is given."""
        spans: dict[str, Span | None] = dict.fromkeys(SPAN_NAMES)
        reminders: tuple[float, ...] = ()
        for clause in sorted(self.clauses, key=lambda clause: clause.rank):
            if clause.holds(matter):
                spans |= clause.spans
                reminders = clause.reminders if clause.reminders is not None else reminders
        duty_h = {"plan": matter.plan_h, "fix": matter.fix_h}
        resolved = {name: _resolved(span, duty_h.get(name)) for name, span in spans.items()}
        return Terms(**resolved, reminders=reminders)


SPAN_NAMES = tuple(field.name for field in fields(Terms) if field.name != "reminders")


def _resolved(span: Span | None, duty_h: float | None) -> Span | None:
    if span is None or span.unit != "duty":
        return span
    return None if duty_h is None else Span(duty_h, "h")


@cache
def load_policy(path: Path = POLICY) -> Policy:
    """Read the policy; ConfigError names the entry and key that are wrong."""
    root = Table("", tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    root.only("edition", "terms")
    edition = root.day("edition")
    if edition is None:
        raise root.refusal("edition", None, "a date such as 2026-11-24, without quotes")
    clauses = tuple(map(_clause, root.rows("terms")))
    if not any(not clause.rank and set(clause.spans) == set(SPAN_NAMES) for clause in clauses):
        raise root.refusal("terms", len(clauses), f"one entry for every matter that sets {listed(SPAN_NAMES)}")
    return Policy(edition.isoformat(), clauses)


def _clause(row: Table) -> Clause:
    row.only("tiers", "kinds", "zones", "sites", *SPAN_NAMES, "reminders", "note")
    book = load_catalogue()
    return Clause(
        tiers=_names(row, "tiers", ("I", "II", "III")),
        kinds=_names(row, "kinds", book.kinds),
        zones=_names(row, "zones", [zone.value for zone in ZoneType]),
        sites=_names(row, "sites", book.site_types),
        spans={name: _span(row, name) for name in SPAN_NAMES if name in row.values},
        reminders=_reminders(row),
    )


def _names(row: Table, key: str, known: Iterable[str]) -> frozenset[str]:
    return frozenset(row.choices(key, {name: name for name in known}))


def _span(row: Table, name: str) -> Span | None:
    """Return a span; 'none' takes away what a wider entry gives."""
    text = row.text(name)
    return None if text == "none" else Span.parse(text, row.at(name))


def _reminders(row: Table) -> tuple[float, ...] | None:
    shares = row.values.get("reminders")
    if shares is None:
        return None
    if not isinstance(shares, list) or not all(isinstance(share, float) and 0 < share < 1 for share in shares):
        raise row.refusal("reminders", shares, "a list of shares between 0 and 1")
    return tuple(sorted(shares))
