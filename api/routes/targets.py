"""Scores line by line, and the worklist: which sites first, and why."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.cursors import pack, unpack
from api.errors import NotFoundError
from api.fields import Slug
from api.insight.rule import load_rule
from api.places.facts import Grade
from api.services import Wired
from api.shapes.figures import SCORE, TARGETS
from api.store import regions, scoring
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
Steerer = Annotated[Caller, Depends(Gate(Permission.TARGETS_READ))]
Colour = Literal["green", "amber", "red"]


class Listing(BaseModel):
    """A page of the worklist; several values of one field are alternatives."""

    model_config = ConfigDict(extra="forbid")

    colour: list[Colour] = []
    grade: list[Grade] = []
    type: list[str] = []
    region: Slug | Literal[""] = ""
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)

    @property
    def behind(self) -> tuple[float, str] | None:
        """Return risk and id of the last site of the page before."""
        if not self.cursor:
            return None
        risk, site = unpack(self.cursor, (str, str))
        try:
            return float(risk), str(site)
        except ValueError:
            raise InvalidInputError("cursor", self.cursor, "the `next` of the page before") from None


@router.get("/sites/{site_id}/score", summary="Score of a site")
def get_score(site_id: Slug, services: Wired, caller: Reader) -> SCORE:
    """Return points, colour and every line: the case, the factors whose product it takes, or why it does not count.

    Only cases count that were confirmed by a person and ordered, and that nobody contests. `final` leaves out those
    that can still be appealed: the public may see no other.
    """
    with services.database.read() as connection:
        row = scoring.find(connection, caller.scope, site_id)
    if row is None:
        raise NotFoundError(f"there is no site {site_id}")
    rule = load_rule()
    told = {"points": rule.points, "cards": rule.cards, "repeat": rule.repeat, "put_right": rule.put_right}
    ages = [{"days": age.days, "share": age.share} for age in rule.ages]
    risk = {"risk": row["risk"], "reasons": row["reasons"]} if caller.may(Permission.TARGETS_READ) else {}
    return {
        **_score(row),
        "lines": row["lines"],
        **risk,
        "rule": {**told, "ages": ages, "colours": rule.colours, "edition": row["edition"]},
        "computed_at": instant(row["computed_at"]),
        "changes_at": instant(row["changes_at"]),
    }


@router.get("/targets", summary="Worklist by risk")
def list_targets(wanted: Annotated[Listing, Query()], services: Wired, caller: Steerer) -> TARGETS:
    """Return a page of sites, the riskiest first, each with its reasons, and how many there are of each colour."""
    with services.database.read() as connection:
        region = regions.find(connection, caller.scope, wanted.region) if wanted.region else None
        if wanted.region and region is None:
            raise InvalidInputError("region", wanted.region, "a region of yours")
        chosen = scoring.TargetFilter(
            tuple(wanted.colour), tuple(wanted.grade), tuple(wanted.type), region["path"] if region else ""
        )
        rows = scoring.page(connection, caller.scope, chosen, wanted.limit, wanted.behind)
        colours = scoring.colours(connection, caller.scope) if not wanted.cursor else None
    shown = rows[: wanted.limit]
    more = pack(repr(shown[-1]["risk"]), shown[-1]["site_id"]) if len(rows) > wanted.limit else None
    return {"items": [_target(row) for row in shown], "next": more, "colours": colours}


def _score(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "site": row["site_id"],
        "site_name": row["site_name"],
        "points": row["points"],
        "colour": row["colour"],
        "final": {"points": row["final_points"], "colour": row["final_colour"]},
    }


def _target(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        **_score(row),
        "type": row["site_type"],
        "region": row["site_region_id"],
        "grade": row["site_grade"] or "",
        "graded_on": row["site_graded_on"].isoformat() if row["site_graded_on"] else None,
        "risk": row["risk"],
        "reasons": row["reasons"],
        "cameras": row["cameras"],
        "unhealthy": row["unhealthy"],
    }
