"""Secrets that lie open, or under an older key, are sealed with the newest one; of keys that are lost it is told."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Text, bindparam, cast, delete, func, select, update

from api.store.account_schema import recovery_codes, second_factors
from api.store.database import insert_new
from api.store.notify_schema import webhooks
from api.store.schema import cameras
from api.store.seal_schema import touchstones
from api.store.sealing import BEGINNING, Keyring

PLACES: tuple[Column[Any], ...] = (
    second_factors.c.secret,
    webhooks.c.secrets,
    cameras.c.source,
    touchstones.c.word,
)
"""Every sealed column; a test compares it with the schema."""
_NAME_LENGTH = 8
_AT_ONCE = 1000


def _stored(column: Column[Any]) -> ColumnElement[str]:
    """Return what really is in the database; of JSON without its quotes."""
    return func.replace(cast(column, Text), '"', "")


def has_touchstone(connection: Connection) -> bool:
    """Tell whether some process has sealed the word; it is not opened."""
    return connection.execute(select(touchstones.c.name)).first() is not None


def put_touchstone(connection: Connection) -> None:
    """Seal the word with this process's key, unless another was first: its key is then the database's."""
    insert_new(connection, touchstones, {"name": "first", "word": "touchstone"})


def lost_keys(connection: Connection, keyring: Keyring) -> set[str]:
    """Return the names of keys that have sealed something and are not here."""
    found: set[str] = set()
    for column in PLACES:
        name = func.substr(_stored(column), len(BEGINNING) + 1, _NAME_LENGTH)
        found |= set(connection.scalars(select(name).distinct().where(_stored(column).like(f"{BEGINNING}%"))))
    return {name for name in found if not keyring.knows(name)}


def lie_open(connection: Connection) -> bool:
    """Tell whether a secret was stored before there was a key."""
    return any(connection.execute(_rows(column, BEGINNING).limit(1)).first() is not None for column in PLACES)


def reseal(connection: Connection, keyring: Keyring) -> int:
    """Seal everything with the newest key that is not; return how many values that were.

    Raises:
        StorageError: a value was sealed with a key that is not here.
    """
    return sum(_resealed(connection, column, f"{BEGINNING}{keyring.newest}:") for column in PLACES)


def _rows(column: Column[Any], beginning: str) -> Any:
    """Return the query for keys and values of what does not begin like this."""
    key = next(iter(column.table.primary_key))
    stored = _stored(column)
    return select(key.label("row_key"), column.label("row_value")).where(stored.not_like(f"{beginning}%"), stored != "")


def _resealed(connection: Connection, column: Column[Any], beginning: str) -> int:
    key = next(iter(column.table.primary_key))
    rows = [dict(row) for row in connection.execute(_rows(column, beginning).with_for_update()).mappings()]
    change = update(column.table).where(key == bindparam("row_key"))
    change = change.values({column.name: bindparam("row_value", type_=column.type)})
    for part in _parts(rows):
        connection.execute(change, part)
    return len(rows)


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


def forget(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Give up what these keys have sealed; return how many rows of each table that were.

    Second factors end, so that their people enrol again; webhooks are disabled until their secret is changed; cameras
    have no address until somebody gives them one.
    """
    gone = {"second_factors": 0, "webhooks": 0, "cameras": 0}
    for name in sorted(names):
        mine = {column.table.name: _stored(column).like(f"{BEGINNING}{name}:%") for column in PLACES}
        connection.execute(delete(touchstones).where(mine["touchstones"]))
        people = select(second_factors.c.user_id).where(mine["second_factors"])
        connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id.in_(people)))
        off = {"state": "disabled", "reason": "the key of its secret was lost", "secrets": []}
        bare = {"source": "", "enabled": False, "version": cameras.c.version + 1}
        for table, done in (
            ("second_factors", delete(second_factors)),
            ("webhooks", update(webhooks).values(version=webhooks.c.version + 1, **off)),
            ("cameras", update(cameras).values(**bare)),
        ):
            gone[table] += connection.execute(done.where(mine[table])).rowcount
    return gone
