"""What scores are made of, for many sites in a few queries, and where they are kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, bindparam, case, func, insert, or_, select, update

from api.insight.rule import CARDS
from api.insight.scores import CaseFact
from api.store.case_schema import case_clocks, case_steps, cases
from api.store.database import upsert
from api.store.insight_schema import AT_ONCE, site_scores
from api.store.schema import camera_states, cameras, events, log, regions, sites
from api.store.scope import WHOLE, Scope, sites_within

REMEMBERED = timedelta(days=735)
"""A case counts for a year, and repeats one of the year before that."""
TOLD_WITHIN = timedelta(minutes=15)
"""A camera whose worker has been silent for longer shows nothing that we know of."""
FINDING_HOLDS = timedelta(days=30)
_CARDS = {"warn_yellow": "yellow", "find_unfixed": "yellow", "warn_red": "red", "send_inspector": "on_site"}
_ASKED = ("order", *_CARDS)
_FRESH: Mapping[str, Any] = {
    "points": 100.0,
    "colour": "green",
    "lines": [],
    "final_points": 100.0,
    "final_lines": [],
    "final_colour": "green",
    "risk": 0.0,
    "reasons": [],
    "cameras": 0,
    "unhealthy": 0,
    "edition": "",
    "computed_at": AT_ONCE,
    "changes_at": AT_ONCE,
}


def begin(connection: Connection, site_ids: Iterable[str]) -> None:
    """Give new sites a row that is due at once."""
    rows = [{"site_id": site, **_FRESH} for site in site_ids]
    if rows:
        connection.execute(insert(site_scores), rows)


def touch(connection: Connection, site_ids: Iterable[str]) -> None:
    """Let these be computed anew soon: something that is told of the sites has changed."""
    query = update(site_scores).where(site_scores.c.site_id == bindparam("which")).values(changes_at=AT_ONCE)
    rows = [{"which": site} for site in site_ids]
    if rows:
        connection.execute(query, rows)


def due(connection: Connection, at: datetime, limit: int) -> Sequence[str]:
    """Return sites whose score may have changed by itself, in the order of their ids."""
    late = select(site_scores.c.site_id).where(site_scores.c.changes_at <= at).order_by(site_scores.c.changes_at)
    return sorted(connection.execute(late.limit(limit)).scalars())


def places(connection: Connection, site_ids: Iterable[str]) -> Sequence[RowMapping]:
    """Return what the score depends on besides cases, with what is stored of it."""
    columns = (sites.c.id, sites.c.time_zone, sites.c.grade, sites.c.licence_expires_on, sites.c.created_at)
    query = (
        select(*columns, site_scores.c.cameras, site_scores.c.unhealthy)
        .join(site_scores, site_scores.c.site_id == sites.c.id)
        .where(sites.c.id.in_(list(site_ids)))
        .order_by(sites.c.id)
    )
    return connection.execute(query).mappings().all()


def facts(connection: Connection, site_ids: Iterable[str], today: date) -> Mapping[str, list[CaseFact]]:
    """Return the cases of these sites that may still matter, by site."""
    chosen = and_(cases.c.site_id.in_(list(site_ids)), cases.c.day >= today - REMEMBERED)
    plain = ("id", "site_id", "kind", "tier", "day", "stage", "appeal")
    rows = connection.execute(select(*(cases.c[name] for name in plain)).where(chosen)).mappings().all()
    ids = [row["id"] for row in rows]
    steps, windows = _steps(connection, ids), _windows(connection, ids)
    found: defaultdict[str, list[CaseFact]] = defaultdict(list)
    for row in rows:
        told = {name: row[name] for name in ("kind", "tier", "day", "stage", "appeal")}
        story = _story(steps.get(row["id"], ()))
        found[row["site_id"]].append(CaseFact(row["id"], **told, window_ends_at=windows.get(row["id"]), **story))
    return found


def _steps(connection: Connection, case_ids: Sequence[str]) -> Mapping[str, list[RowMapping]]:
    columns = (case_steps.c.case_id, case_steps.c.action, case_steps.c.at)
    query = select(*columns).where(case_steps.c.case_id.in_(case_ids), case_steps.c.action.in_(_ASKED))
    found: defaultdict[str, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(query.order_by(case_steps.c.case_id, case_steps.c.number)).mappings():
        found[row["case_id"]].append(row)
    return found


def _story(steps: Iterable[RowMapping]) -> dict[str, Any]:
    """Return when a case was ordered, and the gravest card that it was ever shown."""
    told: dict[str, Any] = {"worst_card": "none"}
    for row in steps:
        if row["action"] == "order":
            told["ordered_at"] = row["at"]
        else:
            told["worst_card"] = max(told["worst_card"], _CARDS[row["action"]], key=CARDS.index)
    return told


def _windows(connection: Connection, case_ids: Sequence[str]) -> Mapping[str, datetime]:
    query = select(case_clocks.c.case_id, case_clocks.c.due_at).where(
        case_clocks.c.case_id.in_(case_ids), case_clocks.c.name == _APPEAL
    )
    return {str(case_id): due_at for case_id, due_at in connection.execute(query)}


_APPEAL = "appeal"


def keep(connection: Connection, values: Mapping[str, Any]) -> None:
    """Put a site's newest score in the place of the old one."""
    upsert(connection, site_scores, values)


