"""Whoever sees unblurred media is in the register: who, why, what, when (I7)."""

import pytest

from api.store.schema import viewing_register
from tests.unit.api.world import World, errors_of, send_media, tell

UNBLURRED = ("snapshot", "annotated", "clip")
BLURRED = ("snapshot_blurred", "annotated_blurred")


async def test_an_unblurred_picture_needs_a_reason(world: World) -> None:
    event = await tell(world, "a")
    for name in UNBLURRED:
        await send_media(world, event, name)
        async with world.person("supervisor-north") as supervisor:
            for query in ("", "?reason=", "?reason=%20%20"):
                refused = await supervisor.get(f"/v1/events/{event}/media/{name}{query}")
                assert refused.status_code == 403
                assert errors_of(refused)[0]["field"] == "reason"
    assert world.rows(viewing_register) == []


async def test_a_view_with_its_reason_is_a_row_and_the_same_view_again_is_not(world: World) -> None:
    event = await tell(world, "a")
    await send_media(world, event, "clip")
    address = f"/v1/events/{event}/media/clip?reason="
    async with world.person("supervisor-north") as supervisor:
        assert (await supervisor.get(address + "复核申诉")).content == b"picture"
        part = await supervisor.get(address + "复核申诉", headers={"Range": "bytes=2-4"})
        assert (part.status_code, part.content) == (206, b"ctu")
        (row,) = world.rows(viewing_register)
        assert (row["user_id"], row["event_id"], row["name"], row["reason"], row["at"]) == (
            "supervisor-north",
            event,
            "clip",
            "复核申诉",
            world.clock.now(),
        )
        world.clock.pass_by(minutes=1)
        await supervisor.get(address + "another")
        world.clock.pass_by(minutes=10)
        await supervisor.get(address + "another")
        assert len(world.rows(viewing_register)) == 3
        shown = (await supervisor.get("/v1/access-log")).json()["items"]
    assert [(view["user"], view["reason"]) for view in shown] == [
        ("supervisor-north", "another"),
        ("supervisor-north", "another"),
        ("supervisor-north", "复核申诉"),
    ]


async def test_a_view_that_needs_no_bytes_is_a_view_all_the_same(world: World) -> None:
    event = await tell(world, "a")
    await send_media(world, event, "snapshot")
    async with world.person("supervisor-north") as supervisor:
        seen = await supervisor.get(f"/v1/events/{event}/media/snapshot?reason=x")
        again = {"If-None-Match": seen.headers["ETag"]}
        assert (await supervisor.get(f"/v1/events/{event}/media/snapshot", headers=again)).status_code == 403
        world.clock.pass_by(hours=1)
        known = await supervisor.get(f"/v1/events/{event}/media/snapshot?reason=x", headers=again)
    assert (known.status_code, len(world.rows(viewing_register))) == (304, 2)


async def test_blurred_pictures_and_manifests_are_free(world: World) -> None:
    event = await tell(world, "a")
    for name in (*BLURRED, "manifest"):
        await send_media(world, event, name)
        async with world.person("kitchen-north") as chef:
            assert (await chef.get(f"/v1/events/{event}/media/{name}")).status_code == 200
    assert world.rows(viewing_register) == []


@pytest.mark.parametrize("who", ["analyst", "kitchen", "key"])
async def test_some_see_no_unblurred_picture_whatever_their_reason(world: World, who: str) -> None:
    event = await tell(world, "a")
    await send_media(world, event, "snapshot")
    client = world.key("events:read") if who == "key" else world.person(f"{who}-north")
    async with client:
        refused = await client.get(f"/v1/events/{event}/media/snapshot?reason=curiosity")
    assert (refused.status_code, errors_of(refused)) == (403, [])
    assert world.rows(viewing_register) == []


async def test_the_register_shows_views_of_the_own_region_page_by_page(world: World) -> None:
    for region in ("north", "south"):
        event = await tell(world, region, region=region)
        await send_media(world, event, "snapshot", region=region)
        async with world.person(f"supervisor-{region}") as supervisor:
            for number in range(3):
                await supervisor.get(f"/v1/events/{event}/media/snapshot?reason={region}-{number}")
                world.clock.pass_by(minutes=1)
    async with world.person("admin-north") as admin:
        first = (await admin.get("/v1/access-log?limit=2")).json()
        second = (await admin.get("/v1/access-log", params={"limit": 2, "cursor": first["next"]})).json()
    assert [view["reason"] for view in first["items"] + second["items"]] == ["north-2", "north-1", "north-0"]
    assert second["next"] is None
