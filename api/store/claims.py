"""Who is looking at which event at the moment, so that two people do not review the same one."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select

from api.store.database import insert_new
from api.store.review_schema import claims
from api.store.schema import users


def take(connection: Connection, event_id: str, user_id: str, now: datetime, until: datetime) -> bool:
    """Hold an event until then, or hold it longer; False while somebody else does."""
    over = (claims.c.until <= now) | (claims.c.user_id == user_id)
    connection.execute(delete(claims).where(claims.c.event_id == event_id, over))
    return insert_new(connection, claims, {"event_id": event_id, "user_id": user_id, "until": until})


def leave(connection: Connection, event_id: str, user_id: str) -> None:
    """Let go of an event; of one that somebody else holds, nothing changes."""
    connection.execute(delete(claims).where(claims.c.event_id == event_id, claims.c.user_id == user_id))


def of_events(connection: Connection, event_ids: Iterable[str], now: datetime) -> Mapping[str, RowMapping]:
    """Return who holds which of these events now, with the person's name."""
    query = (
        select(claims, users.c.name.label("by"))
        .join(users, users.c.id == claims.c.user_id)
        .where(claims.c.event_id.in_(list(event_ids)), claims.c.until > now)
    )
    return {row["event_id"]: row for row in connection.execute(query).mappings()}
