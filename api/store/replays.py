"""Idempotency keys: the same request sent twice is done once and answered twice alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from api.store.database import insert_new
from api.store.schema import replays

_KEPT = timedelta(days=1)
_CLAIM: Mapping[str, Any] = {"status": 0, "body": "", "fingerprint": "", "at": datetime(1970, 1, 1, tzinfo=UTC)}
"""Stands for an answer that is being worked out; nobody but its own transaction ever sees it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    fingerprint: str = ""
    """Of the request, so that a key cannot be used for another one."""


def fingerprint(*parts: object) -> str:
    """Return a digest of what makes two requests the same."""
    return sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()


def find(connection: Connection, caller: str, key: str) -> Answer | None:
    """Return what this caller was answered under this key; None when the key is ours now, until this transaction ends.

    The same request that is sent a second time meanwhile waits here, and then finds what `keep` wrote.
    """
    if insert_new(connection, replays, {"caller": caller, "key": key, **_CLAIM}):
        return None
    row = connection.execute(select(replays).where(_is(caller, key))).mappings().one()
    return Answer(row["status"], json.loads(row["body"]), row["fingerprint"])


def keep(connection: Connection, caller: str, key: str, answer: Answer, now: datetime) -> None:
    """Remember the answer to a key that `find` gave us, and forget those that are older than a day."""
    body = json.dumps(answer.body, ensure_ascii=False)
    values = {"status": answer.status, "body": body, "fingerprint": answer.fingerprint, "at": now}
    connection.execute(update(replays).where(_is(caller, key)).values(**values))
    connection.execute(delete(replays).where(replays.c.at < now - _KEPT))


def _is(caller: str, key: str) -> ColumnElement[bool]:
    return and_(replays.c.caller == caller, replays.c.key == key)
