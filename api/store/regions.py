"""Regions: a tree of places that scopes everything a caller may know of."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, insert, select

from api.store.schema import regions
from api.store.scope import Scope, regions_within

LONGEST_PATH = 1024
"""Characters of `regions.path`."""


def find(connection: Connection, scope: Scope, region: str) -> RowMapping | None:
    """Return one region."""
    query = select(regions).where(regions.c.id == region, regions_within(scope))
    return connection.execute(query).mappings().first()


def everything(connection: Connection, scope: Scope) -> Sequence[RowMapping]:
    """Return the caller's part of the tree, parents first."""
    return connection.execute(select(regions).where(regions_within(scope)).order_by(regions.c.path)).mappings().all()


def add(connection: Connection, region: str, name: str, parent: RowMapping, level: str = "") -> None:
    """Insert a region below another."""
    place = {"parent_id": parent["id"], "path": f"{parent['path']}{region}/"}
    connection.execute(insert(regions).values(id=region, name=name, level=level, **place))


def taken(connection: Connection, region: str) -> bool:
    """Tell whether the id is in use anywhere, also where the caller cannot see it."""
    return connection.execute(select(regions.c.id).where(regions.c.id == region)).first() is not None
