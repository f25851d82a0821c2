"""Evidence for those who trust nobody: packages, the key that signs them, the roots of days, holds and retention."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Annotated, Any, Self
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.cursors import instant as cursor_instant
from api.cursors import pack, unpack
from api.dossier.container import Entry, container
from api.dossier.packing import Collected, collect, day_body, packed, piece_name
from api.dossier.retention import load_policy, rule_body
from api.dossier.summary import summary
from api.errors import ConflictError, NotFoundError
from api.fields import Line
from api.places.facts import Day
from api.services import Services, Wired
from api.shapes import binary
from api.shapes.keeping import DAYS, DELETIONS, HOLD, HOLDS, RETENTION, SIGNING_KEY
from api.store import cases, events, keeping, photo_keeping, photos
from api.viewing import note_viewings, require_reason

router = APIRouter(prefix="/v1", tags=["supervise"], route_class=GatedRoute)
Viewer = Annotated[Caller, Depends(Gate(Permission.MEDIA_UNBLURRED))]
Reader = Annotated[Caller, Depends(Gate(Permission.REGISTER_READ))]


class Export(BaseModel):
    """Why a package is wanted: it holds unblurred media."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(min_length=1, max_length=200)


class NewHold(BaseModel):
    """What must not be deleted, and why; exactly one of case, event and photo."""

    model_config = ConfigDict(extra="forbid")

    case: UUID | None = None
    event: UUID | None = None
    photo: UUID | None = None
    reason: Line = Field(min_length=1, max_length=400)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.case, self.event, self.photo].count(None) != 2:
            raise ValueError("one of case, event and photo is needed")
        return self

    @property
    def thing(self) -> tuple[str, str]:
        """Return what is held and its id."""
        ids = {"case": self.case, "event": self.event, "photo": self.photo}
        return next((name, str(one)) for name, one in ids.items() if one)


@router.post(
    "/cases/{case_id}/evidence",
    summary="The evidence package of a case",
    response_class=StreamingResponse,
    responses={200: {"content": binary("application/zip")}},
)
def export_evidence(case_id: UUID, wish: Export, services: Wired, caller: Viewer) -> StreamingResponse:
    """Return a signed ZIP with everything of a case; the originals in it enter the viewing register (I7)."""
    reason, now = require_reason(caller, wish.reason), services.clock.now()
    with services.database.read() as connection:
        collected = collect(connection, caller, str(case_id), now)
        pages = _summary(connection, services, collected)
    with services.database.write() as connection:
        note_viewings(connection, caller, (*collected.pieces, *collected.photo_files), reason, now)
        detail = {"reason": reason, "pieces": len(collected.pieces)}
        note(connection, Act(caller.actor, "evidence.exported", str(case_id), detail), now)
    entries = packed(collected, pages, services.objects, services.signer, (caller.actor, now))
    headers = {"Content-Disposition": f'attachment; filename="evidence-{case_id}.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(_checked(entries), headers=headers, media_type="application/zip")


def _checked(entries: list[Entry]) -> Iterator[bytes]:
    """Yield the package; small pieces are joined, so that a network carries few packets."""
    buffer = bytearray()
    for chunk in container(entries):
        buffer += chunk
        if len(buffer) >= 1 << 18:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


def _summary(connection: Connection, services: Services, collected: Collected) -> bytes:
    case_id = collected.case["id"]
    members, steps = cases.events_of(connection, case_id), cases.steps_of(connection, case_id)
    files = [*sorted(collected.told), *map(piece_name, (*collected.pieces, *collected.photo_files))]
    return services.press.pdf(summary(collected.case, members, steps, files, services.signer.fingerprint))


@router.get("/evidence/key", summary="The key that signs evidence packages", tags=["run"])
def get_key(services: Wired) -> SIGNING_KEY:
    """Return the public key and its fingerprint, with which anybody can tell our packages from others."""
    signer = services.signer
    return {"algorithm": "Ed25519", "public_pem": signer.public_pem, "fingerprint": signer.fingerprint}


@router.get("/evidence/days", summary="The roots of days", tags=["run"])
def list_days(
    services: Wired,
    limit: Annotated[int, Query(ge=1, le=400)] = 31,
    before: Day | None = None,
) -> DAYS:
    """Return the Merkle root of each day (UTC), newest first: whoever keeps a copy can hold us to it."""
    with services.database.read() as connection:
        rows = keeping.days(connection, limit, before)
    more = rows[limit - 1]["day"].isoformat() if len(rows) > limit else None
    return {"items": list(map(day_body, rows[:limit])), "next": more}


@router.get("/retention", summary="What is kept how long, and why")
def get_retention(_: Reader) -> RETENTION:
    """Return the policy; the first rule that fits decides, 0 days mean for ever."""
    policy = load_policy()
    return {"edition": policy.edition, "rules": list(map(rule_body, policy.rules))}


@router.get("/deletions", summary="What was deleted, and by which rule")
def list_deletions(
    services: Wired,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str, Query(max_length=500)] = "",
) -> DELETIONS:
    """Return one page of deletion proofs, of media of events and of photos, oldest first."""
    at, digest = unpack(cursor, (str, str)) if cursor else ("1970-01-01T00:00:00+00:00", "")
    behind = (cursor_instant(at), str(digest))
    with services.database.read() as connection:
        both = [part.deleted(connection, caller.scope, limit, behind) for part in (keeping, photo_keeping)]
    rows = sorted(chain(*both), key=lambda row: (row["deleted_at"], row["sha256"]))
    more = pack(rows[limit - 1]["deleted_at"].isoformat(), rows[limit - 1]["sha256"]) if len(rows) > limit else None
    return {"items": list(map(_deletion, rows[:limit])), "next": more}


