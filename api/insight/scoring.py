"""Keeps every site's score true: after each step of a case, and by the clock where nobody does anything."""

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from api.insight import scores, targets
from api.insight.rule import load_rule
from api.insight.scores import CaseFact, Moment, scored
from api.insight.targets import SiteFact, risk_of
from api.services import Services
from api.store import inspections, log, scoring
from vision.errors import StorageError

_log = logging.getLogger(__name__)
AT_ONCE = 100
"""Sites of one transaction: it makes those who tell of events wait."""
HEALTH_EVERY = timedelta(minutes=5)
_LATEST = timedelta(days=366)
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Assessed:
    """Everything that is said of a site at a moment."""

    score: scores.Score
    final: scores.Score
    risk: targets.Risk
    changes_at: datetime

    def row(self, site: str, fact: SiteFact, at: datetime) -> dict[str, Any]:
        """Return the columns."""
        return {
            "site_id": site,
            "points": self.score.points,
            "colour": self.score.colour,
            "lines": list(self.score.lines),
            "final_points": self.final.points,
            "final_lines": list(self.final.lines),
            "final_colour": self.final.colour,
            "risk": self.risk.points,
            "reasons": list(self.risk.reasons),
            "cameras": fact.cameras,
            "unhealthy": fact.unhealthy,
            "edition": load_rule().edition,
            "computed_at": at,
            "changes_at": self.changes_at,
        }


def assessed(site: SiteFact, facts: list[CaseFact], now: Moment) -> Assessed:
    """Return score, public score and risk of a site, and when they may change by themselves."""
    rule = load_rule()
    coming = [*scores.changes(facts, now, rule), *targets.changes(site, facts, now, rule)]
    return Assessed(
        score=scored(facts, now, rule, final=False),
        final=scored(facts, now, rule, final=True),
        risk=risk_of(site, facts, now, rule),
        changes_at=min((at for at in coming if at > now.at), default=now.at + _LATEST),
    )


def rescore(connection: Connection, site_ids: Iterable[str], at: datetime) -> int:
    """Compute and keep the scores of these sites; return how many there were. The caller has the log's turn."""
    rows = scoring.places(connection, site_ids)
    found = scoring.facts(connection, [row["id"] for row in rows], at.date())
    admitted = inspections.admissions_of(connection, [row["id"] for row in rows])
    for row in rows:
        results = tuple((each["outcome"], each["valid_until"]) for each in admitted.get(row["id"], ()))
        site = SiteFact(row["grade"] or "", row["licence_expires_on"], row["cameras"], row["unhealthy"], results)
        told = assessed(site, found.get(row["id"], []), Moment(at, row["time_zone"]))
        scoring.keep(connection, told.row(row["id"], site, at))
    return len(rows)


def rescore_due(services: Services) -> int:
    """Compute what may have changed by itself by now; return how many sites that were."""
    now = services.clock.now()
    with services.database.read() as connection:
        if not scoring.due(connection, now, 1):
            return 0
    with services.database.write() as connection:
        log.take_turn(connection)  # no step of a case comes between reading and writing
        return rescore(connection, scoring.due(connection, now, AT_ONCE), now)


def refresh_health(services: Services) -> int:
    """Look how many cameras of each site show something; score those anew for which it changed."""
    now = services.clock.now()
    with services.database.read() as connection:
        seen, stored = scoring.health(connection, now), scoring.stored_health(connection)
    other = sorted(site for site, was in stored.items() if seen.get(site, (0, 0)) != was)
    for start in range(0, len(other), AT_ONCE):
        some = other[start : start + AT_ONCE]
        with services.database.write() as connection:
            log.take_turn(connection)
            scoring.put_health(connection, {site: seen.get(site, (0, 0)) for site in some})
            rescore(connection, some, now)
    return len(other)


class Scorer:
    """A thread that keeps scores true until it is stopped."""

    def __init__(self, services: Services, every_s: float = 20.0) -> None:
        self._services, self._every_s = services, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scorer", daemon=True)
        self._health_at: datetime | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the transaction that is under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._once():
                self._stop.wait(self._every_s)

    def _once(self) -> int:
        try:
            now = self._services.clock.now()
            if self._health_at is None or now - self._health_at >= HEALTH_EVERY:
                self._health_at = now
                refresh_health(self._services)
            return rescore_due(self._services)
        except StorageError as error:
            _log.warning("event=scoring-failed reason=%s", error)
            return 0
