"""A look at a camera that is being set up: a picture within seconds, or the cause why there is none."""

from base64 import b64encode
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from api.addresses import hidden, without_password
from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.errors import NotFoundError
from api.fields import Slug
from api.probing import Probed
from api.services import Services, Wired
from api.shapes.places import PROBE
from api.store import cameras
from api.veiling import Veiled, veiled
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/cameras", tags=["supervise"], route_class=GatedRoute)
Prober = Annotated[Caller, Depends(Gate(Permission.CAMERAS_PROBE))]
_LONGEST_TARGET = 200


class ProbeBody(BaseModel):
    """Which camera to look at."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(default="", max_length=2000, description="An address that no camera has yet.")
    camera: Slug | Annotated[str, Field(max_length=0)] = Field(
        default="", description="A camera of yours, at the address that is stored for it."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.source) == bool(self.camera):
            raise ValueError("either source or camera is allowed, and one of them is needed")
        return self


@router.post("/probe", summary="Look at a camera once")
async def probe(body: ProbeBody, services: Wired, caller: Prober) -> PROBE:
    """Open an address, take one key frame and tell what came; 422 with the cause in `type` where nothing did.

    The address is held to the rules of `POST /v1/cameras`. Two looks at most are under way (429 tells when to come
    back), none takes longer than 10 s. Heads are blurred in the picture; nothing of it is kept. Each look is in the
    audit trail. `type` ends with camera-address, -forbidden, -name-unknown, -nothing-there, -mute, -password, -path,
    -no-video, -codec, -size or -no-picture.
    """
    source = await run_in_threadpool(_wanted, services, caller, body)
    probed = await services.probes.probe(source)
    return _told(source, probed, await veiled(probed.image, services.detecting))


def _wanted(services: Services, caller: Caller, body: ProbeBody) -> str:
    """Return the address, and put down who wanted to look there."""
    source = body.source or _stored(services, caller, body.camera)
    target = body.camera or hidden(source)[:_LONGEST_TARGET]
    with services.database.write() as connection:
        note(connection, Act(caller.actor, "camera.probed", target), services.clock.now())
    return source


def _stored(services: Services, caller: Caller, camera: str) -> str:
    with services.database.read() as connection:
        row = cameras.find(connection, caller.scope, camera)
    if row is None:
        raise NotFoundError(f"there is no camera {camera}")
    if not row["source"]:
        raise InvalidInputError("camera", camera, "a camera whose address is known here")
    return str(row["source"])


def _told(source: str, probed: Probed, picture: Veiled) -> dict[str, Any]:
    height, width = probed.image.shape[:2]
    every_s = probed.key_frame_interval_s
    return {
        "source": without_password(source),
        "codec": probed.info.codec,
        "width": width,
        "height": height,
        "fps": round(float(probed.info.frame_rate), 3) or None,
        "key_frame_interval_s": None if every_s is None else round(every_s, 2),
        "picture": f"data:image/jpeg;base64,{b64encode(picture.jpeg).decode()}",
        "blurred": picture.blurred,
    }
