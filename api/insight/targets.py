"""Where to go first: a site's risk as a sum of reasons, each with its points and what it is read from.

Pure. Unlike the score it looks at what is still open as well: it steers supervisors, and is shown to nobody else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from api.insight.rule import ScoreRule
from api.insight.scores import CaseFact, Moment, age_days, repeats
from api.inspections.machine import Outcome, admission


@dataclass(frozen=True, slots=True)
class SiteFact:
    """What the risk of a site depends on besides its cases."""

    grade: str = ""
    licence_expires_on: date | None = None
    cameras: int = 0
    unhealthy: int = 0
    """Cameras that show nothing usable now."""
    admissions: tuple[tuple[Outcome, datetime | None], ...] = ()
    """Outcome of the newest pre-inspection by each list that gates, and until when it holds."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Points without an upper end, and why, the heaviest reason first."""

    points: float
    reasons: tuple[Mapping[str, Any], ...]


def risk_of(site: SiteFact, facts: Sequence[CaseFact], now: Moment, rule: ScoreRule) -> Risk:
    """Return the risk of a site."""
    standing = [fact for fact in facts if fact.stands]
    found = [*_of_cases(standing, now, rule), *_of_site(site, now, rule)]
    reasons = sorted((each for each in found if each["points"]), key=lambda each: (-each["points"], each["why"]))
    return Risk(round(sum(each["points"] for each in reasons), 2), tuple(reasons))


def _of_cases(standing: Sequence[CaseFact], now: Moment, rule: ScoreRule) -> Iterator[dict[str, Any]]:
    weights = rule.risk
    recent = [fact for fact in standing if age_days(fact, now) <= weights.recent_days]
    plain = sum(weights.recent[fact.tier] for fact in recent)
    yield _reason("recent_cases", plain, cases=len(recent), days=int(weights.recent_days))
    if now.today.month in rule.season_months:
        yield _reason("season", plain * (rule.season_factor - 1), month=now.today.month)
    late = [fact for fact in standing if fact.stage != "closed" and fact.worst_card != "none"]
    yield _reason("overdue", sum(weights.cards[fact.worst_card] for fact in late), cases=len(late))
    again = {fact.kind for fact in standing if age_days(fact, now) <= _A_YEAR and repeats(fact, standing)}
    yield _reason("repeat", weights.repeat * len(again), kinds=sorted(again))


_A_YEAR = 365


def _of_site(site: SiteFact, now: Moment, rule: ScoreRule) -> Iterator[dict[str, Any]]:
    weights = rule.risk
    yield _reason("grade", weights.grades.get(site.grade, weights.not_graded), grade=site.grade or None)
    if site.cameras:
        share = site.unhealthy / site.cameras
        yield _reason("camera_health", weights.unhealthy * share, unhealthy=site.unhealthy, cameras=site.cameras)
    if site.licence_expires_on is not None:
        left = (site.licence_expires_on - now.today).days
        points = weights.licence_over if left < 0 else weights.licence_soon if left <= weights.licence_days else 0
        yield _reason("licence", points, expires_on=site.licence_expires_on.isoformat(), days_left=left)
    states = [admission(outcome, valid_until, now.at) for outcome, valid_until in site.admissions]
    worst = max(states, key=lambda state: weights.supply.get(state, 0), default=None)
    if worst is not None:
        yield _reason("supply", weights.supply.get(worst, 0), state=worst)


def _reason(why: str, points: float, **told: Any) -> dict[str, Any]:
    return {"why": why, "points": round(points, 4), **told}


def changes(site: SiteFact, facts: Sequence[CaseFact], now: Moment, rule: ScoreRule) -> Iterator[datetime]:
    """Yield the instants at which the risk may change although nobody does anything."""
    today = now.today
    yield now.midnight((today.replace(day=1) + timedelta(days=32)).replace(day=1))  # another month, another season
    for fact in facts:
        yield now.midnight(fact.day + timedelta(days=int(rule.risk.recent_days) + 1))
        yield now.midnight(fact.day + timedelta(days=_A_YEAR + 1))
    if site.licence_expires_on is not None:
        yield now.midnight(site.licence_expires_on - timedelta(days=int(rule.risk.licence_days)))
        yield now.midnight(site.licence_expires_on + timedelta(days=1))
    yield from (valid_until for _, valid_until in site.admissions if valid_until is not None)
