"""The append-only log that SSE, pull, webhooks and MQTT read: numbers without gaps, in the order of their commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select, update

from api.store.database import insert_many
from api.store.schema import events, heads, log, sites
from api.store.scope import Scope, sites_within


@dataclass(frozen=True, slots=True)
class Message:
    """One CloudEvent on its way into the log."""

    id: str
    """CloudEvents' `id`; the same message is logged once."""
    type: str
    event_id: str
    site: str
    at: datetime
    envelope: Mapping[str, Any] = field(repr=False)
    """The CloudEvent without its sequence."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the log."""

    sequence: int
    type: str
    body: str = field(repr=False)
    """The CloudEvent, JSON text."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; an empty tuple does not restrict."""

    types: tuple[str, ...] = ()
    """CloudEvents types; with `*` at the end all that begin so."""
    kinds: tuple[str, ...] = ()
    """Kinds of violation."""


def take_turn(connection: Connection) -> None:
    """Make everybody else who is going to write a line wait until this transaction ends.

    They wait for the head anyway, once they write; who has not locked anything before cannot be waited for in a circle.
    """
    if connection.dialect.name != "sqlite":  # there the whole transaction is one turn
        connection.execute(_TURN)


_TURN = select(heads.c.name).where(heads.c.name == "log").with_for_update()


def append(connection: Connection, message: Message) -> int:
    """Write one line and return its number."""
    return append_all(connection, [message])[0]


def append_all(connection: Connection, messages: Sequence[Message]) -> Sequence[int]:
    """Write lines, numbered in this order, and return their numbers.

    The head's row stays locked until this transaction ends, so nobody can commit a higher number before this one, and
    a rolled back number is given out again: readers that remember the last number they saw miss nothing.
    """
    if not messages:
        return ()
    last: int = connection.execute(_TAKE, {"count": len(messages)}).scalar_one()
    numbers = range(last - len(messages) + 1, last + 1)
    insert_many(connection, log, [row_of(message, at) for message, at in zip(messages, numbers, strict=True)])
    return numbers


def row_of(message: Message, sequence: int) -> dict[str, Any]:
    """Return the row of a line that has this number."""
    body = {**message.envelope, "sequence": sequence, "data": {**message.envelope["data"], "sequence": sequence}}
    return {
        "sequence": sequence,
        "message_id": message.id,
        "type": message.type,
        "event_id": message.event_id,
        "site_id": message.site,
        "at": message.at,
        "body": to_json(body, inf_nan_mode="null").decode(),
    }


_TAKE = (
    update(heads)
    .where(heads.c.name == "log")
    .values(sequence=heads.c.sequence + bindparam("count", type_=heads.c.sequence.type))
    .returning(heads.c.sequence)
)


def knows(connection: Connection, message_id: str) -> bool:
    """Tell whether this message has been logged."""
    return connection.execute(select(log.c.sequence).where(log.c.message_id == message_id)).first() is not None


def known(connection: Connection, message_ids: Collection[str]) -> set[str]:
    """Return which of these messages have been logged."""
    return set(connection.execute(_KNOWN, {"told": list(message_ids)}).scalars())


_KNOWN = select(log.c.message_id).where(log.c.message_id.in_(bindparam("told", expanding=True)))


def head(connection: Connection) -> int:
    """Return the last number given out; 0 for an empty log."""
    return int(connection.execute(select(heads.c.sequence).where(heads.c.name == "log")).scalar_one())


def after(
    connection: Connection, scope: Scope, sequence: int, limit: int, wanted: Wanted | None = None
) -> list[Logged]:
    """Return the next lines that this caller may see and wants to, in order."""
    query = _within(scope).where(log.c.sequence > sequence).order_by(log.c.sequence).limit(limit)
    if wanted is not None:
        query = query.where(*_chosen(wanted))
    return [Logged(*row) for row in connection.execute(query)]


def line(connection: Connection, scope: Scope, sequence: int) -> Logged | None:
    """Return one line, if this caller may see it."""
    row = connection.execute(_within(scope).where(log.c.sequence == sequence)).first()
    return Logged(*row) if row else None


def _within(scope: Scope) -> Select[Any]:
    return (
        select(log.c.sequence, log.c.type, log.c.body)
        .join(sites, sites.c.id == log.c.site_id)
        .where(sites_within(scope))
    )


def _chosen(wanted: Wanted) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if wanted.types:
        chosen.append(or_(*map(_of_type, wanted.types)))
    if wanted.kinds:
        chosen.append(log.c.event_id.in_(select(events.c.id).where(events.c.kind.in_(wanted.kinds))))
    return chosen


def _of_type(pattern: str) -> ColumnElement[bool]:
    if not pattern.endswith("*"):
        return log.c.type == pattern
    begins = pattern.removesuffix("*")
    return func.substr(log.c.type, 1, len(begins)) == begins  # in a LIKE, `_` would mean any letter
