"""What `mingchu run` watches: the sources that it was given, or the rendered demo site."""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from api.commands import put_camera, put_site
from api.settings import Settings
from api.shell import writing
from api.store import cameras, sites
from api.store.scope import WHOLE
from vision.demo.site import DEMO_SITES, DemoCamera, DemoSite, demo_cameras
from vision.errors import InvalidInputError
from vision.scene import ZoneType

SITE = "local"


def register_sources(settings: Settings, sources: Iterable[str], zone: ZoneType) -> None:
    """Make a camera of every source, once, and switch the demo off.

    Raises InvalidInputError for a file that is not there.
    """
    with writing(settings) as (connection, now):
        if not sites.taken(connection, SITE):
            put_site(connection, SITE, SITE, now)
        known = {row["source"] for row in cameras.everything(connection, WHOLE, SITE)}
        for source in map(playable, sources):
            if source not in known:
                camera = f"camera-{len(known) + 1}"
                known.add(source)
                put_camera(connection, {"id": camera, "site_id": SITE, "name": "", "source": source}, zone, now)
        for demo in demo_cameras():
            _switch(connection, demo, now, on=False)


def register_demo(settings: Settings, filmed: Collection[str]) -> None:
    """Make the demo site and its cameras, once, and switch on those whose films are there.

    A camera that somebody removed stays away.
    """
    with writing(settings) as (connection, now):
        for site in DEMO_SITES:
            if not sites.taken(connection, site.id):
                _put_demo_site(connection, site, now)
        for camera in demo_cameras():
            if cameras.place(connection, camera.id) is None:
                _put_demo_camera(connection, camera, now)
            _switch(connection, camera, now, on=camera.id in filmed)


def playable(source: str) -> str:
    """Return a source that goes on for ever: a film is played in a loop at its own pace."""
    if "://" in source or source.isdecimal() or Path(source).is_dir():
        return source
    path = Path(source).resolve()
    if not path.is_file():
        raise InvalidInputError("SOURCE", source, "an existing file, a URL or a camera index")
    return f"loop+file:{path}"


def _put_demo_site(connection: Connection, site: DemoSite, now: datetime) -> None:
    put_site(connection, site.id, site.name, now)
    sites.change(connection, site.id, 1, {"hours": site.hours.model_dump(mode="json")})


def _put_demo_camera(connection: Connection, camera: DemoCamera, now: datetime) -> None:
    zones = [json.loads(zone.model_dump_json()) for zone in camera.zones]
    values = {"id": camera.id, "site_id": camera.site, "name": camera.name, "source": camera.source, "zones": zones}
    put_camera(connection, values, camera.zones[0].type, now)


def _switch(connection: Connection, camera: DemoCamera, now: datetime, *, on: bool) -> None:
    row = cameras.find(connection, WHOLE, camera.id)
    if row is not None and row["enabled"] != on:
        cameras.change(connection, camera.id, row["version"], {"enabled": on, "updated_at": now})
