"""Versions of the event's body: what is newer is passed over, what is older is enough, what is another is refused."""

from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from api.messages import EventData, EventMessage
from tests.unit.api.world import World, event_id, message

NEWER = {"thermal": {"celsius": 41.5}, "schema": 2}
REQUIRED = {name for name, field in EventData.model_fields.items() if field.is_required()}


def newer(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body as a sender writes it that knows more than we do, at every level."""
    body = deepcopy(body)
    body["data"] |= {**NEWER, "zone": {**body["data"]["zone"], **NEWER}}
    return {**body, "dataschema": "https://mingchu.example/schemas/event/2", "partitionkey": "7", **NEWER}


async def test_what_a_newer_sender_adds_is_taken_and_not_kept(world: World) -> None:
    body = newer(message("a"))
    async with world.key("events:write") as box:
        answer = await box.put(f"/v1/events/{event_id('a')}", json=body)
    assert answer.status_code == 201
    async with world.person("supervisor-north") as reader:
        told = (await reader.get(f"/v1/events/{event_id('a')}")).json()
    assert not NEWER.keys() & (told.keys() | told["zone"].keys())


def test_what_the_first_senders_told_is_enough() -> None:
    """A field that is added later must be optional: boxes in kitchens are not all renewed on one day."""
    body = message("a")
    body["data"] = {name: value for name, value in body["data"].items() if name in REQUIRED}
    assert EventMessage.model_validate(body).data.stored()["clause"] == []
    first = {"id", "site", "camera", "zone", "kind", "tier", "binding", "started_at", "probability"}
    assert first == REQUIRED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specversion": "2.0"}, "specversion"),
        ({"type": "cn.mingchu.violation.opened.v2"}, "type"),
        ({"type": "cn.mingchu.violation.reviewed"}, "type"),
    ],
)
def test_another_version_is_refused_by_the_field_that_says_it(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        EventMessage.model_validate({**message("a"), **change})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
