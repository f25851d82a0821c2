"""Which officer answers for which case; it counts for as long as that officer is there and the site is theirs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, select

from api.store.case_schema import case_assignments, cases
from api.store.database import upsert
from api.store.schema import regions, sites, users

_HOME, _PLACE = regions.alias("officers_region"), regions.alias("sites_region")


def _officers() -> Select[tuple[str, str, str]]:
    """Return case, id and name of every assignment that counts."""
    around = func.substr(_PLACE.c.path, 1, func.length(_HOME.c.path)) == _HOME.c.path
    mine, theirs = cases.alias("assigned"), sites.alias("assigned_site")
    return (
        select(case_assignments.c.case_id, users.c.id, users.c.name)
        .join(mine, mine.c.id == case_assignments.c.case_id)
        .join(theirs, theirs.c.id == mine.c.site_id)
        .join(_PLACE, _PLACE.c.id == theirs.c.region_id)
        .join(users, users.c.id == case_assignments.c.user_id)
        .join(_HOME, and_(_HOME.c.id == users.c.region_id, around))
        .where(users.c.role == "supervisor", users.c.disabled_at.is_(None))
    )


def of_cases(connection: Connection, case_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the name of who answers for each of these cases; those of nobody are left out."""
    query = _officers().where(case_assignments.c.case_id.in_(list(case_ids)))
    return {row.case_id: row.name for row in connection.execute(query)}


def is_of(name: str) -> ColumnElement[bool]:
    """Return the condition on `cases`: this officer answers for it."""
    return cases.c.id.in_(_officers().where(users.c.name == name.lower()).with_only_columns(case_assignments.c.case_id))


def is_of_nobody() -> ColumnElement[bool]:
    """Return the condition on `cases`: no officer answers for it."""
    return ~exists(_officers().where(case_assignments.c.case_id == cases.c.id).correlate(cases))


def candidates(connection: Connection, site_id: str) -> Sequence[tuple[str, str]]:
    """Return id and name of the supervisors who answer for a site, those of the smallest region first."""
    around = func.substr(_PLACE.c.path, 1, func.length(_HOME.c.path)) == _HOME.c.path
    query = (
        select(users.c.id, users.c.name)
        .join(_HOME, _HOME.c.id == users.c.region_id)
        .join(_PLACE, around)
        .join(sites, sites.c.region_id == _PLACE.c.id)
        .where(sites.c.id == site_id, users.c.role == "supervisor", users.c.disabled_at.is_(None))
        .order_by(func.length(_HOME.c.path).desc(), users.c.name)
    )
    return [(row.id, row.name) for row in connection.execute(query)]


def put(connection: Connection, case_id: str, user_id: str, by: str, at: datetime) -> None:
    """Let an officer answer for a case, instead of whoever did."""
    row = {"case_id": case_id, "user_id": user_id, "assigned_by": by, "assigned_at": at}
    upsert(connection, case_assignments, row)


def remove(connection: Connection, case_id: str) -> None:
    """Let nobody answer for a case."""
    connection.execute(delete(case_assignments).where(case_assignments.c.case_id == case_id))
