"""Places in bulk: a table of thousands of regions, sites and cameras in, and the same out for a spreadsheet."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict
from starlette.background import BackgroundTask

from api.addresses import AddressRules
from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.errors import ProblemError
from api.places.columns import TABLES, TableName
from api.places.exporting import Wish, export_places
from api.places.importing import Importer, Keep, Order, Report, import_places
from api.places.sheets import MOST_BYTES, Format
from api.services import Wired
from api.shapes import binary
from api.shapes.intake import IMPORTED
from api.uploads import Received, received
from vision.errors import InvalidInputError, SourceError
from vision.sources.address import network_parts

router = APIRouter(prefix="/v1", tags=["supervise"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.SITES_READ))]
Writer = Annotated[Caller, Depends(Gate(Permission.SITES_WRITE))]
MOST_SHOWN = 1000
"""Errors of one answer."""
MOST_NAMES = 2000
"""Host names that one import may make us look up."""
_one_at_a_time = threading.Lock()
_MEDIA_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_BODY = {
    "requestBody": {
        "required": True,
        "content": binary(*_MEDIA_TYPES.values()),
    }
}


async def arrived(request: Request, services: Wired, _: Writer) -> AsyncIterator[Received]:
    """Take the body in, once the gate is passed."""
    async with received(request, services.incoming, MOST_BYTES) as body:
        yield body


class Terms(BaseModel):
    """How a file is taken in."""

    model_config = ConfigDict(extra="forbid")

    table: TableName | None = None
    """What a CSV file holds; a workbook's sheets say it by their names."""
    keep: Keep = "all"
    """`all`: one wrong row and nothing is kept; `good`: wrong rows are left out."""
    dry_run: bool = False
    """Only say what would be done."""


@router.post("/imports", summary="Import regions, sites and cameras", openapi_extra=_BODY)
def import_file(
    terms: Annotated[Terms, Query()],
    services: Wired,
    caller: Writer,
    body: Annotated[Received, Depends(arrived)],
) -> IMPORTED:
    """Take CSV or XLSX in; a row whose id is there already is changed in the columns that the file has.

    200 tells what was added, changed, left as it is and, with `keep=good`, left out. 422 lists every wrong cell by
    table, row and field, and nothing is kept. Regions need the permission to build the tree as well.
    """
    who = Importer(caller.actor, caller.scope, trees=caller.may(Permission.REGIONS_WRITE))
    order = Order(body.path, who, terms.table, terms.keep, terms.dry_run)
    with _alone():
        check = _Addresses(services.addresses)
        report = import_places(services.database, order, check.require, services.clock.now())
    if report.complaints.count and terms.keep == "all":
        raise _refusal(report)
    if report.kept:
        services.camera_bell.ring()
        services.log_bell.ring()
    return report.body(MOST_SHOWN)


def _refusal(report: Report) -> ProblemError:
    told = report.body(MOST_SHOWN)
    more = f"; the first {MOST_SHOWN} are listed" if told["error_count"] > MOST_SHOWN else ""
    detail = f"{told['error_count']} cell(s) are wrong, and nothing was kept{more}"
    return ProblemError(detail, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=told["errors"], kind="rows-refused")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one import in: each may hold some hundred MiB."""
    if not _one_at_a_time.acquire(blocking=False):
        detail = "another file is being taken in"
        raise ProblemError(detail, status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "30"})
    try:
        yield
    finally:
        _one_at_a_time.release()


class _Addresses:
    """The rules for addresses; a host's name is looked up once for each file, and not too many of them."""

    def __init__(self, rules: AddressRules) -> None:
        self._rules = rules
        self._names: set[str] = set()

    def require(self, source: str) -> None:
        """Pass an address that a camera may have."""
        name = _host_name(source)
        if name and name in self._names and source.isprintable() and "\\" not in source and " " not in source:
            return
        if name and len(self._names) >= MOST_NAMES:
            raise InvalidInputError("source", "***", f"at most {MOST_NAMES} different host names in one file")
        self._rules.require(source)
        self._names |= {name} if name else set()


def _host_name(source: str) -> str:
    """Return the name of a network source's host; empty for a number, which nobody is asked about."""
    try:
        host = network_parts(source).hostname or "" if "://" in source else ""
    except SourceError:
        return ""
    return "" if host.replace(".", "").isdecimal() or ":" in host else host


class Wanted(BaseModel):
    """What is written, and how."""

    model_config = ConfigDict(extra="forbid")

    table: list[TableName] = list(TABLES)
    format: Format = "xlsx"
    language: Literal["zh", "en"] | None = None
    """Of the headings; null = the caller's."""


@router.get(
    "/exports",
    summary="Export regions, sites and cameras",
    response_class=Response,
    responses={200: {"content": binary(*_MEDIA_TYPES.values())}},
)
def export_file(wanted: Annotated[Wanted, Query()], services: Wired, caller: Reader) -> FileResponse:
    """Return the caller's part as a workbook with one sheet for each table, or one table as CSV; it can be imported.

    Addresses of cameras are masked, telephone numbers too for those who do not call; masked ones are read as unchanged.
    """
    if wanted.format == "csv" and len(wanted.table) != 1:
        raise InvalidInputError("table", ", ".join(wanted.table), "one table for a CSV file")
    language = wanted.language or ("zh" if caller.language == "zh" else "en")
    tables = tuple(dict.fromkeys(wanted.table))
    wish = Wish(tables, wanted.format, language, phones=caller.may(Permission.CONTACTS_READ))
    path = services.incoming / f"{uuid4().hex}.{wanted.format}"
    with ExitStack() as undo:
        undo.callback(path.unlink, missing_ok=True)  # nothing half-done stays
        with services.database.read() as connection:
            export_places(connection, caller.scope, wish, path)
        undo.pop_all()
    name = f"mingchu-{'-'.join(wish.tables)}-{services.clock.now().astimezone(UTC):%Y%m%d}.{wanted.format}"
    gone = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type=_MEDIA_TYPES[wanted.format], filename=name, background=gone)
