"""Deletes what the retention policy lets go: the row and the proof of its deletion first, then the object."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.dossier.retention import Piece, Policy, Rule
from api.objects import ObjectStore
from api.store import keeping
from api.store.database import Database

SYSTEM = "system"
AT_ONCE = 500
Row = Mapping[Any, Any]


def sweep(database: Database, objects: ObjectStore, policy: Policy, now: datetime) -> int:
    """Delete everything that is due; return how much was.

    Each piece goes in a transaction of its own, which asks for holds again: one that is placed meanwhile wins. A death
    between row and object leaves a stray object, which `mingchu check --repair` removes.
    """
    gone = 0
    for row, rule in _due(database, policy, now):
        with database.write() as connection:
            forgotten = _forget(connection, row, rule, policy, now)
        if forgotten:
            objects.delete(row["key"])
        gone += forgotten
    return gone


def _due(database: Database, policy: Policy, now: datetime) -> Iterator[tuple[Row, Rule]]:
    behind = ("", "")
    while True:
        with database.read() as connection:
            rows = keeping.aged(connection, now - policy.shortest(), behind, AT_ONCE)
        for row in rows:
            rule = policy.expired(_piece(row), now)
            if rule is not None:
                yield row, rule
        if len(rows) < AT_ONCE:
            return
        behind = (rows[-1]["event_id"], rows[-1]["name"])


def _piece(row: Row) -> Piece:
    touched = max(at for at in (row["stored_at"], row["event_at"], row["case_at"]) if at is not None)
    return Piece(row["name"], row["status"], row["stage"] or "none", row["tier"], touched)


def _forget(connection: Connection, row: Row, rule: Rule, policy: Policy, now: datetime) -> bool:
    if keeping.is_held(connection, row["event_id"]):
        return False
    proof = {"deleted_at": now, "rule": rule.name, "edition": policy.edition}
    if not keeping.remove_media(connection, row, proof):
        return False
    detail = {"name": row["name"], "sha256": row["sha256"], "rule": rule.name, "edition": policy.edition}
    note(connection, Act(SYSTEM, "media.deleted", row["event_id"], detail), now)
    return True
