"""The one door for events: workers of ours and boxes of other vendors knock alike."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from api.arrivals import Arrival, accept_all
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import media_body
from api.intake import Step
from api.messages import EventMessage
from api.pieces import ENDINGS, MAX_MEDIA_BYTES, Role, keep, piece_of, required_type
from api.services import Wired
from api.shapes import binary
from api.shapes.events import EVIDENCE, TAKEN, Evidence, Taken
from api.uploads import Received, received
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/events", tags=["intake"], route_class=GatedRoute)
Writer = Annotated[Caller, Depends(Gate(Permission.EVENTS_WRITE))]


@router.put(
    "/{event_id}",
    summary="Tell of a violation",
    responses={201: {"description": "It was not known before.", "model": Taken}, 200: {"description": "It was known."}},
)
def put_event(event_id: UUID, message: EventMessage, services: Wired, caller: Writer, response: Response) -> TAKEN:
    """Take one phase of one violation in; sending it again changes nothing and is answered 200."""
    if message.data.id != event_id:
        raise InvalidInputError("data.id", str(message.data.id), f"the id of the path, {event_id}")
    now = services.clock.now()
    accepted = services.database.together(Arrival(caller, message, now), accept_all)
    if accepted.step is not Step.IGNORE:
        services.log_bell.ring()
        services.metrics.events.labels(message.data.kind, message.phase.value).inc()
        services.metrics.log_sequence.set(accepted.sequence or 0)
    response.status_code = 201 if accepted.created else 200
    return {"id": str(event_id), "sequence": accepted.sequence}


async def arrived(request: Request, services: Wired, _: Writer) -> AsyncIterator[Received]:
    """Take the body in, once the gate is passed."""
    async with received(request, services.incoming, MAX_MEDIA_BYTES) as body:
        yield body


@dataclass(frozen=True, slots=True)
class Upload:
    """One piece of evidence as it arrived."""

    body: Annotated[Received, Depends(arrived)]
    content_type: Annotated[str, Header()] = ""
    claimed: Annotated[str, Header(alias="X-Content-SHA256", max_length=64)] = ""


@router.put(
    "/{event_id}/media/{name}",
    summary="Send evidence",
    openapi_extra={"requestBody": {"required": True, "content": binary(*ENDINGS)}},
    responses={201: {"description": "It was not there before.", "model": Evidence}, 200: {"description": "It was."}},
)
def put_media(
    event_id: UUID,
    name: Role,
    services: Wired,
    caller: Writer,
    upload: Annotated[Upload, Depends()],
    response: Response,
) -> EVIDENCE:
    """Take one piece of evidence in: object first, then row; the same bytes again are answered 200, others 409."""
    media_type = required_type(upload.content_type)
    if upload.claimed and upload.claimed.lower() != upload.body.sha256:
        raise InvalidInputError("X-Content-SHA256", upload.claimed, f"the hash of the body, {upload.body.sha256}")
    piece = piece_of(str(event_id), name, upload.body, media_type)
    response.status_code = 201 if keep(services, caller, piece, upload.body) else 200
    return media_body(piece)
