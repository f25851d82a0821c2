"""Regions: the tree of places by which everybody's view is scoped."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import region_body
from api.errors import NotFoundError
from api.fields import Slug
from api.places.facts import NewRegion
from api.places.planting import put_region
from api.services import Wired
from api.shapes.places import REGION, REGIONS
from api.store import regions

router = APIRouter(prefix="/v1/regions", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
Writer = Annotated[Caller, Depends(Gate(Permission.REGIONS_WRITE))]


@router.get("", summary="Regions")
def list_regions(services: Wired, caller: Reader) -> REGIONS:
    """Return the caller's part of the tree, parents first."""
    with services.database.read() as connection:
        return {"items": [region_body(row) for row in regions.everything(connection, caller.scope)], "next": None}


@router.get("/{region_id}", summary="One region")
def get_region(region_id: Slug, services: Wired, caller: Reader) -> REGION:
    """Return one region of the caller."""
    with services.database.read() as connection:
        row = regions.find(connection, caller.scope, region_id)
    if row is None:
        raise NotFoundError(f"there is no region {region_id}")
    return region_body(row)


@router.post("", summary="Add a region", status_code=201)
def add_region(region: NewRegion, services: Wired, caller: Writer) -> REGION:
    """Add a region below one of the caller's."""
    with services.database.write() as connection:
        put_region(connection, caller.scope, region)
        act = Act(caller.actor, "region.added", region.id, {"parent": region.parent})
        note(connection, act, services.clock.now())
        row = regions.find(connection, caller.scope, region.id)
    if row is None:
        raise NotFoundError(f"there is no region {region.id}")
    return region_body(row)
