"""Reports of a week or a month, as a workbook and as a paper."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.errors import NotFoundError
from api.fields import Slug, TimeZone
from api.insight.reports import Material, Period, paper, workbook
from api.services import Wired
from api.store import figures, regions, scoring
from api.store.scope import Scope

router = APIRouter(prefix="/v1/reports", tags=["insight"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.TARGETS_READ))]
FIRST_SITES = 20
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Wanted(BaseModel):
    """Of which region, and in which words."""

    model_config = ConfigDict(extra="forbid")

    region: Slug | Literal[""] = ""
    """Empty = everything of the caller."""
    language: Literal["zh", "en"] | None = None
    """Null = the caller's."""
    time_zone: TimeZone = "Asia/Shanghai"
    """Whose midnights begin and end the period."""


@router.get("/{period}.{ending}", summary="Report of a week or month", response_class=Response)
def get_report(
    period: str,
    ending: Literal["pdf", "xlsx"],
    wanted: Annotated[Wanted, Query()],
    services: Wired,
    caller: Reader,
) -> Response:
    """Return the report of a week (2026-W47) or month (2026-11): funnel, kinds, days, hours, precision, first sites."""
    asked = Period.parse(period)
    with services.database.read() as connection:
        told = _material(connection, caller.scope, asked, wanted)
    language = wanted.language or ("zh" if caller.language == "zh" else "en")
    is_paper = ending == "pdf"
    content = services.press.pdf(paper(told, language)) if is_paper else workbook(told, language)
    name = f"mingchu-{asked.name}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/pdf" if is_paper else _XLSX, headers=headers)


def _material(connection: Connection, scope: Scope, period: Period, wanted: Wanted) -> Material:
    row = regions.find(connection, scope, wanted.region) if wanted.region else None
    if wanted.region and row is None:
        raise NotFoundError(f"there is no region {wanted.region}")
    top = row or next(iter(regions.everything(connection, scope)))
    path = row["path"] if row else ""
    span = period.span(wanted.time_zone, path)
    confirmed = figures.Span(span.since, span.until, ("confirmed",), region=path)
    return Material(
        period=period,
        region=top["name"],
        funnel=figures.funnel(connection, scope, span),
        slots=figures.slots(connection, scope, confirmed, "kind"),
        verdicts=figures.counts(connection, scope, span, "kind"),
        targets=scoring.page(connection, scope, scoring.TargetFilter(region=path), FIRST_SITES, None)[:FIRST_SITES],
    )
