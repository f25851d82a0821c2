"""The wall (矩阵): the newest blurred picture of each camera, what is found in it, and which to look at first."""

import base64
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import camera_body, instant
from api.errors import NotFoundError
from api.fields import Moment, Real, Slug
from api.services import Wired
from api.shapes import binary
from api.shapes.intake import AGAIN, WALL
from api.sheets import MOST_WIDTH_PX, sheet_of
from api.showing import Picture
from api.store import cameras, wall
from api.store.wall import Weight
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1", tags=["supervise"], route_class=GatedRoute)
Watcher = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
WorkerKey = Annotated[Caller, Depends(Gate(Permission.WORKERS))]
RISK_OVER = timedelta(hours=24)
LATELY = timedelta(minutes=30)
MOST_TILES = 64
LONGEST_SIDE_PX = 1280
NOTHING = Weight(0, 0)
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), Real]


class NewPicture(BaseModel):
    """What a worker saw last through one camera: heads are unrecognisable before it leaves the worker."""

    model_config = ConfigDict(extra="forbid")

    at: Moment
    boxes: list[tuple[Share, Share, Share, Share]] = Field(default=[], max_length=64)
    """xyxy as shares of the picture."""
    jpeg: str = Field(min_length=4, max_length=(96 << 10) * 4 // 3 + 4)
    """Base64; 96 KiB and 1280 px a side at most."""


class Order(BaseModel):
    """Which cameras, and in which order."""

    model_config = ConfigDict(extra="forbid")

    sort: Literal["risk", "site"] = "risk"
    site: list[Slug] = Field(default=[], max_length=MOST_TILES)
    camera: list[Slug] = Field(default=[], max_length=MOST_TILES)
    """By hand: these, in this order."""
    limit: int = Field(default=16, ge=1, le=MOST_TILES)
    offset: int = Field(default=0, ge=0, le=200_000)
    """Of a tour: how many cameras are passed over."""


@router.get("/wall", summary="The wall")
def show_wall(wanted: Annotated[Order, Query()], services: Wired, caller: Watcher) -> WALL:
    """Return tiles; their workers send pictures every few seconds for as long as somebody asks."""
    now = services.clock.now()
    with services.database.read() as connection:
        rows = _chosen(cameras.everything(connection, caller.scope), wanted)
        weights = wall.weights(connection, caller.scope, now - RISK_OVER)
        ordered = _ordered(rows, weights, wanted)
        part = ordered[wanted.offset : wanted.offset + wanted.limit]
        names = [row["id"] for row in part]
        latest = wall.latest(connection, caller.scope, names, now - LATELY)
    services.showcase.watch(names, now)
    tiles = [_tile(row, weights.get(row["id"], NOTHING), latest.get(row["id"]), now) for row in part]
    for tile in tiles:
        tile["picture"] = _told(services.showcase.find(tile["camera"]))
    return {"items": tiles, "total": len(ordered), "now": instant(now)}


class Wanted(BaseModel):
    """Which cameras' pictures, in which size."""

    model_config = ConfigDict(extra="forbid")

    camera: list[Slug] = Field(min_length=1, max_length=MOST_TILES)
    width_px: int = Field(default=180, ge=40, le=MOST_WIDTH_PX)
    """Of one tile; it is 9/16 as high."""


_NO_CAMERA: dict[str, Any] = {
    "description": "One of the cameras is not there, or is another region's.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


@router.get(
    "/wall/sheet",
    summary="The newest pictures of many cameras as one",
    response_class=Response,
    responses={200: {"content": binary("image/jpeg")}, 404: _NO_CAMERA},
)
def get_sheet(wanted: Annotated[Wanted, Query()], services: Wired, caller: Watcher) -> Response:
    """Return one blurred JPEG; dark where no picture has come yet.

    Tiles lie row by row in the order asked for, as many side by side as the root of their number, rounded up.
    `Last-Modified-At` names the time of each, with commas between: boxes of another moment do not fit.
    """
    with services.database.read() as connection:
        known = {camera for camera, _ in cameras.standing(connection, caller.scope, wanted.camera)}
    for camera in wanted.camera:
        if camera not in known:
            raise NotFoundError(f"there is no camera {camera}")
    pictures = [services.showcase.find(camera) for camera in wanted.camera]
    times = ",".join((instant(picture.at) or "") if picture else "" for picture in pictures)
    return Response(sheet_of(pictures, wanted.width_px), media_type="image/jpeg", headers={"Last-Modified-At": times})


@router.get(
    "/wall/{camera_id}/picture",
    summary="The newest picture of a camera",
    response_class=Response,
    responses={200: {"content": binary("image/jpeg")}},
)
def get_picture(camera_id: Slug, services: Wired, caller: Watcher) -> Response:
    """Return the newest blurred JPEG; 404 where none has come yet. It is kept in memory only."""
    with services.database.read() as connection:
        known = cameras.find(connection, caller.scope, camera_id)
    picture = services.showcase.find(camera_id) if known else None
    if picture is None:
        raise NotFoundError(f"there is no picture of camera {camera_id}")
    return Response(picture.jpeg, media_type="image/jpeg", headers={"Last-Modified-At": instant(picture.at) or ""})


@router.put("/workers/{worker}/pictures/{camera_id}", summary="What a camera shows", tags=["intake"])
def put_picture(worker: Slug, camera_id: Slug, told: NewPicture, services: Wired, caller: WorkerKey) -> AGAIN:
    """Take the newest blurred picture of a camera and say after how many seconds the next is wanted."""
    now = services.clock.now()
    with services.database.read() as connection:
        known = cameras.find(connection, caller.scope, camera_id)
    if known is None or cameras.is_held_elsewhere(known, worker, now):
        raise NotFoundError(f"there is no camera {camera_id} for worker {worker}")
    picture = Picture(min(told.at, now), _checked(told.jpeg), tuple(told.boxes))
    return {"again_in_s": services.showcase.put(camera_id, picture, now)}


def _checked(text: str) -> bytes:
    """Return the JPEG's bytes; only its head is read here, no pixel is decoded."""
    try:
        jpeg = base64.b64decode(text, validate=True)
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            fits = max(image.size) <= LONGEST_SIDE_PX
    except (ValueError, Image.DecompressionBombError, UnidentifiedImageError, OSError):
        raise InvalidInputError("jpeg", text[:16], "a JPEG in base64") from None
    if not fits:
        raise InvalidInputError("jpeg", f"{image.size}", f"{LONGEST_SIDE_PX} px a side at most")
    return jpeg


def _chosen(rows: Any, wanted: Order) -> list[Mapping[Any, Any]]:
    enabled = [row for row in rows if row["enabled"]]
    if wanted.camera:
        return [row for row in enabled if row["id"] in wanted.camera]
    return [row for row in enabled if not wanted.site or row["site_id"] in wanted.site]


def _ordered(rows: list[Mapping[Any, Any]], weights: Mapping[str, Weight], wanted: Order) -> list[Mapping[Any, Any]]:
    if wanted.camera:
        return sorted(rows, key=lambda row: wanted.camera.index(row["id"]))
    if wanted.sort == "site":
        return rows
    return sorted(rows, key=lambda row: -weights.get(row["id"], NOTHING).risk)


def _tile(row: Mapping[Any, Any], weight: Weight, event: Mapping[Any, Any] | None, now: datetime) -> dict[str, Any]:
    body = camera_body(row, now)
    plain = ("site", "site_name", "name", "time_zone", "zones", "state")
    told = {name: body.get(name) for name in plain}
    return {"camera": row["id"], **told, "risk": weight.risk, "events": weight.count, "latest": _latest(event)}


def _latest(event: Mapping[Any, Any] | None) -> dict[str, Any] | None:
    if event is None:
        return None
    plain = {name: event[name] for name in ("id", "kind", "tier", "status")}
    return {**plain, "started_at": instant(event["started_at"]), "open": event["phase"] == "opened"}


def _told(picture: Picture | None) -> dict[str, Any] | None:
    return {"at": instant(picture.at), "boxes": picture.boxes} if picture else None
