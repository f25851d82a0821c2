"""Holding an event while one looks at it, so that the next reviewer takes another one."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import claim_body
from api.errors import ConflictError, NotFoundError
from api.services import Wired
from api.shapes.events import CLAIM
from api.store import claims, events

router = APIRouter(prefix="/v1/events", tags=["supervise"], route_class=GatedRoute)
Reviewer = Annotated[Caller, Depends(Gate(Permission.EVENTS_REVIEW))]
HELD = timedelta(minutes=2)
"""A page that is open renews it each minute; a browser that died holds nothing for long."""


@router.put("/{event_id}/claim", summary="Say that one is reviewing an event")
def claim(event_id: UUID, services: Wired, caller: Reviewer) -> CLAIM:
    """Hold the event for two minutes, or two more; 409 while somebody else holds it. A verdict needs no claim."""
    now = services.clock.now()
    with services.database.write() as connection:
        if events.find(connection, caller.scope, str(event_id)) is None:
            raise NotFoundError(f"there is no event {event_id}")
        taken = claims.take(connection, str(event_id), caller.id, now, now + HELD)
        holder = claims.of_events(connection, [str(event_id)], now).get(str(event_id))
    if not taken and holder:
        raise ConflictError(f"{holder['by']} is reviewing this event")
    return {"claim": claim_body(holder)}


@router.delete("/{event_id}/claim", status_code=204, summary="Let go of an event")
def let_go(event_id: UUID, services: Wired, caller: Reviewer) -> None:
    """Let others have it; of one that somebody else holds, nothing changes."""
    with services.database.write() as connection:
        if events.find(connection, caller.scope, str(event_id)) is None:
            raise NotFoundError(f"there is no event {event_id}")
        claims.leave(connection, str(event_id), caller.id)
