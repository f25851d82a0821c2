"""Gradings: every time that somebody said how risky a site is, newest first, never changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from api.store.place_schema import gradings
from api.store.schema import users


def history(connection: Connection, site: str) -> Sequence[RowMapping]:
    """Return every grading of a site, newest first, with the name of who did it."""
    query = (
        select(gradings, users.c.name.label("by"))
        .join(users, users.c.id == gradings.c.user_id)
        .where(gradings.c.site_id == site)
        .order_by(gradings.c.number.desc())
    )
    return connection.execute(query).mappings().all()


def add(connection: Connection, site: str, values: Mapping[str, Any]) -> None:
    """Append one grading; whoever changed the site's row before comes first, so two never get one number."""
    last = connection.execute(select(func.max(gradings.c.number)).where(gradings.c.site_id == site)).scalar() or 0
    connection.execute(insert(gradings).values(site_id=site, number=last + 1, **values))
