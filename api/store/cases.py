"""Cases: one row for where each stands, and under it every event, step and clock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from api.cases.escalation import Watched
from api.cases.joining import Ground
from api.store import assignments
from api.store.case_rows import case_values, clock_rows, step_row, watched_of
from api.store.case_schema import NEVER, awaits, case_clocks, case_events, case_steps, cases, is_open
from api.store.database import upsert
from api.store.schema import cameras, events, sites, users
from api.store.scope import Scope, sites_within

Sort = Literal["newest", "due"]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases; an empty tuple, an empty text or None does not restrict."""

    stage: tuple[str, ...] = ()
    card: tuple[str, ...] = ()
    appeal: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    open: bool | None = None
    """Somebody is to act: also where a closed case is contested."""
    overdue: bool | None = None
    """A person's duty had run out at `at`."""
    of_user: str = ""
    """Confirmed by this person, or this person has done a step."""
    at: datetime = NEVER
    assignee: str = ""
    """The officer of this name answers for it."""
    assigned: bool | None = None
    """Some officer does."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """Which part of a sorted list; `behind` is the instant and id of the last case of the page before."""

    sort: Sort
    limit: int
    behind: tuple[datetime, str] | None = None


def _listed(scope: Scope) -> Select[Any]:
    earlier, grown = cases.alias("earlier"), case_events.alias("grown")
    repeats = (
        select(func.count())
        .select_from(earlier)
        .where(
            earlier.c.site_id == cases.c.site_id,
            earlier.c.kind == cases.c.kind,
            earlier.c.day.between(cases.c.year_before, cases.c.day),
            or_(earlier.c.day < cases.c.day, earlier.c.began_at < cases.c.began_at),
            earlier.c.stage != "withdrawn",
        )
    )
    count = select(func.count()).select_from(grown).where(grown.c.case_id == cases.c.id, grown.c.left_at.is_(None))
    site = ("name", "time_zone", "type", "hours", "holidays", "jurisdiction")
    return (
        select(
            cases,
            *(sites.c[name].label(f"site_{name}") for name in site),
            repeats.scalar_subquery().label("repeats"),
            count.scalar_subquery().label("events"),
        )
        .join(sites, sites.c.id == cases.c.site_id)
        .where(sites_within(scope))
    )


def find(connection: Connection, scope: Scope, case_id: str, *, lock: bool = False) -> RowMapping | None:
    """Return one case with its site's facts; with `lock` nobody else changes it in this transaction."""
    query = _listed(scope).where(cases.c.id == case_id)
    return connection.execute(query.with_for_update(of=cases) if lock else query).mappings().first()


def page(connection: Connection, scope: Scope, wanted: CaseFilter, part: CasePage) -> Sequence[RowMapping]:
    """Return up to `limit + 1` cases; the one too many tells that there is a next page.

    By `due` those whose next duty ends first come first, those without one last, and those that are over not at all.
    """
    by = cases.c.due_at if part.sort == "due" else cases.c.began_at
    query = _listed(scope).where(*_where(wanted))
    if part.sort == "due":
        query = query.where(awaits)
    if part.behind is not None:
        # The bound values need the columns' own types: SQLite keeps instants as text.
        place, last = tuple_(by, cases.c.id), tuple_(*part.behind, types=(by.type, cases.c.id.type))
        query = query.where(place > last if part.sort == "due" else place < last)
    order = (by, cases.c.id) if part.sort == "due" else (by.desc(), cases.c.id.desc())
    return connection.execute(query.order_by(*order).limit(part.limit + 1)).mappings().all()


