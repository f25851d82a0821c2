"""Self-checks: posts of a kitchen's people, rounds that they fill in and sign, and the records of them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.cursors import instant, pack, unpack
from api.errors import NotFoundError
from api.fields import Slug
from api.filling import Filled
from api.places.facts import Day
from api.preconditions import Terms
from api.replaying import Request, once
from api.selfchecks.bodies import check_body, record_paper, record_sheet
from api.selfchecks.lists import Post, RoundName
from api.selfchecks.rounds import Seen, enroll, fill_in, seen_of, sign
from api.services import Wired
from api.shapes import binary
from api.shapes.kitchen import POSTS_HELD, SELF_CHECK, SELF_CHECKS
from api.store import replays, selfchecks, sites, users
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/selfchecks", tags=["kitchen"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
Cook = Annotated[Caller, Depends(Gate(Permission.SELFCHECKS_ANSWER))]
Appointer = Annotated[Caller, Depends(Gate(Permission.SITES_GRADE))]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_RECORDS = 400
"""Rounds in one record: a year of days."""


class Listing(BaseModel):
    """A page of rounds, newest first."""

    model_config = ConfigDict(extra="forbid")

    site: Slug | Literal[""] = ""
    round: RoundName | Literal[""] = ""
    state: Literal["", "open", "signed", "missed"] = ""
    since: Day | None = None
    """The first day of a round, from this one on."""
    until: Day | None = None
    """And before this one."""
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)

    def filter(self) -> selfchecks.CheckFilter:
        """Return the value that the repository takes."""
        return selfchecks.CheckFilter(self.site, self.round, self.state, self.since, self.until)

    def page(self) -> selfchecks.CheckPage:
        """Return the part that the repository shall read."""
        if not self.cursor:
            return selfchecks.CheckPage(self.limit)
        at, check_id = unpack(self.cursor, (str, str))
        return selfchecks.CheckPage(self.limit, (instant(at), str(check_id)))


class Record(Listing):
    """Which rounds, in which form."""

    format: Literal["xlsx", "pdf"] = "xlsx"
    language: Literal["zh", "en"] = "zh"


class Posts(BaseModel):
    """Which posts somebody holds; none ends them."""

    model_config = ConfigDict(extra="forbid")

    posts: list[Post] = Field(max_length=3)


@router.get("", summary="Self-checks")
def list_checks(wanted: Annotated[Listing, Query()], services: Wired, caller: Reader) -> SELF_CHECKS:
    """Return one page of rounds; with `state=missed` the findings of what was not done."""
    with services.database.read() as connection:
        rows = selfchecks.page(connection, caller.scope, wanted.filter(), wanted.page())
        items = [check_body(row, seen_of(connection, row)) for row in rows[: wanted.limit]]
    last = rows[wanted.limit - 1] if len(rows) > wanted.limit else None
    return {"items": items, "next": pack(last["begins_at"].isoformat(), last["id"]) if last else None}


@router.get(
    "/record",
    summary="The record as XLSX or PDF",
    response_class=Response,
    responses={200: {"content": binary(XLSX, "application/pdf")}},
)
def get_record(wanted: Annotated[Record, Query()], services: Wired, caller: Reader) -> Response:
    """Return the rounds that are wanted as the record that the law asks for, 400 at most."""
    part = selfchecks.CheckPage(MOST_RECORDS)
    with services.database.read() as connection:
        rows = selfchecks.page(connection, caller.scope, wanted.filter(), part)
        if len(rows) > MOST_RECORDS:
            raise InvalidInputError("since", wanted.since, f"a time with at most {MOST_RECORDS} rounds")
        told = [(row, seen_of(connection, row)) for row in rows]
    if wanted.format == "xlsx":
        return Response(record_sheet(told, wanted.language), media_type=XLSX, headers=_named("selfchecks.xlsx"))
    paper = services.press.pdf(record_paper(told, wanted.language))
    return Response(paper, media_type="application/pdf", headers=_named("selfchecks.pdf"))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


@router.get("/posts/{site_id}", summary="Who holds which post")
def list_posts(site_id: Slug, services: Wired, caller: Reader) -> POSTS_HELD:
    """Return the food-safety officer, director and principal of a site."""
    with services.database.read() as connection:
        return _posts(connection, caller, site_id)


@router.put("/posts/{site_id}/{name}", summary="Give somebody posts")
def put_posts(site_id: Slug, name: Slug, told: Posts, services: Wired, caller: Appointer) -> POSTS_HELD:
    """Say what an account of a kitchen signs; the site takes part in self-checks from its first post on."""
    now = services.clock.now()
    with services.database.write() as connection:
        site = _site(connection, caller, site_id)
        user = users.by_name(connection, name)
        if user is None or user["site_id"] != site_id:
            raise NotFoundError(f"there is no {name} at site {site_id}")
        selfchecks.put_posts(connection, user, told.posts, caller.id, now)
        if told.posts:
            enroll(connection, site, now)
        note(connection, Act(caller.actor, "posts.given", user["name"], {"posts": sorted(told.posts)}), now)
        return _posts(connection, caller, site_id)


def _site(connection: Connection, caller: Caller, site_id: str) -> Any:
    row = sites.find(connection, caller.scope, site_id)
    if row is None:
        raise NotFoundError(f"there is no site {site_id}")
    return row


def _posts(connection: Connection, caller: Caller, site_id: str) -> dict[str, Any]:
    _site(connection, caller, site_id)
    rows = selfchecks.posts_at(connection, site_id)
    return {"items": [{"name": row["name"], "post": row["post"]} for row in rows], "next": None}


@router.get("/{check_id}", summary="One self-check")
def get_check(check_id: UUID, services: Wired, caller: Reader, response: Response) -> SELF_CHECK:
    """Return a round with what the cameras saw beside each line; its ETag is what a change's If-Match takes."""
    with services.database.read() as connection:
        body = _body(connection, caller, str(check_id))
    response.headers["ETag"] = body["etag"]
    return body


