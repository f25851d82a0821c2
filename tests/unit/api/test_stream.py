"""The log as it grows: resumed where a listener left, for as many as there are seats, no longer than they may."""

import pytest

from api.auth.secrets import prefix_of
from api.listeners import Listeners
from api.routes import stream as route
from api.store import keys, users
from tests.unit.api.world import Channel, World, errors_of, event_id, parsed, streaming, tell


async def begun(channel: Channel) -> int:
    """Return the status; of a good one the welcome is read, too."""
    start = await channel.next()
    if start["status"] == 200:
        assert dict(start["headers"])[b"content-type"].startswith(b"text/event-stream")
        assert (await channel.next())["body"] == b": welcome\n\n"
    return int(start["status"])


async def headers_of(world: World, who: str = "analyst-north") -> dict[str, str]:
    async with world.person(who) as client:
        return dict(client.headers)


@pytest.mark.parametrize(("query", "header"), [("?after=1", ""), ("", "1"), ("?after=0", "1")])
async def test_a_listener_goes_on_where_it_left(world: World, query: str, header: str) -> None:
    for name in ("a", "b", "c"):
        await tell(world, name)
    headers = await headers_of(world) | ({"Last-Event-ID": header} if header else {})
    async with streaming(world, f"/v1/stream{query}", headers) as channel:
        assert await begun(channel) == 200
        told = [parsed((await channel.next())["body"]) for _ in range(2)]
    assert [(event["id"], event["data"]["sequence"], event["data"]["data"]["id"]) for event in told] == [
        ("2", 2, event_id("b")),
        ("3", 3, event_id("c")),
    ]
    assert {event["event"] for event in told} == {"cn.mingchu.violation.opened"}


async def test_without_a_number_it_begins_now_and_hears_of_the_own_region_only(world: World) -> None:
    await tell(world, "old")
    async with streaming(world, "/v1/stream", await headers_of(world)) as channel:
        assert await begun(channel) == 200
        await tell(world, "theirs", region="south")
        await tell(world, "ours")
        world.services.log_bell.ring()
        assert parsed((await channel.next())["body"])["data"]["data"]["id"] == event_id("ours")


@pytest.mark.parametrize("header", ["x", "-1", "1.5", "٣", "9" * 20, "9" * 5000])
async def test_a_number_that_is_none_is_refused(world: World, header: str) -> None:
    async with world.person("analyst-north") as analyst:
        answer = await analyst.get("/v1/stream", headers={"Last-Event-ID": header.encode()})
    assert (answer.status_code, errors_of(answer)[0]["field"]) == (422, "Last-Event-ID")


async def test_a_quiet_line_is_kept_open_by_comments(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert route.HEARTBEAT_S <= 15
    monkeypatch.setattr(route, "POLL_S", 0.005)
    monkeypatch.setattr(route, "HEARTBEAT_S", 0.01)
    async with streaming(world, "/v1/stream", await headers_of(world)) as channel:
        await begun(channel)
        assert (await channel.next())["body"] == b": still here\n\n"


async def test_an_account_has_so_many_seats_and_gets_them_back(world: World) -> None:
    world.change(listeners=Listeners(seats=3, seats_each=2))
    one, two = await headers_of(world), await headers_of(world, "supervisor-north")
    async with streaming(world, "/v1/stream", one) as first, streaming(world, "/v1/stream", one) as second:
        assert [await begun(first), await begun(second)] == [200, 200]
        async with world.client(one) as analyst:
            third = await analyst.get("/v1/stream")
            assert (third.status_code, third.headers["Retry-After"], errors_of(third)) == (429, "15", [])
        async with streaming(world, "/v1/stream", two) as other:
            assert await begun(other) == 200
            async with world.person("admin-north") as admin:
                full = await admin.get("/v1/stream")
            assert (full.status_code, full.headers["Retry-After"]) == (503, "5")
    async with streaming(world, "/v1/stream", one) as again:
        assert await begun(again) == 200
    assert world.services.listeners._taken == {}
    assert b"mingchu_stream_clients 0.0" in world.services.metrics.text()


async def test_a_refused_listener_takes_no_seat(world: World) -> None:
    async with world.client() as nobody, world.key("workers") as worker:
        assert (await nobody.get("/v1/stream")).status_code == 401
        assert (await worker.get("/v1/stream")).status_code == 403
    assert world.services.listeners._taken == {}


async def ended(channel: Channel) -> bool:
    return not (await channel.next()).get("more_body", False)


@pytest.mark.parametrize("end", ["logout", "disabled", "revoked", "shutdown"])
async def test_a_stream_ends_with_the_right_to_it(world: World, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(route, "POLL_S", 0.005)
    text = world.new_key("events:read")
    headers = {"Authorization": f"Bearer {text}"} if end == "revoked" else await headers_of(world)
    async with streaming(world, "/v1/stream", headers) as channel:
        assert await begun(channel) == 200
        if end == "shutdown":
            world.services.log_bell.silence()
        with world.database.write() as connection:
            if end == "logout":
                users.end_sessions_of(connection, "analyst-north")
            elif end == "disabled":
                users.disable(connection, "analyst-north", world.clock.now())
            elif end == "revoked":
                keys.revoke(connection, prefix_of(text), world.clock.now())
        if end == "shutdown":
            assert b"come back with the last id" in (await channel.next())["body"]
        assert await ended(channel)


async def test_the_log_can_be_pulled_by_number(world: World) -> None:
    for number in range(5):
        await tell(world, str(number))
    async with world.key("events:read") as program:
        first = (await program.get("/v1/log?limit=3")).json()
        rest = (await program.get(f"/v1/log?after={first['next']}")).json()
        none = (await program.get(f"/v1/log?after={rest['next']}")).json()
    assert [line["sequence"] for line in first["items"] + rest["items"]] == [1, 2, 3, 4, 5]
    assert none == {"items": [], "next": 5}
