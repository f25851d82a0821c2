"""Rounds at work: opened when their time comes, filled in, signed, reminded of, missed; each in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from api.answers import Answers
from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller
from api.bodies import version_etag
from api.errors import ForbiddenError, NotFoundError
from api.filling import require_photos
from api.photos.challenge import Subject
from api.preconditions import require
from api.selfchecks.lists import ROUNDS, load_lists
from api.selfchecks.machine import Period, SelfCheck, advanced, answered, opened, period_of, signed
from api.store import selfchecks
from api.store.scope import WHOLE

AT_ONCE = 200
Row = Mapping[Any, Any]


def enroll(connection: Connection, site: Row, now: datetime) -> None:
    """Let a site take part from the period on in which we are."""
    if not selfchecks.is_planned(connection, site["id"]):
        for name in ROUNDS.values():
            selfchecks.plan(connection, site["id"], name, now)


def open_due(connection: Connection, now: datetime) -> int:
    """Open the rounds whose time has come; return how many. A round that opens twice is one."""
    plans = selfchecks.due_plans(connection, now, AT_ONCE)
    lists = load_lists()
    for plan in plans:
        round_, zone = lists.rounds[plan["round"]], plan["time_zone"]
        period = _period(plan, now)
        check = opened(round_, period, zone, lists.lines_of(round_.name, plan["type"]))
        selfchecks.add(connection, plan["site_id"], period, check, lists.edition)
        selfchecks.plan(connection, plan["site_id"], round_.name, period.ends_at(zone))
    return len(plans)


def _period(plan: Row, now: datetime) -> Period:
    """Return the period of a plan: the one in which it was to open, so that none is skipped by an absence.

    A site's whole past is not made up for: what should have opened more than 40 days ago opens now.
    """
    at = max(plan["opens_at"], now - timedelta(days=40))
    return period_of(ROUNDS[plan["round"]], at.astimezone(ZoneInfo(plan["time_zone"])).date())


def advance(connection: Connection, check_id: str, now: datetime) -> int:
    """Remind of a round or call it missed; return how much happened."""
    row = selfchecks.find(connection, WHOLE, check_id, lock=True)
    if row is None:
        return 0
    before = selfchecks.check_of(row, load_lists())
    after = advanced(before, now)
    if after == before:
        return 0
    selfchecks.put(connection, row, after)
    if after.state == "missed":
        told = {"site": row["site_id"], "round": row["round"], "starts_on": row["starts_on"].isoformat()}
        note(connection, Act("system", "selfcheck.missed", row["id"], told), now)
    return 1


@dataclass(frozen=True, slots=True)
class Seen:
    """A round that a person has looked at, and the version that they saw."""

    check_id: str
    if_match: str


def fill_in(connection: Connection, caller: Caller, seen: Seen, answers: Answers, now: datetime) -> None:
    """Write answers; every photo must be a five-fixed one of this very round."""
    row, check = _held(connection, caller, seen)
    require_photos(connection, Subject.SELFCHECK, seen.check_id, answers)
    selfchecks.put(connection, row, answered(check, answers, now))


def sign(connection: Connection, caller: Caller, seen: Seen, now: datetime) -> None:
    """Sign a round as who holds its post; what the cameras saw is kept with it.

    Raises:
        ForbiddenError: the caller does not hold the post.
        InvalidInputError: lines are open, or its time is over.
    """
    row, check = _held(connection, caller, seen)
    if check.round.post not in selfchecks.posts_of(connection, caller.id):
        raise ForbiddenError(f"only a {check.round.post} of this site may sign this")
    after = signed(check, now)
    selfchecks.put(connection, row, after, signed_by=caller.id, seen=dict(seen_of(connection, row)))
    told = {"round": row["round"], "starts_on": row["starts_on"].isoformat(), "late": after.is_late}
    note(connection, Act(caller.actor, "selfcheck.signed", row["id"], told), now)


def seen_of(connection: Connection, row: Row) -> Mapping[str, int]:
    """Return what the cameras found in a round's time, by kind; kept once it is signed."""
    if row["state"] == "signed":
        return dict(row["seen"])
    return selfchecks.findings(connection, row["site_id"], row["begins_at"], row["ends_at"])


def _held(connection: Connection, caller: Caller, seen: Seen) -> tuple[Row, SelfCheck]:
    row = selfchecks.find(connection, caller.scope, seen.check_id, lock=True)
    if row is None:
        raise NotFoundError(f"there is no self-check {seen.check_id}")
    require(seen.if_match, version_etag(row))
    return row, selfchecks.check_of(row, load_lists())
