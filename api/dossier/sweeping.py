"""Deletes what the retention policy lets go: the row and the proof of its deletion first, then the object."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.dossier.retention import ENROLLED, Piece, Policy, Rule
from api.objects import ObjectStore
from api.store import keeping, photo_keeping
from api.store.database import Database

SYSTEM = "system"
AT_ONCE = 500
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of thing that is kept for a time."""

    of: str
    """The column that says to what a piece belongs."""
    aged: Callable[[Connection, datetime, tuple[str, str], int], Sequence[Row]]
    piece: Callable[[Row], Piece]
    is_held: Callable[[Connection, str], bool]
    remove: Callable[[Connection, Row, Mapping[str, Any]], bool]
    action: str
    """In the audit trail."""


def sweep(database: Database, objects: ObjectStore, policy: Policy, now: datetime) -> int:
    """Delete everything that is due; return how much was.

    Each piece goes in a transaction of its own, which asks for holds again: one that is placed meanwhile wins. A death
    between row and object leaves a stray object, which `mingchu check --repair` removes.
    """
    gone = 0
    for shelf in (EVENT_MEDIA, PHOTOS):
        for row, rule in _due(database, shelf, policy, now):
            with database.write() as connection:
                proof = {"deleted_at": now, "rule": rule.name, "edition": policy.edition}
                forgotten = _forget(connection, shelf, row, proof)
            if forgotten:
                objects.delete(row["key"])
            gone += forgotten
    return gone


def _due(database: Database, shelf: Shelf, policy: Policy, now: datetime) -> Iterator[tuple[Row, Rule]]:
    behind = ("", "")
    while True:
        with database.read() as connection:
            rows = shelf.aged(connection, now - policy.shortest(), behind, AT_ONCE)
        for row in rows:
            rule = policy.expired(shelf.piece(row), now)
            if rule is not None:
                yield row, rule
        if len(rows) < AT_ONCE:
            return
        behind = (rows[-1][shelf.of], rows[-1]["name"])


def _forget(connection: Connection, shelf: Shelf, row: Row, proof: Mapping[str, Any]) -> bool:
    if shelf.is_held(connection, row[shelf.of]) or not shelf.remove(connection, row, proof):
        return False
    detail = {"name": row["name"], "sha256": row["sha256"], "rule": proof["rule"], "edition": proof["edition"]}
    note(connection, Act(SYSTEM, shelf.action, row[shelf.of], detail), proof["deleted_at"])
    return True


def _of_event(row: Row) -> Piece:
    touched = max(at for at in (row["stored_at"], row["event_at"], row["case_at"]) if at is not None)
    return Piece(row["name"], row["status"], row["stage"] or "none", row["tier"], touched)


def _photo(row: Row) -> Piece:
    touched = max(at for at in (row["stored_at"], row["case_at"], row["spot_at"]) if at is not None)
    stage = ENROLLED if row["enrolled"] else row["stage"] or "none"
    return Piece(row["name"], "", stage, row["tier"] or "", touched)


EVENT_MEDIA = Shelf("event_id", keeping.aged, _of_event, keeping.is_held, keeping.remove_media, "media.deleted")
PHOTOS = Shelf("photo_id", photo_keeping.aged, _photo, photo_keeping.is_held, photo_keeping.remove, "photo.deleted")
