"""What supervisors work with: the queue of events, their verdicts, and their evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import claim_body, event_body, event_etag
from api.casework.following import Judged, follow
from api.cursors import instant, pack, unpack
from api.errors import ConflictError, NotFoundError, StaleError
from api.fields import Line, Moment
from api.intake import Telling, tell
from api.ranges import Part, part_of
from api.replaying import Request, once
from api.services import Services, Wired
from api.shapes import binary
from api.shapes.events import COUNTS, EVENT, EVENTS
from api.store import cases, claims, events, log, media, replays, reviews
from api.viewing import note_viewings, require_reason
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/events", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
Reviewer = Annotated[Caller, Depends(Gate(Permission.EVENTS_REVIEW))]
DISMISSALS = (
    "not_a_violation",
    "wrong_object",
    "wrong_item_state",
    "wrong_zone",
    "picture_unclear",
    "duplicate",
    "demo_or_test",
    "other",
)


class Wanted(BaseModel):
    """Which events, from the query string; several values of one field are alternatives."""

    model_config = ConfigDict(extra="forbid")

    status: list[str] = []
    kind: list[str] = []
    tier: list[str] = []
    site: list[str] = []
    camera: list[str] = []
    zone_type: list[str] = []
    open: bool | None = None
    after: Moment | None = None
    before: Moment | None = None

    def filter(self) -> events.EventFilter:
        """Return the value that the repository takes."""
        lists = ("status", "kind", "tier", "site", "camera", "zone_type")
        chosen = {name: tuple(getattr(self, name)) for name in lists}
        return events.EventFilter(**chosen, open=self.open, after=self.after, before=self.before)


class Listing(Wanted):
    """A page of the events that are wanted."""

    sort: Literal["newest", "urgent"] = "newest"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)

    def page(self) -> events.Page:
        """Return the part that the repository shall read."""
        if not self.cursor:
            return events.Page(self.sort, self.limit)
        sort, rank, at, event_id = unpack(self.cursor, (str, int, str, str))
        if sort != self.sort:
            raise InvalidInputError("cursor", self.cursor, "the `next` of the page before, with the same sort")
        return events.Page(self.sort, self.limit, events.Position(int(rank), instant(at), str(event_id)))


class Verdict(BaseModel):
    """What a person says about an event."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["confirmed", "dismissed", "unsure"]
    reason: Line = Field(default="", max_length=64)
    note: str = Field(default="", max_length=1000)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which conditions a write is wanted."""

    if_match: Annotated[str, Header()] = ""
    idempotency_key: Annotated[str, Header(max_length=128)] = ""


@router.get("", summary="List events")
def list_events(wanted: Annotated[Listing, Query()], services: Wired, caller: Reader) -> EVENTS:
    """Return one page; `next` is the cursor of the following one, null at the end."""
    with services.database.read() as connection:
        rows = events.page(connection, caller.scope, wanted.filter(), wanted.page())
        shown = rows[: wanted.limit]
        items = _bodies(connection, shown, services.clock.now())
    more = len(rows) > wanted.limit
    return {"items": items, "next": _cursor(wanted.sort, shown[-1]) if more else None}


@router.get("/counts", summary="Count events")
def count_events(wanted: Annotated[Wanted, Query()], services: Wired, caller: Reader) -> COUNTS:
    """Return how many events there are by status, kind and tier."""
    with services.database.read() as connection:
        return events.counts(connection, caller.scope, wanted.filter())


@router.get("/{event_id}", summary="One event")
def get_event(event_id: UUID, services: Wired, caller: Reader, response: Response) -> EVENT:
    """Return one event; its ETag is what a review's If-Match takes."""
    with services.database.read() as connection:
        body = _body(connection, caller, str(event_id), services.clock.now())
    response.headers["ETag"] = body["etag"]
    return body


@router.post("/{event_id}/review", summary="Confirm, dismiss or leave open")
def review(
    event_id: UUID, verdict: Verdict, services: Wired, caller: Reviewer, terms: Annotated[Terms, Depends()]
) -> EVENT:
    """Write a verdict; a new row each time, so that nothing that was said is lost."""
    if verdict.verdict == "dismissed" and verdict.reason not in DISMISSALS:
        raise InvalidInputError("reason", verdict.reason, ", ".join(DISMISSALS))
    said = _Said(str(event_id), verdict.verdict, verdict.reason, verdict.note)
    return _judge(services, caller, said, terms)


@router.delete("/{event_id}/review", summary="Undo the latest verdict")
def undo(event_id: UUID, services: Wired, caller: Reviewer, terms: Annotated[Terms, Depends()]) -> EVENT:
    """Take the latest verdict back with a row of its own; the one before stands again."""
    return _judge(services, caller, _Said(str(event_id), "undone", "", ""), terms)


@dataclass(frozen=True, slots=True)
class _Said:
    event_id: str
    verdict: str
    reason: str
    note: str


def _judge(services: Services, caller: Caller, said: _Said, terms: Terms) -> dict[str, Any]:
    print_ = replays.fingerprint(said.event_id, said.verdict, said.reason, said.note)
    request = Request(caller.id, terms.idempotency_key, print_, services.clock.now())

    def work(connection: Connection) -> dict[str, Any]:
        _write_verdict(connection, services, caller, said, terms)
        return _body(connection, caller, said.event_id, request.at)

    with services.database.write() as connection:
        body = once(connection, request, work)
    services.log_bell.ring()
    return body


