"""A site's score and colour, line by line, from cases that a person confirmed and nobody contests (I6, I8).

Pure: what is known of the cases and the present are arguments, so the log and the tables must give the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from api.cases.joining import a_year_before
from api.insight.rule import ScoreRule

FULL = 100.0
Reason = Literal["counts", "not_ordered", "appeal_filed", "withdrawn", "appeal_window_open", "too_old"]


@dataclass(frozen=True, slots=True)
class CaseFact:
    """What a score needs to know of one case."""

    case: str
    kind: str
    tier: str
    day: date
    stage: str
    appeal: str
    ordered_at: datetime | None = None
    window_ends_at: datetime | None = None
    """Until when the site may appeal."""
    worst_card: str = "none"
    """The gravest that was ever shown."""

    @property
    def stands(self) -> bool:
        """Tell whether nobody has taken it back."""
        return self.stage != "withdrawn" and self.appeal != "upheld"

    @property
    def put_right(self) -> bool:
        """Tell whether it was closed before any card was shown."""
        return self.stage == "closed" and self.worst_card == "none"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a score is asked for, as the site's own calendar has it."""

    at: datetime
    time_zone: str

    @property
    def today(self) -> date:
        """Return the day at the site."""
        return self.at.astimezone(ZoneInfo(self.time_zone)).date()

    def midnight(self, day: date) -> datetime:
        """Return when a day begins at the site."""
        return datetime.combine(day, time(), ZoneInfo(self.time_zone))


@dataclass(frozen=True, slots=True)
class Score:
    """Points out of 100, a colour, and why."""

    points: float
    colour: str
    lines: tuple[Mapping[str, Any], ...]


def scored(facts: Sequence[CaseFact], now: Moment, rule: ScoreRule, *, final: bool) -> Score:
    """Return the score of a site; `final`: only what can no longer be appealed, as the public may see it."""
    ordered = sorted(facts, key=lambda fact: (fact.day, fact.case), reverse=True)
    lines = tuple(_line(fact, facts, now, rule, final=final) for fact in ordered)
    points = round(max(0.0, FULL - sum(line["points"] for line in lines)), 2)
    return Score(points, rule.colour(points), lines)


def _line(fact: CaseFact, facts: Sequence[CaseFact], now: Moment, rule: ScoreRule, *, final: bool) -> Mapping[str, Any]:
    """Return a case with the factors whose product it takes from the score."""
    why = _why(fact, now, rule, final=final)
    factors = {
        "card": rule.cards[fact.worst_card],
        "repeat": rule.repeat if repeats(fact, facts) else 1.0,
        "put_right": rule.put_right if fact.put_right else 1.0,
        "age": rule.share(age_days(fact, now)),
    }
    taken = rule.points[fact.tier] if why == "counts" else 0.0
    for factor in factors.values():
        taken *= factor
    plain = {"case": fact.case, "kind": fact.kind, "tier": fact.tier, "day": fact.day.isoformat()}
    return {**plain, "why": why, "base": rule.points[fact.tier], "factors": factors, "points": round(taken, 4)}


def _why(fact: CaseFact, now: Moment, rule: ScoreRule, *, final: bool) -> Reason:
    """Return why a case counts or does not."""
    if not fact.stands:
        return "withdrawn"
    if fact.ordered_at is None:
        return "not_ordered"
    if fact.appeal == "filed":
        return "appeal_filed"
    if final and not is_final(fact, now.at):
        return "appeal_window_open"
    return "counts" if rule.share(age_days(fact, now)) else "too_old"


def is_final(fact: CaseFact, at: datetime) -> bool:
    """Tell whether nobody can appeal any more: rejected, or the window is over and nothing was filed."""
    if fact.appeal == "rejected":
        return fact.stands
    over = fact.window_ends_at is not None and at >= fact.window_ends_at
    return fact.stands and fact.appeal == "none" and over


def repeats(fact: CaseFact, facts: Sequence[CaseFact]) -> bool:
    """Tell whether the same kind happened here within the year before."""
    since = a_year_before(fact.day)
    return any(
        other.kind == fact.kind and other.stands and since <= other.day < fact.day and other.ordered_at is not None
        for other in facts
    )


def age_days(fact: CaseFact, now: Moment) -> int:
    """Return how old a case is at the site."""
    return (now.today - fact.day).days


def changes(facts: Sequence[CaseFact], now: Moment, rule: ScoreRule) -> Iterator[datetime]:
    """Yield the instants at which the score may change although nobody does anything."""
    for fact in facts:
        for age in rule.ages:
            yield now.midnight(fact.day + timedelta(days=int(age.days) + 1))
        if fact.window_ends_at is not None:
            yield fact.window_ends_at
