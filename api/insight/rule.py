"""The rule by which sites are scored: data, read once, every wrong key named."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vision.toml_table import Table

RULE = Path(__file__).with_name("score.toml")
TIERS = ("I", "II", "III")
CARDS = ("none", "yellow", "red", "on_site")
SUPPLY = ("pending", "to_correct", "refused", "expired")
Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Age:
    """How much of a case counts while it is at most so old."""

    days: float
    share: float


@dataclass(frozen=True, slots=True)
class RiskWeights:
    """What each reason to go somewhere weighs."""

    recent_days: float
    recent: Numbers
    cards: Numbers
    repeat: float
    grades: Numbers
    not_graded: float
    unhealthy: float
    licence_days: float
    licence_soon: float
    licence_over: float
    supply: Numbers
    """By what is wrong with the admission of a supplier."""


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """The whole rule."""

    edition: str
    points: Numbers
    cards: Numbers
    repeat: float
    put_right: float
    ages: tuple[Age, ...]
    """By rising age."""
    colours: Numbers
    risk: RiskWeights
    season_months: frozenset[int]
    season_factor: float
    open_kitchen_share: float
    red_list_days: float

    def share(self, age_days: int) -> float:
        """Return how much of a case of this age counts."""
        return next((age.share for age in self.ages if age_days <= age.days), 0.0)

    def colour(self, points: float) -> str:
        """Return green, amber or red."""
        return next((name for name in ("green", "amber") if points >= self.colours[name]), "red")


@cache
def load_rule(path: Path = RULE) -> ScoreRule:
    """Read the rule; ConfigError names the entry and key that are wrong."""
    root = Table("", tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    root.only("edition", "case", "age", "colours", "risk", "season", "public")
    edition = root.day("edition")
    if edition is None:
        raise root.refusal("edition", None, "a date such as 2026-11-26, without quotes")
    case, season, public = root.table("case"), root.table("season"), root.table("public")
    case.only("points", "cards", "repeat", "put_right")
    return ScoreRule(
        edition=edition.isoformat(),
        points=_numbers(case, "points", TIERS),
        cards=_numbers(case, "cards", CARDS),
        repeat=case.number("repeat", least=1),
        put_right=case.number("put_right", least=0, most=1),
        ages=_ages(root),
        colours=_numbers(root, "colours", ("green", "amber")),
        risk=_risk(root.table("risk")),
        season_months=_months(season),
        season_factor=season.number("factor", least=1),
        open_kitchen_share=public.number("open_kitchen_share", above=0, most=1),
        red_list_days=public.number("red_list_days", least=0),
    )


def _numbers(table: Table, key: str, names: tuple[str, ...]) -> Numbers:
    below = table.table(key)
    below.only(*names)
    return {name: below.number(name, least=0) for name in names}


def _ages(root: Table) -> tuple[Age, ...]:
    ages = tuple(Age(row.number("days", above=0), row.number("share", least=0, most=1)) for row in root.rows("age"))
    if not ages or [age.days for age in ages] != sorted({age.days for age in ages}):
        raise root.refusal("age", len(ages), "entries with rising days")
    return ages


def _risk(table: Table) -> RiskWeights:
    names = ("recent_days", "repeat", "not_graded", "unhealthy", "licence_days", "licence_soon", "licence_over")
    table.only(*names, "recent", "cards", "grades", "supply")
    plain = {name: table.number(name, least=0) for name in names}
    tables = {"recent": TIERS, "cards": CARDS, "grades": ("A", "B", "C", "D"), "supply": SUPPLY}
    return RiskWeights(**plain, **{name: _numbers(table, name, keys) for name, keys in tables.items()})  # type: ignore[arg-type]


def _months(table: Table) -> frozenset[int]:
    months = table.values.get("months")
    if not isinstance(months, list) or not set(months) <= set(range(1, 13)):
        raise table.refusal("months", months, "a list of months 1 to 12")
    return frozenset(months)