@router.patch("/{check_id}", summary="Fill in lines")
def fill(check_id: UUID, told: Filled, services: Wired, caller: Cook, terms: Annotated[Terms, Depends()]) -> SELF_CHECK:
    """Answer some lines; If-Match is required. What is not in order needs a note; some lines need a photo."""
    now, seen = services.clock.now(), Seen(str(check_id), terms.if_match)
    print_ = replays.fingerprint("selfcheck", seen.check_id, told.model_dump(mode="json"))

    def work(connection: Connection) -> dict[str, Any]:
        fill_in(connection, caller, seen, told.told(), now)
        return _body(connection, caller, seen.check_id)

    with services.database.write() as connection:
        return once(connection, Request(caller.id, terms.idempotency_key, print_, now), work)


@router.post("/{check_id}/sign", summary="Sign")
def sign_check(check_id: UUID, services: Wired, caller: Cook, terms: Annotated[Terms, Depends()]) -> SELF_CHECK:
    """Sign a round that is complete: the officer the daily, the director the weekly, the principal the monthly one."""
    now, seen = services.clock.now(), Seen(str(check_id), terms.if_match)
    print_ = replays.fingerprint("selfcheck.sign", seen.check_id)

    def work(connection: Connection) -> dict[str, Any]:
        sign(connection, caller, seen, now)
        return _body(connection, caller, seen.check_id)

    with services.database.write() as connection:
        return once(connection, Request(caller.id, terms.idempotency_key, print_, now), work)


def _body(connection: Connection, caller: Caller, check_id: str) -> dict[str, Any]:
    row = selfchecks.find(connection, caller.scope, check_id)
    if row is None:
        raise NotFoundError(f"there is no self-check {check_id}")
    return check_body(row, seen_of(connection, row))
