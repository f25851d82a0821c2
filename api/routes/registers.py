"""The catalogue of kinds, and the viewing register."""

from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.cursors import instant as cursor_instant
from api.cursors import pack, unpack
from api.services import Wired
from api.store import register
from vision.catalogue import load_catalogue

router = APIRouter(prefix="/v1", route_class=GatedRoute)
SitesReader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
RegisterReader = Annotated[Caller, Depends(Gate(Permission.REGISTER_READ))]


_book = lru_cache(maxsize=1)(load_catalogue)
"""It comes with the package and does not change while we run."""


@router.get("/catalogue", tags=["supervise"], summary="Kinds of violation")
def catalogue(_: SitesReader) -> dict[str, Any]:
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
) -> dict[str, Any]:
    """Return who saw which unblurred media and why, newest first."""
    behind = None
    if cursor:
        at, view = unpack(cursor, (str, str))
        behind = (cursor_instant(at), str(view))
    with services.database.read() as connection:
        rows = register.page(connection, caller.scope, limit, behind)
    shown = rows[:limit]
    more = pack(shown[-1]["at"].isoformat(), shown[-1]["id"]) if len(rows) > limit else None
    return {"items": [_viewing(row) for row in shown], "next": more}


def _viewing(row: Any) -> dict[str, Any]:
    plain = {name: row[name] for name in ("user", "name", "reason", "sha256")}
    places = {"event": row["event_id"], "site": row["site_id"], "camera": row["camera_id"]}
    return {"at": instant(row["at"]), **plain, **places}
