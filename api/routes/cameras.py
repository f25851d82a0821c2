"""Cameras: where workers look, and what they may be told to open."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Connection

from api.addresses import without_password
from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import camera_body, status_body, version_etag
from api.errors import ConflictError, NotFoundError, StaleError
from api.fields import Slug
from api.merging import Patch, documented, patched
from api.places.facts import CameraFacts, NewCamera
from api.preconditions import IfMatch, require
from api.services import Services, Wired
from api.shapes.places import CAMERA, CAMERA_STATUS, CAMERAS
from api.store import cameras, sites
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/cameras", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
Writer = Annotated[Caller, Depends(Gate(Permission.SITES_WRITE))]


@router.get("", summary="Cameras")
def list_cameras(services: Wired, caller: Reader) -> CAMERAS:
    """Return the caller's cameras with their last reported state; addresses are masked."""
    now = services.clock.now()
    with services.database.read() as connection:
        rows = cameras.everything(connection, caller.scope)
    return {"items": [camera_body(row, now) for row in rows], "next": None}


@router.get("/{camera_id}", summary="One camera")
def get_camera(camera_id: Slug, services: Wired, caller: Reader, response: Response) -> CAMERA:
    """Return one camera; its ETag is what a change's If-Match takes, and a new state does not change it."""
    with services.database.read() as connection:
        return _told(connection, caller, camera_id, services.clock.now(), response)


@router.get("/{camera_id}/status", summary="How a camera is doing")
def get_status(camera_id: Slug, services: Wired, caller: Reader) -> CAMERA_STATUS:
    """Return state, rates wanted and got, drops by reason, costs, stream and health as its worker told them last."""
    with services.database.read() as connection:
        return status_body(_found(connection, caller, camera_id), services.clock.now())


@router.post("", summary="Add a camera", status_code=201)
def add_camera(camera: NewCamera, services: Wired, caller: Writer, response: Response) -> CAMERA:
    """Add a camera to a site of the caller; its worker is told at once. Where it may be is the operator's setting."""
    services.addresses.require(camera.source)
    now = services.clock.now()
    with services.database.write() as connection:
        if sites.find(connection, caller.scope, camera.site) is None:
            raise InvalidInputError("site", camera.site, "a site of yours")
        if cameras.place(connection, camera.id) is not None:
            raise ConflictError(f"the id {camera.id} is taken")
        place = {"id": camera.id, "site_id": camera.site}
        cameras.add(connection, {**place, **camera.row(), "created_at": now, "updated_at": now})
        note(connection, Act(caller.actor, "camera.added", camera.id), now)
        answer = _told(connection, caller, camera.id, now, response)
    services.camera_bell.ring()
    return answer


@router.patch("/{camera_id}", summary="Change a camera", openapi_extra=documented(CameraFacts))
def change_camera(
    camera_id: Slug, patch: Patch, services: Wired, caller: Writer, response: Response, if_match: IfMatch = ""
) -> CAMERA:
    """Change the fields that are sent (JSON merge patch); If-Match is required, null brings a default back.

    A `source` that equals the masked one of GET leaves the address as it is.
    """
    row, facts = _planned(services, caller, camera_id, patch, if_match)
    now = services.clock.now()
    with services.database.write() as connection:
        _write(connection, caller, row, facts.row(), now)
        answer = _told(connection, caller, camera_id, now, response)
    services.camera_bell.ring()
    return answer


def _planned(
    services: Services, caller: Caller, camera_id: str, patch: Patch, if_match: str
) -> tuple[Mapping[Any, Any], CameraFacts]:
    """Return the row and what it shall become; host names are looked up here, outside of any writing transaction."""
    with services.database.read() as connection:
        row = _found(connection, caller, camera_id)
    require(if_match, version_etag(row))
    if patch.get("source") == without_password(row["source"]):
        patch = {name: value for name, value in patch.items() if name != "source"}
    stored = {name: row[name] for name in CameraFacts.model_fields if row[name] or name not in {"zones", "sampling"}}
    facts = patched(CameraFacts, stored, patch)
    if facts.source not in {"", row["source"]}:
        services.addresses.require(facts.source)
    return row, facts


def _write(
    connection: Connection, caller: Caller, row: Mapping[Any, Any], values: Mapping[str, Any], now: datetime
) -> None:
    if not cameras.change(connection, row["id"], row["version"], {**values, "updated_at": now}):
        raise StaleError("somebody else has changed this camera meanwhile")
    fields = sorted(name for name, value in values.items() if value != row[name])
    note(connection, Act(caller.actor, "camera.changed", row["id"], {"fields": fields}), now)


@router.delete("/{camera_id}", summary="Remove a camera", status_code=204)
def remove_camera(camera_id: Slug, services: Wired, caller: Writer, if_match: IfMatch = "") -> Response:
    """Remove a camera; its events stay. If-Match is required."""
    now = services.clock.now()
    with services.database.write() as connection:
        row = _found(connection, caller, camera_id)
        require(if_match, version_etag(row))
        gone = {"removed_at": now, "enabled": False, "source": "", "updated_at": now}
        cameras.change(connection, camera_id, row["version"], gone)
        note(connection, Act(caller.actor, "camera.removed", camera_id), now)
    services.camera_bell.ring()
    return Response(status_code=204)


def _found(connection: Connection, caller: Caller, camera_id: str) -> Mapping[Any, Any]:
    row = cameras.find(connection, caller.scope, camera_id)
    if row is None:
        raise NotFoundError(f"there is no camera {camera_id}")
    return row


def _told(connection: Connection, caller: Caller, camera_id: str, now: datetime, response: Response) -> dict[str, Any]:
    row = _found(connection, caller, camera_id)
    response.headers["ETag"] = version_etag(row)
    return camera_body(row, now)
