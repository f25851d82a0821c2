"""The law and our thresholds as data: which kind is a violation where, how urgent, under which clause."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from hashlib import sha256
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Literal, get_args

from vision.errors import ConfigError
from vision.events import Binding, KindName, Tier
from vision.scene import ZoneType
from vision.toml_table import Table

Family = Literal["wear", "presence", "timer", "camera"]
Jurisdiction = Literal["CN", "EU", "US"]
Grade = Literal["T", "X", "G", "R", "D"]

KINDS = tuple(
    KindName(name)
    for name in (
        *("no_mask", "no_hat", "no_uniform", "no_gloves", "bare_torso", "smoking", "phone_use"),
        *("rodent", "pet_animal", "insect", "bin_open", "flame_unattended", "smoke_fire", "intruder", "absence"),
        *("camera_offline", "camera_black", "camera_frozen", "camera_covered", "camera_blurred", "camera_moved"),
        "clock_drift",
    )
)
"""The kinds that every catalogue must describe; a site's own catalogue may describe more."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When the leaky sum of evidence opens and closes a violation (see rules/hysteresis.py)."""

    open_at: float
    """Leaky sum in nats at or above which it opens."""
    close_at: float
    """Leaky sum at or below which it closes; below `open_at`."""
    leak_s: float
    """Time constant with which old evidence fades."""
    rearm_s: float
    """Quiet seconds after a closing before the same subject can open again."""
    dwell_s: float
    """It must have lasted so long before it opens; 0 = as soon as the sum allows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of violation."""

    name: KindName
    zh: str
    en: str
    family: Family
    item: str
    """For wear: which column of `Wear` it reads; otherwise empty."""
    needs: tuple[str, ...]
    """Detector classes without which it cannot be judged; a model that lacks one makes the kind unavailable."""
    rejects: tuple[str, ...]
    """Detector classes whose overlap speaks against it (a cat is not a rat)."""
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class Clause:
    """One provision of law or standard, with how sure we are of its wording."""

    id: str
    jurisdiction: Jurisdiction
    instrument: str
    article: str
    text: Mapping[str, str]
    """By language: zh, en."""
    source_url: str
    effective_from: date | None
    effective_to: date | None
    grade: Grade
    """How its wording was learnt: T full text of a primary source, X excerpt, G quotation, R recalled, D our own."""
    verified_at: date | None = None
    """Day on which somebody last held the text against the source; only with grade T."""
    verified_by: str = ""
    """Who did, and against which copy."""

    @property
    def verified(self) -> bool:
        """Only what was read in the full text of a primary source counts as verified."""
        return self.grade == "T"

    def in_force(self, on: date) -> bool:
        """Tell whether it holds on a day; both ends count, an unknown end is open."""
        return (self.effective_from or date.min) <= on <= (self.effective_to or date.max)


