"""The one door for events: workers of ours and boxes of other vendors knock alike."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import media_body
from api.errors import ConflictError, NotFoundError, field_error
from api.intake import Step, accept
from api.messages import EventMessage
from api.services import Services, Wired
from api.store import events, media
from api.uploads import Received, received
from vision.errors import InvalidInputError

MAX_MEDIA_BYTES = 64 << 20
Role = Literal["snapshot", "annotated", "snapshot_blurred", "annotated_blurred", "clip", "manifest"]
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "video/mp4": "mp4",
    "video/x-matroska": "mkv",
    "application/json": "json",
}
"""Media types that we keep: none that a browser would run."""

router = APIRouter(prefix="/v1/events", tags=["intake"], route_class=GatedRoute)
Writer = Annotated[Caller, Depends(Gate(Permission.EVENTS_WRITE))]


@router.put("/{event_id}", summary="Tell of a violation")
def put_event(
    event_id: UUID, message: EventMessage, services: Wired, caller: Writer, response: Response
) -> dict[str, Any]:
    """Take one phase of one violation in; sending it again changes nothing and is answered 200."""
    if message.data.id != event_id:
        raise InvalidInputError("data.id", str(message.data.id), f"the id of the path, {event_id}")
    now = services.clock.now()
    accepted = services.database.together(lambda connection: accept(connection, caller, message, now))
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


@router.put("/{event_id}/media/{name}", summary="Send evidence")
def put_media(
    event_id: UUID,
    name: Role,
    services: Wired,
    caller: Writer,
    upload: Annotated[Upload, Depends()],
    response: Response,
) -> dict[str, Any]:
    """Take one piece of evidence in: object first, then row; the same bytes again are answered 200, others 409."""
    piece = _piece(str(event_id), name, upload)
    with services.database.read() as connection:
        if events.find(connection, caller.scope, str(event_id)) is None:
            raise NotFoundError(f"there is no event {event_id}")
        known = media.find(connection, str(event_id), name)
    _refuse_other(known, piece)
    if known is None or known["missing_at"] is not None:
        services.objects.put(piece["key"], upload.body.path, piece["sha256"], piece["media_type"])
    response.status_code = 200 if known else 201
    _keep(services, piece)
    return media_body(piece)


def _piece(event_id: str, name: str, upload: Upload) -> dict[str, Any]:
    """Return the row of an upload; InvalidInputError when its type or hash is wrong."""
    media_type = upload.content_type.partition(";")[0].strip().lower()
    if media_type not in ENDINGS:
        raise InvalidInputError("Content-Type", media_type, ", ".join(ENDINGS))
    if upload.claimed and upload.claimed.lower() != upload.body.sha256:
        raise InvalidInputError("X-Content-SHA256", upload.claimed, f"the hash of the body, {upload.body.sha256}")
    return {
        "event_id": event_id,
        "name": name,
        # The hash is in the key: of two first uploads with other bytes, neither can overwrite the other's object.
        "key": f"events/{event_id[:2]}/{event_id}/{name}-{upload.body.sha256[:16]}.{ENDINGS[media_type]}",
        "sha256": upload.body.sha256,
        "size_bytes": upload.body.size_bytes,
        "media_type": media_type,
        "blurred": name.endswith("_blurred"),
    }


def _refuse_other(known: Mapping[Any, Any] | None, piece: Mapping[str, Any]) -> None:
    if known is not None and known["sha256"] != piece["sha256"]:
        told = field_error("X-Content-SHA256", piece["sha256"], known["sha256"])
        raise ConflictError(f"{piece['name']} of this event has other bytes already", errors=[told])


def _keep(services: Services, piece: Mapping[str, Any]) -> None:
    """Write the row; whoever was first with other bytes wins, and the later one is told."""
    with services.database.write() as connection:
        if media.add(connection, {**piece, "stored_at": services.clock.now()}):
            return
        known = media.find(connection, piece["event_id"], piece["name"])
        _refuse_other(known, piece)
        media.restore(connection, piece["event_id"], piece["name"])
