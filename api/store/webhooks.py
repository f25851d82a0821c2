"""Webhooks: who wants to be told what, what was delivered, and what was refused to the end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, Select, and_, delete, exists, func, insert, or_, select, update

from api.store import followers as places
from api.store.notify_schema import followers, webhook_deliveries, webhook_letters, webhooks
from api.store.schema import regions
from api.store.scope import Scope, regions_within

LetterState = Literal["dead", "queued"]
_PLACE = ("cursor", "failures", "refusals", "letters", "failing_since", "due_at", "holder", "held_until")


def _listed(scope: Scope) -> Select[Any]:
    return (
        select(webhooks, regions.c.path.label("region_path"), *(followers.c[name] for name in _PLACE))
        .join(followers, followers.c.id == webhooks.c.id)
        .join(regions, regions.c.id == webhooks.c.region_id)
        .where(regions_within(scope))
    )


def find(connection: Connection, scope: Scope, webhook: str) -> RowMapping | None:
    """Return one webhook with its place in the log."""
    return connection.execute(_listed(scope).where(webhooks.c.id == webhook)).mappings().first()


def everything(connection: Connection, scope: Scope) -> Sequence[RowMapping]:
    """Return the webhooks of a part of the tree, oldest first."""
    query = _listed(scope).order_by(webhooks.c.created_at, webhooks.c.id)
    return connection.execute(query).mappings().all()


def count(connection: Connection) -> int:
    """Return how many there are anywhere."""
    return int(connection.execute(select(func.count()).select_from(webhooks)).scalar_one())


def add(connection: Connection, values: Mapping[str, Any], cursor: int, now: datetime) -> None:
    """Insert a webhook that is to be told what comes after a number."""
    places.add(connection, values["id"], cursor, now)
    connection.execute(insert(webhooks).values(version=1, reason="", created_at=now, updated_at=now, **values))


def change(connection: Connection, webhook: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a webhook unless it is another version by now."""
    query = update(webhooks).where(webhooks.c.id == webhook, webhooks.c.version == version)
    return connection.execute(query.values(version=webhooks.c.version + 1, **values)).rowcount == 1


def version(connection: Connection, webhook: str) -> int:
    """Return the version as it is now; 0 when it is gone."""
    return connection.execute(select(webhooks.c.version).where(webhooks.c.id == webhook)).scalar_one_or_none() or 0


def switch_off(connection: Connection, webhook: str, reason: str, now: datetime) -> None:
    """Tell it nothing more until somebody switches it on."""
    values = {"state": "disabled", "reason": reason, "updated_at": now, "version": webhooks.c.version + 1}
    connection.execute(update(webhooks).where(webhooks.c.id == webhook).values(**values))


def remove(connection: Connection, webhook: str) -> None:
    """Delete a webhook with everything that was noted about it."""
    for table in (webhook_deliveries, webhook_letters):
        connection.execute(delete(table).where(table.c.webhook_id == webhook))
    connection.execute(delete(webhooks).where(webhooks.c.id == webhook))
    places.remove(connection, webhook)


def waiting(connection: Connection, head: int, now: datetime, most: int) -> list[str]:
    """Return who is to be served now and is served by nobody."""
    queued = exists().where(webhook_letters.c.webhook_id == webhooks.c.id, webhook_letters.c.state == "queued")
    query = (
        select(webhooks.c.id)
        .join(followers, followers.c.id == webhooks.c.id)
        .where(
            and_(webhooks.c.state == "active", followers.c.due_at <= now, places.free(now)),
            or_(followers.c.cursor < head, queued),
        )
        .order_by(followers.c.due_at)
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def note(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep one try."""
    connection.execute(insert(webhook_deliveries).values(**values))


def forget(connection: Connection, webhook: str, before: datetime) -> None:
    """Delete old tries."""
    old = and_(webhook_deliveries.c.webhook_id == webhook, webhook_deliveries.c.at < before)
    connection.execute(delete(webhook_deliveries).where(old))


def deliveries(connection: Connection, webhook: str, before: int, limit: int) -> Sequence[RowMapping]:
    """Return tries, newest first, below a number of theirs."""
    table = webhook_deliveries
    query = select(table).where(table.c.webhook_id == webhook, table.c.number < before)
    return connection.execute(query.order_by(table.c.number.desc()).limit(limit)).mappings().all()


def bury(connection: Connection, webhook: str, sequence: int, answer: Mapping[str, Any]) -> None:
    """Make a message a dead letter, or keep what was answered to another try of one."""
    keys = {"webhook_id": webhook, "sequence": sequence}
    known = [webhook_letters.c[name] == value for name, value in keys.items()]
    row = {"state": "dead", **answer}
    if connection.execute(update(webhook_letters).where(*known).values(**row)).rowcount == 0:
        connection.execute(insert(webhook_letters).values(**keys, **row))


def settled(connection: Connection, webhook: str, sequence: int) -> None:
    """Forget a dead letter that was taken at last, or of which there is nothing left to tell."""
    mine = and_(webhook_letters.c.webhook_id == webhook, webhook_letters.c.sequence == sequence)
    connection.execute(delete(webhook_letters).where(mine))


def letters(connection: Connection, webhook: str, after: int, limit: int) -> Sequence[RowMapping]:
    """Return dead letters in the order of the log."""
    table = webhook_letters
    query = select(table).where(table.c.webhook_id == webhook, table.c.sequence > after)
    return connection.execute(query.order_by(table.c.sequence).limit(limit)).mappings().all()


def count_letters(connection: Connection, wanted: Sequence[str]) -> dict[str, int]:
    """Return how many dead letters each webhook has."""
    table = webhook_letters
    query = select(table.c.webhook_id, func.count()).where(table.c.webhook_id.in_(wanted)).group_by(table.c.webhook_id)
    return {str(webhook): int(number) for webhook, number in connection.execute(query)}


def first_queued(connection: Connection, webhook: str) -> int | None:
    """Return the number of the next dead letter that is to be tried again."""
    table = webhook_letters
    query = select(func.min(table.c.sequence)).where(table.c.webhook_id == webhook, table.c.state == "queued")
    first: int | None = connection.execute(query).scalar_one()
    return first


def queue(connection: Connection, webhook: str, sequences: Sequence[int]) -> int:
    """Let dead letters be tried again, all of them when none is named; return how many."""
    chosen = webhook_letters.c.sequence.in_(sequences) if sequences else webhook_letters.c.sequence > 0
    query = update(webhook_letters).where(webhook_letters.c.webhook_id == webhook, chosen)
    return int(connection.execute(query.values(state="queued")).rowcount)
