"""Places in the log that we keep for others, each served by one process at a time.

A process claims a follower for a while and renews that with all that it settles. When it dies, its time runs out and
another goes on after the last settled number; what the dead one had sent and not settled is sent again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from api.store.notify_schema import followers


@dataclass(frozen=True, slots=True)
class Hold:
    """Who serves, and for how long without a word."""

    holder: str
    span: timedelta

    def values(self, now: datetime) -> dict[str, Any]:
        """Return the columns of a hold that begins now."""
        return {"holder": self.holder, "held_until": now + self.span}


def add(connection: Connection, follower: str, cursor: int, now: datetime) -> None:
    """Insert a follower that has settled everything up to a number."""
    counts = {"failures": 0, "refusals": 0, "letters": 0, "failing_since": None}
    row = {"id": follower, "cursor": cursor, **counts, "due_at": now, "holder": "", "held_until": now}
    connection.execute(insert(followers).values(**row))


def find(connection: Connection, follower: str) -> Mapping[Any, Any] | None:
    """Return one follower."""
    return connection.execute(select(followers).where(followers.c.id == follower)).mappings().first()


def free(now: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody serves a follower."""
    return or_(followers.c.holder == "", followers.c.held_until <= now)


def claim(connection: Connection, wanted: Iterable[str], hold: Hold, now: datetime) -> list[str]:
    """Take those that nobody serves; return them. Of two processes that claim one, the database lets one win."""
    mine = or_(free(now), followers.c.holder == hold.holder)
    query = update(followers).where(followers.c.id.in_(list(wanted)), mine).values(**hold.values(now))
    return list(connection.execute(query.returning(followers.c.id)).scalars())


def settle(
    connection: Connection, follower: Mapping[Any, Any], hold: Hold, values: Mapping[str, Any], now: datetime
) -> bool:
    """Write how it stands, and hold on; False when another serves it now, or its place was moved meanwhile."""
    query = update(followers).where(
        followers.c.id == follower["id"], followers.c.holder == hold.holder, followers.c.cursor == follower["cursor"]
    )
    return connection.execute(query.values(**hold.values(now), **values)).rowcount == 1


def release(connection: Connection, follower: str, hold: Hold, now: datetime) -> None:
    """Let others serve it."""
    query = update(followers).where(followers.c.id == follower, followers.c.holder == hold.holder)
    connection.execute(query.values(holder="", held_until=now))


def move(connection: Connection, follower: str, now: datetime, cursor: int | None = None) -> None:
    """Forget all failures, so that it is tried at once; from another place on where one is given."""
    fresh = {"failures": 0, "refusals": 0, "letters": 0, "failing_since": None, "due_at": now}
    place = {} if cursor is None else {"cursor": cursor}
    connection.execute(update(followers).where(followers.c.id == follower).values(**fresh, **place))


def remove(connection: Connection, follower: str) -> None:
    """Forget a follower."""
    connection.execute(delete(followers).where(followers.c.id == follower))
