"""Five-fixed proofs: one-time challenges, and photos with a verdict of each check."""

import json
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.cursors import instant, pack, unpack
from api.detecting.bodies import Wishes
from api.detecting.receiving import form_of
from api.errors import ConflictError, NotFoundError, ProblemError
from api.fields import Line, Slug
from api.photos import subjects
from api.photos.bodies import challenge_body, photo_body
from api.photos.challenge import Binding, Subject, issued, new_nonce
from api.photos.checks import outcome_of
from api.photos.claim import Claim
from api.photos.examining import MOST_BYTES, Proof, Sent, examined
from api.photos.judging import fence_of, known_of, matched, verdicts_of
from api.photos.keeping import Judged, keep, refuse
from api.photos.signing import decoded
from api.replaying import Request as Asked
from api.replaying import once
from api.services import Services, Wired
from api.shapes import binary
from api.shapes.kitchen import CHALLENGE, PHOTO, PHOTOS
from api.store import photos, replays, sites
from api.viewing import note_viewings, require_reason
from vision.detectors.look import Json
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/photos", tags=["kitchen"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
Taker = Annotated[Caller, Depends(Gate(Permission.PHOTOS_TAKE))]
MOST_LIVE = 8
"""Challenges that one account may hold at once."""
_MOST_BODY_BYTES = 2 * MOST_BYTES + (64 << 10)
_BINARY = {"type": "string", "format": "binary"}
_FORM = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["claim", "signature", "scene", "portrait"],
            "properties": {
                "claim": {"type": "string", "description": "The JSON of a Claim: exactly the text that was signed."},
                "signature": {"type": "string", "description": "ECDSA P-256 over SHA-256, r‖s, base64url."},
                "scene": _BINARY,
                "portrait": _BINARY,
            },
        },
        "example": {
            "claim": json.dumps(
                {
                    "challenge": "5f2b…",
                    "nonce": "7KQ2M9XWTC4H",
                    "device": "9c1f…",
                    "scene": {"sha256": "…", "taken_at": "2026-11-24T08:00:05Z"},
                    "portrait": {"sha256": "…", "taken_at": "2026-11-24T08:00:11Z"},
                    "position": {
                        "latitude": 30.27,
                        "longitude": 120.15,
                        "accuracy_m": 12,
                        "at": "2026-11-24T08:00:04Z",
                    },
                },
                ensure_ascii=False,
            ),
            "signature": "MEUCIQ…",
        },
    }
}
_UPLOAD = {"requestBody": {"required": True, "content": _FORM}}


class _TooManyError(ProblemError):
    status = HTTPStatus.TOO_MANY_REQUESTS


class NewChallenge(BaseModel):
    """With which phone, and about what."""

    model_config = ConfigDict(extra="forbid")

    device: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    subject: Subject
    about: Line = Field(min_length=1, max_length=64)


class Listing(BaseModel):
    """A page of proofs, newest first."""

    model_config = ConfigDict(extra="forbid")

    site: Slug | Literal[""] = ""
    subject: Subject | Literal[""] = ""
    about: Line = Field(default="", max_length=64)
    outcome: Literal["", "passed", "doubtful"] = ""
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)

    def filter(self) -> photos.PhotoFilter:
        """Return the value that the repository takes."""
        return photos.PhotoFilter(self.site, str(self.subject), self.about, self.outcome)

    def page(self) -> photos.PhotoPage:
        """Return the part that the repository shall read."""
        if not self.cursor:
            return photos.PhotoPage(self.limit)
        at, photo_id = unpack(self.cursor, (str, str))
        return photos.PhotoPage(self.limit, (instant(at), str(photo_id)))


