"""The log, for whoever wants to know of everything: pushed by SSE, pulled by number."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute, by_session
from api.fields import BIGGEST
from api.services import Services, Wired
from api.shapes import LOG
from api.store import keys, log
from api.store.scope import Scope
from vision.errors import InvalidInputError, StorageError

_log = logging.getLogger(__name__)
router = APIRouter(prefix="/v1", tags=["out"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
HEARTBEAT_S = 15.0
POLL_S = 2.0
"""Another process may have written: without PostgreSQL's NOTIFY we look this often."""
PAGE = 200


Position = Annotated[int, Query(ge=0, le=BIGGEST)]
"""A number of the log."""


@router.get("/log", summary="The log from a number on")
def pull(
    services: Wired, caller: Reader, after: Position = 0, limit: Annotated[int, Query(ge=1, le=1000)] = PAGE
) -> LOG:
    """Return the next lines in order; ask again after the `next` of this answer."""
    with services.database.read() as connection:
        lines = log.after(connection, caller.scope, after, limit)
    return {"items": [json.loads(line.body) for line in lines], "next": lines[-1].sequence if lines else after}


async def seated(services: Wired, caller: Reader) -> AsyncIterator[None]:
    """Hold a listener's seat until its stream has ended."""
    with services.listeners.seat(caller.id), services.metrics.stream_clients.track_inprogress():
        yield


async def resumed(after: Position | None = None, last_event_id: Annotated[str, Header()] = "") -> int | None:
    """Return after which number a stream shall go on; None = from now on."""
    if not last_event_id:
        return after
    if not (last_event_id.isascii() and last_event_id.isdecimal() and int(last_event_id[:17]) <= BIGGEST):
        raise InvalidInputError("Last-Event-ID", last_event_id, "the `id` of a line of this log, a number")
    return int(last_event_id[:17])


@router.get(
    "/stream",
    summary="The log as it grows (SSE)",
    dependencies=[Depends(seated)],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream(
    request: Request, services: Wired, caller: Reader, after: Annotated[int | None, Depends(resumed)]
) -> StreamingResponse:
    """Push CloudEvents from `Last-Event-ID` or `after` on; without either from now on."""
    start = await run_in_threadpool(_head, services) if after is None else after
    listener = _Listener(services, caller, request, start)
    return StreamingResponse(listener.lines(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _head(services: Services) -> int:
    with services.database.read() as connection:
        return log.head(connection)


@dataclass(slots=True)
class _Listener:
    """One client: it reads the log at its own pace, nothing is queued for it."""

    services: Services
    caller: Caller
    request: Request
    sequence: int

    async def lines(self) -> AsyncIterator[str]:
        """Yield what is new; ends when the store does not answer, and the client comes back with its last number."""
        yield ": welcome\n\n"
        try:
            async for text in self._told():
                yield text
        except StorageError as error:
            _log.warning("event=stream-ends sequence=%d reason=%s", self.sequence, error)

    async def _told(self) -> AsyncIterator[str]:
        """Yield what is new, and a comment when nothing was for a while."""
        quiet_s = 0.0
        while not self.services.log_bell.silenced and await self._welcome():
            rings = self.services.log_bell.rings
            news = await self._news()
            for line in news:
                yield f"id: {line.sequence}\nevent: {line.type}\ndata: {line.body}\n\n"
            quiet_s = 0.0 if news else quiet_s + POLL_S
            if quiet_s >= HEARTBEAT_S:
                yield ": still here\n\n"
                quiet_s = 0.0
            if len(news) < PAGE and rings == self.services.log_bell.rings:
                await self.services.log_bell.wait(POLL_S)
        if self.services.log_bell.silenced:
            yield "retry: 500\n: this process is about to stop; come back with the last id\n\n"

    async def _welcome(self) -> bool:
        """Tell whether the session or key still lives, and take over what changed of its owner."""
        question = ("welcome", self.caller.id, self.caller.session, self.services.log_bell.rings)
        still = await self.services.listeners.sharing.ask(question, partial(_still, self.services, self.caller))
        self.caller = still or self.caller
        return still is not None

    async def _news(self) -> list[log.Logged]:
        """Return the next lines; what was written before the last ring is among them."""
        scope, services = self.caller.scope, self.services
        question = ("news", scope, self.sequence, services.log_bell.rings)
        lines = await services.listeners.sharing.ask(question, partial(_after, services, scope, self.sequence))
        self.sequence = lines[-1].sequence if lines else self.sequence
        return lines


def _still(services: Services, caller: Caller) -> Caller | None:
    """Return who listens, as the session or key has it now; None when it has ended or may no more."""
    if caller.session:
        now = by_session(services, caller.session)
        return now if now is not None and now.may(Permission.EVENTS_READ) else None
    with services.database.read() as connection:
        return caller if keys.lives(connection, caller.id, services.clock.now()) else None


def _after(services: Services, scope: Scope, sequence: int) -> list[log.Logged]:
    with services.database.read() as connection:
        return log.after(connection, scope, sequence, PAGE)
