"""The viewing register: who saw unblurred media, why and when (I7)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import merge
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, null, select, tuple_

from api.store.photo_schema import photo_views, photos
from api.store.schema import events, sites, users
from api.store.schema import viewing_register as register
from api.store.scope import Scope, sites_within

ONE_VIEWING = timedelta(minutes=10)
"""A player fetches a clip in many ranges; for the same reason within this time they are one viewing."""


def note(connection: Connection, view: Mapping[str, Any], now: datetime) -> bool:
    """Write a row unless this very viewing has one; tell whether it was written."""
    # Ranges of one clip arrive at the same time: one after the other finds what the one before it wrote.
    connection.execute(select(users.c.id).where(users.c.id == view["user_id"]).with_for_update())
    same = [register.c[name] == value for name, value in view.items() if name != "id"]
    query = select(register.c.id).where(*same, register.c.at > now - ONE_VIEWING)
    if connection.execute(query).first() is not None:
        return False
    connection.execute(insert(register).values(at=now, **view))
    return True


def page(connection: Connection, scope: Scope, limit: int, behind: tuple[datetime, str] | None) -> Sequence[RowMapping]:
    """Return up to `limit + 1` viewings, newest first."""
    query = (
        select(register, users.c.name.label("user"), events.c.site_id, events.c.camera_id)
        .join(users, users.c.id == register.c.user_id)
        .join(events, events.c.id == register.c.event_id)
        .join(sites, sites.c.id == events.c.site_id)
        .where(sites_within(scope))
    )
    if behind is not None:
        query = query.where(
            tuple_(register.c.at, register.c.id) < tuple_(*behind, types=(register.c.at.type, register.c.id.type))
        )
    return (
        connection.execute(query.order_by(register.c.at.desc(), register.c.id.desc()).limit(limit + 1)).mappings().all()
    )


def everything(connection: Connection, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield every viewing of media and of photos within a scope, oldest first."""
    columns = (users.c.name.label("user"), sites.c.id.label("site"))
    seen = (
        select(register, *columns, register.c.event_id.label("event"), null().label("photo"))
        .join(users, users.c.id == register.c.user_id)
        .join(events, events.c.id == register.c.event_id)
        .join(sites, sites.c.id == events.c.site_id)
        .where(sites_within(scope))
        .order_by(register.c.at, register.c.id)
    )
    photographed = (
        select(photo_views, *columns, null().label("event"), photo_views.c.photo_id.label("photo"))
        .join(users, users.c.id == photo_views.c.user_id)
        .join(photos, photos.c.id == photo_views.c.photo_id)
        .join(sites, sites.c.id == photos.c.site_id)
        .where(sites_within(scope))
        .order_by(photo_views.c.at, photo_views.c.id)
    )
    parts = [connection.execute(query).mappings() for query in (seen, photographed)]
    yield from merge(*(map(dict, part) for part in parts), key=lambda row: row["at"])
