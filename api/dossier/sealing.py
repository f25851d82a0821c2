"""Seals each day: one root over its audit rows and manifests, computed again by the check, stamped by an authority."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from api.dossier.merkle import Proof, proof, root
from api.store.keeping_schema import day_seals, sealed_manifests
from api.store.schema import audit, heads, media

GRACE = timedelta(hours=1)
"""Transactions that began before midnight have ended by then."""
_DAY = timedelta(days=1)


def seal_due(connection: Connection, now: datetime) -> date | None:
    """Seal the oldest day that is over and not sealed; return it, or None when all are.

    Whoever seals holds the head of the audit trail, so each day is sealed once however many processes try.
    """
    connection.execute(select(heads.c.name).where(heads.c.name == "audit").with_for_update())
    day, first = _next_day(connection)
    if day is None or now < _end_of(day) + GRACE:
        return None
    rows = _audit_from(connection, first)
    records = [row["digest"] for row in takewhile(lambda row: row["at"] < _end_of(day), rows)]
    manifests = list(_manifests(connection, day))
    values = {"first_audit": first, "last_audit": first + len(records) - 1, "manifests": len(manifests)}
    whole = root([*records, *(each["sha256"] for each in manifests)])
    connection.execute(insert(day_seals).values(day=day, root=whole, sealed_at=now, stamp="", **values))
    if manifests:
        told = [{"day": day, "number": number, **each} for number, each in enumerate(manifests, 1)]
        connection.execute(insert(sealed_manifests), told)
    return day


def _end_of(day: date) -> datetime:
    return datetime.combine(day + _DAY, time(), UTC)


def _next_day(connection: Connection) -> tuple[date | None, int]:
    """Return the day that is to be sealed next, and the first audit row that no day covers."""
    last = connection.execute(select(day_seals).order_by(day_seals.c.day.desc()).limit(1)).mappings().first()
    if last is not None:
        return last["day"] + _DAY, last["last_audit"] + 1
    oldest = (connection.scalar(select(func.min(audit.c.at))), connection.scalar(select(func.min(media.c.stored_at))))
    begun = [at for at in oldest if at is not None]
    return (min(begun).date() if begun else None), 1


def _audit_from(connection: Connection, first: int) -> Iterable[Mapping[Any, Any]]:
    query = select(audit.c.at, audit.c.digest).where(audit.c.sequence >= first).order_by(audit.c.sequence)
    return connection.execute(query).mappings()


def _manifests(connection: Connection, day: date) -> Iterator[dict[str, Any]]:
    """Yield the manifests that were stored by the end of a day and that no day covers."""
    known = select(sealed_manifests.c.event_id).where(
        sealed_manifests.c.event_id == media.c.event_id, sealed_manifests.c.sha256 == media.c.sha256
    )
    query = (
        select(media.c.event_id, media.c.sha256)
        .where(media.c.name == "manifest", media.c.stored_at < _end_of(day), ~known.exists())
        .order_by(media.c.stored_at, media.c.event_id)
    )
    yield from (dict(row) for row in connection.execute(query).mappings())


def records_of(connection: Connection, seal: Mapping[Any, Any]) -> list[str]:
    """Return what a day's root was computed from, in order, as it is now."""
    rows = select(audit.c.digest).where(audit.c.sequence.between(seal["first_audit"], seal["last_audit"]))
    told = select(sealed_manifests.c.sha256).where(sealed_manifests.c.day == seal["day"])
    return [
        *connection.execute(rows.order_by(audit.c.sequence)).scalars(),
        *connection.execute(told.order_by(sealed_manifests.c.number)).scalars(),
    ]


def broken_seals(connection: Connection) -> Iterator[str]:
    """Yield one line for each day whose records no longer make its root."""
    for seal in connection.execute(select(day_seals).order_by(day_seals.c.day)).mappings().all():
        if root(records_of(connection, seal)) != seal["root"]:
            yield f"day {seal['day']}: its audit rows and manifests do not make the root that was published"


def proof_in(connection: Connection, seal: Mapping[Any, Any], record: str) -> Proof:
    """Return what shows that a record was under a day's root.

    Raises:
        ValueError: it was not.
    """
    records = records_of(connection, seal)
    return proof(records, records.index(record))


def seals_covering(connection: Connection, sequences: Iterable[int]) -> dict[int, Mapping[Any, Any]]:
    """Return the seal of each of these audit rows that is under one."""
    wanted = sorted(sequences)
    found: dict[int, Mapping[Any, Any]] = {}
    for seal in connection.execute(select(day_seals).order_by(day_seals.c.day)).mappings():
        covered = [number for number in wanted if seal["first_audit"] <= number <= seal["last_audit"]]
        found |= dict.fromkeys(covered, seal)
    return found


def unstamped(connection: Connection) -> Mapping[Any, Any] | None:
    """Return the oldest day that no authority has stamped."""
    query = select(day_seals).where(day_seals.c.stamp == "").order_by(day_seals.c.day).limit(1)
    return connection.execute(query).mappings().first()


def keep_stamp(connection: Connection, day: date, response: bytes, now: datetime) -> None:
    """Store the authority's response."""
    values = {"stamp": b64encode(response).decode(), "stamped_at": now}
    connection.execute(update(day_seals).where(day_seals.c.day == day, day_seals.c.stamp == "").values(**values))
