"""The viewing register: who saw unblurred media of events, or photos of kitchens, why and when (I7)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import merge
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, null, select, tuple_

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
    table = photo_views if "photo_id" in view else register
    same = [table.c[name] == value for name, value in view.items() if name != "id"]
    if connection.execute(select(table.c.id).where(*same, table.c.at > now - ONE_VIEWING)).first() is not None:
        return False
    connection.execute(insert(table).values(at=now, **view))
    return True


def page(
    connection: Connection, scope: Scope, limit: int, behind: tuple[datetime, str] | None
) -> Sequence[Mapping[Any, Any]]:
    """Return up to `limit + 1` viewings of media and of photos together, newest first."""
    found: list[RowMapping] = []
    for query, table in ((_of_events(scope), register), (_of_photos(scope), photo_views)):
        place = (table.c.at, table.c.id)
        if behind is not None:
            query = query.where(tuple_(*place) < tuple_(*behind, types=(place[0].type, place[1].type)))  # noqa: PLW2901
        order = (column.desc() for column in place)
        found += connection.execute(query.order_by(*order).limit(limit + 1)).mappings().all()
    return sorted(found, key=lambda row: (row["at"], row["id"]), reverse=True)[: limit + 1]


def everything(connection: Connection, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield every viewing of media and of photos within a scope, oldest first."""
    queries = (
        _of_events(scope).order_by(register.c.at, register.c.id),
        _of_photos(scope).order_by(photo_views.c.at, photo_views.c.id),
    )
    parts = [connection.execute(query).mappings() for query in queries]
    yield from merge(*(map(dict, part) for part in parts), key=lambda row: row["at"])


def _of_events(scope: Scope) -> Select[Any]:
    columns = (users.c.name.label("user"), events.c.site_id.label("site"), events.c.camera_id.label("camera"))
    return (
        select(register, *columns, register.c.event_id.label("event"), null().label("photo"))
        .join(users, users.c.id == register.c.user_id)
        .join(events, events.c.id == register.c.event_id)
        .join(sites, sites.c.id == events.c.site_id)
        .where(sites_within(scope))
    )


def _of_photos(scope: Scope) -> Select[Any]:
    columns = (users.c.name.label("user"), photos.c.site_id.label("site"), null().label("camera"))
    return (
        select(photo_views, *columns, null().label("event"), photo_views.c.photo_id.label("photo"))
        .join(users, users.c.id == photo_views.c.user_id)
        .join(photos, photos.c.id == photo_views.c.photo_id)
        .join(sites, sites.c.id == photos.c.site_id)
        .where(sites_within(scope))
    )
