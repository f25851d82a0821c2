"""Cameras: where a worker looks, and how it went the last time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, case, func, insert, or_, select, update

from api.store.database import insert_new, upsert
from api.store.schema import camera_states, cameras, sites, workers
from api.store.scope import Scope, sites_within

UNREGISTERED: Mapping[str, Any] = {
    "source": "",
    "zones": [],
    "interval_s": 2.0,
    "pre_roll_s": 5.0,
    "post_roll_s": 5.0,
    "attended": False,
    "enabled": False,
    "worker": "",
    "sampling": {},
}
"""A camera that pushed events in before anybody described it; no worker looks at it."""
STATES = ("ok", "offline", "refused", "unreadable", "starting")
LEASE = timedelta(seconds=30)
"""Workers tell of their cameras every few seconds; one that has been mute for so long holds them no more."""


def _listed(scope: Scope) -> Select[Any]:
    state = camera_states.c
    return (
        select(
            cameras,
            sites.c.name.label("site_name"),
            sites.c.type.label("site_type"),
            sites.c.time_zone,
            sites.c.jurisdiction,
            sites.c.hours,
            *(column.label(f"state_{column.name}") for column in state if column.name != "camera_id"),
        )
        .join(sites, sites.c.id == cameras.c.site_id)
        .outerjoin(camera_states, state.camera_id == cameras.c.id)
        .where(sites_within(scope), cameras.c.removed_at.is_(None))
    )


def find(connection: Connection, scope: Scope, camera: str) -> RowMapping | None:
    """Return one camera with its site's facts and its last state."""
    return connection.execute(_listed(scope).where(cameras.c.id == camera)).mappings().first()


def everything(connection: Connection, scope: Scope, site: str | None = None) -> Sequence[RowMapping]:
    """Return the caller's cameras, of one site or of all."""
    query = _listed(scope).order_by(cameras.c.site_id, cameras.c.id)
    return connection.execute(query.where(cameras.c.site_id == site) if site else query).mappings().all()


def assigned(connection: Connection, scope: Scope, worker: str) -> Sequence[RowMapping]:
    """Return what this worker shall look at: cameras named for it and those named for nobody."""
    mine = or_(cameras.c.worker == worker, cameras.c.worker == "")
    query = _listed(scope).where(cameras.c.enabled, cameras.c.source != "", mine).order_by(cameras.c.id)
    return connection.execute(query).mappings().all()


def is_held_elsewhere(row: Mapping[Any, Any], worker: str, at: datetime) -> bool:
    """Tell whether another worker looks at a camera that is named for nobody: two would open each violation twice.

    The lease is the worker's own report: whoever told of a camera first holds it for as long as it goes on telling.
    """
    holder, told_at = row["state_worker_id"], row["state_reported_at"]
    if row["worker"] or holder is None or holder == worker:
        return False
    return told_at is not None and at - told_at < LEASE


def place(connection: Connection, camera: str) -> RowMapping | None:
    """Return id, site and removal of any camera that ever was; the caller's scope is checked against its site."""
    return connection.execute(_PLACE, {"camera": camera}).mappings().first()


_PLACE = select(cameras.c.id, cameras.c.site_id, cameras.c.removed_at, cameras.c.version).where(
    cameras.c.id == bindparam("camera", type_=cameras.c.id.type)
)


def homes(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """Return the site of each of these cameras that ever was; the caller's scope is checked against it."""
    return {row.id: row.site_id for row in connection.execute(_HOMES, {"names": list(names)})}


_HOMES = select(cameras.c.id, cameras.c.site_id).where(cameras.c.id.in_(bindparam("names", expanding=True)))


def standing(connection: Connection, scope: Scope, names: Collection[str]) -> dict[tuple[str, str], str]:
    """Return which of these cameras ever were on a site of this scope: camera and site, and the site's region."""
    return {
        (row.id, row.site_id): row.region_id for row in connection.execute(_standing(scope), {"names": list(names)})
    }


@lru_cache(maxsize=256)
def _standing(scope: Scope) -> Select[Any]:
    known = select(cameras.c.id, cameras.c.site_id, sites.c.region_id).join(sites, sites.c.id == cameras.c.site_id)
    return known.where(cameras.c.id.in_(bindparam("names", expanding=True)), sites_within(scope))


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert a camera."""
    connection.execute(insert(cameras).values(version=1, **values))


def add_unregistered(connection: Connection, camera: str, site: str, at: datetime) -> None:
    """Make a row for a camera that tells of events before anybody described it, unless somebody else just did."""
    row = {"id": camera, "site_id": site, "name": "", **UNREGISTERED, "created_at": at, "updated_at": at}
    insert_new(connection, cameras, {"version": 1, **row})


def change(connection: Connection, camera: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a camera that is still at this version; tell whether it was."""
    query = update(cameras).where(cameras.c.id == camera, cameras.c.version == version)
    return connection.execute(query.values(version=version + 1, **values)).rowcount == 1


def by_state(connection: Connection, told_since: datetime) -> Mapping[str, int]:
    """Return how many cameras are in each state; `silent` are those of which nobody told since then."""
    state = case((camera_states.c.reported_at >= told_since, camera_states.c.state), else_="silent").label("state")
    joined = cameras.outerjoin(camera_states, camera_states.c.camera_id == cameras.c.id)
    watched = select(state).select_from(joined).where(cameras.c.enabled, cameras.c.removed_at.is_(None)).subquery()
    counted = select(watched.c.state, func.count()).group_by(watched.c.state)
    return {str(state): int(count) for state, count in connection.execute(counted)}


def report(connection: Connection, worker: str, spool: int, at: datetime) -> None:
    """Remember that a worker is alive, and how much waits in its spool."""
    upsert(connection, workers, {"id": worker, "spool": spool, "reported_at": at})


def report_state(connection: Connection, values: Mapping[str, Any]) -> None:
    """Remember how a camera is doing."""
    upsert(connection, camera_states, values)