@router.post("/challenge", summary="A one-time challenge for a proof", status_code=201)
def new_challenge(
    wanted: NewChallenge,
    services: Wired,
    caller: Taker,
    idempotency_key: Annotated[str, Header(max_length=128)] = "",
) -> CHALLENGE:
    """Return a nonce that is good for one proof within five minutes, with the mark that belongs into both pictures.

    It is bound to this account, its site, the phone and the matter. `mark.png` is a QR code of the nonce: draw it into
    the lower right corner of both pictures, `share` of the shorter side wide, without smoothing.
    """
    now = services.clock.now()

    def work(connection: Connection) -> dict[str, Any]:
        subjects.require(connection, caller, wanted.subject, wanted.about)
        _require_phone(connection, caller, wanted.device)
        if len(photos.live_challenges(connection, caller.id, now)) >= MOST_LIVE:
            raise _TooManyError(f"{MOST_LIVE} challenges are open already", headers={"Retry-After": "60"})
        bound = Binding(caller.id, _site(caller), wanted.device, wanted.subject, wanted.about)
        challenge = issued(str(uuid4()), new_nonce(), bound, now)
        photos.add_challenge(connection, challenge)
        site = sites.find(connection, caller.scope, bound.site)
        return challenge_body(challenge, fence_of(site) if site else None)

    print_ = replays.fingerprint("challenge", wanted.model_dump(mode="json"))
    with services.database.write() as connection:
        return once(connection, Asked(caller.id, idempotency_key, print_, now), work)


def _require_phone(connection: Connection, caller: Caller, device_id: str) -> None:
    row = photos.device(connection, device_id)
    if row is None or row["user_id"] != caller.id or row["site_id"] != caller.scope.site:
        raise InvalidInputError("device", device_id, "a phone that you have registered")
    if row["state"] != "active":
        raise ConflictError(f"this phone is {row['state']}; a supervisor approves it")


def _site(caller: Caller) -> str:
    assert caller.scope.site is not None  # noqa: S101 - only kitchens may take photos, and each has a site
    return caller.scope.site


@router.post(
    "",
    summary="Send a five-fixed proof",
    status_code=201,
    openapi_extra=_UPLOAD,
    responses={200: {"description": "It was sent before: what was kept then."}},
)
async def send_photo(request: Request, services: Wired, caller: Taker, response: Response) -> PHOTO:
    """Send two JPEGs of up to 8 MiB and 16 megapixels with the signed claim.

    201 with the verdict of each check; the outcome is `passed`, or `doubtful` where a person must decide. 422 of type
    `photo-refused` names the checks that refuse it, and tells in `checks` what all of them say; nothing is kept. What
    is sent again after its answer was lost is answered 200 with what was kept the first time.
    """
    detecting = services.detecting
    detecting.knock()
    with detecting.holding() as held:
        form = await form_of(request, held, _MOST_BODY_BYTES)
        sent = await _sent(form)
        known = await run_in_threadpool(_kept_already, services, caller, sent)
        if known is not None:
            response.status_code = 200
            return known
        with detecting.seats(2):
            proof: Proof = await detecting.aside(examined, sent)
            looks = {name: await detecting.look(each, Wishes(), held) for name, each in sent.pictures.items()}
        photo_id = await run_in_threadpool(_decide, services, caller, proof, looks)
    return await run_in_threadpool(_body, services, caller, photo_id)


async def _sent(form: FormData) -> Sent:
    """Return the parts of a form; InvalidInputError names the one that is missing."""
    try:
        claim, signature = _text(form, "claim"), _text(form, "signature")
        return Sent(
            claim, decoded(signature[:256], "signature"), await _file(form, "scene"), await _file(form, "portrait")
        )
    finally:
        await form.close()


def _text(form: FormData, name: str) -> str:
    part = form.get(name)
    if not isinstance(part, str):
        raise InvalidInputError(name, "nothing", "a text field of the form")
    return part


async def _file(form: FormData, name: str) -> bytes:
    part = form.get(name)
    if not isinstance(part, UploadFile):
        raise InvalidInputError(name, "nothing", "a file of the form")
    return await part.read()


