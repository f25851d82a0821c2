"""What must not be taken in: too much, of the wrong kind, in the wrong order, or nested without end."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest

from api.cursors import pack
from api.guard import MAX_JSON_BYTES
from api.routes import intake
from api.store.schema import events, log, media
from tests.unit.api.world import World, errors_of, event_id, message, send_media, tell

EVENT = event_id("a")
HERE = f"/v1/events/{EVENT}"
JSON = {"Content-Type": "application/cloudevents+json"}


async def put(world: World, body: str | bytes | dict[str, Any], **headers: str) -> Any:
    content = json.dumps(body) if isinstance(body, dict) else body
    async with world.key("events:write") as box:
        return await box.put(HERE, content=content, headers={**JSON, **headers})


def with_data(**data: Any) -> dict[str, Any]:
    return message("a", **data)


async def test_a_body_that_is_too_long_is_refused_before_it_is_read(world: World) -> None:
    long = await put(world, b" " * (MAX_JSON_BYTES + 1))
    assert (long.status_code, errors_of(long)) == (413, [])


async def test_a_body_that_does_not_say_how_long_it_is_is_counted(world: World) -> None:
    sent = 0

    async def long() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 65536

    async with world.key("events:write") as box:
        answer = await box.put(HERE, content=long(), headers=JSON)
    assert answer.status_code == 413
    assert sent == MAX_JSON_BYTES // 65536 + 1


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
async def test_a_body_that_is_no_json_by_its_name_is_refused(world: World, kind: str) -> None:
    answer = await put(world, with_data(), **{"Content-Type": kind})
    assert (answer.status_code, errors_of(answer)) == (415, [])


@pytest.mark.parametrize("depth", [100, 900, 990, 5000, 100_000])
async def test_json_nested_without_end_breaks_nothing(world: World, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    for path, body in (
        (HERE, json.dumps(with_data(box=0)).replace('"box": 0', f'"box": {nested}')),
        (HERE, nested),
        ("/v1/workers/w1/status", f'{{"cameras": {nested}}}'),
    ):
        async with world.key("events:write", "workers") as box:
            answer = await box.put(path, content=body, headers=JSON)
        assert answer.status_code in {400, 422}, (path, answer.text)
        errors_of(answer)
    async with world.person("admin-north") as admin:
        objects = '{"a":' * depth + "1" + "}" * depth
        for body in (objects, f'{{"hours": {objects}}}', f'{{"hours": {nested}}}'):
            headers = {**JSON, "If-Match": '"1"'}
            answer = await admin.patch("/v1/sites/north-site", content=body, headers=headers)
            assert answer.status_code in {400, 422}, answer.text
            errors_of(answer)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("probability", "NaN"),
        ("probability", "Infinity"),
        ("probability", "1.5"),
        ("box", "[0, 0, NaN, 1]"),
        ("looks", '[{"pts_s": -Infinity, "log_odds": null, "total": 0}]'),
        ("started_at", '"0001-01-01T00:00:00+23:59"'),
        ("started_at", '"9999-12-31T23:59:59-23:59"'),
        ("started_at", '"2026-11-24T08:00:00"'),
        ("ended_at", '"2026-11-24T07:00:00Z"'),
        ("kind", '"No Hat"'),
        ("site", '"a\\u0000b"'),
        ("camera", '"../etc"'),
        ("tier", '"IV"'),
        ("subject", '"\\ud800"'),
        ("looks", json.dumps([{"pts_s": 0, "log_odds": None, "total": 0}] * 257)),
        ("site", '"south-site"'),
        ("site", '"nowhere"'),
        ("camera", '"south-camera"'),
    ],
)
async def test_a_wrong_field_of_an_event_is_named(world: World, name: str, value: str) -> None:
    body = json.dumps(with_data(**{name: "HERE"})).replace('"HERE"', value)
    answer = await put(world, body)
    assert answer.status_code == 422, answer.text
    # A rule between two fields names the object that holds them.
    assert any(f"data.{name}".startswith(entry["field"]) or name in entry["field"] for entry in errors_of(answer))
    assert (world.rows(events), world.rows(log)) == ([], [])


@pytest.mark.parametrize("name", ["id", "source", "type", "time", "specversion", "data"])
async def test_an_envelope_must_be_whole(world: World, name: str) -> None:
    whole = with_data()
    del whole[name]
    answer = await put(world, whole)
    assert answer.status_code == 422
    assert errors_of(answer)[0]["field"] == name


async def test_the_ids_of_path_envelope_and_data_must_agree(world: World) -> None:
    other = event_id("b")
    envelope = await put(world, {**with_data(), "id": f"{other}/opened"})
    assert (envelope.status_code, errors_of(envelope)[0]["allowed"]) == (
        422,
        "Value error, id must be the event's id, a slash and the phase",
    )
    path = await put(world, message("b"))
    assert (path.status_code, errors_of(path)[0]["field"]) == (422, "data.id")


async def test_an_id_with_a_control_character_is_refused(world: World) -> None:
    answer = await put(world, {**with_data(), "id": f"{EVENT}/opened\0"})
    assert (answer.status_code, errors_of(answer)[0]["field"]) == (422, "id")


async def test_phases_may_come_in_any_order_and_only_move_forward(world: World) -> None:
    told = [(await put(world, message("a", phase))).status_code for phase in ("closed", "opened", "closed", "updated")]
    assert told == [201, 200, 200, 200]
    (row,) = world.rows(events)
    assert row["phase"] == "closed"
    assert [line["type"].rpartition(".")[2] for line in world.rows(log)] == ["closed", "updated"]


async def test_a_closed_violation_must_have_an_end(world: World) -> None:
    answer = await put(world, message("a", "closed", ended_at=None))
    assert answer.status_code == 422


async def test_what_the_api_decides_is_not_taken_from_a_body(world: World) -> None:
    forged = with_data(status="confirmed", usable_as_penalty_evidence=True, sequence=99, evidence={"clip": {}})
    assert (await put(world, forged)).status_code == 201
    async with world.person("analyst-north") as analyst:
        shown = (await analyst.get(HERE)).json()
    assert (shown["status"], shown["usable_as_penalty_evidence"], shown["evidence"]) == ("pending_review", False, {})


async def upload(world: World, name: str = "clip", body: bytes = b"film", **headers: str) -> Any:
    told = {"Content-Type": "video/mp4", "X-Content-SHA256": sha256(body).hexdigest(), **headers}
    async with world.key("events:write") as box:
        return await box.put(f"{HERE}/media/{name}", content=body, headers=told)


async def test_media_are_kept_once_and_never_replaced(world: World) -> None:
    assert (await upload(world)).status_code == 404, "of an event that nobody told of"
    await tell(world, "a")
    assert (await upload(world)).status_code == 201
    assert (await upload(world)).status_code == 200
    other = await upload(world, body=b"other")
    assert (other.status_code, errors_of(other)[0]["field"]) == (409, "X-Content-SHA256")
    assert [row["sha256"] for row in world.rows(media)] == [sha256(b"film").hexdigest()]


@pytest.mark.parametrize(
    ("name", "headers", "field"),
    [
        ("clip", {"X-Content-SHA256": "0" * 64}, "X-Content-SHA256"),
        ("clip", {"X-Content-SHA256": "0" * 65}, "X-Content-SHA256"),
        ("clip", {"Content-Type": "text/html"}, "Content-Type"),
        ("clip", {"Content-Type": ""}, "Content-Type"),
        ("clip", {"Content-Type": "image/svg+xml"}, "Content-Type"),
        ("poster", {}, "name"),
    ],
)
async def test_wrong_media_are_refused_and_leave_nothing(
    world: World, name: str, headers: dict[str, str], field: str
) -> None:
    await tell(world, "a")
    answer = await upload(world, name, **headers)
    assert (answer.status_code, errors_of(answer)[0]["field"]) == (422, field)
    assert list(world.services.incoming.iterdir()) == list(world.services.objects.walk()) == world.rows(media) == []


async def test_media_have_a_limit_that_is_kept_while_they_arrive(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert intake.MAX_MEDIA_BYTES == 64 * 1024 * 1024
    monkeypatch.setattr(intake, "MAX_MEDIA_BYTES", 1000)
    await tell(world, "a")
    assert (await upload(world, body=b"x" * 1000)).status_code == 201

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 400

    async with world.key("events:write") as box:
        for body in (b"x" * 1001, chunks()):
            answer = await box.put(f"{HERE}/media/snapshot", content=body, headers={"Content-Type": "image/jpeg"})
            assert (answer.status_code, errors_of(answer)) == (413, [])
    assert list(world.services.incoming.iterdir()) == []


CURSORS = [
    "x",
    "====",
    "%00",
    "eyJ4IjoxfQ",
    pack("newest", 2, "2026-11-24T08:00:00+00:00"),
    pack("newest", "2", "2026-11-24T08:00:00+00:00", "id"),
    pack("newest", 1 << 70, "2026-11-24T08:00:00+00:00", "id"),
    pack("newest", 2, "yesterday", "id"),
    pack("newest", 2, "0001-01-01T00:00:00+23:59", "id"),
    pack("newest", 2, "2026-11-24T08:00:00+00:00", "\ud800"),
    pack("urgent", 2, "2026-11-24T08:00:00+00:00", "id"),
    pack("newest", True, "2026-11-24T08:00:00+00:00", "id"),
    "x" * 501,
]


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("path", ["/v1/events", "/v1/access-log"])
async def test_a_cursor_that_we_did_not_make_is_refused(world: World, path: str, cursor: str) -> None:
    async with world.person("supervisor-north") as supervisor:
        answer = await supervisor.get(path, params={"cursor": cursor})
    assert (answer.status_code, [entry["field"] for entry in errors_of(answer)]) == (422, ["cursor"])


async def test_a_cursor_does_not_widen_the_view(world: World) -> None:
    await tell(world, "a")
    await tell(world, "b", region="south")
    async with world.person("analyst-north") as analyst:
        everything = pack("newest", 1, "2999-01-01T00:00:00+00:00", "~")
        shown = (await analyst.get("/v1/events", params={"cursor": everything})).json()["items"]
    assert [event["id"] for event in shown] == [event_id("a")]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "sort=oldest",
        "after=yesterday",
        "after=0001-01-01T00:00:00%2B23:59",
        "before=2026-11-24T08:00:00",
        "open=maybe",
        "unknown=1",
    ],
)
async def test_a_wrong_question_is_told_which_part_is_wrong(world: World, query: str) -> None:
    async with world.person("analyst-north") as analyst:
        answer = await analyst.get(f"/v1/events?{query}")
    assert (answer.status_code, errors_of(answer)[0]["field"]) == (422, query.partition("=")[0])


@pytest.mark.parametrize("path", ["/v1/log?after=99999999999999999999", "/v1/log?after=-1", "/v1/log?limit=0"])
async def test_numbers_of_the_log_have_bounds(world: World, path: str) -> None:
    async with world.person("analyst-north") as analyst:
        answer = await analyst.get(path)
    assert (answer.status_code, len(errors_of(answer))) == (422, 1)


@pytest.mark.parametrize(
    "report",
    [
        {"spool": 1 << 40},
        {"spool": -1},
        {"cameras": [{"camera": "north-camera", "state": "fine"}]},
        {"cameras": [{"camera": "north-camera", "state": "ok", "looks": 1 << 70}]},
        {"cameras": [{"camera": "north-camera", "state": "ok", "drops": {"late": -1}}]},
        {"cameras": [{"camera": "north-camera", "state": "ok", "last_look_at": "2026-11-24"}]},
    ],
)
async def test_a_report_that_no_database_holds_is_refused(world: World, report: dict[str, Any]) -> None:
    async with world.key("workers") as worker:
        answer = await worker.put("/v1/workers/w1/status", json=report)
    assert (answer.status_code, len(errors_of(answer))) == (422, 1)


async def test_nobody_hears_more_of_a_fault_of_ours_than_that_it_is_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret path /srv/x")

    monkeypatch.setattr("api.store.sites.page", broken)
    async with world.person("analyst-north") as analyst:
        answer = await analyst.get("/v1/sites")
    assert (answer.status_code, errors_of(answer)) == (500, [])
    assert "secret" not in answer.text


async def test_evidence_that_is_lost_is_said_to_be(world: World) -> None:
    event = await tell(world, "a")
    await send_media(world, event, "snapshot_blurred")
    for stat in list(world.services.objects.walk()):
        world.services.objects.delete(stat.key)
    async with world.person("analyst-north") as analyst:
        answer = await analyst.get(f"/v1/events/{event}/media/snapshot_blurred")
    assert (answer.status_code, errors_of(answer)) == (404, [])
