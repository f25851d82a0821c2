"""Evidence past us: a box puts it into the object store by an address that we sign; we look at it before it counts."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant, media_body
from api.errors import NotFoundError, ProblemError
from api.pieces import MAX_MEDIA_BYTES, Role, keep, piece_of, required_event, required_type
from api.services import Wired
from api.shapes.events import Evidence
from api.shapes.intake import UPLOAD
from api.uploads import gathered
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/events", tags=["intake"], route_class=GatedRoute)
Writer = Annotated[Caller, Depends(Gate(Permission.EVENTS_WRITE))]
VALID = timedelta(minutes=15)


class Done(BaseModel):
    """What was put there."""

    model_config = ConfigDict(extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: str = Field(max_length=64)


@router.post("/{event_id}/uploads/{name}", summary="Ask where to put evidence", status_code=201)
def begin_upload(event_id: UUID, name: Role, services: Wired, caller: Writer) -> UPLOAD:
    """Return an address of the object store for one PUT; nothing counts before the second request looks at it.

    Where media lie in a folder of ours there is no such address: 409, send them by `PUT …/media/{name}` instead.
    """
    required_event(services, caller, str(event_id))
    token = uuid4()
    url = services.objects.upload_url(_key(event_id, name, token), VALID)
    if url is None:
        detail = f"media are kept in a folder here: PUT /v1/events/{event_id}/media/{name}"
        raise ProblemError(detail, status=HTTPStatus.CONFLICT, kind="no-presigned-uploads")
    complete = f"/v1/events/{event_id}/uploads/{name}/{token}"
    until = services.clock.now() + VALID
    return {"url": url, "method": "PUT", "complete": complete, "expires_at": instant(until)}


@router.post(
    "/{event_id}/uploads/{name}/{token}",
    summary="Say that evidence is there",
    responses={
        201: {"description": "It was not there before.", "model": Evidence},
        200: {"description": "It was.", "model": Evidence},
    },
)
def end_upload(event_id: UUID, name: Role, token: UUID, done: Done, services: Wired, caller: Writer) -> JSONResponse:
    """Read what was put there, hold it against its hash, and keep a copy that no address leads to any more.

    201; the same bytes again are answered 200, others 409.
    """
    required_event(services, caller, str(event_id))
    media_type, key = required_type(done.media_type), _key(event_id, name, token)
    try:
        with gathered(services.objects.open(key), services.incoming, MAX_MEDIA_BYTES) as body:
            if body.sha256 != done.sha256:
                raise InvalidInputError("sha256", done.sha256, f"the hash of what was put there, {body.sha256}")
            piece = piece_of(str(event_id), name, body, media_type)
            new = keep(services, caller, piece, body)
    except FileNotFoundError:
        raise NotFoundError("nothing was put there; ask for an address first") from None
    services.objects.delete(key)
    return JSONResponse(media_body(piece), HTTPStatus.CREATED if new else HTTPStatus.OK)


def _key(event_id: UUID, name: str, token: UUID) -> str:
    """Return where it lies until it counts."""
    return f"uploads/{event_id}/{name}/{token}"
