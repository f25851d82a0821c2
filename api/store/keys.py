"""API keys: who may push events in, take them out, or work."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from api.store.schema import keys, regions

_PRECISION = timedelta(minutes=1)


def by_prefix(connection: Connection, prefix: str) -> RowMapping | None:
    """Return a key that was not revoked, with the path of its region."""
    query = (
        select(keys, regions.c.path.label("region_path"))
        .join(regions, regions.c.id == keys.c.region_id)
        .where(keys.c.prefix == prefix, keys.c.revoked_at.is_(None))
    )
    return connection.execute(query).mappings().first()


def lives(connection: Connection, key_id: str) -> bool:
    """Tell whether a key was not revoked."""
    query = select(keys.c.id).where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
    return connection.execute(query).first() is not None


def everything(connection: Connection) -> Sequence[RowMapping]:
    """Return every key, newest first."""
    return connection.execute(select(keys).order_by(keys.c.created_at.desc())).mappings().all()


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a key."""
    connection.execute(insert(keys).values(**values))


def revoke(connection: Connection, prefix: str, now: datetime) -> bool:
    """End a key; False when there is no such live key."""
    query = update(keys).where(keys.c.prefix == prefix, keys.c.revoked_at.is_(None))
    return connection.execute(query.values(revoked_at=now)).rowcount == 1


def used_long_ago(row: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether the use is worth a write; to the minute is enough."""
    return row["last_used_at"] is None or now - row["last_used_at"] > _PRECISION


def note_use(connection: Connection, key_id: str, now: datetime) -> None:
    """Remember when a key was last used."""
    stale = or_(keys.c.last_used_at.is_(None), keys.c.last_used_at < now - _PRECISION)
    connection.execute(update(keys).where(keys.c.id == key_id, stale).values(last_used_at=now))
