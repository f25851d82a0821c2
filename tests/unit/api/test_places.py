"""Sites and regions over HTTP: a tree that scopes views, sites that can be changed and moved within it."""

from typing import Any

import pytest

from api.store.schema import audit, sites, users
from tests.unit.api.world import World, errors_of

HERE = "/v1/sites/north-site"


async def test_a_patch_merges_deeply_and_tells_workers(world: World) -> None:
    rung = []
    world.services.camera_bell.ring = lambda: rung.append(1)  # type: ignore[method-assign]
    async with world.person("admin-north") as admin:
        patch = {"hours": {"opens": "08:00", "weekdays": [1, 2]}, "type": "canteen", "time_zone": "Asia/Urumqi"}
        first = await admin.patch(HERE, json=patch, headers={"If-Match": '"1"'})
        second = await admin.patch(HERE, json={"hours": {"closes": "20:00"}}, headers={"If-Match": '"2"'})
    assert (first.status_code, second.headers["ETag"]) == (200, '"3"')
    shown = second.json()
    assert shown["hours"] == {"opens": "08:00", "closes": "20:00", "weekdays": [1, 2]}
    assert (shown["type"], shown["time_zone"], shown["name"]) == ("canteen", "Asia/Urumqi", "north site")
    assert len(rung) == 2
    assert [row["detail"] for row in world.rows(audit)] == [
        '{"fields": ["hours", "time_zone", "type"]}',
        '{"fields": ["hours"]}',
    ]


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"jurisdiction": "FR"}, "jurisdiction"),
        ({"type": "Café"}, "type"),
        ({"hours": {"opens": "25:00"}}, "hours.opens"),
        ({"hours": {"lunch": "12:00"}}, "hours.lunch"),
        ({"hours": 8}, "hours"),
        ({"region": "south"}, "region"),
        ({"region": "moon"}, "region"),
        ({"id": "x"}, "id"),
        ({"version": 7}, "version"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_changed(world: World, patch: dict[str, Any], field: str) -> None:
    before = world.rows(sites)
    async with world.person("admin-north") as admin:
        answer = await admin.patch(HERE, json=patch, headers={"If-Match": '"1"'})
    assert (answer.status_code, errors_of(answer)[0]["field"]) == (422, field), answer.text
    assert world.rows(sites) == before


@pytest.mark.parametrize("body", ["[]", "null", '"x"', "{", ""])
async def test_a_patch_is_an_object(world: World, body: str) -> None:
    async with world.person("admin-north") as admin:
        headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
        assert (await admin.patch(HERE, content=body, headers=headers)).status_code == 422


async def test_a_site_that_moves_takes_its_people_along(world: World) -> None:
    async with world.person("admin-north") as admin:
        new = await admin.post("/v1/regions", json={"id": "north-west", "name": "North-west", "parent": "north"})
        assert (new.status_code, new.json()["path"]) == (201, "/north/north-west/")
        moved = await admin.patch(HERE, json={"region": "north-west"}, headers={"If-Match": '"1"'})
        assert moved.status_code == 200
        assert (await admin.get(HERE)).status_code == 200, "it is still below the admin's region"
    async with world.person("kitchen-north") as chef:
        assert (await chef.get(HERE)).status_code == 200
        assert [region["id"] for region in (await chef.get("/v1/regions")).json()["items"]] == ["north-west"]
    moved_people = [row["id"] for row in world.rows(users) if row["region_id"] == "north-west"]
    assert moved_people == ["kitchen-north"]


async def test_a_site_is_added_once_in_a_region_of_ones_own(world: World) -> None:
    new = {"id": "s2", "name": "Second", "region": "north"}
    async with world.person("admin-north") as admin:
        added = await admin.post("/v1/sites", json=new)
        assert (added.status_code, added.headers["ETag"], added.json()["etag"]) == (201, '"1"', '"1"')
        assert (await admin.post("/v1/sites", json=new)).status_code == 409
        for region in ("south", "moon", "root"):
            refused = await admin.post("/v1/sites", json={**new, "id": "s3", "region": region})
            assert (refused.status_code, errors_of(refused)[0]["field"]) == (422, "region")
    assert [row["target"] for row in world.rows(audit)] == ["s2"]


async def test_regions_grow_below_ones_own(world: World) -> None:
    async with world.person("admin-north") as admin:
        taken = await admin.post("/v1/regions", json={"id": "south", "name": "x", "parent": "north"})
        above = await admin.post("/v1/regions", json={"id": "x", "name": "x", "parent": "root"})
        wrong = await admin.post("/v1/regions", json={"id": "a/b", "name": "x", "parent": "north"})
        listed = (await admin.get("/v1/regions")).json()["items"]
    assert (taken.status_code, above.status_code, wrong.status_code) == (409, 422, 422)
    assert listed == [{"id": "north", "name": "North", "path": "/north/", "parent": "root", "level": ""}]


async def test_a_tree_cannot_grow_deeper_than_its_column(world: World) -> None:
    parent, made = "north", 0
    async with world.person("admin-north") as admin:
        while True:
            new = {"id": f"{made:064d}", "name": "deeper", "parent": parent}
            answer = await admin.post("/v1/regions", json=new)
            if answer.status_code != 201:
                break
            parent, made = new["id"], made + 1
    assert (answer.status_code, errors_of(answer)[0]["field"], made) == (422, "parent", 15)