def find(connection: Connection, scope: Scope, site: str) -> RowMapping | None:
    """Return the stored score of one site."""
    query = _listed(scope).where(sites.c.id == site)
    return connection.execute(query).mappings().first()


def _listed(scope: Scope) -> Any:
    site = ("name", "type", "region_id", "grade", "graded_on", "time_zone", "licence_expires_on")
    return (
        select(site_scores, *(sites.c[name].label(f"site_{name}") for name in site))
        .join(sites, sites.c.id == site_scores.c.site_id)
        .where(sites_within(scope))
    )


@dataclass(frozen=True, slots=True)
class TargetFilter:
    """Which sites of the worklist; an empty value does not restrict."""

    colour: tuple[str, ...] = ()
    grade: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    region: str = ""
    """Path of a region: it and everything below."""


def page(
    connection: Connection, scope: Scope, wanted: TargetFilter, limit: int, behind: tuple[float, str] | None
) -> Sequence[RowMapping]:
    """Return up to `limit + 1` sites, the riskiest first."""
    risk, site = site_scores.c.risk, site_scores.c.site_id
    query = _listed(scope).where(*_where(wanted))
    if behind is not None:
        query = query.where(or_(risk < behind[0], and_(risk == behind[0], site > behind[1])))
    found: Sequence[RowMapping] = (
        connection.execute(query.order_by(risk.desc(), site).limit(limit + 1)).mappings().all()
    )
    return found


def _where(wanted: TargetFilter) -> list[ColumnElement[bool]]:
    columns = {"colour": site_scores.c.colour, "grade": func.coalesce(sites.c.grade, ""), "type": sites.c.type}
    chosen: list[ColumnElement[bool]] = [
        column.in_(getattr(wanted, name)) for name, column in columns.items() if getattr(wanted, name)
    ]
    if wanted.region:
        below = func.substr(regions.c.path, 1, len(wanted.region)) == wanted.region
        chosen.append(sites.c.region_id.in_(select(regions.c.id).where(below)))
    return chosen


def colours(connection: Connection, scope: Scope) -> Mapping[str, int]:
    """Return how many sites have each colour."""
    query = select(site_scores.c.colour, func.count()).group_by(site_scores.c.colour)
    if scope != WHOLE:  # every site has one row: whoever has the whole tree need not look at the sites themselves
        query = query.join(sites, sites.c.id == site_scores.c.site_id).where(sites_within(scope))
    return {str(colour): int(count) for colour, count in connection.execute(query)}


def health(connection: Connection, at: datetime, site: str | None = None) -> Mapping[str, tuple[int, int]]:
    """Return how many cameras each site has, and how many of them show nothing usable.

    Unusable: the worker says so or has been silent, or a person has confirmed that the picture is bad and it still is.
    """
    state = camera_states.c
    bad = select(events.c.camera_id).where(
        events.c.status == "confirmed",
        events.c.phase == "opened",
        events.c.started_at > at - FINDING_HOLDS,
        func.substr(events.c.kind, 1, len(_HEALTH)) == _HEALTH,
    )
    good = and_(state.state == "ok", state.reported_at >= at - TOLD_WITHIN, cameras.c.id.not_in(bad))
    query = (
        select(cameras.c.site_id, func.count(), func.sum(case((good, 0), else_=1)))
        .select_from(cameras.outerjoin(camera_states, state.camera_id == cameras.c.id))
        .where(cameras.c.enabled, cameras.c.removed_at.is_(None))
        .group_by(cameras.c.site_id)
    )
    rows = connection.execute(query.where(cameras.c.site_id == site) if site else query)
    return {str(each): (int(count), int(unhealthy)) for each, count, unhealthy in rows}


_HEALTH = "camera_"
"""How the kinds begin that speak of the picture itself."""


def stored_health(connection: Connection) -> Mapping[str, tuple[int, int]]:
    """Return what is stored of the same, by site."""
    query = select(site_scores.c.site_id, site_scores.c.cameras, site_scores.c.unhealthy)
    return {str(site): (int(count), int(unhealthy)) for site, count, unhealthy in connection.execute(query)}


def lines_of(connection: Connection, site: str) -> Sequence[str]:
    """Return every line that the log has about a site, in order."""
    query = select(log.c.body).where(log.c.site_id == site).order_by(log.c.sequence)
    return connection.execute(query).scalars().all()


def put_health(connection: Connection, seen: Mapping[str, tuple[int, int]]) -> None:
    """Remember how many cameras these sites have, and how many of them show nothing."""
    for site, (count, unhealthy) in seen.items():
        here = site_scores.c.site_id == site
        connection.execute(update(site_scores).where(here).values(cameras=count, unhealthy=unhealthy))
