"""Cold-chain batches: coded at first entry, scanned in and out, recalled, traced to every site within a day."""

import io
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import segno
from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.coldchain.bodies import REASONS, batch_body, scan_body, trace_body
from api.coldchain.machine import Direction, Scan, amount_text, is_code, new_code, refusal
from api.cursors import instant, pack, unpack
from api.errors import ConflictError, NotFoundError, ProblemError, field_error
from api.fields import Line
from api.places.facts import Day
from api.replaying import Request, once
from api.services import Services, Wired
from api.shapes import binary
from api.shapes.coldchain import BATCH, SCANNED, SCANS, TRACE
from api.store import coldchain, replays, sites
from api.store.coldchain import Who
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/batches", tags=["kitchen"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
Keeper = Annotated[Caller, Depends(Gate(Permission.BATCHES_SCAN))]
Tracer = Annotated[Caller, Depends(Gate(Permission.BATCHES_TRACE))]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=128)]
Amount = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3, allow_inf_nan=False)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z._-]+$")]


class NewBatch(BaseModel):
    """What came in for the first time, without a code."""

    model_config = ConfigDict(extra="forbid")

    product: Line = Field(min_length=1, max_length=128)
    origin: Line = Field(min_length=1, max_length=128)
    producer: Line = Field(default="", max_length=128)
    made_on: Day
    expires_on: Day
    amount: Amount
    unit: Line = Field(default="kg", min_length=1, max_length=16)


class NewScan(BaseModel):
    """What is done with how much of a batch."""

    model_config = ConfigDict(extra="forbid")

    direction: Direction
    amount: Amount


class Why(BaseModel):
    """Why a batch is recalled or traced."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(min_length=1, max_length=500)


class Answer(BaseModel):
    """What the trace found."""

    model_config = ConfigDict(extra="forbid")

    answer: Line = Field(min_length=1, max_length=2000)


class Refusals(BaseModel):
    """A page of refused scans, newest first."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)


class ScanRefusedError(ProblemError):
    """A scan that is refused, and kept as a report."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


@router.post("", summary="Code a batch", status_code=201)
def code_batch(new: NewBatch, services: Wired, caller: Keeper, idempotency_key: Key = "") -> BATCH:
    """Give a batch its code at the site where it enters first, and take its amount in."""
    if new.expires_on < new.made_on:
        raise InvalidInputError("expires_on", new.expires_on.isoformat(), f"not before {new.made_on}")
    now = services.clock.now()

    def work(connection: Connection) -> dict[str, Any]:
        code, who = new_code(), Who(caller.id, str(caller.scope.site), now)
        told = new.model_dump(exclude={"amount"})
        row = {"code": code, "site_id": who.site, "coded_at": now, "coded_by": caller.id}
        coldchain.add_batch(connection, {**row, **told})
        coldchain.add_scan(connection, code, who, Scan("in", new.amount), "")
        note(connection, Act(caller.actor, "batch.coded", code, {"product": new.product}), now)
        return _told(connection, caller, code, services)

    print_ = replays.fingerprint("batch", new.model_dump(mode="json"))
    with services.database.write() as connection:
        return once(connection, Request(caller.id, idempotency_key, print_, now), work)


@router.get("/refusals", summary="Refused scans")
def list_refusals(wanted: Annotated[Refusals, Query()], services: Wired, caller: Reader) -> SCANS:
    """Return what was refused and where: without a code, recalled, expired, without papers, more than is here."""
    behind = unpack(wanted.cursor, (str, int)) if wanted.cursor else None
    with services.database.read() as connection:
        place = (instant(behind[0]), int(behind[1])) if behind else None
        rows = coldchain.refusals(connection, caller.scope, wanted.limit, place)
    last = rows[wanted.limit - 1] if len(rows) > wanted.limit else None
    more = pack(last["at"].isoformat(), last["id"]) if last else None
    return {"items": [scan_body(row) for row in rows[: wanted.limit]], "next": more}


@router.get("/traces/{trace_id}", summary="One trace with its clock")
def get_trace(trace_id: UUID, services: Wired, caller: Tracer) -> TRACE:
    """Return every site of the caller's that had the batch, how much is left there, and the time that is left."""
    with services.database.read() as connection:
        return _trace(connection, caller, str(trace_id), services)


@router.post("/traces/{trace_id}", summary="Answer a trace")
def answer_trace(trace_id: UUID, said: Answer, services: Wired, caller: Tracer) -> TRACE:
    """Say what was found and done; the clock stops."""
    now = services.clock.now()
    with services.database.write() as connection:
        body = _trace(connection, caller, str(trace_id), services, lock=True)
        if body["answered_at"] is not None:
            raise ConflictError("this trace is answered already")
        coldchain.answer_trace(connection, str(trace_id), caller.id, said.answer, now)
        note(connection, Act(caller.actor, "batch.trace_answered", body["code"]), now)
        return _trace(connection, caller, str(trace_id), services)


@router.get("/{code}", summary="One batch")
def get_batch(code: Code, services: Wired, caller: Reader) -> BATCH:
    """Return a batch that is or was at one of the caller's sites, with its papers and whether it may be sold."""
    with services.database.read() as connection:
        return _told(connection, caller, code, services)