@dataclass(frozen=True, slots=True)
class Duty:
    """What a kind means in one zone of one type of site under one law."""

    kind: KindName
    tier: Tier
    binding: Binding
    clauses: tuple[Clause, ...]
    plan_h: float | None
    """Hours until the site must answer with a plan; None = no plan is asked."""
    fix_h: float | None
    """Hours until it must be put right; None = daily record only."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a duty is asked for."""

    zone_type: ZoneType
    site_type: str = "restaurant"
    jurisdiction: Jurisdiction = "CN"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a duty holds; an empty set of zones or sites means all of them."""

    jurisdiction: Jurisdiction
    zones: frozenset[ZoneType]
    sites: frozenset[str]

    @property
    def rank(self) -> tuple[bool, bool]:
        """How specific it is: naming zones outranks naming types of site, which outranks naming neither."""
        return bool(self.zones), bool(self.sites)

    def covers(self, place: Place) -> bool:
        """Tell whether a place lies in it."""
        here = Scope(place.jurisdiction, frozenset({place.zone_type}), frozenset({place.site_type}))
        return self.meets(here)

    def meets(self, other: "Scope") -> bool:
        """Tell whether some place lies in both."""
        zones = not self.zones or not other.zones or self.zones & other.zones
        sites = not self.sites or not other.sites or self.sites & other.sites
        return self.jurisdiction == other.jurisdiction and bool(zones) and bool(sites)


@dataclass(frozen=True, slots=True)
class Entry:
    """One duty of one kind, and where it holds."""

    scope: Scope
    duty: Duty

    def in_force(self, on: date) -> bool:
        """Tell whether any of its clauses holds on a day; a recommendation without a clause always does."""
        return not self.duty.clauses or any(clause.in_force(on) for clause in self.duty.clauses)

    def rivals(self, other: "Entry") -> bool:
        """Tell whether both would answer for one place on one day with equal right."""
        starts = {clause.effective_from or date.min for e in (self, other) for clause in e.duty.clauses} or {date.min}
        together = any(self.in_force(day) and other.in_force(day) for day in starts)
        return self.scope.rank == other.scope.rank and self.scope.meets(other.scope) and together


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every kind, every clause, and what a kind means in each place; treat its mappings as read-only."""

    version: str
    """Edition and content hash of the file: events name it as their rule version."""
    kinds: Mapping[KindName, Kind]
    clauses: Mapping[str, Clause]
    entries: Mapping[KindName, tuple[Entry, ...]]
    """By kind; the most specific first."""
    site_types: tuple[str, ...]
    """The types of site that duties may name; a site of any other type gets the duties that name none."""

    def duty(self, kind: KindName, place: Place, on: date | None = None) -> Duty | None:
        """Return what a kind means in a place on a day, or None where it is no violation there.

        Of the entries that cover the place and are in force, the most specific answers: one that names zones before one
        that names types of site before one that names neither. Its duty carries the clauses that are in force on that
        day. Without a day it is the newest law of the file: what has an end is left out, what is yet to come counts.
        """
        day = on or date.max
        for entry in self.entries.get(kind, ()):
            if entry.scope.covers(place) and entry.in_force(day):
                return replace(entry.duty, clauses=tuple(c for c in entry.duty.clauses if c.in_force(day)))
        return None


def load_catalogue(path: Path | None = None) -> Catalogue:
    """Read a catalogue; without a path the one that comes with the package.

    Raises:
        ConfigError: a wrong entry, named by its key path (`kinds.no_hat.thresholds.close_at`), with what is allowed.

    """
    content = _content(path)
    root = Table("", _parsed(content))
    root.only("edition", "site_types", "clauses", "kinds")
    sites = root.names("site_types")
    clauses = {name: _clause(name, table) for name, table in root.children("clauses").items()}
    tables = {KindName(name): table for name, table in root.children("kinds").items()}
    _refuse_missing(root, tables)
    kinds = {name: _kind(name, table) for name, table in tables.items()}
    entries = {name: _entries(name, table, clauses, sites) for name, table in tables.items()}
    return Catalogue(_version(root, content), kinds, clauses, entries, sites)


def _content(path: Path | None) -> bytes:
    source = path or files("vision").joinpath("catalogue.toml")
    try:
        return source.read_bytes().replace(b"\r\n", b"\n")
    except OSError as error:
        raise ConfigError("catalogue", str(path), f"a readable file ({error.strerror})") from error


