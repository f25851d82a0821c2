"""`POST /v1/events/batch`: each message is answered as if it had come by `PUT /v1/events/{id}` alone."""

import json
from typing import Any

import pytest

from api.batched import MOST
from api.guard import MAX_JSON_BYTES
from api.store.schema import events, log
from tests.unit.api.test_keys import issued
from tests.unit.api.world import World, errors_of, event_id, message

HERE = "/v1/events/batch"
WRONG: dict[str, Any] = {
    "no event": "text",
    "nothing": {},
    "a wrong kind": message("w", kind="No Hat"),
    "two wrong fields": message("w", tier="IV", box=[1, 2, 3]),
    "an end before the beginning": message("w", ended_at="2026-11-24T07:00:00Z"),
    "another site's": message("w", region="south"),
    "a camera of another site": message("w", camera="south-camera"),
    "an event of another camera": message("known", camera="other-camera"),
    "another region's id": message("foreign"),
}


async def test_each_is_answered_in_its_place(world: World) -> None:
    async with world.key("events:write", region="south") as other:
        await other.put(f"/v1/events/{event_id('foreign')}", json=message("foreign", region="south"))
    async with world.key("events:write") as box:
        await box.put(f"/v1/events/{event_id('known')}", json=message("known"))
        sent = [message("a"), message("known"), *WRONG.values(), message("a"), message("a", "closed"), message("b")]
        answer = await box.post(HERE, json=sent)
        items = answer.json()["items"]
        statuses = [item["status"] for item in items]
        assert statuses == [201, 200, *[422] * len(WRONG), 200, 200, 201]
        assert [item["sequence"] for item in items] == [3, None, *[None] * len(WRONG), None, 4, 5]
        for wrong, item in zip(WRONG.values(), items[2:], strict=False):
            named = wrong["data"]["id"] if isinstance(wrong, dict) and wrong else event_id("w")
            alone = await box.put(f"/v1/events/{named}", json=wrong)
            assert alone.status_code == 422
            assert item["problem"]["type"] == alone.json()["type"]
            if isinstance(wrong, dict) and wrong:
                assert item["problem"] == alone.json()
    bodies = [json.loads(row["body"]) for row in sorted(world.rows(log), key=lambda row: row["sequence"])]
    assert [body["id"] for body in bodies[2:]] == [
        f"{event_id(n)}/{p}" for n, p in (("a", "opened"), ("a", "closed"), ("b", "opened"))
    ]


async def test_a_batch_that_comes_again_changes_nothing(world: World) -> None:
    sent = [message(name, phase) for name in "abc" for phase in ("opened", "closed")]
    async with world.key("events:write") as box:
        first, again = [(await box.post(HERE, json=sent)).json()["items"] for _ in range(2)]
    assert [item["status"] for item in first] == [201, 200] * 3
    assert [(item["status"], item["sequence"]) for item in again] == [(200, None)] * 6
    assert (len(world.rows(events)), len(world.rows(log))) == (3, 6)


async def test_nothing_is_a_batch_too(world: World) -> None:
    async with world.key("events:write") as box:
        answer = await box.post(HERE, json=[], headers={"Content-Type": "application/cloudevents-batch+json"})
    assert (answer.status_code, answer.json()) == (200, {"items": []})


@pytest.mark.parametrize("body", [{}, "text", None, message("a"), [message(str(n)) for n in range(MOST + 1)]])
async def test_what_is_no_batch_is_refused_whole(world: World, body: Any) -> None:
    async with world.key("events:write") as box:
        answer = await box.post(HERE, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert errors_of(answer)
    assert world.rows(events) == []


async def test_too_many_bytes_are_refused_and_rubbish_costs_only_itself(world: World) -> None:
    long = [message("a", model="x" * 300), "y" * MAX_JSON_BYTES]
    nested = "[" * 900 + "]" * 900
    async with world.key("events:write") as box:
        assert (await box.post(HERE, json=long)).status_code == 413
        text = f'[{nested}, {json.dumps(message("a"))}, null, 1e999, "\\ud800"]'
        answer = await box.post(HERE, content=text, headers={"Content-Type": "application/json"})
    assert [item["status"] for item in answer.json()["items"]] == [422, 201, 422, 422, 422]


async def test_new_events_count_towards_the_key_s_day(world: World) -> None:
    key = await issued(world, scopes=["events:write"], events_a_day=2)
    async with world.client({"Authorization": f"Bearer {key['key']}"}) as box:
        items = (await box.post(HERE, json=[message(name) for name in "abca"])).json()["items"]
        alone = await box.put(f"/v1/events/{event_id('c')}", json=message("c"))
    assert [item["status"] for item in items] == [201, 201, 429, 200]
    assert items[2]["problem"] == alone.json()