@router.get(
    "/{code}/label",
    summary="The label",
    response_class=Response,
    responses={200: {"content": binary("image/svg+xml", "image/png")}},
)
def get_label(
    code: Code, services: Wired, caller: Reader, form: Annotated[Literal["svg", "png"], Query(alias="format")] = "svg"
) -> Response:
    """Return the QR code of a batch, to be printed and stuck on."""
    with services.database.read() as connection:
        row = _seen(connection, caller, code)
    out = io.BytesIO()
    segno.make_qr(row["code"], error="q").save(out, kind=form, scale=8, border=4)
    media_type = {"svg": "image/svg+xml", "png": "image/png"}[form]
    return Response(out.getvalue(), media_type=media_type)


@router.post("/{code}/scans", summary="Scan a batch", status_code=201)
def scan_batch(code: Code, new: NewScan, services: Wired, caller: Keeper, idempotency_key: Key = "") -> SCANNED:
    """Take in, give out or sell some of a batch.

    422 of type `scan-refused` says why not: no code, no sale. A refusal is kept and shown to supervisors.
    """
    now = services.clock.now()
    scan, who = Scan(new.direction, new.amount), Who(caller.id, str(caller.scope.site), now)

    def work(connection: Connection) -> dict[str, Any]:
        row = coldchain.batch(connection, code, lock=True) if is_code(code) else None
        today = _today(connection, caller, services)
        reason = refusal(coldchain.state_at(connection, row, who.site) if row else None, scan, today)
        coldchain.add_scan(connection, code, who, scan, reason)
        if reason:
            note(connection, Act(caller.actor, "batch.refused", code, {"reason": reason}), now)
        left = amount_text(coldchain.stock(connection, code, who.site))
        done = {"code": code, "direction": new.direction, "amount": amount_text(new.amount)}
        return {**done, "refused": reason, "stock": left}

    print_ = replays.fingerprint("scan", code, new.model_dump(mode="json"))
    with services.database.write() as connection:
        body = once(connection, Request(caller.id, idempotency_key, print_, now), work)
    if body["refused"]:
        says = REASONS[body["refused"]]
        errors = [field_error("code", code, says["en"])]
        raise ScanRefusedError(says["en"], errors=errors, kind="scan-refused", told={**body, "says": says})
    return body


@router.post("/{code}/recall", summary="Recall a batch")
def recall_batch(code: Code, why: Why, services: Wired, caller: Tracer) -> BATCH:
    """Stop a batch everywhere: from now on every scan of it is refused and reported."""
    now = services.clock.now()
    with services.database.write() as connection:
        row = _seen(connection, caller, code, lock=True)
        if row["recalled_at"] is not None:
            raise ConflictError("this batch is recalled already")
        coldchain.recall(connection, code, caller.id, why.reason, now)
        note(connection, Act(caller.actor, "batch.recalled", code, {"reason": why.reason}), now)
        return _told(connection, caller, code, services)


@router.post("/{code}/traces", summary="Trace a batch", status_code=201)
def trace_batch(code: Code, why: Why, services: Wired, caller: Tracer) -> TRACE:
    """Ask where a suspicious batch has gone; the answer is due within 24 hours."""
    now, trace_id = services.clock.now(), str(uuid4())
    with services.database.write() as connection:
        _seen(connection, caller, code)
        row = {"id": trace_id, "code": code, "reason": why.reason, "asked_at": now, "asked_by": caller.id}
        coldchain.add_trace(connection, row)
        note(connection, Act(caller.actor, "batch.traced", code, {"reason": why.reason}), now)
        return _trace(connection, caller, trace_id, services)


def _seen(connection: Connection, caller: Caller, code: str, *, lock: bool = False) -> Any:
    row = coldchain.batch(connection, code, lock=lock)
    if row is None or not coldchain.was_here(connection, caller.scope, code):
        raise NotFoundError(f"there is no batch {code}")
    return row


def _today(connection: Connection, caller: Caller, services: Services) -> Any:
    site = sites.find(connection, caller.scope, str(caller.scope.site)) if caller.scope.site else None
    return services.clock.now().astimezone(ZoneInfo(site["time_zone"] if site else "UTC")).date()


def _told(connection: Connection, caller: Caller, code: str, services: Services) -> dict[str, Any]:
    row = _seen(connection, caller, code)
    body = batch_body(row, coldchain.papers_of(connection, code), _today(connection, caller, services))
    return {**body, "scans": [scan_body(each) for each in coldchain.scans(connection, caller.scope, code)]}


def _trace(
    connection: Connection, caller: Caller, trace_id: str, services: Services, *, lock: bool = False
) -> dict[str, Any]:
    row = coldchain.trace(connection, trace_id, lock=lock)
    if row is None or not coldchain.was_here(connection, caller.scope, row["code"]):
        raise NotFoundError(f"there is no trace {trace_id}")
    names = {each["site_id"]: each["site_name"] for each in coldchain.scans(connection, caller.scope, row["code"])}
    places = [
        {"site": site, "site_name": name, "stock": amount_text(coldchain.stock(connection, row["code"], site))}
        for site, name in names.items()
    ]
    elsewhere = coldchain.sites_elsewhere(connection, caller.scope, row["code"])
    return {**trace_body(row, places, services.clock.now()), "sites_elsewhere": elsewhere}
