"""Sites: kitchens with an address in the region tree, a clock and a law."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from api.store.schema import sites
from api.store.scope import Scope, sites_within


def find(connection: Connection, scope: Scope, site: str) -> RowMapping | None:
    """Return one site."""
    query = select(sites).where(sites.c.id == site, sites_within(scope))
    return connection.execute(query).mappings().first()


def everything(connection: Connection, scope: Scope) -> Sequence[RowMapping]:
    """Return the caller's sites by name."""
    return (
        connection.execute(select(sites).where(sites_within(scope)).order_by(sites.c.name, sites.c.id)).mappings().all()
    )


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a site."""
    connection.execute(insert(sites).values(version=1, **values))


def change(connection: Connection, site: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a site that is still at this version; tell whether it was."""
    query = update(sites).where(sites.c.id == site, sites.c.version == version)
    return connection.execute(query.values(version=version + 1, **values)).rowcount == 1


def taken(connection: Connection, site: str) -> bool:
    """Tell whether the id is in use anywhere, also where the caller cannot see it."""
    return connection.execute(select(sites.c.id).where(sites.c.id == site)).first() is not None
