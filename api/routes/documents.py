"""Papers of a site and of its batches, with their ends: licences, health certificates, the four of the cold chain."""

from typing import Annotated, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit import Act
from api.audit import record as note
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.coldchain.bodies import document_body
from api.coldchain.papers import FOUR, Kind
from api.cursors import pack, unpack
from api.errors import NotFoundError
from api.fields import Line, Slug
from api.places.facts import Day
from api.services import Wired
from api.shapes.coldchain import DOCUMENT, DOCUMENTS
from api.store import coldchain, photos, sites
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/documents", tags=["kitchen"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
Keeper = Annotated[Caller, Depends(Gate(Permission.BATCHES_SCAN))]


class NewDocument(BaseModel):
    """A paper of the own site; one of the four belongs to a batch."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    number: Line = Field(min_length=1, max_length=64)
    holder: Line = Field(default="", max_length=64)
    """Whose health certificate it is."""
    batch: Slug | None = None
    issued_on: Day | None = None
    expires_on: Day | None = None
    photos: list[UUID] = Field(default=[], max_length=8)
    """Five-fixed photos of the paper."""


class Listing(BaseModel):
    """A page of papers, the one that ends first first."""

    model_config = ConfigDict(extra="forbid")

    site: Slug | Literal[""] = ""
    kind: Kind | Literal[""] = ""
    ends_before: Day | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)


@router.get("", summary="Papers")
def list_documents(wanted: Annotated[Listing, Query()], services: Wired, caller: Reader) -> DOCUMENTS:
    """Return papers with how they stand today: `ends_before` gives those of which somebody must be reminded."""
    chosen = coldchain.PaperFilter(wanted.site, str(wanted.kind), wanted.ends_before)
    behind = unpack(wanted.cursor, (str, str)) if wanted.cursor else None
    with services.database.read() as connection:
        place = (str(behind[0]), str(behind[1])) if behind else None
        rows = coldchain.papers(connection, caller.scope, chosen, wanted.limit, place)
    now = services.clock.now()
    items = [document_body(row, now.astimezone(ZoneInfo(row["time_zone"])).date()) for row in rows[: wanted.limit]]
    last = items[-1] if len(rows) > wanted.limit else None
    return {"items": items, "next": pack(last["expires_on"] or "9999-01-01", last["id"]) if last else None}


@router.post("", summary="Add a paper", status_code=201)
def add_document(paper: NewDocument, services: Wired, caller: Keeper) -> DOCUMENT:
    """Keep a paper of the own site, or of a batch that is here."""
    now, document_id = services.clock.now(), str(uuid4())
    _require_sense(paper)
    with services.database.write() as connection:
        site = sites.find(connection, caller.scope, str(caller.scope.site))
        assert site is not None  # noqa: S101 - every kitchen has a site
        if paper.batch is not None and not coldchain.was_here(connection, caller.scope, paper.batch):
            raise InvalidInputError("batch", paper.batch, "the code of a batch that was coded or scanned here")
        _require_photos(connection, caller, [str(photo) for photo in paper.photos])
        told = paper.model_dump(exclude={"batch", "photos", "kind"})
        row = {"id": document_id, "site_id": site["id"], "batch_code": paper.batch, "kind": str(paper.kind), **told}
        seen = {"photos": [str(photo) for photo in paper.photos], "added_at": now, "added_by": caller.id}
        coldchain.add_document(connection, {**row, **seen})
        note(connection, Act(caller.actor, "document.added", document_id, {"kind": str(paper.kind)}), now)
        return document_body({**row, **seen}, now.astimezone(ZoneInfo(site["time_zone"])).date())


@router.delete("/{document_id}", summary="Withdraw a paper", status_code=204)
def end_document(document_id: UUID, services: Wired, caller: Keeper) -> None:
    """Let a paper count no longer; its row stays."""
    now = services.clock.now()
    with services.database.write() as connection:
        row = coldchain.document(connection, caller.scope, str(document_id))
        if row is None or row["ended_at"] is not None:
            raise NotFoundError(f"there is no document {document_id}")
        coldchain.end_document(connection, row["id"], now)
        note(connection, Act(caller.actor, "document.ended", row["id"]), now)


def _require_sense(paper: NewDocument) -> None:
    if (paper.kind in FOUR) != (paper.batch is not None):
        raise InvalidInputError("batch", paper.batch, "the code of a batch for each of its four papers, and no other")
    if paper.issued_on and paper.expires_on and paper.expires_on < paper.issued_on:
        raise InvalidInputError("expires_on", paper.expires_on.isoformat(), f"not before {paper.issued_on}")


def _require_photos(connection: Connection, caller: Caller, wanted: list[str]) -> None:
    for number, photo in enumerate(wanted):
        if photos.find(connection, caller.scope, photo) is None:
            raise InvalidInputError(f"photos.{number}", photo, "a five-fixed photo of this site")
