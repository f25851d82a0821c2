"""Risk grades: a supervisor's findings in points become a grade A to D by the rule, kept with every line."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.errors import NotFoundError, StaleError
from api.fields import Line, Slug
from api.places.facts import Day
from api.places.grading import Findings, Grading, graded, load_rule
from api.services import Wired
from api.shapes.places import GRADING, GRADINGS
from api.store import gradings, sites
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/sites", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
Grader = Annotated[Caller, Depends(Gate(Permission.SITES_GRADE))]


class NewGrading(BaseModel):
    """What an inspector found, in points of the rule; the site's size gives the rest."""

    model_config = ConfigDict(extra="forbid")

    static_other: float = Field(ge=0, le=100)
    dynamic: float = Field(ge=0, le=100)
    graded_on: Day | None = None
    """Null = today at the site."""
    note: Line = Field(default="", max_length=1000)


@router.get("/{site_id}/gradings", summary="Gradings of a site")
def list_gradings(site_id: Slug, services: Wired, caller: Reader) -> GRADINGS:
    """Return every grading, newest first, with its lines, and the rule under which the next one would be made."""
    with services.database.read() as connection:
        _found(connection, caller, site_id)
        rows = gradings.history(connection, site_id)
    rule = load_rule()
    told = {"edition": rule.edition, "source": rule.source, "cutoffs": rule.cutoffs, "visits_a_year": rule.visits}
    return {"items": [_body(row) for row in rows], "next": None, "rule": {**told, "verified": False}}


@router.post("/{site_id}/gradings", summary="Grade a site", status_code=201)
def add_grading(site_id: Slug, wanted: NewGrading, services: Wired, caller: Grader) -> GRADING:
    """Grade a site anew; its grade and the day are shown with it from now on."""
    now = services.clock.now()
    with services.database.write() as connection:
        site = _found(connection, caller, site_id)
        found = graded(site, Findings(wanted.static_other, wanted.dynamic), load_rule())
        on = _day(wanted, site, now)
        _keep(connection, caller, site, found, {"graded_on": on, "note": wanted.note, "at": now})
        return _body(gradings.history(connection, site_id)[0])


def _day(wanted: NewGrading, site: Mapping[Any, Any], now: datetime) -> date:
    today = now.astimezone(ZoneInfo(site["time_zone"])).date()
    if wanted.graded_on is not None and wanted.graded_on > today:
        raise InvalidInputError("graded_on", wanted.graded_on.isoformat(), f"not after {today} (today at the site)")
    return wanted.graded_on or today


def _keep(
    connection: Connection, caller: Caller, site: Mapping[Any, Any], found: Grading, told: Mapping[str, Any]
) -> None:
    values = {"grade": found.grade, "graded_on": told["graded_on"], "updated_at": told["at"]}
    if not sites.change(connection, site["id"], site["version"], values):
        raise StaleError("somebody else has changed this site meanwhile")
    row = {"grade": found.grade, "points": found.points, "lines": list(found.lines), "edition": found.edition}
    gradings.add(connection, site["id"], {**row, **told, "user_id": caller.id})
    note(connection, Act(caller.actor, "site.graded", site["id"], {"grade": found.grade}), told["at"])


def _found(connection: Connection, caller: Caller, site_id: str) -> Mapping[Any, Any]:
    row = sites.find(connection, caller.scope, site_id)
    if row is None:
        raise NotFoundError(f"there is no site {site_id}")
    return row


def _body(row: Mapping[Any, Any]) -> dict[str, Any]:
    plain = ("number", "grade", "points", "lines", "edition", "note", "by")
    told = {name: row[name] for name in plain}
    return {**told, "graded_on": row["graded_on"].isoformat(), "at": instant(row["at"])}
