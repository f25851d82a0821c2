"""API keys: who may push events in, take them out, or work."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, case, insert, literal, or_, select, tuple_, update

from api.store.schema import Utc, keys, regions
from api.store.scope import Scope, regions_within

_PRECISION = timedelta(minutes=1)


_WITH_PLACE = select(keys, regions.c.path.label("region_path")).join(regions, regions.c.id == keys.c.region_id)


def by_prefix(connection: Connection, prefix: str) -> RowMapping | None:
    """Return a key that was not revoked, with the path of its region."""
    return connection.execute(_LIVE, {"told": prefix}).mappings().first()


_LIVE = _WITH_PLACE.where(keys.c.prefix == bindparam("told", type_=keys.c.prefix.type), keys.c.revoked_at.is_(None))


def lives(connection: Connection, key_id: str, now: datetime) -> bool:
    """Tell whether a key was not revoked and has not run out."""
    in_time = or_(keys.c.expires_at.is_(None), keys.c.expires_at > now)
    query = select(keys.c.id).where(keys.c.id == key_id, keys.c.revoked_at.is_(None), in_time)
    return connection.execute(query).first() is not None


def find(connection: Connection, scope: Scope, key_id: str) -> RowMapping | None:
    """Return one key of this part of the tree, live or not."""
    return connection.execute(_WITH_PLACE.where(keys.c.id == key_id, regions_within(scope))).mappings().first()


def page(connection: Connection, scope: Scope, before: tuple[datetime, str] | None, limit: int) -> Sequence[RowMapping]:
    """Return keys of this part of the tree, newest first, from behind a place on."""
    query = _WITH_PLACE.where(regions_within(scope))
    if before is not None:
        query = query.where(tuple_(keys.c.created_at, keys.c.id) < tuple_(literal(before[0], Utc), literal(before[1])))
    return connection.execute(query.order_by(keys.c.created_at.desc(), keys.c.id.desc()).limit(limit)).mappings().all()


def rotate(connection: Connection, row: Mapping[Any, Any], digest: str, old_until: datetime) -> None:
    """Give a key a new secret; the one before stays good for a while."""
    change = {"digest": digest, "old_digest": row["digest"], "old_until": old_until}
    connection.execute(update(keys).where(keys.c.id == row["id"]).values(**change))


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


def count_event(connection: Connection, key_id: str, day: date) -> bool:
    """Count a new event of a key that has a daily limit; False when it is reached."""
    today = keys.c.events_day == day
    others = or_(keys.c.events_day.is_(None), keys.c.events_day != day)
    query = update(keys).where(keys.c.id == key_id, or_(others, keys.c.events_count < keys.c.events_a_day))
    count = case((today, keys.c.events_count + 1), else_=1)
    return connection.execute(query.values(events_day=day, events_count=count)).rowcount == 1


def used_long_ago(row: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether the use is worth a write; to the minute is enough."""
    return row["last_used_at"] is None or now - row["last_used_at"] > _PRECISION


def note_use(connection: Connection, key_id: str, now: datetime) -> None:
    """Remember when a key was last used."""
    stale = or_(keys.c.last_used_at.is_(None), keys.c.last_used_at < now - _PRECISION)
    connection.execute(update(keys).where(keys.c.id == key_id, stale).values(last_used_at=now))
