"""Many rows at once: what is there already, and what is new or changed, in a few statements for thousands of places."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, Table, bindparam, insert, select, update

from api.store import scoring
from api.store.schema import cameras, regions, sites
from api.store.scope import Scope, regions_within, sites_within

AT_ONCE = 1000
"""Rows of one statement: SQLite takes 32,766 values."""
T = TypeVar("T")
TABLES: Mapping[str, Table] = {"regions": regions, "sites": sites, "cameras": cameras}


def in_parts(rows: Iterable[T], size: int = AT_ONCE) -> Iterator[list[T]]:
    """Yield them in lists of so many."""
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part


def known(connection: Connection, table: str, ids: Iterable[str]) -> dict[str, RowMapping]:
    """Return the rows that have these ids, wherever they are."""
    of, found = TABLES[table], dict[str, RowMapping]()
    for some in in_parts(ids):
        rows = connection.execute(select(of).where(of.c.id.in_(some))).mappings()
        found |= {row["id"]: row for row in rows}
    return found


def regions_of(connection: Connection, scope: Scope) -> dict[str, RowMapping]:
    """Return every region of the caller by id."""
    rows = connection.execute(select(regions).where(regions_within(scope))).mappings()
    return {row["id"]: row for row in rows}


def sites_of(connection: Connection, scope: Scope, ids: Iterable[str]) -> dict[str, str]:
    """Return which of these sites are the caller's, each with its region."""
    found = dict[str, str]()
    for some in in_parts(ids):
        query = select(sites.c.id, sites.c.region_id).where(sites.c.id.in_(some), sites_within(scope))
        found |= {row.id: row.region_id for row in connection.execute(query)}
    return found


def add(connection: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns."""
    for some in in_parts(rows):
        connection.execute(insert(TABLES[table]), [dict(row) for row in some])
        if table == "sites":
            scoring.begin(connection, [row["id"] for row in some])


def change(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change rows by their id; those of sites and cameras get their next version. All have the same columns."""
    of = TABLES[table]
    if not rows:
        return
    values = {name: bindparam(f"new_{name}", type_=of.c[name].type) for name in rows[0] if name != "id"}
    rise = {"version": of.c.version + 1} if "version" in of.c else {}
    query = update(of).where(of.c.id == bindparam("which")).values(**values, **rise)
    for some in in_parts(rows):
        told = [{"which": row["id"], **{f"new_{name}": row[name] for name in values}} for row in some]
        connection.execute(query, told)
        if table == "sites":
            scoring.touch(connection, [row["id"] for row in some])


def everything(connection: Connection, scope: Scope, table: str) -> Iterator[RowMapping]:
    """Yield every row of the caller, ordered by id, parents of regions first."""
    queries: Mapping[str, Select[Any]] = {
        "regions": select(regions)
        .where(regions_within(scope), regions.c.parent_id.is_not(None))
        .order_by(regions.c.path),
        "sites": select(sites).where(sites_within(scope)).order_by(sites.c.id),
        "cameras": select(cameras)
        .join(sites, sites.c.id == cameras.c.site_id)
        .where(sites_within(scope), cameras.c.removed_at.is_(None))
        .order_by(cameras.c.id),
    }
    with connection.execution_options(yield_per=AT_ONCE).execute(queries[table]).mappings() as rows:
        yield from rows
