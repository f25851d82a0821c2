"""What a worker hears from and tells the API, without a socket: answers come from a script."""

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.unit.benches import camera
from vision.config import Assignment
from vision.frames import CameraId
from vision.headquarters import LONGEST_RETRY_S, NEXT_S, Headquarters, follow
from vision.tally import CameraStatus, Tally

KEY = "mck_test_do-not-print"
ASSIGNED = Assignment.of("w1", camera("k1"), camera("k2"))
Answer = Callable[[httpx.Request], httpx.Response]


def unreachable(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("[Errno 111] Connection refused")


def problem(status: int, detail: str = "no", **headers: str) -> Answer:
    return lambda _: httpx.Response(status, json={"title": "x", "detail": detail}, headers=headers)


def assigned(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=ASSIGNED.model_dump_json(), headers={"ETag": '"one"'})


def unchanged(_: httpx.Request) -> httpx.Response:
    return httpx.Response(304)


class Api:
    """Answers as told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answer: Answer = assigned
        self.status: Answer = lambda _: httpx.Response(204)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        return self.status(request) if request.url.path.endswith("/status") else self.answer(request)


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def headquarters(api: Api) -> Iterator[Headquarters]:
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(transport=httpx.MockTransport(api), base_url="http://api.test", headers=headers) as client:
        yield Headquarters(client, "w1")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name.startswith("vision.")]


def test_an_assignment_is_asked_for_anew_only_when_it_changed(headquarters: Headquarters, api: Api) -> None:
    found = headquarters.assignment()
    api.answer = unchanged
    assert headquarters.assignment() is None
    assert [request.headers["If-None-Match"] for request in api.asked] == ["", '"one"']
    assert api.asked[0].url.path == "/v1/workers/w1/assignment"
    assert found is not None
    assert [each.id for each in found.cameras] == ["k1", "k2"]
    assert "hunter2" not in repr(found)
    assert headquarters.wait_s() == NEXT_S


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_once_with_its_remedy(
    status: int, headquarters: Headquarters, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.answer = problem(status, "this API key is not known or was revoked")
    for _ in range(20):
        assert headquarters.assignment() is None
        headquarters.report({}, 0)
    (line,) = lines(caplog)
    assert headquarters.assignments.state == "refused"
    assert "mingchu key add" in line
    assert "not known or was revoked" in line
    assert KEY not in caplog.text
    assert not [request for request in api.asked if request.method == "PUT"], "it would fail for the same reason"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (unreachable, "silent"),
        (problem(500), "failing"),
        (problem(404), "failing"),
        (lambda _: httpx.Response(200, text="<html>"), "failing"),
    ],
)
def test_an_outage_is_told_once_waited_for_and_its_end_is_told(
    answer: Answer, state: str, headquarters: Headquarters, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "vision")
    api.answer = answer
    waits = []
    for _ in range(12):
        assert headquarters.assignment() is None
        waits.append(headquarters.wait_s())
    assert headquarters.assignments.state == state
    assert 0.5 <= waits[0] <= 1
    assert max(waits) <= LONGEST_RETRY_S
    assert min(waits[6:]) >= LONGEST_RETRY_S / 2
    assert len(set(waits[6:])) > 1
    api.answer = assigned
    assert headquarters.assignment() is not None
    assert headquarters.wait_s() == NEXT_S
    begin, end = lines(caplog)
    assert f"matter=assignment api={state} event=waits" in begin
    assert "event=resumes failures=12" in end


def test_another_trouble_is_another_line(
    headquarters: Headquarters, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    for answer in (unreachable, unreachable, problem(401), problem(401)):
        api.answer = answer
        headquarters.assignment()
    assert [line.split()[1] for line in lines(caplog)] == ["api=silent", "api=refused"]


def test_what_the_api_asks_to_wait_is_waited(headquarters: Headquarters, api: Api) -> None:
    api.answer = problem(429, **{"Retry-After": "120"})
    headquarters.assignment()
    assert headquarters.wait_s() == 120


def test_an_assignment_that_cannot_be_read_names_the_place_and_no_secret(
    headquarters: Headquarters, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.loads(ASSIGNED.model_dump_json())
    body["cameras"][1]["interval_s"] = -1
    body["cameras"][1]["source"] = ["rtsp://admin:hunter2@cam"]
    api.answer = lambda _: httpx.Response(200, json=body, headers={"ETag": '"bad"'})
    assert headquarters.assignment() is None
    assert "interval_s" in caplog.text
    assert "hunter2" not in caplog.text
    api.answer = assigned
    headquarters.assignment()
    assert api.asked[-1].headers["If-None-Match"] == "", "what was not understood is asked for again"


def test_a_report_tells_every_camera_and_every_loss(headquarters: Headquarters, api: Api) -> None:
    at = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
    tally = Tally(looks=7, damaged=2, last_look_at=at)
    busy = CameraStatus("ok", "", 1, tally, Counter({"replaced by a newer frame": 3, "the models failed": 0}))
    headquarters.report({CameraId("k1"): busy, CameraId("k2"): CameraStatus(error="x" * 900)}, 5)
    body = json.loads(api.asked[-1].content)
    assert body["spool"] == 5
    figures = body["cameras"][0].pop("figures")
    assert (figures["gap_s"], figures["models_ms"], figures["mode"]) == (0.0, 0.0, "watch")
    assert body["cameras"][0] == {
        "camera": "k1",
        "state": "ok",
        "last_look_at": "2026-11-24T01:02:03+00:00",
        "looks": 7,
        "drops": {"replaced by a newer frame": 3, "damaged": 2},
        "error": "",
    }
    assert len(body["cameras"][1]["error"]) == 500


def test_a_refused_report_is_told_once_though_assignments_work(
    headquarters: Headquarters, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.status = problem(422, "cameras: too many")
    for _ in range(5):
        headquarters.assignment()
        headquarters.report({}, 0)
    (line,) = lines(caplog)
    assert "matter=status api=failing" in line
    assert "422 cameras: too many" in line


def test_an_assignment_that_arrives_after_the_stop_is_not_handed_on(headquarters: Headquarters, api: Api) -> None:
    stop, handed = threading.Event(), list[Assignment]()

    def late(request: httpx.Request) -> httpx.Response:
        stop.set()
        return assigned(request)

    api.answer = late
    follow(headquarters, handed.append, stop)
    assert handed == []


def test_each_new_assignment_is_handed_on(headquarters: Headquarters) -> None:
    stop, handed = threading.Event(), list[Assignment]()

    def take(found: Assignment) -> None:
        handed.append(found)
        stop.set()

    follow(headquarters, take, stop)
    assert handed == [ASSIGNED]
