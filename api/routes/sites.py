"""Sites: the kitchens, each with a region, a clock and a law."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import site_body, version_etag
from api.casework.handing import Handover, follow_site
from api.cursors import pack, unpack
from api.errors import ConflictError, NotFoundError, StaleError
from api.fields import Line, Slug, Written
from api.inspections.bodies import supply_body
from api.merging import Patch, documented, patched
from api.places.contacts import shown as shown_contacts
from api.places.contacts import unmasked
from api.places.facts import Day, Grade, NewSite, SiteFacts
from api.preconditions import IfMatch, require
from api.services import Wired
from api.shapes.places import SITE, SITES
from api.store import inspections, log, regions, sites
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/sites", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
Writer = Annotated[Caller, Depends(Gate(Permission.SITES_WRITE))]


class Listing(BaseModel):
    """A page of the sites that are wanted, by name; several values of one field are alternatives."""

    model_config = ConfigDict(extra="forbid")

    type: list[str] = []
    grade: list[Grade] = []
    """An empty one: not graded yet."""
    region: Slug | Literal[""] = ""
    """This region and everything below it."""
    q: Line = Field(default="", max_length=64)
    """A part of the name, or the id."""
    licence_ends_before: Day | None = None
    supplier: bool | None = None
    """It was pre-inspected, or waits to be: `may_supply` says what came of it."""
    limit: int = Field(default=500, ge=1, le=1000)
    cursor: str = Field(default="", max_length=1000)

    def page(self) -> sites.SitePage:
        """Return the part that the repository shall read."""
        if not self.cursor:
            return sites.SitePage(self.limit)
        name, site = unpack(self.cursor, (str, str))
        return sites.SitePage(self.limit, (str(name), str(site)))

    def filter(self, connection: Connection, caller: Caller) -> sites.SiteFilter:
        """Return the value that the repository takes; InvalidInputError where the region is not the caller's."""
        row = regions.find(connection, caller.scope, self.region) if self.region else None
        if self.region and row is None:
            raise InvalidInputError("region", self.region, "a region of yours")
        path = row["path"] if row else ""
        return sites.SiteFilter(
            tuple(self.type), tuple(self.grade), path, self.q, self.licence_ends_before, self.supplier
        )


class NewAuthority(BaseModel):
    """Who answers for a site from now on, and why."""

    model_config = ConfigDict(extra="forbid")

    region: Slug
    reason: Written = Field(min_length=1, max_length=1000)


@router.get("", summary="Sites")
def list_sites(wanted: Annotated[Listing, Query()], services: Wired, caller: Reader) -> SITES:
    """Return one page of the caller's sites by name; `next` is the cursor of the following one, null at the end."""
    with services.database.read() as connection:
        rows = sites.page(connection, caller.scope, wanted.filter(connection, caller), wanted.page())
        shown = rows[: wanted.limit]
        admitted = inspections.admissions_of(connection, [row["id"] for row in shown])
    more = pack(shown[-1]["name"], shown[-1]["id"]) if len(rows) > wanted.limit else None
    now = services.clock.now()
    items = [{**site_body(row), **supply_body(admitted.get(row["id"], ()), now)} for row in shown]
    return {"items": items, "next": more}


@router.get("/{site_id}", summary="One site")
def get_site(site_id: Slug, services: Wired, caller: Reader, response: Response) -> SITE:
    """Return one site; its ETag is what a change's If-Match takes."""
    with services.database.read() as connection:
        return _told(connection, caller, site_id, response, services.clock.now())


@router.post("", summary="Add a site", status_code=201)
def add_site(site: NewSite, services: Wired, caller: Writer, response: Response) -> SITE:
    """Add a site to a region of the caller."""
    now = services.clock.now()
    with services.database.write() as connection:
        _require_region(connection, caller, site.region)
        if sites.taken(connection, site.id):
            raise ConflictError(f"the id {site.id} is taken")
        facts = {**site.row(), "contacts": _contacts(site, None)}
        sites.add(connection, {"id": site.id, **facts, "created_at": now, "updated_at": now})
        note(connection, Act(caller.actor, "site.added", site.id), now)
        return _told(connection, caller, site.id, response, now)


