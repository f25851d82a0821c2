"""Sites, cameras, workers, the catalogue and the viewing register."""

import asyncio
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import camera_body, instant, site_body
from api.cursors import instant as cursor_instant
from api.cursors import pack, unpack
from api.errors import ConflictError, NotFoundError
from api.services import Services, Wired
from api.store import cameras, register, sites
from vision.catalogue import Jurisdiction, load_catalogue
from vision.config import Assignment, CameraConfig, Hours, ZoneConfig
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1", route_class=GatedRoute)
SitesReader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
SitesWriter = Annotated[Caller, Depends(Gate(Permission.SITES_WRITE))]
WorkerKey = Annotated[Caller, Depends(Gate(Permission.WORKERS))]
RegisterReader = Annotated[Caller, Depends(Gate(Permission.REGISTER_READ))]
Slug = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
LONGEST_WAIT_S = 25.0


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSite(_Body):
    """A food business."""

    id: Slug
    name: str = Field(min_length=1, max_length=128)
    type: str = Field(default="restaurant", max_length=64)
    region: Slug = "root"
    time_zone: str = Field(default="Asia/Shanghai", max_length=64)
    jurisdiction: Jurisdiction = "CN"
    hours: Hours = Hours()


class NewCamera(_Body):
    """A camera of a site."""

    id: Slug
    site: Slug
    name: str = Field(default="", max_length=128)
    source: str = Field(min_length=1, max_length=2000)
    zones: list[ZoneConfig] = Field(default=[ZoneConfig()], min_length=1, max_length=16)
    interval_s: float = Field(default=2.0, gt=0, le=3600)
    pre_roll_s: float = Field(default=5.0, ge=0, le=30)
    post_roll_s: float = Field(default=5.0, ge=0, le=30)
    attended: bool = False
    enabled: bool = True
    worker: str = Field(default="", max_length=64)

    def row(self, now: datetime) -> dict[str, Any]:
        """Return the columns."""
        values = self.model_dump(mode="json", exclude={"site"})
        return {
            **values,
            "source": str.__str__(self.source),
            "site_id": self.site,
            "created_at": now,
            "updated_at": now,
        }


class CameraReport(_Body):
    """How one camera is doing."""

    camera: Slug
    state: str = Field(max_length=16)
    last_look_at: AwareDatetime | None = None
    looks: int = Field(default=0, ge=0)
    drops: dict[str, int] = {}
    error: str = Field(default="", max_length=512)


class WorkerReport(_Body):
    """How one worker is doing."""

    cameras: list[CameraReport] = Field(default=[], max_length=1000)
    spool: int = Field(default=0, ge=0)


@router.get("/sites", tags=["supervise"], summary="Sites")
def list_sites(services: Wired, caller: SitesReader) -> dict[str, Any]:
    """Return the caller's sites."""
    with services.database.read() as connection:
        return {"items": [site_body(row) for row in sites.everything(connection, caller.scope)], "next": None}


@router.post("/sites", tags=["supervise"], summary="Add a site", status_code=201)
def add_site(site: NewSite, services: Wired, caller: SitesWriter) -> dict[str, Any]:
    """Add a site to a region of the caller."""
    now = services.clock.now()
    with services.database.write() as connection:
        if sites.taken(connection, site.id):
            raise ConflictError(f"the id {site.id} is taken")
        values = site.model_dump(mode="json", exclude={"region"})
        sites.add(connection, {**values, "region_id": site.region, "created_at": now, "updated_at": now})
        note(connection, Act(caller.actor, "site.added", site.id), now)
        row = sites.find(connection, caller.scope, site.id)
        if row is None:
            raise InvalidInputError("region", site.region, "a region of yours")
        return site_body(row)


@router.get("/cameras", tags=["supervise"], summary="Cameras")
def list_cameras(services: Wired, caller: SitesReader) -> dict[str, Any]:
    """Return the caller's cameras with their last reported state; addresses are masked."""
    now = services.clock.now()
    with services.database.read() as connection:
        rows = cameras.everything(connection, caller.scope)
    return {"items": [camera_body(row, now) for row in rows], "next": None}


