"""Two vendors' detection APIs in their own words, for programs that speak them already; see docs/integrate.md."""

import json
from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.detecting.bodies import Wishes
from api.detecting.budget import BusyError
from api.detecting.dialects import chef_caps, chef_dress
from api.detecting.receiving import PictureSource, body_of, checked, decoded_base64, is_json, media_type, unless_gone
from api.detecting.service import Detecting
from api.errors import ProblemError
from api.routes.detect import GATE
from api.services import Wired
from api.shapes.inlining import inlined
from vision.detectors.look import Json
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/detect/compatible", tags=["detect"], route_class=GatedRoute)
Detector = Annotated[Caller, Depends(Gate(Permission.DETECT))]
Url = Annotated[str, StringConstraints(max_length=2048)]


class ChefCapBody(BaseModel):
    """Aliyun's parameters; those of its signature are not read."""

    model_config = ConfigDict(extra="ignore")

    ImageURL: Url = Field(min_length=1)


class ChefDressBody(BaseModel):
    """Tencent's parameters; with both, ImageUrl counts, as there."""

    model_config = ConfigDict(extra="ignore")

    ImageUrl: Url = ""
    ImageBase64: str = ""
    EnableDetect: bool = True
    EnablePreferred: bool = True


ALIYUN_EXAMPLE = {
    "RequestId": "ADA2A7FD-6A97-4D5F-8781-FEC2DEF28418",
    "Data": {"Elements": [{"Category": "chefcap", "Confidence": 0.6817, "Box": [0.1, 0.08, 0.15, 0.21]}]},
}
TENCENT_EXAMPLE = {
    "Response": {
        "Bodies": [
            {
                "Rect": {"X": 217, "Y": 79, "Width": 440, "Height": 1110},
                "DetectConfidence": 0.914,
                "Attributes": [{"Name": "厨师帽识别", "Label": "无厨师帽", "Confidence": 0.9608}],
            }
        ],
        "RequestId": "a9050291-41a7-48ca-bd94-7a2a25d1d466",
    }
}


_IN_THEIR_WORDS: dict[int | str, dict[str, Any]] = {
    status: {"description": "Refused, in the vendor's own shape.", "content": {"application/json": {"schema": {}}}}
    for status in (400, 408, 413, 415, 422, 429, 503)
}


def _documented(model: type[BaseModel], example: Any, *types: str) -> dict[str, Any]:
    content = {kind: {"schema": inlined(model)} for kind in types}
    return {
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
        "responses": GATE | {200: {"content": {"application/json": {"example": example}}}} | _IN_THEIR_WORDS,
    }


@router.post(
    "/aliyun/DetectChefCap",
    summary="Aliyun's DetectChefCap",
    **_documented(ChefCapBody, ALIYUN_EXAMPLE, "application/x-www-form-urlencoded", "application/json"),
)
async def detect_chef_cap(request: Request, services: Wired, _: Detector) -> Response:
    """Answer as Aliyun's facebody 2019-12-30 did; errors as `Code` and `Message`, with their status."""
    request_id = str(uuid4()).upper()
    try:
        with services.detecting.holding() as held:
            sent = _aliyun_sent(request, await body_of(request, held))
            look = await _looked(request, services.detecting, sent.ImageURL)
    except (ProblemError, InvalidInputError, RequestValidationError) as error:
        status, code, message = _fault(error)
        return _json({"RequestId": request_id, "Code": code, "Message": message}, status, error)
    return _json({"RequestId": request_id, "Data": chef_caps(look)})


@router.post(
    "/tencent/DetectChefDress",
    summary="Tencent's DetectChefDress",
    **_documented(ChefDressBody, TENCENT_EXAMPLE, "application/json"),
)
async def detect_chef_dress(request: Request, services: Wired, _: Detector) -> Response:
    """Answer as Tencent's TIIA 2019-05-29 does; errors are `Response.Error` with status 200, as there."""
    request_id = str(uuid4())
    try:
        with services.detecting.holding() as held:
            sent = checked(ChefDressBody, await body_of(request, held))
            look = await _looked(request, services.detecting, _tencent_source(sent))
    except (ProblemError, InvalidInputError, RequestValidationError) as error:
        fault = _fault(error)
        code, message = fault[1:]
        return _json({"Response": {"Error": {"Code": code, "Message": message}, "RequestId": request_id}})
    bodies = chef_dress(look, preferred=sent.EnablePreferred)
    return _json({"Response": {"Bodies": bodies, "RequestId": request_id}})


def _aliyun_sent(request: Request, content: bytes) -> ChefCapBody:
    """Read the parameters from where Aliyun's clients put them: the query, a form, or JSON."""
    if is_json(media_type(request)):
        return checked(ChefCapBody, content)
    form = parse_qsl(content.decode("utf-8", "replace"), max_num_fields=64)
    return checked(ChefCapBody, json.dumps({**dict(request.query_params), **dict(form)}).encode())


def _tencent_source(sent: ChefDressBody) -> PictureSource:
    if not sent.EnableDetect:
        raise InvalidInputError("EnableDetect", "false", "true: persons are always looked for first")
    if not sent.ImageUrl and not sent.ImageBase64:
        raise InvalidInputError("ImageUrl", "", "ImageUrl or ImageBase64")
    return sent.ImageUrl or decoded_base64(sent.ImageBase64)


async def _looked(request: Request, detecting: Detecting, source: PictureSource) -> Json:
    with detecting.seats(), detecting.holding() as held:
        return await unless_gone(request, detecting.look(source, Wishes(), held))


def _fault(error: ProblemError | InvalidInputError | RequestValidationError) -> tuple[int, str, str]:
    """Return status, code and message as both vendors name them."""
    if isinstance(error, BusyError):
        return 429, "RequestLimitExceeded", error.detail
    if isinstance(error, ProblemError):
        return int(error.status), "InternalError" if error.status >= 500 else "InvalidParameter", error.detail
    if isinstance(error, InvalidInputError):
        return 400, "InvalidParameterValue", str(error)
    told = error.errors()[0]
    return 400, "InvalidParameter", f"{'.'.join(map(str, told['loc']))}: {told['msg']}"


def _json(body: dict[str, Any], status: int = 200, error: Exception | None = None) -> Response:
    headers = error.headers if isinstance(error, ProblemError) else {}
    return Response(json.dumps(body, ensure_ascii=False), status, dict(headers), media_type="application/json")
