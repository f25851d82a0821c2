"""What a wall of cameras shows beside the pictures: how much is open at each, and what happened there last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, case, func, select

from api.store.schema import events, sites
from api.store.scope import Scope, sites_within

WEIGHTS = {"I": 100, "II": 10, "III": 1}
"""One of a graver tier outweighs several of the next: the order of a wall, no score of anybody."""
DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Weight:
    """What speaks for looking at a camera first."""

    risk: int
    """Sum over what began lately and nobody has dismissed."""
    count: int


def weights(connection: Connection, scope: Scope, since: datetime) -> Mapping[str, Weight]:
    """Return the weight of each camera at which something began since an instant."""
    weight = case(*((events.c.tier == tier, value) for tier, value in WEIGHTS.items()), else_=0)
    query = (
        select(events.c.camera_id, func.sum(weight).label("risk"), func.count().label("number"))
        .join(sites, sites.c.id == events.c.site_id)
        .where(sites_within(scope), events.c.started_at >= since, events.c.status != DISMISSED)
        .group_by(events.c.camera_id)
    )
    return {row.camera_id: Weight(int(row.risk), row.number) for row in connection.execute(query)}


def latest(connection: Connection, scope: Scope, cameras: Sequence[str], since: datetime) -> Mapping[str, RowMapping]:
    """Return the newest event of each of these cameras that began since an instant."""
    newest = (
        select(events.c.camera_id, func.max(events.c.started_at).label("at"))
        .join(sites, sites.c.id == events.c.site_id)
        .where(sites_within(scope), events.c.camera_id.in_(cameras), events.c.started_at >= since)
        .group_by(events.c.camera_id)
        .subquery()
    )
    columns = (events.c.id, events.c.camera_id, events.c.kind, events.c.tier, events.c.status, events.c.started_at)
    query = select(*columns, events.c.phase).join(
        newest, (newest.c.camera_id == events.c.camera_id) & (newest.c.at == events.c.started_at)
    )
    rows: dict[str, Any] = {row["camera_id"]: row for row in connection.execute(query).mappings()}
    return rows
