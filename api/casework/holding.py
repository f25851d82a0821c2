"""A case in somebody's hands: locked, whole, with the calendar by which its clocks count."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Connection

from api.auth.caller import Caller, Role
from api.cases.calendar import SiteCalendar
from api.cases.escalation import Watched
from api.cases.machine import Actor, Case
from api.cases.offices import offices_of
from api.cases.terms import Matter, Terms, load_policy
from api.errors import NotFoundError
from api.store import cases
from api.store.scope import Scope
from vision.catalogue import Place, load_catalogue
from vision.config import Hours
from vision.events import KindName
from vision.rules.schedule import EVERY_DAY, Schedule
from vision.scene import ZoneType

Row = Mapping[Any, Any]
book = cache(load_catalogue)
"""It comes with the package and does not change while we run."""


@dataclass(frozen=True, slots=True)
class Held:
    """A case that nobody else changes until this transaction ends."""

    row: Row
    watched: Watched
    calendar: SiteCalendar

    @property
    def case(self) -> Case:
        """Return it as the machine sees it."""
        return self.watched.case


def hold(connection: Connection, scope: Scope, case_id: str, *, lock: bool = True) -> Held:
    """Return a case, locked unless it is only looked at; NotFoundError where this caller has none like it."""
    row = cases.find(connection, scope, case_id, lock=lock)
    if row is None:
        raise no_case(case_id)
    site = {name: row[f"site_{name}"] for name in ("hours", "time_zone", "holidays", "jurisdiction")}
    return Held(row, cases.watched(connection, row), calendar_of(site))


def no_case(case_id: str) -> NotFoundError:
    """Return the error for a case that is not there, or not for this caller."""
    return NotFoundError(f"there is no case {case_id}")


def calendar_of(site: Row) -> SiteCalendar:
    """Return when a site works; one that says it never does must answer all the same, on any day."""
    told = Hours.model_validate(site["hours"])
    schedule = Schedule(told.opens, told.closes, told.weekdays or EVERY_DAY, site["time_zone"])
    holidays = frozenset(map(date.fromisoformat, site["holidays"] or ()))
    return SiteCalendar(schedule, holidays, offices=offices_of(site["jurisdiction"]))


def terms_for(event: Row, site: Row, day: date) -> Terms:
    """Return what the policy and the catalogue give for an event at a site."""
    zone = ZoneType(event["zone_type"])
    place = Place(zone, site["type"], site["jurisdiction"])
    duty = book().duty(KindName(event["kind"]), place, day)
    given = (duty.plan_h, duty.fix_h) if duty else (None, None)
    return load_policy().terms(Matter(event["tier"], event["kind"], zone, site["type"], *given))


def actor_of(caller: Caller) -> Actor:
    """Return what a person is to a case: whoever reviews is its supervisor, whoever cooks its kitchen."""
    return Actor(caller.id, "kitchen" if caller.role == Role.KITCHEN else "supervisor")


def as_seen_by(connection: Connection, case: Case, actor: Actor) -> Case:
    """Return a case in which this person counts as who confirmed it, if any of its events was confirmed by them."""
    confirmers = {row["confirmed_by"] for row in cases.members(connection, case.id)}
    return replace(case, confirmed_by=actor.id) if actor.id in confirmers else case
