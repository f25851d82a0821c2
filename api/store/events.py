"""Events: one row for each violation, however often its worker tells of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
    tuple_,
    update,
)

from api.store.database import insert_all_new, insert_many, insert_new
from api.store.schema import cameras, events, regions, sites
from api.store.scope import Scope, events_within, regions_within, sites_within

Sort = Literal["newest", "urgent"]
AT_ONCE = 1000
"""Sites of one statement: SQLite takes 32,766 values."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events; an empty tuple or None does not restrict."""

    status: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    zone_type: tuple[str, ...] = ()
    open: bool | None = None
    after: datetime | None = None
    """`started_at` at or after."""
    before: datetime | None = None
    """`started_at` strictly before."""


@dataclass(frozen=True, slots=True)
class Position:
    """The last event of a page; the next page begins behind it."""

    tier_rank: int
    started_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a sorted list."""

    sort: Sort
    limit: int
    behind: Position | None = None


@lru_cache(maxsize=256)  # intake asks it for every event, and it takes longer to build than to answer
def _listed(scope: Scope) -> Select[Any]:
    return _NAMED.where(sites_within(scope))


_NAMED = (
    select(events, sites.c.name.label("site_name"), sites.c.time_zone, cameras.c.name.label("camera_name"))
    .join(sites, sites.c.id == events.c.site_id)
    .join(cameras, cameras.c.id == events.c.camera_id)
)
"""Of any scope: only for ids that were chosen within one."""


def _where(wanted: EventFilter) -> list[ColumnElement[bool]]:
    columns = {
        "status": events.c.status,
        "kind": events.c.kind,
        "tier": events.c.tier,
        "site": events.c.site_id,
        "camera": events.c.camera_id,
        "zone_type": events.c.zone_type,
    }
    chosen: list[ColumnElement[bool]] = [
        column.in_(getattr(wanted, name)) for name, column in columns.items() if getattr(wanted, name)
    ]
    if wanted.open is not None:
        chosen.append(events.c.phase == ("opened" if wanted.open else "closed"))
    if wanted.after is not None:
        chosen.append(events.c.started_at >= wanted.after)
    if wanted.before is not None:
        chosen.append(events.c.started_at < wanted.before)
    return chosen


def _behind(page: Page) -> ColumnElement[bool] | None:
    if page.behind is None:
        return None
    # The bound values need the columns' own types: SQLite keeps instants as text.
    types = (events.c.started_at.type, events.c.id.type)
    behind = tuple_(page.behind.started_at, page.behind.id, types=types)
    older = tuple_(events.c.started_at, events.c.id) < behind
    if page.sort == "newest":
        return older
    rank = events.c.tier_rank
    return or_(rank > page.behind.tier_rank, and_(rank == page.behind.tier_rank, older))


def find(connection: Connection, scope: Scope, event_id: str, *, lock: bool = False) -> RowMapping | None:
    """Return one event with the names of its place; with `lock` nobody else changes it in this transaction."""
    return connection.execute(_one(scope, lock=lock), {"event": event_id}).mappings().first()


@lru_cache(maxsize=256)
def _one(scope: Scope, *, lock: bool) -> Select[Any]:
    query = _listed(scope).where(events.c.id == bindparam("event", type_=events.c.id.type))
    return query.with_for_update(of=events) if lock else query


def known(
    connection: Connection, scope: Scope, event_ids: Collection[str]
) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Return the caller's events of these ids, and which ids are others'; nobody else changes them meanwhile."""
    rows = [dict(row) for row in connection.execute(_known(scope), {"ids": list(event_ids)}).mappings()]
    mine = {row["id"]: row for row in rows if row.pop("is_mine")}
    return mine, {row["id"] for row in rows} - mine.keys()


@lru_cache(maxsize=256)
def _known(scope: Scope) -> Select[Any]:
    query = select(events, sites_within(scope).label("is_mine")).join(sites, sites.c.id == events.c.site_id)
    return query.where(events.c.id.in_(bindparam("ids", expanding=True))).with_for_update(of=events)


def page(connection: Connection, scope: Scope, wanted: EventFilter, part: Page) -> Sequence[RowMapping]:
    """Return up to `limit + 1` events; the one too many tells that there is a next page.

    Which they are is found in the indices alone; then only these few rows are read.
    """
    few, order = _chosen(connection, scope, wanted, part), _order(part, events)
    query = _NAMED.where(events.c.id.in_(few.correlate(None)), sites_within(scope))
    return connection.execute(query.order_by(*order)).mappings().all()


def _order(part: Page, rows: FromClause) -> tuple[ColumnElement[Any], ...]:
    first = [rows.c.tier_rank] if part.sort == "urgent" else []
    return (*first, rows.c.started_at.desc(), rows.c.id.desc())


