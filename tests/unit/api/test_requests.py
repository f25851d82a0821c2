"""Request ids in answers and in every line of the log; lines that nobody can forge; a process that is about to stop."""

import json
import logging

import pytest

from api import requests
from api.requests import HEADER, _Json, _Lines
from tests.unit.api.world import World, streaming


async def test_an_id_is_taken_when_it_can_be_one_and_made_when_not(world: World) -> None:
    async with world.client() as client:
        assert (await client.get("/healthz", headers={HEADER: "trace-7.a_b"})).headers[HEADER] == "trace-7.a_b"
        made = [
            (await client.get("/healthz", headers={HEADER: wrong})).headers[HEADER] for wrong in ("", "a b", "x" * 65)
        ]
    assert all(len(each) == 32 for each in made)
    assert len(set(made)) == 3


async def test_a_refusal_and_a_missing_page_have_one_too(world: World) -> None:
    async with world.client() as client:
        for path in ("/v1/events", "/v1/nothing"):
            assert (await client.get(path)).headers[HEADER]


async def test_a_fault_is_logged_with_its_request_and_without_the_address(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("api.store.sites.find", broken)
    seen: list[str] = []
    caplog.handler.setFormatter(_Lines())
    monkeypatch.setattr(caplog.handler, "emit", lambda record: seen.append(caplog.handler.format(record)))
    async with world.person("analyst-north") as analyst:
        await analyst.get("/v1/sites/secret-kitchen", headers={HEADER: "trace-8"})
    lines = [line for line in seen if "event=request" in line or "unexpected" in line]
    assert len(lines) == 2
    assert all("request=trace-8 " in line for line in lines)
    assert "route=/v1/sites/{site_id} status=500" in "".join(lines)
    assert "secret-kitchen" not in "".join(lines)


def record(message: str) -> logging.LogRecord:
    return logging.LogRecord("api.x", logging.WARNING, "x.py", 1, message, (), None)


def test_lines_cannot_be_forged() -> None:
    text = _Lines().format(record("name=a\n2026 ERROR forged\r"))
    assert text.count("\n") == 0
    assert text.endswith("WARNING api.x request=- name=a\\n2026 ERROR forged\\r")


def test_json_lines_are_one_object_each() -> None:
    token = requests._current.set("trace-9")
    told = json.loads(_Json().format(record('say "厨"')))
    requests._current.reset(token)
    assert told.keys() == {"at", "level", "logger", "request", "message"}
    assert (told["level"], told["request"], told["message"]) == ("WARNING", "trace-9", 'say "厨"')


async def test_a_process_that_is_about_to_stop_is_not_ready_and_tells_its_listeners(world: World) -> None:
    async with world.client() as client, world.key("events:read") as reader:
        assert (await client.get("/readyz")).status_code == 200
        async with streaming(world, "/v1/stream", reader.headers) as channel:
            assert (await channel.next())["status"] == 200
            assert b"welcome" in (await channel.next())["body"]
            world.services.log_bell.silence()
            assert b"about to stop" in (await channel.next())["body"]
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:mingchu:problem:draining")
        assert (await client.get("/healthz")).status_code == 200, "it lives until it is gone"
