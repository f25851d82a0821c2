"""Inspections: spot checks and pre-inspections of suppliers, filled in on the spot by supervisors."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.cursors import instant, pack, unpack
from api.errors import NotFoundError
from api.fields import Slug, Written
from api.filling import Filled
from api.inspections.bodies import inspection_body, list_body
from api.inspections.lists import load_lists
from api.inspections.machine import Outcome, State
from api.inspections.working import Seen, begin, conclude, fill_in, void
from api.preconditions import Terms
from api.replaying import Request, once
from api.services import Wired
from api.shapes.inspecting import CHECK_LISTS, INSPECTION, INSPECTIONS
from api.store import inspections, replays

router = APIRouter(prefix="/v1/inspections", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
Inspector = Annotated[Caller, Depends(Gate(Permission.SITES_GRADE))]


class Listing(BaseModel):
    """A page of inspections, newest first."""

    model_config = ConfigDict(extra="forbid")

    site: Slug | Literal[""] = ""
    list: Slug | Literal[""] = ""
    state: State | Literal[""] = ""
    outcome: Outcome = ""
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)

    def filter(self) -> inspections.InspectionFilter:
        """Return the value that the repository takes."""
        return inspections.InspectionFilter(self.site, self.list, self.state, self.outcome)

    def page(self) -> inspections.InspectionPage:
        """Return the part that the repository shall read."""
        if not self.cursor:
            return inspections.InspectionPage(self.limit)
        at, inspection_id = unpack(self.cursor, (str, str))
        return inspections.InspectionPage(self.limit, (instant(at), str(inspection_id)))


class NewInspection(BaseModel):
    """Where, and by which list."""

    model_config = ConfigDict(extra="forbid")

    site: Slug
    list: Slug


class Conclusion(BaseModel):
    """What else is to be said at the end."""

    model_config = ConfigDict(extra="forbid")

    note: Written = Field(default="", max_length=2000)


class Mistake(BaseModel):
    """Why an inspection is void."""

    model_config = ConfigDict(extra="forbid")

    reason: Written = Field(min_length=1, max_length=2000)


@router.get("", summary="Inspections")
def list_inspections(wanted: Annotated[Listing, Query()], services: Wired, caller: Reader) -> INSPECTIONS:
    """Return one page of inspections; `next` is the cursor of the following one, null at the end."""
    with services.database.read() as connection:
        rows = inspections.page(connection, caller.scope, wanted.filter(), wanted.page())
    last = rows[wanted.limit - 1] if len(rows) > wanted.limit else None
    items = list(map(inspection_body, rows[: wanted.limit]))
    return {"items": items, "next": pack(last["opened_at"].isoformat(), last["id"]) if last else None}


@router.get("/lists", summary="Check-lists")
def list_lists(_: Reader) -> CHECK_LISTS:
    """Return every list with its lines, for which sites it is, and how long its result holds."""
    return {"items": [list_body(each) for each in load_lists().lists.values()], "next": None}


@router.post("", summary="Begin an inspection", status_code=201)
def begin_inspection(
    told: NewInspection,
    services: Wired,
    caller: Inspector,
    idempotency_key: Annotated[str, Header(max_length=128)] = "",
) -> INSPECTION:
    """Begin to inspect a site; with a list that gates, the site waits for its result from now on."""
    now, print_ = services.clock.now(), replays.fingerprint("inspection", told.model_dump(mode="json"))

    def work(connection: Connection) -> dict[str, Any]:
        return _body(connection, caller, begin(connection, caller, told.site, told.list, now))

    with services.database.write() as connection:
        return once(connection, Request(caller.id, idempotency_key, print_, now), work)


@router.get("/{inspection_id}", summary="One inspection")
def get_inspection(inspection_id: UUID, services: Wired, caller: Reader, response: Response) -> INSPECTION:
    """Return an inspection with its lines; its ETag is what a change's If-Match takes."""
    with services.database.read() as connection:
        body = _body(connection, caller, str(inspection_id))
    response.headers["ETag"] = body["etag"]
    return body


@router.patch("/{inspection_id}", summary="Fill in lines of an inspection")
def fill_inspection(
    inspection_id: UUID, told: Filled, services: Wired, caller: Inspector, terms: Annotated[Terms, Depends()]
) -> INSPECTION:
    """Answer some lines; If-Match is required. What is not in order, or does not apply, needs a note."""
    seen = Seen(str(inspection_id), terms.if_match)
    print_ = replays.fingerprint("inspection.fill", seen.inspection_id, told.model_dump(mode="json"))

    def work(connection: Connection) -> dict[str, Any]:
        fill_in(connection, caller, seen, told.told())
        return _body(connection, caller, seen.inspection_id)

    with services.database.write() as connection:
        return once(connection, Request(caller.id, terms.idempotency_key, print_, services.clock.now()), work)


@router.post("/{inspection_id}/conclude", summary="Conclude an inspection")
def conclude_inspection(
    inspection_id: UUID, told: Conclusion, services: Wired, caller: Inspector, terms: Annotated[Terms, Depends()]
) -> INSPECTION:
    """Say that everything was looked at; If-Match is required.

    The outcome follows from the lines: `failed` where a key line is not in order, `to_correct` where a general one is
    not, else `passed`. That of a list that gates is the site's status from now on.
    """
    now, seen = services.clock.now(), Seen(str(inspection_id), terms.if_match)
    print_ = replays.fingerprint("inspection.conclude", seen.inspection_id, told.model_dump(mode="json"))

    def work(connection: Connection) -> dict[str, Any]:
        conclude(connection, caller, seen, told.note, now)
        return _body(connection, caller, seen.inspection_id)

    with services.database.write() as connection:
        return once(connection, Request(caller.id, terms.idempotency_key, print_, now), work)


@router.post("/{inspection_id}/void", summary="Say that an inspection is void")
def void_inspection(
    inspection_id: UUID, told: Mistake, services: Wired, caller: Inspector, terms: Annotated[Terms, Depends()]
) -> INSPECTION:
    """Say that an inspection was begun by mistake; If-Match is required, and what is concluded stays."""
    now, seen = services.clock.now(), Seen(str(inspection_id), terms.if_match)
    print_ = replays.fingerprint("inspection.void", seen.inspection_id, told.model_dump(mode="json"))

    def work(connection: Connection) -> dict[str, Any]:
        void(connection, caller, seen, told.reason, now)
        return _body(connection, caller, seen.inspection_id)

    with services.database.write() as connection:
        return once(connection, Request(caller.id, terms.idempotency_key, print_, now), work)


def _body(connection: Connection, caller: Caller, inspection_id: str) -> dict[str, Any]:
    row = inspections.find(connection, caller.scope, inspection_id)
    if row is None:
        raise NotFoundError(f"there is no inspection {inspection_id}")
    return inspection_body(row)
