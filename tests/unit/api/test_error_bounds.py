"""A refused value is told quickly and briefly, however long it is and whatever it was made to do to a mask."""

import time

import pytest

from api.errors import field_error
from tests.unit.api.world import World

MOST_CPU_S = 2.0
"""A mask that backtracks would take hours."""


@pytest.mark.parametrize("unit", ["?key", "//a", "&token=", "@", "//a:b@"])
def test_a_long_value_costs_no_time_and_is_not_repeated(unit: str) -> None:
    began_s = time.process_time()
    told = field_error("source", unit * 250_000, "a short one")
    assert time.process_time() - began_s < MOST_CPU_S
    assert "characters" in told["value"]
    assert unit not in told["value"]


def test_a_short_one_is_still_told_without_its_password() -> None:
    told = field_error("source", "rtsp://admin:secret@10.0.0.1/x", "another")
    assert "10.0.0.1" in told["value"]
    assert "secret" not in told["value"]


async def test_a_login_with_a_name_made_to_hang_us_is_answered_at_once(world: World) -> None:
    began_s = time.process_time()
    async with world.client() as caller:
        answer = await caller.post("/v1/session", json={"name": "?key" * 100_000, "password": "x"})
    assert 400 <= answer.status_code < 500
    assert time.process_time() - began_s < MOST_CPU_S
