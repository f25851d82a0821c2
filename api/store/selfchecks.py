"""Self-checks: posts, plans and rounds, and between rows and the pure machine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, tuple_, update

from api.answers import LOST, read, written
from api.selfchecks.lists import Line, Lists, RoundName
from api.selfchecks.machine import Period, SelfCheck
from api.store.case_schema import NEVER
from api.store.database import insert_new, upsert
from api.store.schema import events, sites, users
from api.store.scope import Scope, sites_within
from api.store.selfcheck_schema import kitchen_posts, selfcheck_plans, selfchecks

Row = Mapping[Any, Any]


def posts_of(connection: Connection, user_id: str) -> set[str]:
    """Return the posts that somebody holds."""
    return set(connection.scalars(select(kitchen_posts.c.post).where(kitchen_posts.c.user_id == user_id)))


def posts_at(connection: Connection, site_id: str) -> Sequence[RowMapping]:
    """Return who holds which post at a site."""
    query = select(kitchen_posts, users.c.name).join(users, users.c.id == kitchen_posts.c.user_id)
    return connection.execute(query.where(kitchen_posts.c.site_id == site_id).order_by(users.c.name)).mappings().all()


def put_posts(connection: Connection, user: Row, posts: Iterable[str], by: str, at: datetime) -> None:
    """Let somebody hold these posts and no others."""
    connection.execute(delete(kitchen_posts).where(kitchen_posts.c.user_id == user["id"]))
    row = {"user_id": user["id"], "site_id": user["site_id"], "given_at": at, "given_by": by}
    for post in sorted(set(posts)):
        connection.execute(insert(kitchen_posts).values(post=post, **row))


def plan(connection: Connection, site_id: str, name: RoundName, opens_at: datetime) -> None:
    """Say when the next round of a site opens."""
    upsert(connection, selfcheck_plans, {"site_id": site_id, "round": name, "opens_at": opens_at})


def is_planned(connection: Connection, site_id: str) -> bool:
    """Tell whether a site takes part."""
    return connection.scalar(select(func.count()).where(selfcheck_plans.c.site_id == site_id)) != 0


def due_plans(connection: Connection, at: datetime, limit: int) -> Sequence[RowMapping]:
    """Return rounds that are to be opened, with what matters of their sites."""
    query = (
        select(selfcheck_plans, sites.c.time_zone, sites.c.type)
        .join(sites, sites.c.id == selfcheck_plans.c.site_id)
        .where(selfcheck_plans.c.opens_at <= at)
    )
    return connection.execute(query.order_by(selfcheck_plans.c.opens_at).limit(limit)).mappings().all()


def due(connection: Connection, at: datetime, limit: int) -> Sequence[str]:
    """Return rounds of which somebody is to be reminded, or that are missed."""
    query = select(selfchecks.c.id).where(selfchecks.c.wakes_at <= at).order_by(selfchecks.c.wakes_at)
    return connection.scalars(query.limit(limit)).all()


def add(connection: Connection, site_id: str, period: Period, check: SelfCheck, edition: str) -> bool:
    """Insert a round; False where it is there already."""
    row = {
        "id": str(uuid5(NAMESPACE_OID, f"selfcheck/{site_id}/{check.round.name}/{period.starts_on}")),
        "site_id": site_id,
        "round": check.round.name,
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "edition": edition,
        "lines": [line.id for line in check.lines],
        "seen": {},
        "version": 1,
        "begins_at": check.begins_at,
        "ends_at": check.ends_at,
        "signed_by": None,
    }
    return insert_new(connection, selfchecks, {**row, **_values(check)})


def _values(check: SelfCheck) -> dict[str, Any]:
    return {
        "state": check.state,
        "answers": written(check.answers),
        "reminded_at": check.reminded_at,
        "signed_at": check.signed_at,
        "signed_late": check.is_late,
        "wakes_at": check.wakes_at or NEVER,
    }


def put(connection: Connection, row: Row, check: SelfCheck, **values: Any) -> None:
    """Write what has changed; the caller holds the row's lock."""
    change = update(selfchecks).where(selfchecks.c.id == row["id"])
    connection.execute(change.values(**_values(check), **values, version=selfchecks.c.version + 1))


def check_of(row: Row, lists: Lists) -> SelfCheck:
    """Return the round of a row; a line that the list no longer has keeps its name."""
    known = {line.id: line for line in lists.lines}
    gone = (Line(name, (), (), LOST, (), photo=False, source="", grade="D") for name in row["lines"])
    lines = tuple(known.get(line.id, line) for line in gone)
    round_ = lists.rounds[row["round"]]
    instants = (row["begins_at"], row["ends_at"])
    return SelfCheck(round_, *instants, lines, row["state"], read(row["answers"]), row["reminded_at"], row["signed_at"])


def _listed(scope: Scope) -> Select[Any]:
    return (
        select(selfchecks, sites.c.name.label("site_name"), sites.c.time_zone, users.c.name.label("signer"))
        .join(sites, sites.c.id == selfchecks.c.site_id)
        .outerjoin(users, users.c.id == selfchecks.c.signed_by)
        .where(sites_within(scope))
    )


def find(connection: Connection, scope: Scope, check_id: str, *, lock: bool = False) -> RowMapping | None:
    """Return one round; with `lock` nobody else changes it in this transaction."""
    query = _listed(scope).where(selfchecks.c.id == check_id)
    return connection.execute(query.with_for_update(of=selfchecks) if lock else query).mappings().first()


@dataclass(frozen=True, slots=True)
class CheckFilter:
    """Which rounds; empty and None do not restrict."""

    site: str = ""
    round: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class CheckPage:
    """Which part of the list, newest first."""

    limit: int
    behind: tuple[datetime, str] | None = None


def page(connection: Connection, scope: Scope, wanted: CheckFilter, part: CheckPage) -> Sequence[RowMapping]:
    """Return up to `limit + 1` rounds; the one too many tells that there is a next page."""
    names = {"site": "site_id", "round": "round", "state": "state"}
    chosen = [selfchecks.c[column] == getattr(wanted, name) for name, column in names.items() if getattr(wanted, name)]
    if wanted.since is not None:
        chosen.append(selfchecks.c.starts_on >= wanted.since)
    if wanted.until is not None:
        chosen.append(selfchecks.c.starts_on < wanted.until)
    query, place = _listed(scope).where(*chosen), (selfchecks.c.begins_at, selfchecks.c.id)
    if part.behind is not None:
        query = query.where(tuple_(*place) < tuple_(*part.behind, types=(place[0].type, place[1].type)))
    order = (column.desc() for column in place)
    return connection.execute(query.order_by(*order).limit(part.limit + 1)).mappings().all()


def findings(connection: Connection, site_id: str, since: datetime, until: datetime) -> Mapping[str, int]:
    """Return how many findings of each kind the cameras of a site made in a time, dismissed ones left out."""
    query = (
        select(events.c.kind, func.count())
        .where(events.c.site_id == site_id, events.c.started_at >= since, events.c.started_at < until)
        .where(events.c.status != "dismissed")
        .group_by(events.c.kind)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
