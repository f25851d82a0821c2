"""A verdict's consequence: a confirmed violation begins a case or joins one; a confirmation taken back leaves it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection

from api.auth.caller import Caller
from api.cases.escalation import Watched
from api.cases.graver import tightened
from api.cases.joining import Ground, Leaving, a_year_before, ground_of, is_graver, leaving, makes_case
from api.cases.machine import Action, Actor, Stage, Step, begun, taken
from api.cases.terms import load_policy
from api.casework.acting import catch_up
from api.casework.delivering import warn_site
from api.casework.holding import Held, Row, calendar_of, hold, terms_for
from api.casework.ordering import graver_texts
from api.casework.telling import Happening, tell
from api.errors import ConflictError
from api.store import cases, sites
from api.store.scope import WHOLE

TAKEN_BACK = "the confirmation was taken back"


@dataclass(frozen=True, slots=True)
class Judged:
    """An event about which a person has just said something."""

    event: Row
    """With the names of its place; locked."""
    status: str
    """After the verdict."""
    number: int
    """Of the verdict."""
    at: datetime

    @property
    def ground(self) -> Ground:
        """Return which case it belongs to."""
        row = self.event
        return ground_of(row["site_id"], row["kind"], row["started_at"], row["time_zone"])


def follow(connection: Connection, caller: Caller, judged: Judged) -> None:
    """Let a verdict have its consequence, in the verdict's own transaction.

    Raises:
        ConflictError: an order stands on the confirmation that would be taken back.
    """
    home = cases.home_of(connection, judged.event["id"])
    wanted = makes_case(judged.status, judged.event["data"]["binding"])
    if home is not None and not wanted:
        _leave(connection, caller, judged, home)
    if home is None and wanted:
        open_case = cases.open_on(connection, judged.ground)
        if open_case is None:
            _begin(connection, caller, judged)
        else:
            _join(connection, caller, judged, open_case)


def case_id_of(event_id: str, number: int) -> str:
    """Return the id of the case that the n-th verdict about an event begins."""
    return str(uuid5(UUID(event_id), f"case/{number}"))


def _begin(connection: Connection, caller: Caller, judged: Judged) -> None:
    event, ground = judged.event, judged.ground
    site = sites.find(connection, WHOLE, ground.site)
    assert site is not None  # noqa: S101 - the event refers to it
    calendar = calendar_of(site)
    terms = terms_for(event, site, ground.day)
    case = begun(case_id_of(event["id"], judged.number), caller.id, terms, judged.at, calendar)
    watched = Watched(case, (0,) * len(case.clocks.all))
    cases.add(connection, watched, _facts(judged))
    cases.join(connection, case.id, event["id"], caller.id, judged.at)
    told = {"event": event["id"]}
    tell(connection, case.id, Happening("began", "began", judged.at, caller.actor, told), judged.at)


def _facts(judged: Judged) -> dict[str, Any]:
    event, ground = judged.event, judged.ground
    return {
        "site_id": ground.site,
        "event_id": event["id"],
        "kind": ground.kind,
        "tier": event["tier"],
        "day": ground.day,
        "year_before": a_year_before(ground.day),
        "policy": load_policy().edition,
        "began_at": judged.at,
        "updated_at": judged.at,
    }


def _join(connection: Connection, caller: Caller, judged: Judged, case_id: str) -> None:
    held, event = catch_up(connection, hold(connection, WHOLE, case_id), judged.at), judged.event
    values: dict[str, Any] = {"updated_at": judged.at}
    after = held.watched
    if is_graver(event["tier"], held.row["tier"]):
        site = sites.find(connection, WHOLE, event["site_id"])
        assert site is not None  # noqa: S101 - the event refers to it
        terms = terms_for(event, site, judged.ground.day)
        after = after.after(tightened(held.case, terms, judged.at, held.calendar), judged.at)
        values["tier"] = event["tier"]
    cases.join(connection, case_id, event["id"], caller.id, judged.at)
    cases.put(connection, held.watched, after, values)
    if "tier" in values and held.case.stage is not Stage.CONFIRMED:
        warn_site(connection, caller, held.row, graver_texts(connection, held.row, after.case), judged.at)
    happening = Happening("joined", _mark(judged), judged.at, caller.actor, {"event": event["id"]})
    tell(connection, case_id, happening, judged.at)


def _mark(judged: Judged) -> str:
    return f"event/{judged.event['id']}/{judged.number}"


def _leave(connection: Connection, caller: Caller, judged: Judged, case_id: str) -> None:
    held = catch_up(connection, hold(connection, WHOLE, case_id), judged.at)
    members = [row["event_id"] for row in cases.members(connection, case_id)]
    others = [member for member in members if member != judged.event["id"]]
    fate = leaving(held.case.stage, len(others))
    if fate is Leaving.REFUSED:
        detail = f"case {case_id} is {held.case.stage} and stands on this confirmation; withdraw the case first"
        raise ConflictError(detail)
    after, values = held.watched, {"updated_at": judged.at}
    happening = Happening("left", _mark(judged), judged.at, caller.actor, {"event": judged.event["id"]})
    if fate is Leaving.WITHDRAWS:
        after, happening = _withdrawn(held, caller, judged.at)
    elif others and held.row["event_id"] == judged.event["id"]:
        values["event_id"] = others[0]
    cases.leave(connection, case_id, judged.event["id"], judged.at)
    cases.put(connection, held.watched, after, values)
    tell(connection, case_id, happening, judged.at)


def _withdrawn(held: Held, caller: Caller, at: datetime) -> tuple[Watched, Happening]:
    step = Step(Action.WITHDRAW, Actor(caller.id, "supervisor"), at, TAKEN_BACK)
    case = taken(held.case, step, held.calendar)
    told = {"reason": TAKEN_BACK}
    return held.watched.after(case, at), Happening("withdraw", f"step/{len(case.steps)}", at, caller.actor, told)
