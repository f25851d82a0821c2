"""The log, for whoever wants to know of everything: pushed by SSE, pulled by number."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute, by_session
from api.errors import ProblemError
from api.services import Services, Wired
from api.store import log

router = APIRouter(prefix="/v1", tags=["out"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
HEARTBEAT_S = 15.0
POLL_S = 2.0
"""Another process may have written: without PostgreSQL's NOTIFY we look this often."""
PAGE = 200


@router.get("/log", summary="The log from a number on")
def pull(
    services: Wired,
    caller: Reader,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = PAGE,
) -> dict[str, Any]:
    """Return the next lines in order; ask again after the `next` of this answer."""
    with services.database.read() as connection:
        lines = log.after(connection, caller.scope, after, limit)
    return {"items": [json.loads(line.body) for line in lines], "next": lines[-1].sequence if lines else after}


@router.get("/stream", summary="The log as it grows (SSE)")
async def stream(
    request: Request,
    services: Wired,
    caller: Reader,
    after: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: Annotated[str, Header()] = "",
) -> StreamingResponse:
    """Push CloudEvents from `Last-Event-ID` or `after` on; without either from now on."""
    if services.metrics.stream_clients._value.get() >= services.stream_clients:  # noqa: SLF001 - it has no getter
        raise ProblemError(
            "this process serves as many listeners as it can",
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            headers={"Retry-After": "5"},
        )
    resumed = int(last_event_id) if last_event_id.isdecimal() else after
    start = await run_in_threadpool(_head, services) if resumed is None else resumed
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
        """Yield what is new, and a comment when nothing was for a while."""
        with self.services.metrics.stream_clients.track_inprogress():
            yield ": welcome\n\n"
            quiet_s = 0.0
            while not self.services.log_bell.silenced and await run_in_threadpool(self._welcome):
                news = await run_in_threadpool(self._news)
                for line in news:
                    yield f"id: {line.sequence}\nevent: {line.type}\ndata: {line.body}\n\n"
                quiet_s = 0.0 if news else quiet_s + POLL_S
                if quiet_s >= HEARTBEAT_S:
                    yield ": still here\n\n"
                    quiet_s = 0.0
                if len(news) < PAGE:
                    await self.services.log_bell.wait(POLL_S)

    def _welcome(self) -> bool:
        """Tell whether the session still lives; a key was checked when it came in."""
        return not self.caller.session or by_session(self.services, self.caller.session) is not None

    def _news(self) -> list[log.Logged]:
        with self.services.database.read() as connection:
            lines = log.after(connection, self.caller.scope, self.sequence, PAGE)
        self.sequence = lines[-1].sequence if lines else self.sequence
        return lines
