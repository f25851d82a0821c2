"""Sites: kitchens with an address in the region tree, a clock and a law."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from api.store import events, scoring
from api.store.inspection_schema import admissions
from api.store.schema import regions, sites
from api.store.scope import Scope, sites_within


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """Which sites; an empty tuple, an empty text or None does not restrict."""

    type: tuple[str, ...] = ()
    grade: tuple[str, ...] = ()
    region: str = ""
    """Path of a region: it and everything below."""
    text: str = ""
    """Part of the name, or the whole id."""
    licence_ends_before: date | None = None
    supplier: bool | None = None
    """Was ever put on a list that gates."""


@dataclass(frozen=True, slots=True)
class SitePage:
    """Which part of the list by name; `behind` is the name and id of the last site of the page before."""

    limit: int
    behind: tuple[str, str] | None = None


def find(connection: Connection, scope: Scope, site: str) -> RowMapping | None:
    """Return one site."""
    return connection.execute(_one(scope), {"site": site}).mappings().first()


@lru_cache(maxsize=256)  # it takes longer to build than to answer
def _one(scope: Scope) -> Select[Any]:
    return select(sites).where(sites.c.id == bindparam("site", type_=sites.c.id.type), sites_within(scope))


def everything(connection: Connection, scope: Scope) -> Sequence[RowMapping]:
    """Return the caller's sites by name."""
    return (
        connection.execute(select(sites).where(sites_within(scope)).order_by(sites.c.name, sites.c.id)).mappings().all()
    )


def page(connection: Connection, scope: Scope, wanted: SiteFilter, part: SitePage) -> Sequence[RowMapping]:
    """Return up to `limit + 1` sites by name; the one too many tells that there is a next page."""
    query = select(sites).where(sites_within(scope), *_where(wanted))
    if part.behind is not None:
        query = query.where(tuple_(sites.c.name, sites.c.id) > tuple_(*part.behind))
    return connection.execute(query.order_by(sites.c.name, sites.c.id).limit(part.limit + 1)).mappings().all()


def count(connection: Connection, scope: Scope, wanted: SiteFilter) -> int:
    """Return how many sites there are like this."""
    query = select(func.count()).select_from(sites).where(sites_within(scope), *_where(wanted))
    return int(connection.execute(query).scalar_one())


def _where(wanted: SiteFilter) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if wanted.type:
        chosen.append(sites.c.type.in_(wanted.type))
    if wanted.grade:
        chosen.append(func.coalesce(sites.c.grade, "").in_(wanted.grade))
    if wanted.region:
        below = func.substr(regions.c.path, 1, len(wanted.region)) == wanted.region
        chosen.append(sites.c.region_id.in_(select(regions.c.id).where(below)))
    if wanted.text:
        chosen.append(or_(sites.c.id == wanted.text, sites.c.name.contains(wanted.text, autoescape=True)))
    if wanted.licence_ends_before is not None:
        ends = sites.c.licence_expires_on
        chosen.append(and_(ends.is_not(None), ends < wanted.licence_ends_before))
    if wanted.supplier is not None:
        gated = exists().where(admissions.c.site_id == sites.c.id)
        chosen.append(gated if wanted.supplier else ~gated)
    return chosen


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a site."""
    connection.execute(insert(sites).values(version=1, **values))
    scoring.begin(connection, [values["id"]])


def change(connection: Connection, site: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a site that is still at this version; tell whether it was."""
    query = update(sites).where(sites.c.id == site, sites.c.version == version)
    changed = connection.execute(query.values(version=version + 1, **values)).rowcount == 1
    if changed and "region_id" in values:
        events.follow_sites(connection, [site])
    scoring.touch(connection, [site])
    return changed


def taken(connection: Connection, site: str) -> bool:
    """Tell whether the id is in use anywhere, also where the caller cannot see it."""
    return connection.execute(select(sites.c.id).where(sites.c.id == site)).first() is not None