def _deletion(row: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {name: row[name] for name in ("name", "sha256", "size_bytes", "rule", "edition")}
    times = {name: instant(row[name]) for name in ("stored_at", "deleted_at")}
    of = {"event": row.get("event_id"), "photo": row.get("photo_id"), "site": row["site_id"]}
    return {**of, **plain, **times}


@router.get("/holds", summary="Legal holds")
def list_holds(services: Wired, caller: Reader, *, standing: bool = True) -> HOLDS:
    """Return the holds that stand, or all of them; the newest 500."""
    with services.database.read() as connection:
        return {"items": list(map(_hold, keeping.holds(connection, caller.scope, standing=standing))), "next": None}


@router.post("/holds", summary="Keep something whatever the policy says", status_code=201)
def place_hold(hold: NewHold, services: Wired, caller: Viewer) -> HOLD:
    """Place a legal hold on a case with all its events and proofs, on one event, or on one proof."""
    now, hold_id = services.clock.now(), str(uuid4())
    name, thing_id = hold.thing
    thing = dict.fromkeys(("case_id", "event_id", "photo_id")) | {f"{name}_id": thing_id}
    with services.database.write() as connection:
        site = _site_of(connection, caller, hold)
        row = {"id": hold_id, **thing, "site_id": site, "reason": hold.reason, "user_id": caller.id, "placed_at": now}
        keeping.add_hold(connection, row)
        note(connection, Act(caller.actor, "hold.placed", hold_id, {**thing, "reason": hold.reason}), now)
        return _hold(_found(connection, caller, hold_id))


def _site_of(connection: Connection, caller: Caller, hold: NewHold) -> str:
    name, thing_id = hold.thing
    row = {"case": cases, "event": events, "photo": photos}[name].find(connection, caller.scope, thing_id)
    if row is None:
        raise NotFoundError(f"there is no {name} {thing_id}")
    return str(row["site_id"])


@router.post("/holds/{hold_id}/lift", summary="Let the policy decide again")
def lift_hold(hold_id: UUID, wish: Export, services: Wired, caller: Viewer) -> HOLD:
    """End a hold, with a reason; 409 when it has ended before."""
    now = services.clock.now()
    with services.database.write() as connection:
        _found(connection, caller, str(hold_id))
        if not keeping.lift_hold(connection, str(hold_id), caller.id, now):
            raise ConflictError("this hold has ended before")
        note(connection, Act(caller.actor, "hold.lifted", str(hold_id), {"reason": wish.reason}), now)
        return _hold(_found(connection, caller, str(hold_id)))


def _found(connection: Connection, caller: Caller, hold_id: str) -> Mapping[Any, Any]:
    row = keeping.find_hold(connection, caller.scope, hold_id)
    if row is None:
        raise NotFoundError(f"there is no hold {hold_id}")
    return row


def _hold(row: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {"id": row["id"], **{name: row[f"{name}_id"] for name in ("case", "event", "photo", "site")}}
    times = {name: instant(row[name]) for name in ("placed_at", "lifted_at")}
    return {**plain, "reason": row["reason"], "by": row["by"], **times}
