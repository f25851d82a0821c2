"""The thread of a case: what both sides write to each other, what was urged, and which calls were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from api.auth.caller import Caller
from api.bodies import instant
from api.casework.holding import Row, actor_of, hold
from api.casework.telling import Happening, tell
from api.errors import ForbiddenError
from api.store import log, threads
from vision.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody adds to a thread."""

    text: str
    kind: str = "message"
    contact_role: str = ""
    """Of a call: whom one rang."""
    outcome: str = ""
    """Of a call: reached, no_answer or wrong_number."""


def say(connection: Connection, caller: Caller, case_id: str, saying: Saying, now: datetime) -> int:
    """Add a message to a thread and return its number; the case itself stays as it is.

    Raises:
        NotFoundError: there is no such case for this caller.
        ForbiddenError: a kitchen urges nobody and rings nobody.
    """
    log.take_turn(connection)
    held, party = hold(connection, caller.scope, case_id), actor_of(caller).role
    if saying.kind != "message" and party != "supervisor":
        raise ForbiddenError(f"only a supervisor may write a message of kind {saying.kind}")
    number = threads.last_number(connection, held.case.id) + 1
    plain = {name: getattr(saying, name) for name in ("kind", "contact_role", "outcome", "text")}
    row = {"case_id": held.case.id, "number": number, "user_id": caller.id, "party": party, "at": now}
    threads.add(connection, {**row, **plain})
    mark_read(connection, caller, held.case.id, number, now)
    # Neither the log nor the audit trail repeats what people write; the digest shows that it was not changed.
    digest = sha256(saying.text.encode()).hexdigest()
    told = {"message": number, "kind": saying.kind, "party": party, "outcome": saying.outcome, "text_sha256": digest}
    tell(connection, held.case.id, Happening("message", f"message/{number}", now, caller.actor, told), now)
    return number


def mark_read(connection: Connection, caller: Caller, case_id: str, number: int, now: datetime) -> None:
    """Remember that somebody has read a thread up to a message; never less than before.

    Raises:
        InvalidInputError: there is no such message yet.
    """
    last = threads.last_number(connection, case_id)
    if number > last:
        raise InvalidInputError("number", number, f"0 to {last}")
    if number > threads.reading_of(connection, case_id, caller.id):
        values = {"case_id": case_id, "user_id": caller.id, "party": actor_of(caller).role}
        threads.note_reading(connection, {**values, "number": number, "at": now})


def thread_body(messages: Sequence[Row], readings: Sequence[Row], caller: Caller) -> dict[str, Any]:
    """Return a thread: of each message whether anybody of the other side has read it."""
    mine = next((row["number"] for row in readings if row["user_id"] == caller.id), 0)
    return {
        "items": [message_body(row, readings) for row in messages],
        "read_up_to": mine,
        "readers": [
            {**{name: row[name] for name in ("by", "party", "number")}, "at": instant(row["at"])} for row in readings
        ],
    }


def message_body(row: Row, readings: Sequence[Row]) -> dict[str, Any]:
    """Return one message."""
    plain = {name: row[name] for name in ("number", "kind", "party", "by", "text", "contact_role", "outcome")}
    read = any(other["party"] != row["party"] and other["number"] >= row["number"] for other in readings)
    return {**plain, "at": instant(row["at"]), "read_by_other_side": read}
