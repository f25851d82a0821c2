"""Inspections and what they admit to, and between rows and the pure machine."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, tuple_, update

from api.answers import LOST, read, written
from api.inspections.lists import Line, Lists
from api.inspections.machine import Inspection
from api.store import scoring
from api.store.database import insert_new, upsert
from api.store.inspection_schema import admissions, inspections
from api.store.schema import sites, users
from api.store.scope import Scope, sites_within

Row = Mapping[Any, Any]
_OPENED_BY, _ENDED_BY = users.alias("opener"), users.alias("ender")


def add(connection: Connection, values: Mapping[str, Any], inspection: Inspection) -> None:
    """Insert an inspection that has just been opened; IntegrityError where one of this list is open at the site."""
    plain = {"lines": [line.id for line in inspection.lines], "note": "", "version": 1}
    told = {"list": inspection.list.name, "opened_at": inspection.opened_at, "ended_at": None, "ended_by": None}
    connection.execute(insert(inspections).values(**values, **plain, **told, **_values(inspection)))


def _values(inspection: Inspection) -> dict[str, Any]:
    return {
        "state": inspection.state,
        "outcome": inspection.outcome,
        "valid_until": inspection.valid_until,
        "answers": written(inspection.answers),
    }


def put(connection: Connection, row: Row, inspection: Inspection, **values: Any) -> None:
    """Write what has changed; the caller holds the row's lock."""
    change = update(inspections).where(inspections.c.id == row["id"])
    connection.execute(change.values(**_values(inspection), **values, version=inspections.c.version + 1))


def inspection_of(row: Row, lists: Lists) -> Inspection:
    """Return the inspection of a row; a line that its list no longer has keeps its name."""
    known = {line.id: line for line in lists.lines}
    gone = (Line(name, (), False, LOST, "", "D") for name in row["lines"])
    lines = tuple(known.get(line.id, line) for line in gone)
    state = (row["state"], read(row["answers"]), row["outcome"], row["valid_until"])
    return Inspection(lists.lists[row["list"]], lines, row["opened_at"], *state)


def _listed(scope: Scope) -> Select[Any]:
    return (
        select(
            inspections,
            sites.c.name.label("site_name"),
            sites.c.time_zone,
            _OPENED_BY.c.name.label("opener"),
            _ENDED_BY.c.name.label("ender"),
        )
        .join(sites, sites.c.id == inspections.c.site_id)
        .join(_OPENED_BY, _OPENED_BY.c.id == inspections.c.opened_by)
        .outerjoin(_ENDED_BY, _ENDED_BY.c.id == inspections.c.ended_by)
        .where(sites_within(scope))
    )


def find(connection: Connection, scope: Scope, inspection_id: str, *, lock: bool = False) -> RowMapping | None:
    """Return one inspection; with `lock` nobody else changes it in this transaction."""
    query = _listed(scope).where(inspections.c.id == inspection_id)
    return connection.execute(query.with_for_update(of=inspections) if lock else query).mappings().first()


def open_at(connection: Connection, site: str, name: str) -> str | None:
    """Return the id of the inspection of this list that is open at a site."""
    here = (inspections.c.site_id == site, inspections.c.list == name, inspections.c.state == "open")
    return connection.execute(select(inspections.c.id).where(*here)).scalar()


@dataclass(frozen=True, slots=True)
class InspectionFilter:
    """Which inspections; an empty text does not restrict."""

    site: str = ""
    list: str = ""
    state: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class InspectionPage:
    """Which part of the list, newest first."""

    limit: int
    behind: tuple[datetime, str] | None = None


def page(connection: Connection, scope: Scope, wanted: InspectionFilter, part: InspectionPage) -> Sequence[RowMapping]:
    """Return up to `limit + 1` inspections; the one too many tells that there is a next page."""
    names = {"site": "site_id", "list": "list", "state": "state", "outcome": "outcome"}
    chosen = [inspections.c[column] == getattr(wanted, name) for name, column in names.items() if getattr(wanted, name)]
    query, place = _listed(scope).where(*chosen), (inspections.c.opened_at, inspections.c.id)
    if part.behind is not None:
        query = query.where(tuple_(*place) < tuple_(*part.behind, types=(place[0].type, place[1].type)))
    order = (column.desc() for column in place)
    return connection.execute(query.order_by(*order).limit(part.limit + 1)).mappings().all()


def records(connection: Connection, site: str, ids: Iterable[str], since: datetime) -> set[str]:
    """Return which of these are inspections of a site that were concluded at or after an instant."""
    here = (inspections.c.site_id == site, inspections.c.state == "concluded", inspections.c.ended_at >= since)
    return set(connection.scalars(select(inspections.c.id).where(*here, inspections.c.id.in_(list(ids)))))


def expect(connection: Connection, site: str, name: str, at: datetime) -> None:
    """Put a site on a gating list unless it is there; its risk is computed anew."""
    row = {"site_id": site, "list": name, "inspection_id": None, "outcome": "", "since": at, "valid_until": None}
    if insert_new(connection, admissions, row):
        scoring.touch(connection, [site])


def admit(connection: Connection, row: Row, inspection: Inspection, at: datetime) -> None:
    """Let the newest result of a gating list be the one that counts; the site's risk is computed anew."""
    told = {"outcome": inspection.outcome, "valid_until": inspection.valid_until, "since": at}
    upsert(connection, admissions, {"site_id": row["site_id"], "list": row["list"], "inspection_id": row["id"], **told})
    scoring.touch(connection, [row["site_id"]])


def take_off(connection: Connection, site: str, name: str) -> None:
    """Take a site off a gating list on which no inspection was ever concluded."""
    here = (admissions.c.site_id == site, admissions.c.list == name, admissions.c.outcome == "")
    connection.execute(admissions.delete().where(*here))
    scoring.touch(connection, [site])


def admissions_of(connection: Connection, site_ids: Iterable[str]) -> Mapping[str, Sequence[RowMapping]]:
    """Return the newest result of each gating list, by site."""
    query = select(admissions).where(admissions.c.site_id.in_(list(site_ids)))
    found: defaultdict[str, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(query.order_by(admissions.c.site_id, admissions.c.list)).mappings():
        found[row["site_id"]].append(row)
    return found
