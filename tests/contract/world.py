"""A small city for the suites of the store: a tree of regions, kitchens, cameras, a person, and what workers tell."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection

from api.auth.caller import KEY_SCOPES, Caller
from api.intake import Accepted, accept
from api.messages import PREFIX, EventMessage
from api.store import cameras, regions, sites, users
from api.store.scope import WHOLE, Scope

NOW = datetime(2026, 11, 24, 8, 0, 0, 123456, tzinfo=UTC)
CALLER = Caller("key-1", "key:test", "integrator", "test", "en", KEY_SCOPES, WHOLE)
SITES = {"hall": "north", "stall": "north-inner", "bar": "north_", "BAR": "North", "grill": "south", "main": "root"}
"""Site → region. The names differ only by what a careless pattern would overlook: `_`, case, a common beginning."""
PARENTS = {"north": "root", "north-inner": "north", "north_": "root", "North": "root", "south": "root"}


def furnish(connection: Connection) -> None:
    """Put the city into an empty database."""
    for region, parent in PARENTS.items():
        above = regions.find(connection, WHOLE, parent)
        assert above
        regions.add(connection, region, f"地区 {region}", above)
    for site, region in SITES.items():
        sites.add(connection, site_row(site, region))
        cameras.add(connection, camera_row(f"{site}-1", site))
    users.add(connection, user_row("anna"))


def stamps(at: datetime = NOW) -> dict[str, datetime]:
    """Return when a row was made and changed."""
    return {"created_at": at, "updated_at": at}


def site_row(site: str, region: str = "root") -> dict[str, Any]:
    law = {"time_zone": "Asia/Shanghai", "jurisdiction": "CN", "hours": {"opens": "10:00", "closes": "22:00"}}
    return {"id": site, "name": f"店 {site}", "type": "restaurant", "region_id": region, **law, **stamps()}


def camera_row(camera: str, site: str, **values: Any) -> dict[str, Any]:
    look = {"enabled": True, "source": "rtsp://camera.example/1", "zones": [{"name": "灶", "type": "hot"}]}
    return {
        "id": camera,
        "site_id": site,
        "name": f"摄像头 {camera}",
        **cameras.UNREGISTERED,
        **look,
        **stamps(),
        **values,
    }


def user_row(name: str, role: str = "supervisor", region: str = "root", site: str | None = None) -> dict[str, Any]:
    place = {"region_id": region, "site_id": site}
    return {"id": f"user-{name}", "name": name, "password_hash": "", "role": role, "language": "zh", **place} | {
        "created_at": NOW
    }


def event_id(number: int) -> str:
    """Return the id of the n-th event of a test; ids do not sort as their numbers do."""
    return str(uuid5(UUID(int=0), str(number)))


def told(number: int, phase: str = "opened", *, site: str = "main", after_s: float = 0, **data: Any) -> EventMessage:
    """Return what a worker tells of its n-th event; `after_s` from NOW to its beginning."""
    body = body_of(number, phase, site=site, after_s=after_s, **data)
    return EventMessage.model_validate(body)


def body_of(
    number: int, phase: str = "opened", *, site: str = "main", after_s: float = 0, **data: Any
) -> Mapping[str, Any]:
    """Return the same as JSON."""
    started_at = NOW + timedelta(seconds=after_s)
    ended_at = (started_at + timedelta(seconds=9)).isoformat() if phase == "closed" else None
    return {
        "specversion": "1.0",
        "id": f"{event_id(number)}/{phase}",
        "source": "mingchu/worker/test",
        "type": PREFIX + phase,
        "time": NOW.isoformat(),
        "data": {
            "id": event_id(number),
            "site": site,
            "camera": f"{site}-1",
            "zone": {"name": "灶", "type": "special_room"},
            "kind": "no_hat",
            "tier": "II",
            "binding": "mandatory",
            "started_at": started_at.isoformat(),
            "ended_at": ended_at,
            "probability": 0.97,
            **data,
        },
    }


def take(connection: Connection, message: EventMessage, caller: Caller = CALLER) -> Accepted:
    """Let the API take a message in."""
    return accept(connection, caller, message, NOW)


def within(region_path: str, site: str | None = None) -> Caller:
    """Return a caller of a part of the city."""
    return replace(CALLER, scope=Scope(region_path, site))


def view(number: int, **other: Any) -> dict[str, Any]:
    """Return who looked at what of the first event."""
    seen = {"event_id": event_id(1), "name": "clip", "sha256": "0" * 64, "user_id": "user-anna", "reason": "复核"}
    return {"id": f"view-{number:03}", **seen, **other}


def piece(name: str, digit: str = "0", number: int = 1) -> dict[str, Any]:
    """Return a row of evidence, larger than 32 bits can count."""
    what = {"size_bytes": 5 << 32, "media_type": "video/mp4", "blurred": False, "stored_at": NOW}
    return {"event_id": event_id(number), "name": name, "key": f"{number}/{name}-{digit}", "sha256": digit * 64, **what}
