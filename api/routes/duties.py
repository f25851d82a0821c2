"""What the law asks for in each kind of zone of a site: shown where somebody says what a camera sees."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.errors import NotFoundError
from api.fields import Slug
from api.services import Wired
from api.shapes.places import DUTIES
from api.store import sites
from vision.catalogue import Duty, Place, load_catalogue
from vision.scene import ZoneType

router = APIRouter(prefix="/v1/sites", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
_book = lru_cache(maxsize=1)(load_catalogue)


@router.get("/{site_id}/duties", summary="Duties by zone")
def list_duties(site_id: Slug, services: Wired, caller: Reader) -> DUTIES:
    """Return what each kind means today in each type of zone of this site; what is missing is no violation there."""
    with services.database.read() as connection:
        row = sites.find(connection, caller.scope, site_id)
    if row is None:
        raise NotFoundError(f"there is no site {site_id}")
    on = services.clock.now().date()
    return {
        "version": _book().version,
        "zones": [{"type": zone, "duties": _duties(zone, row, on)} for zone in ZoneType],
    }


def _duties(zone: ZoneType, site: Mapping[Any, Any], on: date) -> list[dict[str, Any]]:
    place = Place(zone, site["type"], site["jurisdiction"])
    found = (_book().duty(kind, place, on) for kind in _book().kinds)
    return [_body(duty) for duty in found if duty is not None]


def _body(duty: Duty) -> dict[str, Any]:
    clauses = [
        {"id": each.id, "instrument": each.instrument, "article": each.article, "verified": each.verified}
        for each in duty.clauses
    ]
    times = {"plan_h": duty.plan_h, "fix_h": duty.fix_h}
    return {"kind": duty.kind, "tier": duty.tier, "binding": duty.binding, "clauses": clauses, **times}
