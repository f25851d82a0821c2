"""The audit trail: who changed what, each row sealed by the digest of the one before it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select, update

from api.store.schema import audit, heads

SHELL = "shell"
"""The actor of whoever has a shell on the machine."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did."""

    actor: str
    """user:name, key:prefix, or shell for the command line."""
    action: str
    """noun.verb, such as event.reviewed."""
    target: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Never a secret."""


def record(connection: Connection, act: Act, now: datetime) -> None:
    """Append one act; the head's row lock keeps the chain a chain."""
    lock = update(heads).where(heads.c.name == "audit").values(sequence=heads.c.sequence + 1)
    sequence, previous = connection.execute(lock.returning(heads.c.sequence, heads.c.digest)).one()
    row = {
        "sequence": sequence,
        "at": now,
        "actor": act.actor,
        "action": act.action,
        "target": act.target[:200],
        "detail": json.dumps(act.detail, ensure_ascii=False, sort_keys=True, default=str),
        "previous": previous,
    }
    digest = seal(row)
    connection.execute(insert(audit).values(digest=digest, **row))
    connection.execute(update(heads).where(heads.c.name == "audit").values(digest=digest))


def seal(row: Mapping[Any, Any]) -> str:
    """Return the digest of a row: of everything in it, in a fixed order, and so of its predecessor."""
    parts = [
        row["sequence"],
        row["at"].astimezone(UTC).isoformat(),  # as the store gives it back
        *(row[n] for n in ("actor", "action", "target", "detail", "previous")),
    ]
    return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def rows_after(connection: Connection, sequence: int, limit: int | None) -> Iterable[Mapping[Any, Any]]:
    """Return rows behind a number, in order; all of them without a limit."""
    query = select(audit).where(audit.c.sequence > sequence).order_by(audit.c.sequence)
    return connection.execute(query if limit is None else query.limit(limit)).mappings()


def told(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row as JSON from which its seal can be computed again."""
    plain = ("sequence", "actor", "action", "target", "detail", "previous", "digest")
    return {"at": row["at"].astimezone(UTC).isoformat(), **{name: row[name] for name in plain}}


def seal_of_told(row: Mapping[str, Any]) -> str:
    """Return the digest that a row must have which `told` wrote."""
    return seal({**row, "at": datetime.fromisoformat(row["at"])})


def breaks(connection: Connection) -> Iterable[str]:
    """Yield one line for each place where the chain does not hold."""
    previous, expected = "", 1
    for row in connection.execute(select(audit).order_by(audit.c.sequence)).mappings():
        if row["sequence"] != expected or row["previous"] != previous or seal(row) != row["digest"]:
            yield f"audit row {row['sequence']} does not continue row {expected - 1}"
        previous, expected = row["digest"], row["sequence"] + 1
    head = connection.execute(select(heads).where(heads.c.name == "audit")).mappings().one()
    if (head["sequence"], head["digest"]) != (expected - 1, previous):
        yield f"audit head says {head['sequence']}, the last row is {expected - 1}"
