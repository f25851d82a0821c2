"""The one door for events: workers of ours and boxes of other vendors knock alike."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Request, Response
from pydantic import ValidationError
from pydantic_core import to_json

from api.arrivals import Arrival, accept_all
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate
from api.batched import MOST, Fate, Sent, accept_batch
from api.bodies import media_body
from api.errors import problem_of
from api.intake import Accepted
from api.messages import EventMessage
from api.parsing import QuickRoute
from api.pieces import ENDINGS, MAX_MEDIA_BYTES, Role, keep, piece_of, required_type
from api.services import Services, Wired
from api.shapes import binary
from api.shapes.events import EVIDENCE, SENT, TAKEN, TAKEN_TOGETHER, Evidence, Taken
from api.uploads import Received, received
from vision.errors import InvalidInputError
from vision.tracing import span

router = APIRouter(prefix="/v1/events", tags=["intake"], route_class=QuickRoute)
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
    with span("intake", {"mingchu.messages": 1}):
        accepted = services.database.together(Arrival(caller, message, now), accept_all)
    _note(services, [(message, accepted)])
    response.status_code = 201 if accepted.created else 200
    return {"id": str(event_id), "sequence": accepted.sequence}


Batch = Annotated[list[SENT], Body(max_length=MOST)]


@router.post("/batch", summary="Tell of many violations", response_model=TAKEN_TOGETHER)
def post_events(batch: Batch, services: Wired, caller: Writer) -> Response:
    """Take up to 100 messages, of 1 MiB together, in their order: a JSON array, as a batch of CloudEvents is.

    `items` has one entry for each, in the same order, with the status that it would have been answered alone: a wrong
    one costs the others nothing. What was taken is on the disk when the answer comes; without an answer, send it again.
    """

    def write(read: Sequence[Sent]) -> list[tuple[Sent, Fate]]:
        with services.database.write() as connection:
            return list(zip(read, accept_batch(connection, caller, read, services.clock.now()), strict=True))

    with span("intake", {"mingchu.messages": len(batch)}):
        told = services.database.in_stages(lambda: [_read(each) for each in batch], write)
    _note(services, told)
    items = [_told(message, fate) for message, fate in told]
    return Response(to_json({"items": items}), media_type="application/json")


def _read(sent: Any) -> Sent:
    try:
        return EventMessage.model_validate(sent)
    except ValidationError as error:
        return error


def _note(services: Services, told: Iterable[tuple[Sent, Fate]]) -> None:
    """Count what is new in the log, and ring once for all of it."""
    sequence = None
    for message, fate in told:
        if isinstance(message, EventMessage) and isinstance(fate, Accepted) and fate.sequence is not None:
            sequence = fate.sequence
            services.metrics.events.labels(message.data.kind, message.phase.value).inc()
    if sequence is not None:
        services.metrics.log_sequence.set(sequence)
        services.log_bell.ring()


def _told(message: Sent, fate: Fate) -> dict[str, Any]:
    event = str(message.data.id) if isinstance(message, EventMessage) else None
    if isinstance(fate, Accepted):
        return {"status": 201 if fate.created else 200, "id": event, "sequence": fate.sequence, "problem": None}
    refusal = problem_of(fate)
    return {"status": refusal["status"], "id": event, "sequence": None, "problem": refusal}


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
