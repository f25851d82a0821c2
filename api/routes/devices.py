"""Reviews of cameras as devices, without which no recording of theirs may be evidence for a penalty."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.errors import NotFoundError
from api.fields import Line, Slug, Truth
from api.places.facts import Day
from api.services import Wired
from api.shapes.places import DEVICE_REVIEW, DEVICE_REVIEWS
from api.store import cameras, devices

router = APIRouter(prefix="/v1/cameras", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
Reviewer = Annotated[Caller, Depends(Gate(Permission.SITES_GRADE))]


class NewReview(BaseModel):
    """What Administrative Penalty Law article 41 asks of a device, each with a yes or no."""

    model_config = ConfigDict(extra="forbid")

    legal: Truth
    """A law or administrative regulation allows it here; reviewed by the authority's legal staff."""
    technical: Truth
    """It meets the standards; reviewed by the authority's technical staff."""
    siting: Truth
    """It is placed reasonably."""
    signs: Truth
    """A sign at the spot says that it records."""
    published: Truth
    """Its place has been made public."""
    document: Line = Field(default="", max_length=200)
    """Number or address of the written review."""
    note: Line = Field(default="", max_length=1000)
    valid_until: Day | None = None


@router.get("/{camera_id}/reviews", summary="Device reviews of a camera")
def list_reviews(camera_id: Slug, services: Wired, caller: Reader) -> DEVICE_REVIEWS:
    """Return who reviewed this camera and when, newest first, and whether the newest one holds now."""
    now = services.clock.now()
    with services.database.read() as connection:
        camera = _found(connection, caller, camera_id)
        rows = devices.history(connection, camera_id)
    return {
        "items": [_body(row) for row in rows],
        "next": None,
        "holds": bool(rows) and devices.holds(rows[0], camera, now),
    }


@router.post("/{camera_id}/reviews", summary="Review a camera as a device", status_code=201)
def add_review(camera_id: Slug, review: NewReview, services: Wired, caller: Reviewer) -> DEVICE_REVIEW:
    """Record a review. It speaks for what happens from now on, as long as address and zones stay as they are."""
    now = services.clock.now()
    with services.database.write() as connection:
        camera = _found(connection, caller, camera_id)
        devices.add(connection, camera, {**review.model_dump(), "user_id": caller.id, "at": now})
        asked = {name: getattr(review, name) for name in devices.ASKED}
        note(connection, Act(caller.actor, "camera.reviewed", camera_id, asked), now)
        return _body(devices.history(connection, camera_id)[0])


def _found(connection: Connection, caller: Caller, camera_id: str) -> Mapping[Any, Any]:
    row = cameras.find(connection, caller.scope, camera_id)
    if row is None:
        raise NotFoundError(f"there is no camera {camera_id}")
    return row


def _body(row: Mapping[Any, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in ("number", *devices.ASKED, "document", "note", "by")}
    until = row["valid_until"].isoformat() if row["valid_until"] else None
    return {**told, "passed": all(row[name] for name in devices.ASKED), "valid_until": until, "at": instant(row["at"])}
