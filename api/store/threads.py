"""Threads: what both sides of a case wrote to each other, up to where each has read, and which calls were made."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from api.store.database import upsert
from api.store.notice_schema import case_messages as messages
from api.store.notice_schema import case_readings as readings
from api.store.schema import users


def of_case(connection: Connection, case_id: str, after: int = 0, limit: int | None = None) -> Sequence[RowMapping]:
    """Return the messages of a case behind a number, oldest first."""
    query = (
        select(messages, users.c.name.label("by"))
        .join(users, users.c.id == messages.c.user_id)
        .where(messages.c.case_id == case_id, messages.c.number > after)
        .order_by(messages.c.number)
    )
    return connection.execute(query.limit(limit) if limit else query).mappings().all()


def readings_of(connection: Connection, case_id: str) -> Sequence[RowMapping]:
    """Return up to which message each person has read."""
    query = (
        select(readings, users.c.name.label("by"))
        .join(users, users.c.id == readings.c.user_id)
        .where(readings.c.case_id == case_id)
        .order_by(readings.c.user_id)
    )
    return connection.execute(query).mappings().all()


def last_number(connection: Connection, case_id: str) -> int:
    """Return the number of the newest message; 0 where there is none. Whoever adds one holds the case's row."""
    return int(
        connection.execute(select(func.max(messages.c.number)).where(messages.c.case_id == case_id)).scalar() or 0
    )


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a message."""
    connection.execute(insert(messages).values(**values))


def note_reading(connection: Connection, values: Mapping[str, Any]) -> None:
    """Remember up to which message somebody has read."""
    upsert(connection, readings, values)


def reading_of(connection: Connection, case_id: str, user_id: str) -> int:
    """Return the number up to which somebody has read."""
    query = select(readings.c.number).where(readings.c.case_id == case_id, readings.c.user_id == user_id)
    return int(connection.execute(query).scalar() or 0)


def calls_of(connection: Connection, case_ids: Iterable[str]) -> Mapping[str, list[RowMapping]]:
    """Return the calls that were made about these cases, newest first."""
    query = (
        select(messages, users.c.name.label("by"))
        .join(users, users.c.id == messages.c.user_id)
        .where(messages.c.case_id.in_(list(case_ids)), messages.c.kind == "call")
        .order_by(messages.c.case_id, messages.c.at.desc())
    )
    found: dict[str, list[RowMapping]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["case_id"], []).append(row)
    return found


def last_call_at(calls: Sequence[Mapping[Any, Any]], outcome: str) -> datetime | None:
    """Return when a call last ended like this."""
    return next((row["at"] for row in calls if row["outcome"] == outcome), None)
