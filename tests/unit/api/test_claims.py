"""Two supervisors and one queue: who holds an event, for how long, and who sees it."""

from typing import Any

from tests.unit.api.world import World, event_id, tell

EVENT = event_id("event-north")
CLAIM = f"/v1/events/{EVENT}/claim"


async def shown(world: World, who: str) -> dict[str, Any] | None:
    async with world.person(who) as reader:
        listed = (await reader.get("/v1/events")).json()["items"][0]["claim"]
        assert (await reader.get(f"/v1/events/{EVENT}")).json()["claim"] == listed
        return listed  # type: ignore[no-any-return]


async def test_what_one_holds_another_cannot_take_but_sees_by_whom(world: World) -> None:
    await tell(world, "event-north")
    assert await shown(world, "supervisor-north") is None
    async with world.person("supervisor-north") as one, world.person("admin-north") as other:
        held = (await one.put(CLAIM)).json()["claim"]
        refused = await other.put(CLAIM)
    assert (refused.status_code, refused.json()["detail"]) == (409, "supervisor-north is reviewing this event")
    assert (
        held == await shown(world, "admin-north") == {"by": "supervisor-north", "until": "2026-11-24T08:02:00.000000Z"}
    )


async def test_it_can_be_held_on_and_runs_out_by_itself(world: World) -> None:
    await tell(world, "event-north")
    async with world.person("supervisor-north") as one, world.person("admin-north") as other:
        await one.put(CLAIM)
        world.clock.pass_by(minutes=1.5)
        assert (await one.put(CLAIM)).json()["claim"]["until"] == "2026-11-24T08:03:30.000000Z"
        world.clock.pass_by(minutes=2)
        assert await shown(world, "admin-north") is None
        assert (await other.put(CLAIM)).json()["claim"]["by"] == "admin-north"


async def test_only_the_holder_lets_go(world: World) -> None:
    await tell(world, "event-north")
    async with world.person("supervisor-north") as one, world.person("admin-north") as other:
        await one.put(CLAIM)
        assert (await other.delete(CLAIM)).status_code == 204
        assert (await other.put(CLAIM)).status_code == 409
        assert (await one.delete(CLAIM)).status_code == 204
        assert (await other.put(CLAIM)).status_code == 200


async def test_a_verdict_needs_no_claim(world: World) -> None:
    """It is a courtesy among people; what guards a verdict is If-Match."""
    await tell(world, "event-north")
    async with world.person("supervisor-north") as one, world.person("admin-north") as other:
        await one.put(CLAIM)
        answer = await other.post(f"/v1/events/{EVENT}/review", json={"verdict": "confirmed"})
    assert (answer.status_code, answer.json()["claim"]["by"]) == (200, "supervisor-north")
