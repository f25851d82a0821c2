"""Idempotency keys: the same request sent twice is done once and answered twice alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from api.store.schema import replays

_KEPT = timedelta(days=1)


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
    """Return what this caller was answered under this key."""
    row = connection.execute(select(replays).where(replays.c.caller == caller, replays.c.key == key)).mappings().first()
    return Answer(row["status"], json.loads(row["body"]), row["fingerprint"]) if row else None


def keep(connection: Connection, caller: str, key: str, answer: Answer, now: datetime) -> None:
    """Remember an answer, and forget those that are older than a day."""
    connection.execute(delete(replays).where(replays.c.at < now - _KEPT))
    body = json.dumps(answer.body, ensure_ascii=False)
    values = {"status": answer.status, "body": body, "fingerprint": answer.fingerprint, "at": now}
    connection.execute(insert(replays).values(caller=caller, key=key, **values))
