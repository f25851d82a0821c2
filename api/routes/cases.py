"""Cases: what follows from a confirmed violation, whose turn it is, and every step that people take."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.cases.evidence import gaps
from api.cases.machine import Action, Case, Stage, permitted
from api.casework.acting import Wanted, act
from api.casework.assigning import Assignment, assign
from api.casework.bodies import case_body, clock_body, member_body, permitted_body, story
from api.casework.holding import actor_of, as_seen_by, no_case
from api.casework.ordering import kind_names, quotes
from api.casework.proving import needs_of
from api.cursors import instant, pack, unpack
from api.fields import Line, Moment, Written
from api.preconditions import Terms
from api.replaying import Request, once
from api.services import Wired
from api.shapes.events import CASE, CASES, DUTIES
from api.store import assignments, cases, devices, media, replays
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
Actor = Annotated[Caller, Depends(Gate(Permission.CASES_ACT))]
Assigner = Annotated[Caller, Depends(Gate(Permission.CASES_ASSIGN))]
Kitchen = Annotated[Caller, Depends(Gate(Permission.CASES_ANSWER))]
Card = Literal["none", "yellow", "red", "on_site"]
Appeal = Literal["none", "filed", "upheld", "rejected"]
PersonsAction = Literal[
    "order",
    "acknowledge",
    "state",
    "appeal",
    "uphold",
    "reject",
    "plan",
    "rectify",
    "find_unfixed",
    "accept",
    "return",
    "extend",
    "inspect",
    "withdraw",
]
"""What the system does by itself, nobody can ask for."""


class Listing(BaseModel):
    """A page of the cases that are wanted; several values of one field are alternatives."""

    model_config = ConfigDict(extra="forbid")

    stage: list[Stage] = []
    card: list[Card] = []
    appeal: list[Appeal] = []
    turn: list[Literal["supervisor", "kitchen", "none"]] = []
    site: list[str] = []
    kind: list[str] = []
    tier: list[Literal["I", "II", "III"]] = []
    open: bool | None = None
    overdue: bool | None = None
    """A duty of a person has run out."""
    mine: bool = False
    """Confirmed by the caller, or the caller has done a step."""
    assignee: Line = Field(default="", max_length=64)
    """The officer of this name answers for it."""
    assigned: bool | None = None
    """Some officer answers for it, or nobody."""
    sort: Literal["newest", "due"] = "newest"
    """`due`: whose next duty ends first; cases that are over are left out."""
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)

    def filter(self, caller: Caller, at: datetime) -> cases.CaseFilter:
        """Return the value that the repository takes."""
        lists = ("stage", "card", "appeal", "turn", "site", "kind", "tier")
        chosen = {name: tuple(str(value) for value in getattr(self, name)) for name in lists}
        return cases.CaseFilter(
            **chosen,
            open=self.open,
            overdue=self.overdue,
            of_user=caller.id if self.mine else "",
            at=at,
            assignee=self.assignee,
            assigned=self.assigned,
        )

    def page(self) -> cases.CasePage:
        """Return the part that the repository shall read."""
        if not self.cursor:
            return cases.CasePage(self.sort, self.limit)
        sort, at, case_id = unpack(self.cursor, (str, str, str))
        if sort != self.sort:
            raise InvalidInputError("cursor", self.cursor, "the `next` of the page before, with the same sort")
        return cases.CasePage(self.sort, self.limit, (instant(at), str(case_id)))


class StepBody(BaseModel):
    """What belongs to a step: which of these it needs says `permitted` of the case."""

    model_config = ConfigDict(extra="forbid")

    reason: Written = Field(default="", max_length=4000)
    proof: list[Annotated[Line, Field(min_length=1, max_length=128)]] = Field(default=[], max_length=32)
    """Ids of photos or media."""
    until: Moment | None = None
    """Of an extension: the new deadline."""


class Assignee(BaseModel):
    """Which officer answers for a case; null = nobody."""

    model_config = ConfigDict(extra="forbid")

    officer: Annotated[Line, Field(min_length=1, max_length=64)] | None


@router.get("/cases", summary="List cases")
def list_cases(wanted: Annotated[Listing, Query()], services: Wired, caller: Reader) -> CASES:
    """Return one page; `next` is the cursor of the following one, null at the end."""
    now = services.clock.now()
    with services.database.read() as connection:
        rows = cases.page(connection, caller.scope, wanted.filter(caller, now), wanted.page())
        shown = rows[: wanted.limit]
        ids = [row["id"] for row in shown]
        clocks, officers = cases.clocks_of(connection, ids), assignments.of_cases(connection, ids)
    items = [case_body(row, clocks[row["id"]], now, officers.get(row["id"])) for row in shown]
    return {"items": items, "next": _cursor(wanted.sort, shown[-1]) if len(rows) > wanted.limit else None}


@router.get("/my/cases", summary="The duties of the own kitchen", tags=["kitchen"])
def my_cases(wanted: Annotated[Listing, Query()], services: Wired, caller: Kitchen) -> DUTIES:
    """Return the cases of the caller's site with what may be done next; without `open` those that are not over."""
    asked = wanted if wanted.open is not None else wanted.model_copy(update={"open": True})
    now = services.clock.now()
    with services.database.read() as connection:
        rows = cases.page(connection, caller.scope, asked.filter(caller, now), asked.page())
        items = [_duty(connection, caller, row, now) for row in rows[: asked.limit]]
    return {"items": items, "next": _cursor(asked.sort, rows[asked.limit - 1]) if len(rows) > asked.limit else None}


