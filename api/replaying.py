"""A request that is sent twice with one Idempotency-Key is done once and answered twice alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.errors import ConflictError
from api.store import replays

Work = Callable[[Connection], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what, and under which key."""

    caller: str
    key: str
    """Empty = no promise."""
    fingerprint: str
    """Of what is asked, so that a key cannot be used for something else."""
    at: datetime


def once(connection: Connection, request: Request, work: Work) -> dict[str, Any]:
    """Return what the work answers, or what it answered when this request came before.

    Raises:
        ConflictError: the key was used for another request.
    """
    if not request.key:
        return work(connection)
    told = replays.find(connection, request.caller, request.key)
    if told is None:
        body = work(connection)
        answer = replays.Answer(200, body, request.fingerprint)
        replays.keep(connection, request.caller, request.key, answer, request.at)
        return body
    if told.fingerprint != request.fingerprint:
        raise ConflictError("this Idempotency-Key was used for another request")
    return dict(told.body)