@router.patch("/{site_id}", summary="Change a site", openapi_extra=documented(SiteFacts))
def change_site(
    site_id: Slug, patch: Patch, services: Wired, caller: Writer, response: Response, if_match: IfMatch = ""
) -> SITE:
    """Change the fields that are sent (JSON merge patch); If-Match is required, null brings a default back."""
    now = services.clock.now()
    with services.database.write() as connection:
        log.take_turn(connection)  # open cases of a site that changes its region are told of
        row = _found(connection, caller, site_id)
        require(if_match, version_etag(row))
        facts = patched(SiteFacts, _facts_of(row), patch)
        if facts.region != row["region_id"]:
            _require_region(connection, caller, facts.region)
        _write(connection, caller, row, facts, now)
        if facts.region != row["region_id"]:
            follow_site(connection, caller.actor, Handover(row, facts.region, ""), now)
        answer = _told(connection, caller, site_id, response, now)
    services.camera_bell.ring()
    services.log_bell.ring()
    return answer


@router.post("/{site_id}/handover", summary="Hand a site over")
def hand_over(
    site_id: Slug, told: NewAuthority, services: Wired, caller: Writer, response: Response, if_match: IfMatch = ""
) -> SITE:
    """Give a site to another region, with its people and its open cases; If-Match is required.

    Both regions must be the caller's. Clocks go on as they are, the officers there get a copy of every order that is
    not fulfilled, and the audit trail keeps the reason.
    """
    now = services.clock.now()
    with services.database.write() as connection:
        log.take_turn(connection)
        row = _found(connection, caller, site_id)
        require(if_match, version_etag(row))
        _require_region(connection, caller, told.region)
        if told.region == row["region_id"]:
            raise InvalidInputError("region", told.region, "another region than the site's own")
        if not sites.change(connection, site_id, row["version"], {"region_id": told.region, "updated_at": now}):
            raise StaleError("somebody else has changed this site meanwhile")
        follow_site(connection, caller.actor, Handover(row, told.region, told.reason), now)
        answer = _told(connection, caller, site_id, response, now)
    services.camera_bell.ring()
    services.log_bell.ring()
    return answer


def _write(connection: Connection, caller: Caller, row: Mapping[Any, Any], facts: SiteFacts, now: datetime) -> None:
    values = facts.row()
    values["contacts"] = _contacts(facts, row["contacts"])
    if not sites.change(connection, row["id"], row["version"], {**values, "updated_at": now}):
        raise StaleError("somebody else has changed this site meanwhile")
    fields = sorted(name for name, value in values.items() if value != row[name])
    note(connection, Act(caller.actor, "site.changed", row["id"], {"fields": fields}), now)


def _contacts(facts: SiteFacts, stored: Any) -> list[dict[str, Any]]:
    """Return the contacts as they shall be stored: a masked number leaves the one that is there."""
    found, lost = unmasked([each.model_dump() for each in facts.contacts], stored)
    if lost:
        raise InvalidInputError("contacts.phone", lost, "a whole number, or the masked one of GET for the same role")
    return found


def _facts_of(row: Mapping[Any, Any]) -> dict[str, Any]:
    named = {name: row[name] for name in SiteFacts.model_fields if name != "region"}
    known = {name: value for name, value in named.items() if value is not None}
    return {**known, "region": row["region_id"]}


def _require_region(connection: Connection, caller: Caller, region: str) -> None:
    if regions.find(connection, caller.scope, region) is None:
        raise InvalidInputError("region", region, "a region of yours")


def _found(connection: Connection, caller: Caller, site_id: str) -> Mapping[Any, Any]:
    row = sites.find(connection, caller.scope, site_id)
    if row is None:
        raise NotFoundError(f"there is no site {site_id}")
    return row


def _told(connection: Connection, caller: Caller, site_id: str, response: Response, now: datetime) -> dict[str, Any]:
    row = _found(connection, caller, site_id)
    response.headers["ETag"] = version_etag(row)
    supply = supply_body(inspections.admissions_of(connection, [site_id]).get(site_id, ()), now)
    contacts = shown_contacts(row["contacts"], in_full=caller.may(Permission.CONTACTS_READ))
    return {**site_body(row), **supply, "contacts": contacts}
