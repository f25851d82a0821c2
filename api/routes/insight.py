"""Trends, heat, Pareto, funnel and precision: what a region's events say together, each figure with its size."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.auth.caller import Caller, Permission
from api.auth.gate import Gate, GatedRoute
from api.bodies import instant
from api.fields import Moment, Slug
from api.insight.figures import Bucket, buckets, camera_days, heat, pareto, share, trend
from api.services import Wired
from api.shapes.figures import FUNNEL, HEAT, PARETO, PRECISION, TRENDS
from api.store import figures, regions
from api.store.figures import Span
from vision.errors import InvalidInputError

router = APIRouter(prefix="/v1/insight", tags=["insight"], route_class=GatedRoute)
Reader = Annotated[Caller, Depends(Gate(Permission.TARGETS_READ))]
USUAL, LONGEST = timedelta(days=30), timedelta(days=400)
Status = Literal["pending_review", "confirmed", "dismissed", "unsure"]
MOST_LINES = 50


class Of(BaseModel):
    """Of which events; without times the last 30 days."""

    model_config = ConfigDict(extra="forbid")

    after: Moment | None = None
    before: Moment | None = None
    region: Slug | Literal[""] = ""
    kind: list[str] = []
    site: list[str] = []

    def span(self, connection: Connection, caller: Caller, now: datetime, *status: Status) -> Span:
        """Return it as the store takes it; InvalidInputError names a wrong region or too long a time."""
        row = regions.find(connection, caller.scope, self.region) if self.region else None
        if self.region and row is None:
            raise InvalidInputError("region", self.region, "a region of yours")
        until = self.before or now
        since = self.after or until - USUAL
        if not timedelta() < until - since <= LONGEST:
            raise InvalidInputError("after", since.isoformat(), f"up to {LONGEST.days} days before `before`")
        path = row["path"] if row else ""
        return Span(since, until, status, tuple(self.kind), tuple(self.site), path)


class OfTrend(Of):
    """A trend."""

    by: Literal["kind", "tier", "site_type", "zone_type", "none"] = "kind"
    bucket: Bucket = "day"
    status: list[Status] = ["confirmed"]


class OfPareto(Of):
    """A Pareto."""

    by: Literal["kind", "tier", "site_type", "zone_type", "site", "camera"] = "kind"
    status: list[Status] = ["confirmed"]


class OfHeat(Of):
    """A heat map."""

    status: list[Status] = ["confirmed"]


class OfPrecision(Of):
    """Precision."""

    by: Literal["kind", "camera", "site"] = "kind"
    limit: int = Field(default=200, ge=1, le=1000)


@router.get("/trends", summary="Events over time")
def trends(wanted: Annotated[OfTrend, Query()], services: Wired, caller: Reader) -> TRENDS:
    """Return counts by day, week or month of the sites' own calendars, and by key; empty buckets are there too."""
    now = services.clock.now()
    with services.database.read() as connection:
        span = wanted.span(connection, caller, now, *wanted.status)
        found = trend(figures.slots(connection, caller.scope, span, wanted.by), wanted.bucket)
    days = sorted({day for day, _ in found} | set(_buckets(span, wanted.bucket)))
    keys = sorted({key for _, key in found})
    series = [{"key": key, "counts": [found.get((day, key), 0) for day in days]} for key in keys]
    return {**_told(span), "buckets": [day.isoformat() for day in days], "series": series, "n": sum(found.values())}


def _buckets(span: Span, size: Bucket) -> list[Any]:
    return list(buckets(span.since.date(), (span.until - timedelta(microseconds=1)).date(), size))


@router.get("/heat", summary="Events by weekday and hour")
def heat_map(wanted: Annotated[OfHeat, Query()], services: Wired, caller: Reader) -> HEAT:
    """Return seven rows, Monday first, of 24 counts by the hour on the sites' walls."""
    with services.database.read() as connection:
        span = wanted.span(connection, caller, services.clock.now(), *wanted.status)
        rows = heat(figures.slots(connection, caller.scope, span, "none"))
    return {**_told(span), "rows": rows, "n": sum(map(sum, rows))}


@router.get("/pareto", summary="What makes up most of it")
def pareto_of(wanted: Annotated[OfPareto, Query()], services: Wired, caller: Reader) -> PARETO:
    """Return the largest counts first with their share and the share of all up to them; `key` empty = all others."""
    with services.database.read() as connection:
        span = wanted.span(connection, caller, services.clock.now(), *wanted.status)
        by_status = figures.counts(connection, caller.scope, span, wanted.by)
        totals: dict[str, int] = {}
        for (key, _), count in by_status.items():
            totals[key] = totals.get(key, 0) + count
        lines = pareto(totals, MOST_LINES)
        names = figures.names(connection, wanted.by, [line["key"] for line in lines if line["key"]])
    return {
        **_told(span),
        "items": [{**line, "name": names.get(line["key"], "")} for line in lines],
        "n": sum(totals.values()),
    }


@router.get("/funnel", summary="From detected to closed on time")
def funnel(wanted: Annotated[Of, Query()], services: Wired, caller: Reader) -> FUNNEL:
    """Return how many events were detected, reviewed, confirmed; how many cases were ordered, closed, in time."""
    with services.database.read() as connection:
        span = wanted.span(connection, caller, services.clock.now())
        found = figures.funnel(connection, caller.scope, span)
    return {**_told(span), **found, "on_time": share(found["closed_on_time"], found["ordered"])}


@router.get("/precision", summary="How often a finding was right")
def precision(wanted: Annotated[OfPrecision, Query()], services: Wired, caller: Reader) -> PRECISION:
    """Return by kind, camera or site: the share of reviewed findings that people confirmed, with n and 95 % interval.

    `unsure` counts for neither side. False alarms per camera-day: dismissed findings by the days for which cameras were
    registered, whether or not they showed a picture.
    """
    now = services.clock.now()
    with services.database.read() as connection:
        span = wanted.span(connection, caller, now)
        found = figures.counts(connection, caller.scope, span, wanted.by)
        per = "none" if wanted.by == "kind" else wanted.by
        registered = figures.spans_of_cameras(connection, caller.scope, span, per)
        keys = sorted({key for key, _ in found}, key=lambda key: (-_reviewed(found, key), key))[: wanted.limit]
        names = figures.names(connection, wanted.by, keys)
    items = []
    for key in keys:
        days = camera_days(registered.get("" if per == "none" else key, ()), span.since, span.until)
        items.append({"key": key, "name": names.get(key, ""), **_precision(found, key, days)})
    return {**_told(span), "items": items}


def _reviewed(found: Any, key: str) -> int:
    return int(found.get((key, "confirmed"), 0) + found.get((key, "dismissed"), 0))


def _precision(found: Any, key: str, days: float) -> dict[str, Any]:
    hits, false = found.get((key, "confirmed"), 0), found.get((key, "dismissed"), 0)
    return {
        "precision": share(hits, hits + false),
        "dismissed": false,
        "unsure": found.get((key, "unsure"), 0),
        "pending": found.get((key, "pending_review"), 0),
        "camera_days": round(days, 2),
        "false_alarms_per_camera_day": round(false / days, 6) if days else None,
    }


def _told(span: Span) -> dict[str, Any]:
    return {"after": instant(span.since.astimezone(UTC)), "before": instant(span.until.astimezone(UTC))}