def _kept_already(services: Services, caller: Caller, sent: Sent) -> dict[str, Any] | None:
    """Return the proof that this very claim has made before; None where it is new."""
    photo_id = str(Claim.read(sent.claim_text).challenge)
    with services.database.read() as connection:
        row = photos.find(connection, caller.scope, photo_id)
        if row is None or row["claim"] != sent.claim_text or row["user_id"] != caller.id:
            return None
        return photo_body(row, photos.files_of(connection, [photo_id]), in_full=True)


def _decide(services: Services, caller: Caller, proof: Proof, looks: dict[str, Json]) -> str:
    now = services.clock.now()
    with services.database.read() as connection:
        known = known_of(connection, _site(caller), proof)
    points = matched(known, proof, services.objects)
    verdicts = verdicts_of(known, proof, caller.id, _persons(looks["portrait"]), points, now)
    judged = Judged(proof, verdicts, looks, now)
    if outcome_of(verdicts) == "refused":
        refuse(services, caller, judged)
    return keep(services, caller, judged)


def _persons(look: Json) -> list[tuple[float, float]]:
    """Return (confidence, share of the picture's height) of each person seen."""
    told: Any = look
    height = told["image"]["height"]
    return [(each["confidence"], (each["box"][3] - each["box"][1]) / height) for each in told["persons"]]


@router.get("", summary="Proofs")
def list_photos(wanted: Annotated[Listing, Query()], services: Wired, caller: Reader) -> PHOTOS:
    """Return one page of proofs with their verdicts; `next` is the cursor of the following one, null at the end."""
    with services.database.read() as connection:
        rows = photos.page(connection, caller.scope, wanted.filter(), wanted.page())
        shown = rows[: wanted.limit]
        files = photos.files_of(connection, [row["id"] for row in shown])
    in_full = caller.may(Permission.CONTACTS_READ)
    items = [photo_body(row, (f for f in files if f["photo_id"] == row["id"]), in_full=in_full) for row in shown]
    more = pack(shown[-1]["received_at"].isoformat(), shown[-1]["id"]) if len(rows) > wanted.limit else None
    return {"items": items, "next": more}


@router.get("/{photo_id}", summary="One proof")
def get_photo(photo_id: UUID, services: Wired, caller: Reader) -> PHOTO:
    """Return a proof with what every check says, and where its pictures are."""
    return _body(services, caller, str(photo_id))


def _body(services: Services, caller: Caller, photo_id: str) -> dict[str, Any]:
    with services.database.read() as connection:
        row = photos.find(connection, caller.scope, photo_id)
        if row is None:
            raise NotFoundError(f"there is no photo {photo_id}")
        files = photos.files_of(connection, [photo_id])
    return photo_body(row, files, in_full=caller.may(Permission.CONTACTS_READ))


@router.get(
    "/{photo_id}/media/{name}",
    summary="A picture of a proof",
    response_class=StreamingResponse,
    responses={200: {"content": binary("image/jpeg")}},
)
def get_picture(
    photo_id: UUID,
    name: Literal["scene", "portrait", "scene_blurred", "portrait_blurred"],
    services: Wired,
    caller: Reader,
    reason: Annotated[Line, Query(max_length=200)] = "",
) -> Response:
    """Return a picture; an unblurred one needs a reason and enters the viewing register (I7)."""
    with services.database.read() as connection:
        row = photos.find(connection, caller.scope, str(photo_id))
        files = photos.files_of(connection, [str(photo_id)]) if row else ()
    file = next((each for each in files if each["name"] == name), None)
    if file is None:
        raise NotFoundError(f"there is no {name} of photo {photo_id}")
    if not file["blurred"]:
        told = require_reason(caller, reason)
        with services.database.write() as connection:
            note_viewings(connection, caller, [file], told, services.clock.now())
    headers = {"ETag": f'"{file["sha256"]}"', "Cache-Control": "private, no-cache"}
    return StreamingResponse(services.objects.open(file["key"]), media_type="image/jpeg", headers=headers)
