"""A camera that is named for nobody is looked at by one worker: whoever told of it first, while it goes on telling."""

from datetime import timedelta
from typing import Any

import httpx

from api.store.cameras import LEASE
from tests.unit.api.world import World

CAMERA = "north-camera"


async def assigned(worker: httpx.AsyncClient, name: str) -> set[str]:
    answer = await worker.get(f"/v1/workers/{name}/assignment")
    assert answer.status_code == 200
    return {camera["id"] for camera in answer.json()["cameras"]}


async def tell(worker: httpx.AsyncClient, name: str, state: str = "ok") -> None:
    told = {"cameras": [{"camera": CAMERA, "state": state}]}
    assert (await worker.put(f"/v1/workers/{name}/status", json=told)).status_code == 204


async def state(world: World) -> dict[str, Any]:
    async with world.person("admin-north") as admin:
        body: dict[str, Any] = (await admin.get(f"/v1/cameras/{CAMERA}")).json()
    found: dict[str, Any] = body["state"]
    return found


async def test_whoever_told_of_a_camera_first_keeps_it(world: World) -> None:
    async with world.key("workers") as worker:
        assert CAMERA in await assigned(worker, "w1") & await assigned(worker, "w2"), "nobody has it yet"
        await tell(worker, "w1")
        assert CAMERA in await assigned(worker, "w1")
        assert CAMERA not in await assigned(worker, "w2")


async def test_a_second_worker_cannot_take_it_by_telling(world: World) -> None:
    """Both may have started it in the first seconds; if each took it from the other, both would lose it."""
    async with world.key("workers") as worker:
        await tell(worker, "w1")
        await tell(worker, "w2", "offline")
        assert CAMERA in await assigned(worker, "w1")
    told = await state(world)
    assert (told["worker"], told["state"]) == ("w1", "ok")


async def test_a_worker_that_falls_silent_loses_it(world: World) -> None:
    async with world.key("workers") as worker:
        await tell(worker, "w1")
        world.clock.at += LEASE - timedelta(seconds=1)
        assert CAMERA not in await assigned(worker, "w2")
        world.clock.at += timedelta(seconds=1)
        assert CAMERA in await assigned(worker, "w2")
        await tell(worker, "w2")
        assert CAMERA not in await assigned(worker, "w1")


async def test_a_name_counts_more_than_a_lease(world: World) -> None:
    async with world.key("workers") as worker, world.person("admin-north") as admin:
        await tell(worker, "w1")
        answer = await admin.patch(f"/v1/cameras/{CAMERA}", json={"worker": "w2"}, headers={"If-Match": '"1"'})
        assert answer.status_code == 200
        assert CAMERA in await assigned(worker, "w2")
        assert CAMERA not in await assigned(worker, "w1")
