"""The catalogue of kinds, and the viewing register."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from api.audit import rows_after, told
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.cursors import instant as cursor_instant
from api.cursors import pack, unpack
from api.errors import ForbiddenError
from api.exporting import AUDIT, VIEWING, Form, exported
from api.fields import BIGGEST
from api.services import Wired
from api.shapes.events import CATALOGUE, VIEWINGS
from api.shapes.keeping import AUDIT_PAGE
from api.store import register
from api.store.scope import WHOLE
from vision.catalogue import load_catalogue

router = APIRouter(prefix="/v1", route_class=GatedRoute)
SitesReader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
AuditReader = Annotated[Caller, Depends(Gate(Permission.AUDIT_READ))]
RegisterReader = Annotated[Caller, Depends(Gate(Permission.REGISTER_READ))]


_book = lru_cache(maxsize=1)(load_catalogue)
"""It comes with the package and does not change while we run."""


@router.get("/catalogue", tags=["supervise"], summary="Kinds of violation")
def catalogue(_: SitesReader) -> CATALOGUE:
    """Return every kind with its names and thresholds, and every clause with how sure we are of it."""
    book = _book()
    kinds = [
        {
            "name": kind.name,
            "zh": kind.zh,
            "en": kind.en,
            "family": kind.family,
            "thresholds": {"open_at": kind.thresholds.open_at, "close_at": kind.thresholds.close_at},
        }
        for kind in book.kinds.values()
    ]
    return {"version": book.version, "kinds": kinds}


@router.get("/access-log", tags=["run"], summary="The viewing register")
def viewings(
    services: Wired,
    caller: RegisterReader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=500)] = "",
) -> VIEWINGS:
    """Return who saw which unblurred media of an event, or which photo of a kitchen, and why, newest first."""
    behind = None
    if cursor:
        at, view = unpack(cursor, (str, str))
        behind = (cursor_instant(at), str(view))
    with services.database.read() as connection:
        rows = register.page(connection, caller.scope, limit, behind)
    shown = rows[:limit]
    more = pack(shown[-1]["at"].isoformat(), shown[-1]["id"]) if len(rows) > limit else None
    return {"items": [_viewing(row) for row in shown], "next": more}


@router.get("/access-log/export", tags=["run"], summary="The whole viewing register", response_class=StreamingResponse)
def export_viewings(
    services: Wired, caller: RegisterReader, form: Annotated[Form, Query(alias="format")] = "csv"
) -> StreamingResponse:
    """Return every viewing of the caller's part of the tree, oldest first, of events and of photos, as CSV or JSON."""

    def rows() -> Iterator[dict[str, Any]]:
        with services.database.read() as connection:
            yield from register.everything(connection, caller.scope)

    return exported("viewing-register", VIEWING, rows(), form)


@router.get("/audit", tags=["run"], summary="The audit trail")
def list_audit(
    services: Wired,
    caller: AuditReader,
    after: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> AUDIT_PAGE:
    """Return rows behind a number with their seals, oldest first; for administrators of the whole tree."""
    _require_whole(caller)
    with services.database.read() as connection:
        rows = [told(row) for row in rows_after(connection, after, limit)]
    return {"items": rows, "next": rows[-1]["sequence"] if len(rows) == limit else None}


@router.get("/audit/export", tags=["run"], summary="The whole audit trail", response_class=StreamingResponse)
def export_audit(
    services: Wired, caller: AuditReader, form: Annotated[Form, Query(alias="format")] = "csv"
) -> StreamingResponse:
    """Return every row with its seal, oldest first, as CSV or JSON; for administrators of the whole tree."""
    _require_whole(caller)

    def rows() -> Iterator[dict[str, Any]]:
        with services.database.read() as connection:
            yield from (told(row) for row in rows_after(connection, 0, None))

    return exported("audit", AUDIT, rows(), form)


def _require_whole(caller: Caller) -> None:
    if caller.scope != WHOLE:
        raise ForbiddenError("the audit trail tells of everybody: only an administrator of the whole tree may read it")


def _viewing(row: Any) -> dict[str, Any]:
    plain = ("user", "name", "reason", "sha256", "event", "photo", "site", "camera")
    return {"at": instant(row["at"]), **{name: row[name] for name in plain}}