def _where(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    names = {name: name for name in ("stage", "card", "appeal", "turn", "kind", "tier")} | {"site": "site_id"}
    chosen: list[ColumnElement[bool]] = [
        cases.c[column].in_(getattr(wanted, name)) for name, column in names.items() if getattr(wanted, name)
    ]
    if wanted.open is not None:
        chosen.append(awaits if wanted.open else cases.c.turn == "none")
    if wanted.overdue is not None:
        late = and_(awaits, cases.c.due_at <= wanted.at)
        chosen.append(late if wanted.overdue else cases.c.due_at > wanted.at)
    if wanted.of_user:
        done = exists().where(case_steps.c.case_id == cases.c.id, case_steps.c.user_id == wanted.of_user)
        chosen.append(or_(cases.c.confirmed_by == wanted.of_user, done))
    if wanted.assignee:
        chosen.append(assignments.is_of(wanted.assignee))
    if wanted.assigned is not None:
        chosen.append(~assignments.is_of_nobody() if wanted.assigned else assignments.is_of_nobody())
    return chosen


def open_on(connection: Connection, ground: Ground) -> str | None:
    """Return the id of the case that is open for this site, kind and day."""
    here = (cases.c.site_id == ground.site, cases.c.kind == ground.kind, cases.c.day == ground.day)
    return connection.execute(select(cases.c.id).where(*here, is_open)).scalar()


def home_of(connection: Connection, event_id: str) -> str | None:
    """Return the id of the case that an event is in."""
    query = select(case_events.c.case_id).where(case_events.c.event_id == event_id, case_events.c.left_at.is_(None))
    return connection.execute(query).scalar()


def homes_of(connection: Connection, event_ids: Iterable[str]) -> Mapping[str, RowMapping]:
    """Return id and stage of the case that each event is in."""
    query = (
        select(case_events.c.event_id, cases.c.id, cases.c.stage)
        .join(cases, cases.c.id == case_events.c.case_id)
        .where(case_events.c.event_id.in_(list(event_ids)), case_events.c.left_at.is_(None))
    )
    return {row["event_id"]: row for row in connection.execute(query).mappings()}


def unfinished(connection: Connection, site_id: str) -> Sequence[RowMapping]:
    """Return the cases of a site in which somebody is to act, the oldest first."""
    query = select(cases.c.id, cases.c.stage).where(cases.c.site_id == site_id, awaits)
    return connection.execute(query.order_by(cases.c.began_at, cases.c.id)).mappings().all()


def due(connection: Connection, at: datetime, limit: int) -> Sequence[str]:
    """Return cases for which something falls due by an instant, the longest overdue first."""
    query = select(cases.c.id).where(cases.c.wakes_at <= at).order_by(cases.c.wakes_at).limit(limit)
    return connection.execute(query).scalars().all()


def unanswered(connection: Connection, scope: Scope, at: datetime, limit: int) -> Sequence[RowMapping]:
    """Return open cases in which a kitchen's duty had run out by an instant or a card is shown, with its contacts."""
    silent = and_(cases.c.turn == "kitchen", or_(cases.c.due_at <= at, cases.c.card != "none"))
    query = _listed(scope).add_columns(sites.c.contacts.label("site_contacts"))
    query = query.where(awaits, or_(silent, cases.c.card == "on_site"))
    return connection.execute(query.order_by(cases.c.due_at, cases.c.id).limit(limit)).mappings().all()


def watched(connection: Connection, row: Mapping[Any, Any]) -> Watched:
    """Return the whole case of a row."""
    return watched_of(row, clocks_of(connection, [row["id"]])[row["id"]], steps_of(connection, row["id"]))


def clocks_of(connection: Connection, case_ids: Iterable[str]) -> Mapping[str, Sequence[RowMapping]]:
    """Return every clock of these cases, in the order in which they were started."""
    query = select(case_clocks).where(case_clocks.c.case_id.in_(list(case_ids)))
    found: defaultdict[str, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(query.order_by(case_clocks.c.case_id, case_clocks.c.number)).mappings():
        found[row["case_id"]].append(row)
    return found


def steps_of(connection: Connection, case_id: str) -> Sequence[RowMapping]:
    """Return what was done, oldest first, with the name of who did it."""
    query = (
        select(case_steps, users.c.name.label("by"))
        .outerjoin(users, users.c.id == case_steps.c.user_id)
        .where(case_steps.c.case_id == case_id)
        .order_by(case_steps.c.number)
    )
    return connection.execute(query).mappings().all()


def events_of(connection: Connection, case_id: str) -> Sequence[RowMapping]:
    """Return the events that a case grew from, also those that have left, with the name of who confirmed each."""
    query = (
        select(case_events, events, cameras.c.name.label("camera_name"), users.c.name.label("by"))
        .join(events, events.c.id == case_events.c.event_id)
        .join(cameras, cameras.c.id == events.c.camera_id)
        .join(users, users.c.id == case_events.c.confirmed_by)
        .where(case_events.c.case_id == case_id)
        .order_by(case_events.c.joined_at, case_events.c.event_id)
    )
    return connection.execute(query).mappings().all()


def members(connection: Connection, case_id: str) -> Sequence[RowMapping]:
    """Return which events are in a case and who confirmed each."""
    query = select(case_events.c.event_id, case_events.c.confirmed_by).where(
        case_events.c.case_id == case_id, case_events.c.left_at.is_(None)
    )
    return connection.execute(query).mappings().all()


def add(connection: Connection, begun: Watched, values: Mapping[str, Any]) -> None:
    """Insert a case that has just begun."""
    row = {"id": begun.case.id, "version": 1, "order_texts": {}, "confirmed_by": begun.case.confirmed_by}
    connection.execute(insert(cases).values(**row, **case_values(begun), **values))
    _put_clocks(connection, None, begun)


def put(connection: Connection, before: Watched, after: Watched, values: Mapping[str, Any]) -> None:
    """Write what has changed; its version rises, so that its ETag changes. The caller holds the row's lock."""
    case = after.case
    for number in range(len(before.case.steps) + 1, len(case.steps) + 1):
        connection.execute(insert(case_steps).values(step_row(case, number, values["updated_at"])))
    _put_clocks(connection, before, after)
    rise = {**case_values(after), **values, "version": cases.c.version + 1}
    connection.execute(update(cases).where(cases.c.id == case.id).values(rise))


def touch(connection: Connection, case_id: str, at: datetime) -> None:
    """Let its ETag change: something beside its story did."""
    change = update(cases).where(cases.c.id == case_id)
    connection.execute(change.values(updated_at=at, version=cases.c.version + 1))


def join(connection: Connection, case_id: str, event_id: str, user_id: str, at: datetime) -> None:
    """Put an event into a case, also one that has left it before."""
    row = {"case_id": case_id, "event_id": event_id, "joined_at": at, "left_at": None, "confirmed_by": user_id}
    upsert(connection, case_events, row)


def leave(connection: Connection, case_id: str, event_id: str, at: datetime) -> None:
    """Take an event out of a case; that it was there stays on record."""
    here = (case_events.c.case_id == case_id, case_events.c.event_id == event_id)
    connection.execute(update(case_events).where(*here).values(left_at=at))


def _put_clocks(connection: Connection, before: Watched | None, after: Watched) -> None:
    known = clock_rows(before) if before else []
    for row in clock_rows(after):
        if row not in known:
            upsert(connection, case_clocks, row)
