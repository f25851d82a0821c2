"""Counts over many events and cases, each scoped to the caller's part of the region tree (I9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    cast,
    distinct,
    exists,
    extract,
    func,
    literal,
    literal_column,
    select,
)

from api.insight.figures import SLOT_S, Slot
from api.store.case_schema import case_events, case_steps, cases
from api.store.schema import cameras, events, regions, sites
from api.store.scope import Scope, sites_within

Key = Literal["kind", "tier", "site_type", "zone_type", "site", "camera", "none"]
KEYS: Mapping[str, ColumnElement[str]] = {
    "kind": events.c.kind,
    "tier": events.c.tier,
    "zone_type": events.c.zone_type,
    "site": events.c.site_id,
    "camera": events.c.camera_id,
    "site_type": sites.c.type,
}


@dataclass(frozen=True, slots=True)
class Span:
    """Of which events figures are made; an empty value does not restrict."""

    since: datetime
    until: datetime
    """Half-open, by the beginning of the event."""
    status: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    region: str = ""
    """Path of a region: it and everything below."""


def _where(scope: Scope, span: Span) -> list[ColumnElement[bool]]:
    chosen = [sites_within(scope), events.c.started_at >= span.since, events.c.started_at < span.until]
    columns = {"status": events.c.status, "kind": events.c.kind, "site": events.c.site_id}
    chosen += [column.in_(getattr(span, name)) for name, column in columns.items() if getattr(span, name)]
    return [*chosen, *_below(span.region)]


def _below(path: str) -> list[ColumnElement[bool]]:
    if not path:
        return []
    below = func.substr(regions.c.path, 1, len(path)) == path
    return [sites.c.region_id.in_(select(regions.c.id).where(below))]


def slots(connection: Connection, scope: Scope, span: Span, key: Key) -> list[Slot]:
    """Return counts by quarter of an hour, time zone and key."""
    epoch = extract("epoch", events.c.started_at)
    # SQLite's is whole seconds already; PostgreSQL's has a fraction, which a cast would round.
    whole = epoch if connection.dialect.name == "sqlite" else cast(func.floor(epoch), BigInteger)
    told = KEYS[key] if key != "none" else literal("")
    query = (
        select((whole // SLOT_S).label("slot"), sites.c.time_zone, told.label("key"), func.count())
        .select_from(events.join(sites, sites.c.id == events.c.site_id))
        .where(*_where(scope, span))
        .group_by(literal_column("slot"), sites.c.time_zone, literal_column("key"))
    )
    return [Slot(int(at), zone, str(name), int(count)) for at, zone, name, count in connection.execute(query)]


def counts(connection: Connection, scope: Scope, span: Span, key: Key) -> Mapping[tuple[str, str], int]:
    """Return counts by key and status."""
    told = KEYS[key]
    query = (
        select(told, events.c.status, func.count())
        .select_from(events.join(sites, sites.c.id == events.c.site_id))
        .where(*_where(scope, span))
        .group_by(told, events.c.status)
    )
    return {(str(name), str(status)): int(count) for name, status, count in connection.execute(query)}


def funnel(connection: Connection, scope: Scope, span: Span) -> Mapping[str, int]:
    """Return how many events and cases got how far; a case is counted by the beginning of its first event."""
    by_status = {
        str(status): int(count)
        for status, count in connection.execute(
            select(events.c.status, func.count())
            .select_from(events.join(sites, sites.c.id == events.c.site_id))
            .where(*_where(scope, span))
            .group_by(events.c.status)
        )
    }
    joined = events.join(sites, sites.c.id == events.c.site_id).join(
        case_events, (case_events.c.event_id == events.c.id) & case_events.c.left_at.is_(None)
    )
    in_case = connection.scalar(select(func.count()).select_from(joined).where(*_where(scope, span))) or 0
    return {
        "detected": sum(by_status.values()),
        "reviewed": sum(count for status, count in by_status.items() if status != "pending_review"),
        "confirmed": by_status.get("confirmed", 0),
        "in_case": int(in_case),
        **_cases(connection, scope, span),
    }


def _cases(connection: Connection, scope: Scope, span: Span) -> Mapping[str, int]:
    """Return cases begun by events of the span, and which of them were ordered, closed, and closed without a card."""
    ordered = exists().where(case_steps.c.case_id == cases.c.id, case_steps.c.action == "order")
    warned = exists().where(
        case_steps.c.case_id == cases.c.id, case_steps.c.action.in_(("warn_yellow", "find_unfixed"))
    )
    closed = cases.c.stage == "closed"
    tests: Mapping[str, list[ColumnElement[bool]]] = {
        "cases": [],
        "ordered": [ordered],
        "closed": [closed],
        "closed_on_time": [closed, ~warned],
    }
    joined = cases.join(events, events.c.id == cases.c.event_id).join(sites, sites.c.id == cases.c.site_id)
    plain = select(func.count(distinct(cases.c.id))).select_from(joined).where(*_where(scope, span))
    return {name: int(connection.execute(plain.where(*test)).scalar_one()) for name, test in tests.items()}


def spans_of_cameras(
    connection: Connection, scope: Scope, span: Span, key: Literal["camera", "site", "none"]
) -> Mapping[str, list[tuple[datetime, datetime | None]]]:
    """Return since when and until when cameras were registered, by camera, by site or all together."""
    chosen = [sites_within(scope), cameras.c.created_at < span.until, *_below(span.region)]
    if span.site:
        chosen.append(cameras.c.site_id.in_(span.site))
    query = (
        select(cameras.c.id, cameras.c.site_id, cameras.c.created_at, cameras.c.removed_at)
        .join(sites, sites.c.id == cameras.c.site_id)
        .where(*chosen)
    )
    found: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for camera, site, created_at, removed_at in connection.execute(query):
        name = camera if key == "camera" else site if key == "site" else ""
        found.setdefault(name, []).append((created_at, removed_at))
    return found


def names(connection: Connection, key: Key, ids: Sequence[str]) -> Mapping[str, str]:
    """Return how people call sites or cameras."""
    table = {"site": sites, "camera": cameras}.get(key)
    if table is None or not ids:
        return {}
    query: Any = select(table.c.id, table.c.name).where(table.c.id.in_(ids))
    return {str(each): str(name) for each, name in connection.execute(query)}
