"""Notices and early warnings: sent to a region, to types of sites or to a list; read, receipted, urged."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.cases.orders import LANGUAGES, Language, on_the_wall
from api.cursors import pack, unpack
from api.errors import NotFoundError
from api.fields import Line, SiteType, Slug, Truth, Written
from api.noticing.bodies import cursor_of, notice_body, page_of, receipt_body, received_body, sent_body
from api.noticing.sending import Letter, send, urge
from api.papers.blocks import Facts, Paper, Words
from api.replaying import Request, once
from api.services import Wired
from api.shapes import binary
from api.shapes.letters import NOTICE, RECEIPTS, RECEIVED, SENT, SENT_PAGE, URGED
from api.store import notices, replays, users
from api.store.notices import Box

router = APIRouter(prefix="/v1/notices", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.NOTICES_READ))]
Sender = Annotated[Caller, Depends(Gate(Permission.NOTICES_SEND))]
Kind = Literal["notice", "warning", "training"]


class Text(BaseModel):
    """A notice in one language."""

    model_config = ConfigDict(extra="forbid")

    title: Line = Field(min_length=1, max_length=120)
    body: Written = Field(min_length=1, max_length=8000)


class To(BaseModel):
    """Whom a notice reaches: all sites of the region that are of these types and, where any are named, of this list."""

    model_config = ConfigDict(extra="forbid")

    region: Slug | Annotated[str, Field(max_length=0)] = ""
    """Empty = the sender's own region."""
    types: list[SiteType] = Field(default=[], max_length=64)
    sites: list[Slug] = Field(default=[], max_length=2000)
    officers: Truth = False
    """The supervisors there get a copy, too."""


class NewNotice(BaseModel):
    """What is to be told."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = "notice"
    texts: dict[Language, Text] = Field(min_length=1)
    to: To = To()

    def letter(self) -> Letter:
        """Return the value that is sent."""
        texts = {language: self.texts[language].model_dump() for language in LANGUAGES if language in self.texts}
        to = self.to
        return Letter(self.kind, texts, to.region, tuple(to.types), tuple(to.sites), to.officers)


class Inbox(BaseModel):
    """A page of what came to the caller, newest first."""

    model_config = ConfigDict(extra="forbid")

    unread: bool = False
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)


class Outbox(BaseModel):
    """A page of what was sent, newest first."""

    model_config = ConfigDict(extra="forbid")

    kind: list[Literal["order", "notice", "warning", "training"]] = []
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)


class Receipts(BaseModel):
    """A page of the copies of one notice."""

    model_config = ConfigDict(extra="forbid")

    unread: bool = False
    limit: int = Field(default=100, ge=1, le=1000)
    cursor: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _readable(self) -> "Receipts":
        self.behind()
        return self

    def behind(self) -> str:
        """Return the recipient behind which the page begins."""
        return str(unpack(self.cursor, (str,))[0]) if self.cursor else ""


@router.get("", summary="What came to me")
def list_received(wanted: Annotated[Inbox, Query()], services: Wired, caller: Reader) -> RECEIVED:
    """Return one page of the notices and orders for the caller's kitchen or desk, and how many are not read."""
    with services.database.read() as connection:
        part = page_of(wanted.limit, wanted.cursor)
        rows = notices.inbox(connection, _box(caller), part, unread=wanted.unread)
        unread = notices.unread_count(connection, _box(caller))
    items = list(map(received_body, rows[: wanted.limit]))
    return {"items": items, "next": cursor_of(rows, wanted.limit), "unread": unread}


@router.get("/sent", summary="What was sent")
def list_sent(wanted: Annotated[Outbox, Query()], services: Wired, caller: Sender) -> SENT_PAGE:
    """Return one page of what was sent to the caller's part of the tree, with how many have read it."""
    with services.database.read() as connection:
        rows = notices.sent(connection, caller.scope, wanted.kind, page_of(wanted.limit, wanted.cursor))
    return {"items": list(map(sent_body, rows[: wanted.limit])), "next": cursor_of(rows, wanted.limit)}


