"""Sites: the kitchens, each with a region, a clock and a law."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import site_body, version_etag
from api.errors import ConflictError, NotFoundError, StaleError
from api.fields import Line, SiteType, Slug, TimeZone
from api.merging import Patch, documented, patched
from api.preconditions import IfMatch, require
from api.services import Wired
from api.store import regions, sites, users
from vision.catalogue import Jurisdiction
from vision.config import Hours
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/sites", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
Writer = Annotated[Caller, Depends(Gate(Permission.SITES_WRITE))]


class SiteFacts(BaseModel):
    """What can be said about a food business, and changed later."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(min_length=1, max_length=128)
    type: SiteType = "restaurant"
    region: Slug = "root"
    time_zone: TimeZone = "Asia/Shanghai"
    jurisdiction: Jurisdiction = "CN"
    hours: Hours = Hours()

    def row(self) -> dict[str, Any]:
        """Return the columns."""
        return {**self.model_dump(mode="json", exclude={"region", "id"}), "region_id": self.region}


class NewSite(SiteFacts):
    """A food business."""

    id: Slug


@router.get("", summary="Sites")
def list_sites(services: Wired, caller: Reader) -> dict[str, Any]:
    """Return the caller's sites."""
    with services.database.read() as connection:
        return {"items": [site_body(row) for row in sites.everything(connection, caller.scope)], "next": None}


@router.get("/{site_id}", summary="One site")
def get_site(site_id: Slug, services: Wired, caller: Reader, response: Response) -> dict[str, Any]:
    """Return one site; its ETag is what a change's If-Match takes."""
    with services.database.read() as connection:
        return _told(connection, caller, site_id, response)


@router.post("", summary="Add a site", status_code=201)
def add_site(site: NewSite, services: Wired, caller: Writer, response: Response) -> dict[str, Any]:
    """Add a site to a region of the caller."""
    now = services.clock.now()
    with services.database.write() as connection:
        _require_region(connection, caller, site.region)
        if sites.taken(connection, site.id):
            raise ConflictError(f"the id {site.id} is taken")
        sites.add(connection, {"id": site.id, **site.row(), "created_at": now, "updated_at": now})
        note(connection, Act(caller.actor, "site.added", site.id), now)
        return _told(connection, caller, site.id, response)


@router.patch("/{site_id}", summary="Change a site", openapi_extra=documented(SiteFacts))
def change_site(
    site_id: Slug, patch: Patch, services: Wired, caller: Writer, response: Response, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Change the fields that are sent (JSON merge patch); If-Match is required, null brings a default back."""
    with services.database.write() as connection:
        row = _found(connection, caller, site_id)
        require(if_match, version_etag(row))
        facts = patched(SiteFacts, _facts_of(row), patch)
        if facts.region != row["region_id"]:
            _require_region(connection, caller, facts.region)
            users.follow_site(connection, site_id, facts.region)
        _write(connection, caller, row, facts, services.clock.now())
        answer = _told(connection, caller, site_id, response)
    services.camera_bell.ring()
    return answer


def _write(connection: Connection, caller: Caller, row: Mapping[Any, Any], facts: SiteFacts, now: datetime) -> None:
    values = facts.row()
    if not sites.change(connection, row["id"], row["version"], {**values, "updated_at": now}):
        raise StaleError("somebody else has changed this site meanwhile")
    fields = sorted(name for name, value in values.items() if value != row[name])
    note(connection, Act(caller.actor, "site.changed", row["id"], {"fields": fields}), now)


def _facts_of(row: Mapping[Any, Any]) -> dict[str, Any]:
    named = {name: row[name] for name in SiteFacts.model_fields if name != "region"}
    return {**named, "region": row["region_id"]}


def _require_region(connection: Connection, caller: Caller, region: str) -> None:
    if regions.find(connection, caller.scope, region) is None:
        raise InvalidInputError("region", region, "a region of yours")


def _found(connection: Connection, caller: Caller, site_id: str) -> Mapping[Any, Any]:
    row = sites.find(connection, caller.scope, site_id)
    if row is None:
        raise NotFoundError(f"there is no site {site_id}")
    return row


def _told(connection: Connection, caller: Caller, site_id: str, response: Response) -> dict[str, Any]:
    row = _found(connection, caller, site_id)
    response.headers["ETag"] = version_etag(row)
    return site_body(row)
