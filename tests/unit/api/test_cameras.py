"""Cameras over HTTP: merge patches, versions, zones, and addresses that must not be opened."""

from typing import Any

import pytest

from api.store.schema import audit, cameras
from tests.unit.api.world import World, errors_of, tell

HERE = "/v1/cameras/north-camera"


async def test_a_camera_is_shown_with_its_version_and_without_its_password(world: World) -> None:
    async with world.person("analyst-north") as analyst:
        answer = await analyst.get(HERE)
    assert answer.headers["ETag"] == '"1"' == answer.json()["etag"]
    assert answer.json()["source"] == "rtsp://***@198.51.100.7/north"


async def test_a_patch_changes_what_it_names_and_nothing_else(world: World) -> None:
    zones = [{"name": "sink", "type": "washing", "polygon": [[0, 0], [0.5, 0], [0.5, 1]]}]
    async with world.person("admin-north") as admin:
        before = (await admin.get(HERE)).json()
        patch = {"name": "水池", "zones": zones, "worker": "w7", "enabled": False}
        answer = await admin.patch(HERE, json=patch, headers={"If-Match": '"1"'})
    changed = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert (changed["name"], changed["worker"], changed["enabled"]) == ("水池", "w7", False)
    assert changed["zones"] == zones
    same = before.keys() - {"name", "zones", "worker", "enabled", "version", "etag"}
    assert {name: changed[name] for name in same} == {name: before[name] for name in same}
    last = world.rows(audit)[-1]
    assert (last["actor"], last["action"], last["target"]) == ("user:admin-north", "camera.changed", "north-camera")
    assert last["detail"] == '{"fields": ["enabled", "name", "worker", "zones"]}'


async def test_null_brings_the_default_back(world: World) -> None:
    async with world.person("admin-north") as admin:
        await admin.patch(HERE, json={"worker": "w7", "interval_s": 9}, headers={"If-Match": '"1"'})
        merge = {"If-Match": '"2"', "Content-Type": "application/merge-patch+json"}
        answer = await admin.patch(HERE, content='{"worker": null, "interval_s": null}', headers=merge)
    assert (answer.json()["worker"], answer.json()["interval_s"]) == ("", 2.0)


async def test_the_masked_address_sent_back_leaves_the_true_one(world: World) -> None:
    async with world.person("admin-north") as admin:
        shown = (await admin.get(HERE)).json()["source"]
        answer = await admin.patch(HERE, json={"source": shown, "name": "door"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    stored = next(row for row in world.rows(cameras) if row["id"] == "north-camera")
    assert stored["source"] == "rtsp://user:secret@198.51.100.7/north"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_change_must_say_of_which_version(world: World, method: str) -> None:
    body: dict[str, Any] = {"json": {"name": "x"}} if method == "PATCH" else {}
    async with world.person("admin-north") as admin:
        missing = await admin.request(method, HERE, **body)
        stale = await admin.request(method, HERE, **body, headers={"If-Match": '"7"'})
        right = await admin.request(method, HERE, **body, headers={"If-Match": 'W/"1"'})
    assert (missing.status_code, stale.status_code) == (428, 412)
    assert errors_of(missing)[0]["field"] == errors_of(stale)[0]["field"] == "If-Match"
    assert right.is_success


async def test_of_two_changes_of_the_same_version_one_is_told(world: World) -> None:
    async with world.person("admin-north") as admin:
        first = await admin.patch(HERE, json={"name": "a"}, headers={"If-Match": '"1"'})
        second = await admin.patch(HERE, json={"name": "b"}, headers={"If-Match": '"1"'})
        shown = (await admin.get(HERE)).json()["name"]
    assert (first.status_code, second.status_code, shown) == (200, 412, "a")


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"zones": []}, "zones"),
        ({"zones": [{"type": "moon"}]}, "zones.0.type"),
        ({"zones": [{"polygon": [[0, 0], [1, 1]]}]}, "zones.0"),
        ({"zones": [{"polygon": [[0, 0], [1, 0], [1, 1.5]]}]}, "zones.0"),
        ({"zones": [{"polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}]}, "zones.0"),
        ({"zones": [{"name": "a"}, {"name": "a"}]}, "zones"),
        ({"worker": "../w"}, "worker"),
        ({"name": "a\nb"}, "name"),
        ({"name": 7}, "name"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"interval_s": 0}, "interval_s"),
        ({"id": "other"}, "id"),
        ({"site": "south-site"}, "site"),
        ({"version": 5}, "version"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_changed(world: World, patch: dict[str, Any], field: str) -> None:
    async with world.person("admin-north") as admin:
        answer = await admin.patch(HERE, json=patch, headers={"If-Match": '"1"'})
        assert answer.status_code == 422
        assert (await admin.get(HERE)).headers["ETag"] == '"1"'
    assert any(entry["field"].startswith(field) for entry in errors_of(answer)), answer.text


@pytest.mark.parametrize("way", ["add", "change"])
async def test_an_address_that_leads_inside_is_refused_without_telling_its_password(world: World, way: str) -> None:
    source = "rtsp://user:top@secret@10.0.0.5/x"
    async with world.person("admin-north") as admin:
        if way == "add":
            answer = await admin.post("/v1/cameras", json={"id": "c", "site": "north-site", "source": source})
        else:
            answer = await admin.patch(HERE, json={"source": source}, headers={"If-Match": '"1"'})
    assert answer.status_code == 422, source
    (entry,) = errors_of(answer)
    assert (entry["field"], entry["value"]) == ("source", "'rtsp://***@10.0.0.5/x'")
    assert "192.168.0.0/16" in entry["allowed"]
    assert "secret" not in answer.text


async def test_a_camera_in_an_allowed_network_is_added(world: World) -> None:
    camera = {"id": "c", "site": "north-site", "source": "rtsp://u:p@192.168.7.20:8554/live"}
    async with world.person("admin-north") as admin:
        answer = await admin.post("/v1/cameras", json=camera)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"'), answer.text


async def test_a_camera_that_nobody_described_can_be_named_before_it_has_an_address(world: World) -> None:
    await tell(world, "a", camera="box-1")
    async with world.person("admin-north") as admin:
        answer = await admin.patch("/v1/cameras/box-1", json={"name": "Box"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["name"], answer.json()["source"]) == (200, "Box", "")
