"""Reviews of cameras as devices: who found which one fit to give evidence, and when; never changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from api.store.place_schema import device_reviews
from api.store.schema import cameras, users

ASKED = ("legal", "technical", "siting", "signs", "published")
"""What article 41 asks, each with a yes or no of its own."""


def looks_at(camera: Mapping[Any, Any]) -> str:
    """Return the digest of where a camera is and what it sees: with another one it is another device."""
    told = json.dumps([camera["source"], camera["zones"]], ensure_ascii=False, sort_keys=True)
    return sha256(told.encode()).hexdigest()


def history(connection: Connection, camera: str) -> Sequence[RowMapping]:
    """Return every review of a camera, newest first, with the name of who did it."""
    query = (
        select(device_reviews, users.c.name.label("by"))
        .join(users, users.c.id == device_reviews.c.user_id)
        .where(device_reviews.c.camera_id == camera)
        .order_by(device_reviews.c.number.desc())
    )
    return connection.execute(query).mappings().all()


def add(connection: Connection, camera: Mapping[Any, Any], values: Mapping[str, Any]) -> None:
    """Append one review."""
    # Two of them at once come one after the other: the second waits here for the camera's row.
    connection.execute(select(cameras.c.id).where(cameras.c.id == camera["id"]).with_for_update())
    mine = device_reviews.c.camera_id == camera["id"]
    last = connection.execute(select(func.max(device_reviews.c.number)).where(mine)).scalar() or 0
    row = {"camera_id": camera["id"], "number": last + 1, "looks_at": looks_at(camera), **values}
    connection.execute(insert(device_reviews).values(row))


def all_passed(connection: Connection, moments: Iterable[tuple[str, datetime]]) -> bool:
    """Tell whether each of these cameras had passed its review at that instant, and looks where it was reviewed."""
    return all(_passed(connection, camera, at) for camera, at in moments)


def _passed(connection: Connection, camera: str, at: datetime) -> bool:
    mine = (device_reviews.c.camera_id == camera, device_reviews.c.at <= at)
    query = (
        select(device_reviews, cameras.c.source, cameras.c.zones)
        .join(cameras, cameras.c.id == device_reviews.c.camera_id)
        .where(*mine)
        .order_by(device_reviews.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return row is not None and holds(row, row, at)


def holds(review: Mapping[Any, Any], camera: Mapping[Any, Any], at: datetime) -> bool:
    """Tell whether a review speaks for a camera at an instant: all was in order, in time, and it looks there still."""
    in_time = review["valid_until"] is None or at.date() <= review["valid_until"]
    return in_time and all(review[name] for name in ASKED) and review["looks_at"] == looks_at(camera)
