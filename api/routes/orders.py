"""Orders to correct: to whom each went and who has read it, and the same on paper."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.cases.orders import Language
from api.casework.delivering import order_id_of
from api.casework.holding import no_case
from api.casework.paper import MOST_PICTURES, Shown, order_paper
from api.errors import NotFoundError
from api.fields import Line
from api.noticing.bodies import cursor_of, page_of, receipt_body, sent_body
from api.objects import ObjectStore
from api.services import Services, Wired
from api.shapes import binary
from api.shapes.letters import ORDER, ORDERS
from api.store import cases, media, notices
from api.viewing import note_viewings, require_reason

router = APIRouter(prefix="/v1/orders", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.EVENTS_READ))]
MOST_BYTES = 16 << 20
"""A larger picture is not printed."""
VEILED, PLAIN = ("annotated_blurred", "snapshot_blurred"), ("annotated", "snapshot")


class Listing(BaseModel):
    """A page of orders, newest first."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=500)


class Wish(BaseModel):
    """How the paper shall be."""

    model_config = ConfigDict(extra="forbid")

    language: Language = "zh"
    unblurred: bool = False
    """The original pictures; needs a reason and enters the viewing register."""
    reason: Line = Field(default="", max_length=200)


@router.get("", summary="Orders that were given")
def list_orders(wanted: Annotated[Listing, Query()], services: Wired, caller: Reader) -> ORDERS:
    """Return one page: each order with how many of its copies were read."""
    with services.database.read() as connection:
        rows = notices.sent(connection, caller.scope, ("order",), page_of(wanted.limit, wanted.cursor))
    return {"items": list(map(_order, rows[: wanted.limit])), "next": cursor_of(rows, wanted.limit)}


@router.get("/{case_id}", summary="The order of a case")
def get_order(case_id: UUID, services: Wired, caller: Reader) -> ORDER:
    """Return the texts and a receipt for each copy: the site's and those of its local officers."""
    with services.database.read() as connection:
        row = notices.find_sent(connection, caller.scope, order_id_of(str(case_id)))
        if row is None:
            raise _no_order(case_id)
        told = notices.receipts(connection, caller.scope, row["id"], (200, ""), unread=False)
    return {**_order(row), "receipts": list(map(receipt_body, told))}


@router.get(
    "/{case_id}/paper",
    summary="The order on paper",
    response_class=Response,
    responses={200: {"content": binary("application/pdf")}},
)
def print_order(case_id: UUID, wish: Annotated[Wish, Query()], services: Wired, caller: Reader) -> Response:
    """Return the order as PDF with blurred pictures; the originals need a reason and enter the register (I7)."""
    reason = require_reason(caller, wish.reason) if wish.unblurred else ""
    with services.database.read() as connection:
        case, order = _found(connection, caller, case_id)
        clocks = cases.clocks_of(connection, [case["id"]])[case["id"]]
        chosen = _chosen(connection, case["id"], PLAIN if wish.unblurred else VEILED)
    if wish.unblurred:
        with services.database.write() as connection:
            note_viewings(connection, caller, [piece for _, piece in chosen], reason, services.clock.now())
    shown = [Shown(event, piece, _content(services.objects, piece)) for event, piece in chosen]
    return _sent(services, order_paper(case, order, clocks, shown, wish.language), case["id"])


def _found(connection: Connection, caller: Caller, case_id: UUID) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    case = cases.find(connection, caller.scope, str(case_id))
    if case is None:
        raise no_case(str(case_id))
    order = notices.of_case(connection, case["id"])
    if order is None:
        raise _no_order(case_id)
    return case, order


def _no_order(case_id: UUID) -> NotFoundError:
    return NotFoundError(f"there is no order of a case {case_id}")


def _chosen(
    connection: Connection, case_id: str, names: Sequence[str]
) -> Sequence[tuple[Mapping[Any, Any], Mapping[Any, Any]]]:
    """Return one picture of each event that still belongs to the case, the first events first."""
    members = [row for row in cases.events_of(connection, case_id) if row["left_at"] is None]
    evidence = media.of_events(connection, [member["id"] for member in members])
    pairs = [(member, _first(evidence.get(member["id"], ()), names)) for member in members]
    return [(member, piece) for member, piece in pairs if piece is not None][:MOST_PICTURES]


def _first(pieces: Sequence[Mapping[Any, Any]], names: Sequence[str]) -> Mapping[Any, Any] | None:
    known = {piece["name"]: piece for piece in pieces}
    return next((known[name] for name in names if name in known), None)


def _content(objects: ObjectStore, piece: Mapping[Any, Any]) -> bytes | None:
    if piece["size_bytes"] > MOST_BYTES:
        return None
    try:
        return b"".join(objects.open(piece["key"]))
    except FileNotFoundError:
        return None


def _sent(services: Services, paper: Any, case_id: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="order-{case_id}.pdf"', "Cache-Control": "private, no-cache"}
    return Response(services.press.pdf(paper), headers=headers, media_type="application/pdf")


def _order(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {**sent_body(row), "case": row["case_id"], "notice": row["id"], "sent_at": instant(row["sent_at"])}
