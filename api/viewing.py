"""Nobody sees unblurred media unseen: whoever may, says why, and the register and the audit chain keep it (I7)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Table, select

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.bodies import instant
from api.errors import ForbiddenError, field_error
from api.store import register
from api.store.photo_schema import photo_views
from api.store.schema import audit, viewing_register


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be seen unblurred: which column names it, and which table keeps its viewings."""

    of: str
    table: Table
    action: str
    """Of the audit row that seals a viewing: its target is the viewing, its detail says all that the viewing does."""


EVENT_MEDIA = Kind("event_id", viewing_register, "media.viewed")
PHOTOS = Kind("photo_id", photo_views, "photo.viewed")


def require_reason(caller: Caller, reason: str) -> str:
    """Return the reason without blanks around it.

    Raises:
        ForbiddenError: this role may see blurred media only, or there is no reason.
    """
    if not caller.may(Permission.MEDIA_UNBLURRED):
        raise ForbiddenError("only blurred media may be seen with this role")
    if not reason.strip():
        told = field_error("reason", reason, "why the unblurred picture must be seen; the register keeps it")
        raise ForbiddenError("an unblurred picture needs a reason", errors=[told])
    return reason.strip()


def note_viewings(
    connection: Connection, caller: Caller, pieces: Iterable[Mapping[Any, Any]], reason: str, now: datetime
) -> None:
    """Write a row for each piece of an event or of a proof that is not blurred, unless this very viewing has one."""
    for piece in pieces:
        if piece["blurred"] or piece["name"] == "manifest":
            continue
        kind = PHOTOS if "photo_id" in piece else EVENT_MEDIA
        what = {name: piece[name] for name in (kind.of, "name", "sha256")}
        view = {"id": uuid4().hex, "user_id": caller.id, "reason": reason, **what}
        if register.note(connection, view, now):
            note(connection, Act(caller.actor, kind.action, view["id"], _sealed(kind, view, now)), now)


def _sealed(kind: Kind, view: Mapping[Any, Any], at: datetime) -> dict[str, Any]:
    return {**{name: view[name] for name in ("user_id", kind.of, "name", "sha256", "reason")}, "at": instant(at)}


def viewings_unlike_audit(connection: Connection) -> Iterator[str]:
    """Yield one line for each viewing that was changed, taken out or put in behind the back of the audit chain.

    Viewings from before this chain began have no seal.
    """
    for kind in (EVENT_MEDIA, PHOTOS):
        yield from _unlike_audit(connection, kind)


def _unlike_audit(connection: Connection, kind: Kind) -> Iterator[str]:
    query = select(audit).where(audit.c.action == kind.action).order_by(audit.c.sequence)
    seals = {row["target"]: row for row in connection.execute(query).mappings()}
    began_at = min((row["at"] for row in seals.values()), default=None)
    for row in connection.execute(select(kind.table).order_by(kind.table.c.at)).mappings():
        seal = seals.pop(row["id"], None)
        if seal is None:
            if began_at is not None and row["at"] >= began_at:
                yield f"viewing {row['id']} stands in no row of the audit trail"
        elif json.loads(seal["detail"]) != _sealed(kind, row, row["at"]):
            yield f"viewing {row['id']} is not what audit row {seal['sequence']} says"
    for viewing, seal in seals.items():
        yield f"viewing {viewing} is gone; audit row {seal['sequence']} tells of it"
