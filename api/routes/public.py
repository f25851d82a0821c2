"""The public's view: grade with its day, open-kitchen label, red and black list; blurred, final, published only."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.auth.gate import GatedRoute
from api.bodies import instant
from api.cursors import pack, unpack
from api.errors import NotFoundError
from api.fields import Line, Slug
from api.insight.rule import load_rule
from api.services import Wired
from api.shapes.figures import PUBLIC_LIST, PUBLIC_SITE, PUBLIC_SITES
from api.store import public, scoring

router = APIRouter(prefix="/v1/public", tags=["public"], route_class=GatedRoute)
CACHED = {"Cache-Control": "public, max-age=60"}
LONGEST_LIST = 100


class Listing(BaseModel):
    """A page of published sites by name."""

    model_config = ConfigDict(extra="forbid")

    q: Line = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str = Field(default="", max_length=1000)

    @property
    def behind(self) -> tuple[str, str] | None:
        """Return name and id of the last site of the page before."""
        if not self.cursor:
            return None
        name, site = unpack(self.cursor, (str, str))
        return str(name), str(site)


@router.get("/sites", summary="Published sites")
def list_sites(wanted: Annotated[Listing, Query()], services: Wired, response: Response) -> PUBLIC_SITES:
    """Return a page of the sites that a person has published."""
    with services.database.read() as connection:
        rows = public.page(connection, public.PublicPage(wanted.q, wanted.limit, wanted.behind))
    response.headers.update(CACHED)
    shown = rows[: wanted.limit]
    more = pack(shown[-1]["name"], shown[-1]["id"]) if len(rows) > wanted.limit else None
    return {"items": [_body(row) for row in shown], "next": more}


@router.get("/sites/{site_id}", summary="One published site")
def get_site(site_id: Slug, services: Wired, response: Response) -> PUBLIC_SITE:
    """Return grade, label and colour of one published site; the label as its cameras are now."""
    now = services.clock.now()
    with services.database.read() as connection:
        row = public.find(connection, site_id)
        count, unhealthy = scoring.health(connection, now, site_id).get(site_id, (0, 0))
    if row is None:
        raise NotFoundError(f"there is no published site {site_id}")
    response.headers.update(CACHED)
    return _body({**row, "cameras": count, "unhealthy": unhealthy, "computed_at": now})


@router.get("/lists/{name}", summary="Red and black list")
def get_list(name: Literal["red", "black"], services: Wired, response: Response) -> PUBLIC_LIST:
    """Return who does well (red) and who does not (black), among published sites.

    Red: graded A or B, no point lost, known for 90 days. Black: the score from final cases is red; each with those
    cases. A case is final when its appeal was rejected or its window passed unused; pictures are the blurred ones.
    """
    rule = load_rule()
    with services.database.read() as connection:
        if name == "black":
            rows = public.black(connection, LONGEST_LIST)
            items = [{**_body(row), "cases": _final(row)} for row in rows]
        else:
            since = services.clock.now() - timedelta(days=rule.red_list_days)
            items = [_body(row) for row in public.red(connection, since, LONGEST_LIST)]
    response.headers.update(CACHED)
    return {"items": items, "next": None, "edition": rule.edition}


@router.get("/cases/{case_id}/picture", summary="Blurred picture of a case of the black list", response_class=Response)
def get_picture(case_id: UUID, services: Wired) -> StreamingResponse:
    """Return the blurred picture of a case that is shown on the black list."""
    with services.database.read() as connection:
        place = public.place_of(connection, str(case_id))
        row = public.find(connection, place["site_id"]) if place else None
        listed = row is not None and row["final_colour"] == "red" and str(case_id) in {c["case"] for c in _final(row)}
        found = public.picture(connection, place["event_id"]) if place and listed else None
    if found is None:
        raise NotFoundError(f"there is no picture of {case_id}")
    content = services.objects.open(found["key"])
    return StreamingResponse(content, media_type=found["media_type"], headers=CACHED)


def _final(row: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """Return the cases that the final score counts, as the public may know them."""
    return [
        {
            **{name: line[name] for name in ("case", "kind", "tier", "day", "points")},
            "picture": f"/v1/public/cases/{line['case']}/picture",
        }
        for line in row["final_lines"]
        if line["why"] == "counts"
    ]


def _body(row: Mapping[Any, Any]) -> dict[str, Any]:
    rule = load_rule()
    good = row["cameras"] - row["unhealthy"]
    is_open = bool(row["cameras"]) and good / row["cameras"] >= rule.open_kitchen_share
    return {
        **{name: row[name] for name in ("id", "name", "type")},
        "address": row["address"] or "",
        "region": row["region_name"],
        "grade": row["grade"] or None,
        "graded_on": row["graded_on"].isoformat() if row["graded_on"] else None,
        "colour": row["final_colour"],
        "open_kitchen": {
            "open": is_open,
            "label": {"zh": "有明厨亮灶", "en": "open kitchen"} if is_open else _CLOSED,
            "at": instant(row["computed_at"]),
        },
    }


_CLOSED = {"zh": "无明厨亮灶", "en": "no open kitchen"}