@router.post("", summary="Send a notice", status_code=201)
def send_notice(
    notice: NewNotice,
    services: Wired,
    caller: Sender,
    idempotency_key: Annotated[str, Header(max_length=128)] = "",
) -> SENT:
    """Send a notice, an early warning or a training notice to every site that it names; all copies at once or none."""
    now, print_ = services.clock.now(), replays.fingerprint("notice", notice.model_dump(mode="json"))

    def work(connection: Connection) -> dict[str, Any]:
        home = users.region_of(connection, caller.id)
        return _sent(connection, caller, send(connection, caller, home, notice.letter(), now))

    with services.database.write() as connection:
        return once(connection, Request(caller.id, idempotency_key, print_, now), work)


@router.get("/{notice_id}", summary="One notice")
def get_notice(notice_id: UUID, services: Wired, caller: Reader) -> NOTICE:
    """Return what a notice says, to whoever received or may send it."""
    with services.database.read() as connection:
        return notice_body(_readable(connection, caller, str(notice_id)))


@router.get(
    "/{notice_id}/paper",
    summary="A notice on paper",
    response_class=Response,
    responses={200: {"content": binary("application/pdf")}},
)
def print_notice(notice_id: UUID, services: Wired, caller: Reader, language: Language = "zh") -> Response:
    """Return a notice as PDF; in the other language where it was not written in this one."""
    with services.database.read() as connection:
        row = _readable(connection, caller, str(notice_id))
    text = row["texts"].get(language) or next(iter(row["texts"].values()))
    signed = ((row["sender"], on_the_wall(row["sent_at"], "UTC")),)
    paper = Paper(text["title"], (Words(text["body"]), Facts(signed)), f"Mingchu · {row['id']}")
    headers = {"Content-Disposition": f'inline; filename="notice-{notice_id}.pdf"'}
    return Response(services.press.pdf(paper), headers=headers, media_type="application/pdf")


@router.post("/{notice_id}/read", summary="I have read it", status_code=204)
def read_notice(notice_id: UUID, services: Wired, caller: Reader) -> None:
    """Write the receipt of the caller's kitchen or desk; the first one counts, and stays."""
    now, box = services.clock.now(), _box(caller)
    with services.database.write() as connection:
        if notices.find_received(connection, box, str(notice_id)) is None:
            raise _no_notice(str(notice_id))
        if notices.read(connection, box, str(notice_id), caller.id, now):
            note(connection, Act(caller.actor, "notice.read", str(notice_id), {"site": box.site}), now)


@router.get("/{notice_id}/receipts", summary="Who has read it")
def list_receipts(notice_id: UUID, wanted: Annotated[Receipts, Query()], services: Wired, caller: Sender) -> RECEIPTS:
    """Return one page of the copies, those of other regions left out; with `unread` only those nobody has read."""
    with services.database.read() as connection:
        if notices.find_sent(connection, caller.scope, str(notice_id)) is None:
            raise _no_notice(str(notice_id))
        part = (wanted.limit, wanted.behind())
        rows = notices.receipts(connection, caller.scope, str(notice_id), part, unread=wanted.unread)
    more = pack(rows[wanted.limit - 1]["recipient"]) if len(rows) > wanted.limit else None
    return {"items": list(map(receipt_body, rows[: wanted.limit])), "next": more}


@router.post("/{notice_id}/urge", summary="Urge who has not read it")
def urge_notice(notice_id: UUID, services: Wired, caller: Sender) -> URGED:
    """Mark every unread copy as urged; 409 when there is none, or when it was done within ten minutes."""
    with services.database.write() as connection:
        return {"urged": urge(connection, caller, str(notice_id), services.clock.now())}


def _box(caller: Caller) -> Box:
    return Box(caller.scope.site, caller.id)


def _readable(connection: Connection, caller: Caller, notice_id: str) -> Mapping[Any, Any]:
    row = notices.find_received(connection, _box(caller), notice_id)
    if row is None and caller.may(Permission.NOTICES_SEND):
        row = notices.find_sent(connection, caller.scope, notice_id)
    if row is None:
        raise _no_notice(notice_id)
    return row


def _sent(connection: Connection, caller: Caller, notice_id: str) -> dict[str, Any]:
    row = notices.find_sent(connection, caller.scope, notice_id)
    assert row is not None  # noqa: S101 - written in this transaction
    return sent_body(row)


def _no_notice(notice_id: str) -> NotFoundError:
    return NotFoundError(f"there is no notice {notice_id}")
