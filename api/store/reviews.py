"""Reviews: every verdict and every undo, in order, never changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from api.store.schema import reviews, users


def history(connection: Connection, event_id: str) -> Sequence[RowMapping]:
    """Return what people said about one event, oldest first."""
    return _rows(connection, [event_id]).get(event_id, [])


def of_events(connection: Connection, event_ids: Iterable[str]) -> Mapping[str, RowMapping | None]:
    """Return the verdict that stands, by event."""
    return {event_id: standing(rows) for event_id, rows in _rows(connection, event_ids).items()}


def _rows(connection: Connection, event_ids: Iterable[str]) -> dict[str, list[RowMapping]]:
    query = (
        select(reviews, users.c.name.label("by"))
        .join(users, users.c.id == reviews.c.user_id)
        .where(reviews.c.event_id.in_(list(event_ids)))
        .order_by(reviews.c.event_id, reviews.c.number)
    )
    found: dict[str, list[RowMapping]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["event_id"], []).append(row)
    return found


def standing(rows: Iterable[RowMapping]) -> RowMapping | None:
    """Return the newest verdict that no undo took back; an undo takes back the newest that still stood."""
    stack: list[RowMapping] = []
    for row in rows:
        if row["verdict"] != "undone":
            stack.append(row)
        elif stack:
            stack.pop()
    return stack[-1] if stack else None


def add(connection: Connection, event_id: str, number: int, said: Mapping[str, Any], at: datetime) -> None:
    """Write the next row of an event's history."""
    connection.execute(insert(reviews).values(event_id=event_id, number=number, at=at, **said))
