"""Detection: send a picture in whatever form is at hand, get the look that `mingchu detect` gives."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.detecting.bodies import (
    LOOK_EXAMPLE,
    BatchAnswer,
    BatchBody,
    DetectBody,
    LookBody,
    ProblemBody,
    Wishes,
)
from api.detecting.receiving import PICTURE_TYPES, Held, PictureSource, Sent, picture_of, pictures_of, unless_gone
from api.detecting.service import Detecting
from api.errors import ProblemError, problem_of
from api.services import Wired
from api.shapes.inlining import inlined
from vision.detectors.look import Json
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/detect", tags=["detect"], route_class=GatedRoute)
Detector = Annotated[Caller, Depends(Gate(Permission.DETECT))]
Wanted = Annotated[Wishes, Query()]

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_PROBLEM = {"content": {"application/problem+json": {"schema": inlined(ProblemBody)}}}
GATE: dict[int | str, dict[str, Any]] = {
    401: {"description": "No session and no key, or one that has ended.", **_PROBLEM},
    403: {"description": "The caller is known and may not do this.", **_PROBLEM},
}
MISSING: dict[int | str, dict[str, Any]] = {
    **GATE,
    404: {"description": "There is none, or it is somebody else's.", **_PROBLEM},
    422: {"description": "The path or a parameter is wrong.", **_PROBLEM},
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    **GATE,
    408: {"description": "The body did not arrive in time.", **_PROBLEM},
    413: {"description": "More bytes than are taken.", **_PROBLEM},
    415: {"description": "None of the forms in which pictures may be sent.", **_PROBLEM},
    422: {"description": "A picture, an address or an option is wrong: `errors` names it.", **_PROBLEM},
    429: {
        "description": "As much is under way as can be; nothing was queued.",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
        **_PROBLEM,
    },
    503: {"description": "The models of this installation do not load.", **_PROBLEM},
}


def _form(picture: dict[str, Any]) -> dict[str, Any]:
    named = {"picture": picture, **inlined(Wishes)["properties"]}
    return {"multipart/form-data": {"schema": {"type": "object", "required": ["picture"], "properties": named}}}


def _json(model: type[DetectBody | BatchBody], **examples: Any) -> dict[str, Any]:
    shown = {name: {"value": value} for name, value in examples.items()}
    return {"application/json": {"schema": inlined(model), "examples": shown}}


_ONE = {
    **_json(
        DetectBody,
        url={"url": "https://example.com/kitchen.jpg", "zone": "special_room", "kinds": ["no_hat", "no_mask"]},
        base64={"image": "/9j/4AAQSkZJRgABAQ…", "zone": "cooking", "annotate": True},
    ),
    **_form(_BINARY["schema"]),
    **dict.fromkeys(PICTURE_TYPES, _BINARY),
}
_MANY = {
    **_json(BatchBody, urls={"pictures": [{"url": "https://example.com/1.jpg"}, {"image": "/9j/4AAQSk…"}]}),
    **_form({"type": "array", "items": _BINARY["schema"]}),
}


@router.post(
    "",
    summary="Look at one picture",
    openapi_extra={"requestBody": {"required": True, "content": _ONE}},
    responses={200: {"model": LookBody, "content": {"application/json": {"example": LOOK_EXAMPLE}}}, **PROBLEMS},
)
async def detect(request: Request, services: Wired, _: Detector, wishes: Wanted) -> Response:
    """Send a JPEG, PNG, WebP or BMP of up to 48 MiB and 50 megapixels as the body itself, as a form, or as JSON.

    The options may stand in the query, in the form or in the JSON; the body's count.
    """
    detecting = services.detecting
    detecting.knock()
    with detecting.holding() as held:
        sent = await picture_of(request, wishes, held)
        with detecting.seats():
            look = await unless_gone(request, detecting.look(sent.pictures[0], sent.wishes, held))
    return _answer(look)


@router.post(
    "/batch",
    summary="Look at several pictures",
    openapi_extra={"requestBody": {"required": True, "content": _MANY}},
    responses={200: {"model": BatchAnswer}, **PROBLEMS},
)
async def detect_batch(request: Request, services: Wired, _: Detector, wishes: Wanted) -> Response:
    """Send up to 32 pictures of 48 MiB together; a wrong one costs the others nothing: its entry is its `problem`."""
    detecting = services.detecting
    detecting.knock()
    with detecting.holding() as held:
        sent = await pictures_of(request, wishes, held)
        with detecting.seats(len(sent.pictures)):
            looks = await unless_gone(request, _each(detecting, sent, held))
    return _answer({"looks": looks})


async def _each(detecting: Detecting, sent: Sent, held: Held) -> list[Json]:
    return list(await asyncio.gather(*(_one(detecting, each, sent.wishes, held) for each in sent.pictures)))


async def _one(detecting: Detecting, source: PictureSource, wishes: Wishes, held: Held) -> Json:
    try:
        return await detecting.look(source, wishes, held)
    except (InvalidInputError, ProblemError) as error:
        return {"problem": problem_of(error)}


def _answer(body: Json) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, allow_nan=False), media_type="application/json")
