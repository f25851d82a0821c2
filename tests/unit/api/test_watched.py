"""What `mingchu run` registers: the demo once, switched on film by film, and off when somebody brings real sources."""

from pathlib import Path

import pytest

from api.settings import Settings
from api.shell import writing
from api.store import cameras, sites
from api.store.scope import WHOLE
from api.watched import register_demo, register_sources
from vision.config import Hours
from vision.demo.site import DEMO_SITE, NIGHT_SITE, demo_cameras, ready
from vision.errors import InvalidInputError
from vision.scene import ZoneType

ALL = {camera.id for camera in demo_cameras()}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def looked_at(settings: Settings) -> set[str]:
    with writing(settings) as (connection, _):
        return {row["id"] for row in cameras.assigned(connection, WHOLE, "run")}


def test_the_demo_is_registered_once_and_looked_at_film_by_film(settings: Settings) -> None:
    register_demo(settings, set())
    assert looked_at(settings) == set()
    register_demo(settings, {"demo-serving"})
    assert looked_at(settings) == {"demo-serving"}
    register_demo(settings, ALL)
    register_demo(settings, ALL)
    assert looked_at(settings) == ALL


def test_cameras_know_their_films_zones_and_hours(settings: Settings) -> None:
    register_demo(settings, ALL)
    with writing(settings) as (connection, _):
        night = sites.find(connection, WHOLE, NIGHT_SITE)
        rows = {row["id"]: row for row in cameras.everything(connection, WHOLE)}
    assert night is not None
    assert Hours(**night["hours"]).weekdays == ()
    assert rows["demo-dry-store"]["source"] == "demo:dry-store"
    assert [zone["name"] for zone in rows["demo-dry-store"]["zones"]] == ["rack", "entrance"]
    assert rows["demo-store-night"]["site_id"] == NIGHT_SITE
    assert rows["demo-special-room"]["site_id"] == DEMO_SITE


def test_a_removed_demo_camera_stays_away(settings: Settings) -> None:
    register_demo(settings, ALL)
    with writing(settings) as (connection, now):
        row = cameras.find(connection, WHOLE, "demo-serving")
        assert row is not None
        cameras.change(connection, "demo-serving", row["version"], {"removed_at": now, "enabled": False})
    register_demo(settings, ALL)
    assert looked_at(settings) == ALL - {"demo-serving"}


def test_real_sources_switch_the_demo_off(settings: Settings, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"")
    register_demo(settings, ALL)
    for _ in range(2):
        register_sources(settings, [str(film), "rtsp://camera.example/1"], ZoneType.COOKING)
    assert looked_at(settings) == {"camera-1", "camera-2"}
    register_demo(settings, ALL)
    assert looked_at(settings) >= ALL


def test_a_film_that_is_not_there_is_named(settings: Settings) -> None:
    with pytest.raises(InvalidInputError, match=r"SOURCE: '/gone\.mp4'"):
        register_sources(settings, ["/gone.mp4"], ZoneType.COOKING)


def test_without_films_nothing_is_ready(tmp_path: Path) -> None:
    assert ready(tmp_path) == frozenset()