@router.get("/cases/{case_id}", summary="One case with its story")
def get_case(case_id: UUID, services: Wired, caller: Reader, response: Response) -> CASE:
    """Return events, steps and clocks, and what this caller may do next; its ETag is what a step's If-Match takes."""
    with services.database.read() as connection:
        body = _told(connection, caller, str(case_id), services.clock.now())
    response.headers["ETag"] = body["etag"]
    return body


@router.put("/cases/{case_id}/assignee", summary="Say who answers for a case")
def assign_case(
    case_id: UUID, told: Assignee, services: Wired, caller: Assigner, terms: Annotated[Terms, Depends()]
) -> CASE:
    """Let one officer answer for a case, or nobody; If-Match is required. The officer gets a copy of its order.

    `officers` of the case says who it may be. It counts for as long as the officer is there and the site is theirs.
    """
    wanted, now = Assignment(str(case_id), told.officer, terms.if_match), services.clock.now()
    print_ = replays.fingerprint("case.assignee", wanted.case_id, told.model_dump(mode="json"))

    def work(connection: Connection) -> dict[str, Any]:
        assign(connection, caller, wanted, now)
        return _told(connection, caller, wanted.case_id, now)

    with services.database.write() as connection:
        body = once(connection, Request(caller.id, terms.idempotency_key, print_, now), work)
    services.log_bell.ring()
    return body


@router.post("/cases/{case_id}/{action}", summary="Take a step")
def take_step(
    case_id: UUID,
    action: PersonsAction,
    step: StepBody,
    services: Wired,
    caller: Actor,
    terms: Annotated[Terms, Depends()],
) -> CASE:
    """Do one thing to a case; If-Match is required.

    409 lists what is permitted instead, 412 says that somebody was faster. Supervisors order, decide, accept, return,
    extend, inspect and withdraw; the kitchen acknowledges, states, appeals, plans and rectifies.
    """
    wanted = Wanted(str(case_id), Action(action), terms.if_match, step.reason, tuple(step.proof), step.until)
    now = services.clock.now()
    print_ = replays.fingerprint("case", wanted.case_id, action, step.model_dump(mode="json"))

    def work(connection: Connection) -> dict[str, Any]:
        act(connection, caller, wanted, now)
        return _told(connection, caller, wanted.case_id, now)

    with services.database.write() as connection:
        body = once(connection, Request(caller.id, terms.idempotency_key, print_, now), work)
    services.log_bell.ring()
    return body


def _told(connection: Connection, caller: Caller, case_id: str, now: datetime) -> dict[str, Any]:
    row = cases.find(connection, caller.scope, case_id)
    if row is None:
        raise no_case(case_id)
    members, steps = cases.events_of(connection, case_id), cases.steps_of(connection, case_id)
    clocks, watched = cases.clocks_of(connection, [case_id])[case_id], cases.watched(connection, row)
    evidence = media.of_events(connection, [member["id"] for member in members])
    return {
        **case_body(row, clocks, now, assignments.of_cases(connection, [case_id]).get(case_id)),
        "officers": _officers(connection, caller, row),
        "kind_names": kind_names(row["kind"]),
        "policy": row["policy"],
        "terms": row["terms"],
        "order": row["order_texts"] or None,
        "events": [member_body(member, evidence.get(member["id"], ())) for member in members],
        "story": story(members, steps),
        "clocks": [clock_body(clock, now) for clock in clocks],
        "permitted": _permitted(connection, caller, watched.case, now),
        **_penalty(connection, row, watched.case, now, members),
    }


def _officers(connection: Connection, caller: Caller, row: Mapping[Any, Any]) -> list[str]:
    """Return to whom this caller may assign a case."""
    if not caller.may(Permission.CASES_ASSIGN) or row["turn"] == "none":
        return []
    return [name for _, name in assignments.candidates(connection, row["site_id"])]


def _permitted(connection: Connection, caller: Caller, case: Case, now: datetime) -> list[dict[str, Any]]:
    if not caller.may(Permission.CASES_ACT):
        return []
    actor = actor_of(caller)
    actions = permitted(as_seen_by(connection, case, actor), actor, now)
    return permitted_body({action: needs_of(connection, case, action) for action in actions})


def _penalty(
    connection: Connection, row: Mapping[Any, Any], case: Case, now: datetime, members: Sequence[Mapping[Any, Any]]
) -> dict[str, Any]:
    """Return whether the case may be evidence for a penalty, and what is missing."""
    quoted = list(quotes(row, members))
    verified = bool(quoted) and all(quote.verified for quote in quoted)
    recorded = [(member["camera_id"], member["started_at"]) for member in members if member["left_at"] is None]
    reviewed = devices.all_passed(connection, recorded)
    missing = gaps(case, now, clauses_verified=verified, devices_reviewed=bool(recorded) and reviewed)
    return {"usable_as_penalty_evidence": not missing, "penalty_evidence_lacks": list(missing)}


def _duty(connection: Connection, caller: Caller, row: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    clocks = cases.clocks_of(connection, [row["id"]])[row["id"]]
    case = cases.watched(connection, row).case
    officer = assignments.of_cases(connection, [row["id"]]).get(row["id"])
    return {
        **case_body(row, clocks, now, officer),
        "kind_names": kind_names(row["kind"]),
        "order": row["order_texts"] or None,
        "permitted": _permitted(connection, caller, case, now),
    }


def _cursor(sort: str, row: Mapping[Any, Any]) -> str:
    at: datetime = row["due_at" if sort == "due" else "began_at"]
    return pack(sort, at.isoformat(), row["id"])