@router.post("/cameras", tags=["supervise"], summary="Add a camera", status_code=201)
def add_camera(camera: NewCamera, services: Wired, caller: SitesWriter) -> dict[str, Any]:
    """Add a camera to a site of the caller; its worker is told at once."""
    now = services.clock.now()
    with services.database.write() as connection:
        if sites.find(connection, caller.scope, camera.site) is None:
            raise InvalidInputError("site", camera.site, "a site of yours")
        if cameras.place(connection, camera.id) is not None:
            raise ConflictError(f"the id {camera.id} is taken")
        cameras.add(connection, camera.row(now))
        note(connection, Act(caller.actor, "camera.added", camera.id), now)
        row = cameras.find(connection, caller.scope, camera.id)
    services.camera_bell.ring()
    if row is None:
        raise NotFoundError(f"there is no camera {camera.id}")
    return camera_body(row, now)


@router.delete("/cameras/{camera_id}", tags=["supervise"], summary="Remove a camera", status_code=204)
def remove_camera(camera_id: Slug, services: Wired, caller: SitesWriter) -> Response:
    """Remove a camera; its events stay."""
    now = services.clock.now()
    with services.database.write() as connection:
        row = cameras.find(connection, caller.scope, camera_id)
        if row is None:
            raise NotFoundError(f"there is no camera {camera_id}")
        gone = {"removed_at": now, "enabled": False, "source": "", "updated_at": now}
        cameras.change(connection, camera_id, row["version"], gone)
        note(connection, Act(caller.actor, "camera.removed", camera_id), now)
    services.camera_bell.ring()
    return Response(status_code=204)


@router.get("/workers/{worker}/assignment", tags=["intake"], summary="What a worker shall look at")
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
    same = ("id", "name", "source", "zones", "interval_s", "pre_roll_s", "post_roll_s", "attended")
    law = ("site_type", "jurisdiction", "time_zone", "hours")
    configs = [{**{n: row[n] for n in (*same, *law)}, "site": row["site_id"]} for row in rows]
    return Assignment.of(worker, *map(CameraConfig.model_validate, configs)).model_dump_json()


@router.put("/workers/{worker}/status", tags=["intake"], summary="How a worker is doing", status_code=204)
def report(worker: Slug, told: WorkerReport, services: Wired, caller: WorkerKey) -> Response:
    """Take note of a worker's cameras; those of other regions are passed over."""
    now = services.clock.now()
    with services.database.write() as connection:
        cameras.report(connection, worker, told.spool, now)
        for each in told.cameras:
            if cameras.find(connection, caller.scope, each.camera) is not None:
                state = each.model_dump(exclude={"camera"})
                row = {"camera_id": each.camera, "worker_id": worker, "reported_at": now, **state}
                cameras.report_state(connection, row)
    return Response(status_code=204)


@router.get("/catalogue", tags=["supervise"], summary="Kinds of violation")
def catalogue(_: SitesReader) -> dict[str, Any]:
    """Return every kind with its names and thresholds, and every clause with how sure we are of it."""
    book = load_catalogue()
    kinds = [
        {
            "name": kind.name,
            "zh": kind.zh,
            "en": kind.en,
            "family": kind.family,
            "thresholds": {"open_at": kind.thresholds.open_at, "close_at": kind.thresholds.close_at},
        }
        for kind in book.kinds.values()
    ]
    return {"version": book.version, "kinds": kinds}


@router.get("/access-log", tags=["run"], summary="The viewing register")
def viewings(
    services: Wired,
    caller: RegisterReader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=500)] = "",
) -> dict[str, Any]:
    """Return who saw which unblurred media and why, newest first."""
    behind = None
    if cursor:
        at, view = unpack(cursor, (str, str))
        behind = (cursor_instant(at), str(view))
    with services.database.read() as connection:
        rows = register.page(connection, caller.scope, limit, behind)
    shown = rows[:limit]
    more = pack(shown[-1]["at"].isoformat(), shown[-1]["id"]) if len(rows) > limit else None
    return {"items": [_viewing(row) for row in shown], "next": more}


def _viewing(row: Any) -> dict[str, Any]:
    plain = {name: row[name] for name in ("user", "name", "reason", "sha256")}
    places = {"event": row["event_id"], "site": row["site_id"], "camera": row["camera_id"]}
    return {"at": instant(row["at"]), **plain, **places}
