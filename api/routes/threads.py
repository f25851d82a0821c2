"""The thread of a case, in both directions; and whom to ring when nobody answers there."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.casework.holding import no_case
from api.casework.talking import Saying, mark_read, say, thread_body
from api.fields import Whole, Written
from api.noticing.calling import call_list
from api.replaying import Request, once
from api.services import Wired
from api.shapes.letters import CALLS, NUMBER, THREAD
from api.store import cases, replays, threads

router = APIRouter(prefix="/v1", tags=["supervise"], route_class=GatedRoute)
Speaker = Annotated[Caller, Depends(Gate(Permission.CASES_ACT))]
Ringer = Annotated[Caller, Depends(Gate(Permission.NOTICES_SEND))]
ContactRole = Literal["principal", "director", "officer", "inspector", "other"]


class NewMessage(BaseModel):
    """What is to be said; of a call its outcome, too."""

    model_config = ConfigDict(extra="forbid")

    text: Written = Field(default="", max_length=4000)
    kind: Literal["message", "urge", "call"] = "message"
    contact_role: ContactRole | Literal[""] = ""
    outcome: Literal["", "reached", "no_answer", "wrong_number"] = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        called = (bool(self.contact_role), bool(self.outcome))
        if called != (self.kind == "call",) * 2:
            raise ValueError("a call, and nothing else, has contact_role and outcome")
        if self.kind == "message" and not self.text:
            raise ValueError("a message needs a text")
        return self


class Read(BaseModel):
    """Up to which message the caller has read."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[int, Whole] = Field(ge=1, le=1_000_000)


@router.get("/cases/{case_id}/messages", summary="The thread of a case")
def list_messages(
    case_id: UUID,
    services: Wired,
    caller: Speaker,
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> THREAD:
    """Return messages behind a number, oldest first, and up to where each person has read."""
    with services.database.read() as connection:
        _require_case(connection, caller, case_id)
        messages = list(threads.of_case(connection, str(case_id), after, limit + 1))
        readings = list(threads.readings_of(connection, str(case_id)))
    more = messages[limit - 1]["number"] if len(messages) > limit else None
    return {**thread_body(messages[:limit], readings, caller), "next": more}


@router.post("/cases/{case_id}/messages", summary="Write into the thread of a case", status_code=201)
def add_message(
    case_id: UUID,
    message: NewMessage,
    services: Wired,
    caller: Speaker,
    idempotency_key: Annotated[str, Header(max_length=128)] = "",
) -> NUMBER:
    """Add a message; a supervisor may also urge, and note a telephone call with its outcome."""
    now = services.clock.now()
    print_ = replays.fingerprint("message", case_id, message.model_dump(mode="json"))
    saying = Saying(message.text, message.kind, message.contact_role, message.outcome)

    def work(connection: Connection) -> dict[str, Any]:
        return {"number": say(connection, caller, str(case_id), saying, now)}

    with services.database.write() as connection:
        body = once(connection, Request(caller.id, idempotency_key, print_, now), work)
    services.log_bell.ring()
    return body


@router.put("/cases/{case_id}/messages/read", summary="I have read the thread", status_code=204)
def read_messages(case_id: UUID, read: Read, services: Wired, caller: Speaker) -> None:
    """Remember up to which message the caller has read; a lower number changes nothing."""
    with services.database.write() as connection:
        _require_case(connection, caller, case_id)
        mark_read(connection, caller, str(case_id), read.number, services.clock.now())


@router.get("/calls", summary="Whom to ring")
def list_calls(services: Wired, caller: Ringer, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> CALLS:
    """Return the sites that answer neither order nor card, the gravest first, with whom to ring and the calls so far.

    Who was reached is left alone for a day, who did not answer for an hour.
    """
    now = services.clock.now()
    with services.database.read() as connection:
        return {"items": call_list(connection, caller, now, limit), "next": None}


def _require_case(connection: Connection, caller: Caller, case_id: UUID) -> None:
    if cases.find(connection, caller.scope, str(case_id)) is None:
        raise no_case(str(case_id))