def _chosen(connection: Connection, scope: Scope, wanted: EventFilter, part: Page) -> Select[Any]:
    """Return the ids of a page: by regions, where the caller has few and the place is not told otherwise."""
    behind = _behind(part)
    conditions = [*_where(wanted), *([] if behind is None else [behind])]
    anywhere = scope.site is None and not wanted.site and not wanted.camera
    if anywhere and part.sort == "newest" and (wanted.kind or _has_few_regions(connection, scope)):
        return _merged(connection.dialect.name, scope, conditions, part)
    chosen = select(events.c.id).where(events_within(scope), *conditions)
    return chosen.order_by(*_order(part, events)).limit(part.limit + 1)


MOST_REGIONS = 64
"""So many runs of an index are merged; with more, the index of all events is read until a page is full.

Each run costs up to a page of entries; the index of all costs a page for each region of others there is to one of the
caller's. Of one kind the runs are merged however many: it may be so rare that the index of all is read to its end.
"""


def _has_few_regions(connection: Connection, scope: Scope) -> bool:
    some = select(regions.c.id).where(regions_within(scope)).limit(MOST_REGIONS + 1).subquery()
    return bool(connection.execute(select(func.count()).select_from(some)).scalar_one() <= MOST_REGIONS)


def _merged(dialect: str, scope: Scope, conditions: Sequence[ColumnElement[bool]], part: Page) -> Select[Any]:
    """Return a page's ids as the first of the first of each region."""
    run = select(events.c.id, events.c.started_at).where(events.c.region_id == regions.c.id, *conditions)
    run = run.order_by(*_order(part, events)).limit(part.limit + 1).correlate(regions)
    if dialect == "sqlite":  # which has no LATERAL, and looks each id of a run up
        runs: FromClause = events.alias("runs")
        joined = regions.join(runs, runs.c.id.in_(run.with_only_columns(events.c.id)))
    else:
        runs = run.lateral("runs")
        joined = regions.join(runs, true())
    chosen = select(runs.c.id).select_from(joined).where(regions_within(scope))
    return chosen.order_by(*_order(part, runs)).limit(part.limit + 1)


def counts(connection: Connection, scope: Scope, wanted: EventFilter) -> dict[str, dict[str, int]]:
    """Return how many events there are by status, kind and tier."""
    facets = {"status": events.c.status, "kind": events.c.kind, "tier": events.c.tier}
    return {name: _count(connection, scope, wanted, column) for name, column in facets.items()}


def _count(connection: Connection, scope: Scope, wanted: EventFilter, facet: ColumnElement[str]) -> dict[str, int]:
    query = select(facet, func.count()).where(events_within(scope), *_where(wanted)).group_by(facet)
    return {str(key): int(count) for key, count in connection.execute(query)}


def add(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Insert an event; False when another request was first."""
    return insert_new(connection, events, {"version": 1, "reviews": 0, **values})


def add_all(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Insert events; return the ids of those that were not there."""
    return insert_all_new(connection, events, [{"version": 1, "reviews": 0, **row} for row in rows])


def add_unknown(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert events that are not there, as who holds the log's turn knows; asking which are new would cost a third."""
    insert_many(connection, events, rows)


def change(connection: Connection, event_id: str, values: Mapping[str, Any]) -> None:
    """Change an event; its version rises, so that its ETag changes."""
    connection.execute(update(events).where(events.c.id == event_id).values(version=events.c.version + 1, **values))


def change_all(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what messages change of events that this transaction has locked, their risen version with it."""
    if rows:
        connection.execute(_CHANGE, [{f"new_{name}": row[name] for name in ("id", *_TOLD)} for row in rows])


_TOLD = ("phase", "ended_at", "data", "version", "updated_at")
_CHANGE = (
    update(events)
    .where(events.c.id == bindparam("new_id", type_=events.c.id.type))
    .values({name: bindparam(f"new_{name}", type_=events.c[name].type) for name in _TOLD})
)


def follow_sites(connection: Connection, site_ids: Sequence[str]) -> None:
    """Let events have the region that their site has now; call it with the log's turn, while no event can come in."""
    home = select(sites.c.region_id).where(sites.c.id == events.c.site_id).scalar_subquery()
    for start in range(0, len(site_ids), AT_ONCE):
        stale = events.c.site_id.in_(site_ids[start : start + AT_ONCE]) & (events.c.region_id != home)
        connection.execute(update(events).where(stale).values(region_id=home))


def astray(connection: Connection) -> int:
    """Return how many events have another region than their site."""
    query = select(func.count()).select_from(events.join(sites, sites.c.id == events.c.site_id))
    return int(connection.execute(query.where(events.c.region_id != sites.c.region_id)).scalar_one())