def _write_verdict(connection: Connection, services: Services, caller: Caller, said: _Said, terms: Terms) -> None:
    log.take_turn(connection)
    row = events.find(connection, caller.scope, said.event_id, lock=True)
    if row is None:
        raise NotFoundError(f"there is no event {said.event_id}")
    if terms.if_match and _verdicts_of(terms.if_match) != _verdicts_of(event_etag(row)):
        raise StaleError("somebody else has said something about this event meanwhile")
    history = reviews.history(connection, said.event_id)
    if said.verdict == "undone" and reviews.standing(history) is None:
        raise ConflictError("there is no verdict to undo")
    now, number = services.clock.now(), len(history) + 1
    row_said = {"verdict": said.verdict, "reason": said.reason, "note": said.note, "user_id": caller.id}
    reviews.add(connection, said.event_id, number, row_said, now)
    standing = reviews.standing(reviews.history(connection, said.event_id))
    status = standing["verdict"] if standing else "pending_review"
    events.change(connection, said.event_id, {"status": status, "reviews": number, "updated_at": now})
    telling = Telling(f"{said.event_id}/review/{number}", "reviewed", "mingchu/api")
    tell(connection, caller, said.event_id, telling, now)
    note(connection, Act(caller.actor, f"event.{said.verdict}", said.event_id, {"reason": said.reason}), now)
    follow(connection, caller, Judged(row, status, number, now))


def _verdicts_of(etag: str) -> str:
    """Return the part of an ETag that counts verdicts."""
    return etag.strip().removeprefix("W/").strip('"').rpartition(".")[2]


def _body(connection: Connection, caller: Caller, event_id: str, now: datetime) -> dict[str, Any]:
    row = events.find(connection, caller.scope, event_id)
    if row is None:
        raise NotFoundError(f"there is no event {event_id}")
    return _bodies(connection, [row], now)[0]


def _bodies(connection: Connection, rows: Any, now: datetime) -> list[dict[str, Any]]:
    ids = [row["id"] for row in rows]
    evidence, verdicts = media.of_events(connection, ids), reviews.of_events(connection, ids)
    homes, held = cases.homes_of(connection, ids), claims.of_events(connection, ids, now)
    return [
        {
            **event_body(row, evidence.get(row["id"], ()), verdicts.get(row["id"])),
            "case": _home(homes.get(row["id"])),
            "claim": claim_body(held.get(row["id"])),
        }
        for row in rows
    ]


def _home(row: Mapping[Any, Any] | None) -> dict[str, str] | None:
    """Return the case that an event is in."""
    return {"id": row["id"], "stage": row["stage"]} if row else None


def _cursor(sort: str, row: Mapping[Any, Any]) -> str:
    at: datetime = row["started_at"]
    return pack(sort, row["tier_rank"], at.isoformat(), row["id"])


_PIECES: dict[int | str, dict[str, Any]] = {
    200: {"content": binary("image/jpeg", "image/png", "video/mp4", "video/x-matroska", "application/json")},
    206: {"description": "The part that Range asked for."},
    304: {"description": "The bytes of If-None-Match are still the same."},
    416: {"description": "The Range lies outside."},
}


@router.get("/{event_id}/media/{name}", summary="Evidence", response_class=StreamingResponse, responses=_PIECES)
def get_media(
    event_id: UUID,
    name: str,
    services: Wired,
    caller: Reader,
    asked: Annotated[Part, Depends(part_of)],
    reason: Annotated[Line, Query(max_length=200)] = "",
) -> Response:
    """Return one piece of evidence, whole or in part; an unblurred one needs a reason and enters the register (I7)."""
    piece = _found(services, caller, str(event_id), name)
    if not piece["blurred"] and name != "manifest":
        told = require_reason(caller, reason)
        with services.database.write() as connection:
            note_viewings(connection, caller, [piece], told, services.clock.now())
    headers = {"ETag": f'"{piece["sha256"]}"', "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if asked.known == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return _sent(services, piece, asked, headers)


def _found(services: Services, caller: Caller, event_id: str, name: str) -> Mapping[Any, Any]:
    with services.database.read() as connection:
        row = events.find(connection, caller.scope, event_id)
        piece = media.find(connection, event_id, name) if row else None
    if piece is None:
        raise NotFoundError(f"there is no {name} of event {event_id}")
    return piece


def _opened(services: Services, piece: Mapping[str, Any], start: int, length: int) -> Iterator[bytes]:
    try:
        return services.objects.open(piece["key"], start, length)
    except FileNotFoundError:
        # `mingchu check` finds the row without an object; the reader must not take it for a passing fault.
        raise NotFoundError(f"the {piece['name']} of event {piece['event_id']} is lost") from None


def _sent(services: Services, piece: Mapping[str, Any], asked: Part, headers: dict[str, str]) -> Response:
    start, length = asked.within(piece["size_bytes"])
    chunks = _opened(services, piece, start, length)
    headers["Content-Length"] = str(length)
    if not asked.partial:
        return StreamingResponse(chunks, 200, headers, media_type=piece["media_type"])
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{piece['size_bytes']}"
    return StreamingResponse(chunks, 206, headers, media_type=piece["media_type"])
