"""API keys by HTTP: issued once, limited in time and place, rotated without a gap, revoked at once."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.auth.gate import at_home
from api.store.schema import audit, keys
from tests.unit.api.world import START, World, errors_of, event_id, message

WANTED = {"name": "platform", "scopes": ["sites:read"], "region": "north"}


async def issued(world: World, **more: Any) -> dict[str, Any]:
    async with world.person("admin-north") as admin:
        made = await admin.post("/v1/keys", json={**WANTED, **more})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def put(box: httpx.AsyncClient, name: str, phase: str = "opened") -> httpx.Response:
    return await box.put(f"/v1/events/{event_id(name)}", json=message(name, phase))


async def tried(world: World, text: str, address: str = "192.0.2.1") -> int:
    async with world.client({"Authorization": f"Bearer {text}"}, address) as program:
        return (await program.get("/v1/sites")).status_code


async def test_a_key_is_shown_once_and_stored_hashed(world: World) -> None:
    key = await issued(world)
    assert key["key"].startswith(key["prefix"])
    assert await tried(world, key["key"]) == 200
    assert key["key"].rpartition("_")[2] not in str(world.rows(keys)) + str(world.rows(audit))
    async with world.person("admin-north") as admin:
        shown = (await admin.get(f"/v1/keys/{key['id']}")).json()
    assert "key" not in shown
    assert shown["last_used_at"] == "2026-11-24T08:00:00.000000Z"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"region": "root"}, "region"),
        ({"region": "south"}, "region"),
        ({"scopes": ["media:unblurred"]}, "scopes.0"),
        ({"scopes": []}, "scopes"),
        ({"networks": ["10.0.0.0/33"]}, "networks.0"),
        ({"expires_at": START.isoformat()}, "expires_at"),
        ({"name": "a\nb"}, "name"),
    ],
)
async def test_what_a_key_cannot_be(world: World, change: dict[str, Any], field: str) -> None:
    async with world.person("admin-north") as admin:
        refused = await admin.post("/v1/keys", json={**WANTED, **change})
    assert (refused.status_code, errors_of(refused)[0]["field"]) == (422, field)


async def test_a_key_ends_by_itself(world: World) -> None:
    key = await issued(world, expires_at=(START + timedelta(hours=1)).isoformat())
    world.clock.pass_by(minutes=59)
    assert await tried(world, key["key"]) == 200
    world.clock.pass_by(minutes=1)
    assert await tried(world, key["key"]) == 401


async def test_a_key_stays_at_home(world: World) -> None:
    key = await issued(world, networks=["192.0.2.0/28", "2001:db8::/32"])
    told = [await tried(world, key["key"], address) for address in ("192.0.2.1", "192.0.2.77", "2001:db8::7", "")]
    assert told == [200, 403, 200, 403]


@pytest.mark.parametrize(
    ("networks", "address", "home"),
    [
        (None, "203.0.113.7", True),
        ([], "", True),
        (["203.0.113.7/32"], "203.0.113.7", True),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", True),
        (["203.0.113.0/24"], "2001:db8::1", False),
        (["203.0.113.0/24"], "testclient", False),
    ],
)
def test_home_is_where_the_networks_say(networks: list[str] | None, address: str, *, home: bool) -> None:
    assert at_home(networks, address) is home


async def test_a_rotated_key_has_two_secrets_for_a_while(world: World) -> None:
    old = await issued(world)
    async with world.person("admin-north") as admin:
        new = (await admin.post(f"/v1/keys/{old['id']}/rotate", json={"overlap_h": 2})).json()
        assert (new["prefix"], new["id"], new["scopes"]) == (old["prefix"], old["id"], old["scopes"])
        assert [await tried(world, key["key"]) for key in (old, new)] == [200, 200]
        world.clock.pass_by(hours=2)
        assert [await tried(world, key["key"]) for key in (old, new)] == [401, 200]
        newest = (await admin.post(f"/v1/keys/{old['id']}/rotate", json={"overlap_h": 0})).json()
        assert [await tried(world, key["key"]) for key in (old, new, newest)] == [401, 401, 200]


async def test_a_revoked_key_is_over_and_does_not_rotate(world: World) -> None:
    key = await issued(world)
    async with world.person("admin-north") as admin:
        assert (await admin.delete(f"/v1/keys/{key['id']}")).status_code == 204
        assert await tried(world, key["key"]) == 401
        assert (await admin.post(f"/v1/keys/{key['id']}/rotate", json={})).status_code == 409
        assert (await admin.delete(f"/v1/keys/{key['id']}")).status_code == 204, "over is over"
    ended = [row["action"] for row in world.rows(audit) if row["action"].startswith("key.")]
    assert ended == ["key.added", "key.revoked"]


async def test_lists_are_paged_newest_first_and_hold_the_own_region(world: World) -> None:
    world.new_key("detect", region="south")
    made = []
    for number in range(5):
        world.clock.pass_by(seconds=number % 2)
        made.append((await issued(world, name=f"key {number}"))["id"])
    async with world.person("admin-north") as admin:
        found, cursor = [], ""
        while cursor is not None:
            page = (await admin.get("/v1/keys", params={"limit": 2, "cursor": cursor})).json()
            found += [key["id"] for key in page["items"]]
            cursor = page["next"]
        times = [(await admin.get(f"/v1/keys/{key}")).json()["created_at"] for key in found]
    assert sorted(found) == sorted(made)
    assert times == sorted(times, reverse=True)


async def test_a_daily_limit_counts_new_events_only_and_ends_at_midnight(world: World) -> None:
    key = await issued(world, scopes=["events:write"], events_a_day=2)
    assert key["events_a_day"] == 2
    async with world.client({"Authorization": f"Bearer {key['key']}"}) as box:
        assert [(await put(box, each)).status_code for each in ("a", "b", "a")] == [201, 201, 200]
        refused = await put(box, "c")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(16 * 3600))
        assert refused.json()["type"] == "urn:mingchu:problem:quota-used-up"
        assert (await put(box, "b", phase="closed")).status_code == 200, "a known event is never refused"
        assert (await box.get("/v1/events/" + event_id("c"))).status_code in {403, 404}
        world.clock.pass_by(hours=16)
        assert (await put(box, "c")).status_code == 201


async def test_a_key_without_a_limit_counts_nothing(world: World) -> None:
    async with world.key("events:write") as box:
        assert (await put(box, "a")).status_code == 201
    assert {(row["events_a_day"], row["events_count"]) for row in world.rows(keys)} == {(None, None)}
