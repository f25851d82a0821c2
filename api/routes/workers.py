"""Workers: what they are told to look at, and how they say they are doing."""

import asyncio
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.fields import Count, Moment, Real, Slug, Truth, Whole
from api.services import Services, Wired
from api.shapes.places import AssignmentTold
from api.store import cameras
from vision.config import Assignment, CameraConfig
from vision.frames import Mode

router = APIRouter(prefix="/v1/workers", tags=["intake"], route_class=GatedRoute)
WorkerKey = Annotated[Caller, Depends(Gate(Permission.WORKERS))]
LONGEST_WAIT_S = 25.0


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


Some = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False), Real]
Measured = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False), Real]
Side = Annotated[int, Field(ge=0, le=65535), Whole]


class Figures(_Body):
    """How one camera is looked at, and what that costs; unknown ones of newer workers are passed over."""

    model_config = ConfigDict(extra="ignore")

    mode: Mode = "watch"
    interval_s: Some = 0
    """Wanted between looks, on patrol between visits; times `stretch` while the machine is overloaded."""
    gap_s: Some = 0
    """Got between looks, smoothed."""
    stretch: Some = 1
    decodes_fully: Truth = False
    """Its key frames are too far apart: every packet is decoded."""
    connections: Count = 0
    packets: Count = 0
    spared: Count = 0
    bursts: Count = 0
    confirmed: Count = 0
    refuted: Count = 0
    opened: Count = 0
    decode_ms: Some = 0
    models_ms: Some = 0
    gop_s: Some = 0
    codec: str = Field(default="", max_length=32)
    frame_wh: tuple[Side, Side] = (0, 0)
    health: dict[Annotated[str, Field(max_length=32)], Measured] = Field(default={}, max_length=16)
    """What was measured of its last picture."""


class CameraReport(_Body):
    """How one camera is doing."""

    camera: Slug
    state: Literal["ok", "offline", "refused", "unreadable", "starting"]
    last_look_at: Moment | None = None
    looks: Count = 0
    drops: dict[Annotated[str, Field(max_length=64)], Count] = Field(default={}, max_length=64)
    error: str = Field(default="", max_length=512)
    figures: Figures | None = None


class WorkerReport(_Body):
    """How one worker is doing."""

    cameras: list[CameraReport] = Field(default=[], max_length=1000)
    spool: Annotated[int, Whole] = Field(default=0, ge=0, le=(1 << 31) - 1)


@router.get(
    "/{worker}/assignment",
    summary="What a worker shall look at",
    responses={200: {"model": AssignmentTold}, 304: {"description": "It is as If-None-Match says."}},
)
async def assignment(
    worker: Slug,
    request: Request,
    services: Wired,
    caller: WorkerKey,
    wait_s: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Return the cameras of a worker, with their true addresses; 304 when nothing changes within `wait_s`."""
    until = asyncio.get_running_loop().time() + wait_s
    while True:
        body = await run_in_threadpool(_assigned, services, caller, worker)
        etag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
        left_s = until - asyncio.get_running_loop().time()
        if etag != if_none_match:
            return Response(body, media_type="application/json", headers={"ETag": etag})
        if left_s <= 0 or services.camera_bell.silenced or await request.is_disconnected():
            return Response(status_code=304, headers={"ETag": etag})
        await services.camera_bell.wait(min(left_s, 2.0))


def _assigned(services: Services, caller: Caller, worker: str) -> str:
    with services.database.read() as connection:
        rows = cameras.assigned(connection, caller.scope, worker)
    rows = [row for row in rows if not cameras.is_held_elsewhere(row, worker, services.clock.now())]
    same = ("id", "name", "source", "zones", "interval_s", "pre_roll_s", "post_roll_s", "attended")
    law = ("site_type", "jurisdiction", "time_zone", "hours")
    configs = [
        {**{n: row[n] for n in (*same, *law)}, "site": row["site_id"], **(row["sampling"] or {})} for row in rows
    ]
    return Assignment.of(worker, *map(CameraConfig.model_validate, configs)).model_dump_json()


def _figures(told: CameraReport) -> dict[str, Any]:
    return told.figures.model_dump(mode="json") if told.figures else {}


@router.put("/{worker}/status", summary="How a worker is doing", status_code=204)
def report(worker: Slug, told: WorkerReport, services: Wired, caller: WorkerKey) -> Response:
    """Take note of a worker's cameras; those of other regions or of other workers are passed over."""
    now = services.clock.now()
    with services.database.write() as connection:
        cameras.report(connection, worker, told.spool, now)
        for each in told.cameras:
            known = cameras.find(connection, caller.scope, each.camera)
            if known is not None and not cameras.is_held_elsewhere(known, worker, now):
                state = {**each.model_dump(exclude={"camera", "figures"}), "figures": _figures(each)}
                row = {"camera_id": each.camera, "worker_id": worker, "reported_at": now, **state}
                cameras.report_state(connection, row)
    services.metrics.spool.labels(worker).set(told.spool)
    services.metrics.spool_told.labels(worker).set(now.timestamp())
    return Response(status_code=204)