def _parsed(content: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(content.decode())
    except ValueError as error:  # both broken UTF-8 and broken TOML
        raise ConfigError("catalogue", str(error), "TOML in UTF-8") from error


def _version(root: Table, content: bytes) -> str:
    edition = root.day("edition")
    if edition is None:
        raise ConfigError("edition", None, "the date of this edition, such as 2026-11-24")
    return f"{edition.isoformat()}+{sha256(content).hexdigest()[:12]}"


def _refuse_missing(root: Table, tables: Mapping[KindName, Table]) -> None:
    for name in KINDS:
        if name not in tables:
            raise ConfigError(root.table("kinds").at(name), None, "every kind of the vocabulary must be described")


def _clause(name: str, table: Table) -> Clause:
    table.only(*(field.name for field in fields(Clause) if field.name != "id"))
    clause = Clause(
        id=name,
        jurisdiction=table.choice("jurisdiction", _JURISDICTIONS),
        instrument=table.text("instrument"),
        article=table.text("article"),
        text=_languages(table.table("text")),
        source_url=table.text("source_url", default=""),
        effective_from=table.day("effective_from"),
        effective_to=table.day("effective_to"),
        grade=table.choice("grade", _GRADES),
        verified_at=table.day("verified_at"),
        verified_by=table.text("verified_by", default=""),
    )
    _refuse_doubtful(clause, table)
    return clause


def _refuse_doubtful(clause: Clause, table: Table) -> None:
    if (clause.effective_to or date.max) < (clause.effective_from or date.min):
        raise ConfigError(table.at("effective_to"), clause.effective_to, f"{clause.effective_from} or later")
    if clause.verified_at and not clause.verified:
        raise ConfigError(table.at("verified_at"), clause.verified_at, "only with grade T: read in the full text")
    if clause.grade in {"T", "X"} and not clause.source_url.startswith(("https://", "http://")):
        raise ConfigError(table.at("source_url"), clause.source_url, "the web address where it was read")


def _languages(table: Table) -> dict[str, str]:
    table.only("zh", "en")
    return {"zh": table.text("zh"), "en": table.text("en")}


def _kind(name: KindName, table: Table) -> Kind:
    table.only("zh", "en", "family", "item", "needs", "rejects", "thresholds", "duties")
    family = table.choice("family", _FAMILIES)
    item = table.text("item") if family == "wear" else table.text("item", default="")
    if item and family != "wear":
        raise ConfigError(table.at("item"), item, "only with family wear")
    return Kind(
        name=name,
        zh=table.text("zh"),
        en=table.text("en"),
        family=family,
        item=item,
        needs=table.names("needs"),
        rejects=table.names("rejects"),
        thresholds=_thresholds(table.table("thresholds")),
    )


def _thresholds(table: Table) -> Thresholds:
    table.only(*(field.name for field in fields(Thresholds)))
    thresholds = Thresholds(
        open_at=table.number("open_at", above=0),
        close_at=table.number("close_at"),
        leak_s=table.number("leak_s", above=0),
        rearm_s=table.number("rearm_s", least=0),
        dwell_s=table.number("dwell_s", least=0),
    )
    if thresholds.close_at >= thresholds.open_at:
        raise ConfigError(table.at("close_at"), thresholds.close_at, f"a number < open_at ({thresholds.open_at:g})")
    return thresholds


def _entries(kind: KindName, table: Table, clauses: Mapping[str, Clause], sites: Iterable[str]) -> tuple[Entry, ...]:
    rows = table.rows("duties")
    entries = [_entry(kind, row, clauses, sites) for row in rows]
    for (_, first), (row, second) in combinations(zip(rows, entries, strict=True), 2):
        if second.rivals(first):
            raise ConfigError(row.path, sorted(second.scope.zones), "one equally specific duty per place and day")
    return tuple(sorted(entries, key=lambda entry: entry.scope.rank, reverse=True))


def _entry(kind: KindName, row: Table, clauses: Mapping[str, Clause], sites: Iterable[str]) -> Entry:
    row.only("jurisdiction", "zones", "sites", "tier", "binding", "clauses", "plan_h", "fix_h")
    scope = _scope(row, sites)
    local = {name: clause for name, clause in clauses.items() if clause.jurisdiction == scope.jurisdiction}
    duty = Duty(
        kind=kind,
        tier=row.choice("tier", _TIERS),
        binding=row.choice("binding", _BINDINGS),
        clauses=row.choices("clauses", local),
        plan_h=row.hours("plan_h"),
        fix_h=row.hours("fix_h"),
    )
    _refuse_groundless(duty, row)
    return Entry(scope, duty)


def _scope(row: Table, sites: Iterable[str]) -> Scope:
    return Scope(
        jurisdiction=row.choice("jurisdiction", _JURISDICTIONS),
        zones=frozenset(row.choices("zones", _ZONES)),
        sites=frozenset(row.choices("sites", {site: site for site in sites})),
    )


def _refuse_groundless(duty: Duty, row: Table) -> None:
    if duty.binding is Binding.MANDATORY and not duty.clauses:
        raise ConfigError(row.at("clauses"), [], "at least one: nothing is mandatory without a clause")
    for key in ("plan_h", "fix_h"):
        if duty.binding is Binding.RECOMMENDED and key in row.values:
            raise ConfigError(row.at(key), row.values[key], "no deadline: a recommendation is never ordered")


_FAMILIES: Mapping[str, Family] = {name: name for name in get_args(Family)}
_JURISDICTIONS: Mapping[str, Jurisdiction] = {name: name for name in get_args(Jurisdiction)}
_GRADES: Mapping[str, Grade] = {name: name for name in get_args(Grade)}
_ZONES = {zone.value: zone for zone in ZoneType}
_TIERS = {tier.value: tier for tier in Tier}
_BINDINGS = {binding.value: binding for binding in Binding}
