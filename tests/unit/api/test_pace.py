"""How fast one caller may ask: bursts, steady rates, and that one caller's haste costs nobody else anything."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.auth import pace
from api.auth.pace import Pace
from api.errors import ProblemError
from tests.unit.api.world import PASSWORD, World


def test_a_burst_then_the_steady_rate() -> None:
    bucket = Pace("caller", 60)
    assert [bucket.wait_s("a", 0.0) for _ in range(11)] == [0.0] * 10 + [1.0]
    assert bucket.wait_s("b", 0.0) == 0.0
    assert bucket.wait_s("a", 0.5) == 0.5
    assert bucket.wait_s("a", 1.0) == 0.0


@given(st.lists(st.floats(0, 3), min_size=1, max_size=200), st.integers(1, 600))
def test_nobody_gets_more_than_burst_and_rate(gaps_s: list[float], per_min: int) -> None:
    bucket, now_s, taken = Pace("caller", per_min), 0.0, 0
    for gap_s in gaps_s:
        now_s += gap_s
        taken += bucket.wait_s("a", now_s) == 0.0
    assert taken <= max(1.0, per_min / 6) + per_min / 60 * now_s + 1e-6


def test_a_refusal_says_when_to_come_again() -> None:
    bucket = Pace("caller", 6)
    bucket.take("a", 0.0)
    with pytest.raises(ProblemError) as refused:
        bucket.take("a", 0.0)
    assert refused.value.status == 429
    assert refused.value.headers == {
        "Retry-After": "11",
        "RateLimit-Policy": '"caller";q=1;w=10',
        "RateLimit": '"caller";r=0;t=11',
    }


def test_no_limit_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Pace("caller", 0)
    for _ in range(1000):
        bucket.take("a", 0.0)


def test_callers_are_forgotten_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_REMEMBERED", 2)
    bucket = Pace("caller", 6)
    assert [bucket.wait_s(who, 0.0) for who in "abc"] == [0.0] * 3
    assert len(bucket._buckets) == 2
    assert bucket.wait_s("c", 0.0) > 0


async def test_a_caller_in_haste_is_told_to_wait_and_others_are_served(world: World) -> None:
    world.change(pace=Pace("caller", 60))
    async with world.person("analyst-north") as hasty, world.person("supervisor-north") as calm:
        told = [(await hasty.get("/v1/sites")).status_code for _ in range(12)]
        assert told == [200] * 10 + [429] * 2
        assert (await calm.get("/v1/sites")).status_code == 200
        world.clock.pass_by(seconds=2)
        assert (await hasty.get("/v1/sites")).status_code == 200


async def test_an_address_has_only_so_many_logins(world: World) -> None:
    world.change(login_pace=Pace("login", 6))

    async def login(address: str, **body: Any) -> int:
        async with world.client(address=address) as client:
            return (await client.post("/v1/session", json=body)).status_code

    right = {"name": "analyst-north", "password": PASSWORD}
    assert await login("192.0.2.1", name="nobody", password="a guess") == 401
    assert await login("192.0.2.1", **right) == 429
    assert await login("192.0.2.2", **right) == 200
