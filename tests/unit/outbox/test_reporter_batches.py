"""Several waiting bodies go in one request; whatever that does not bring in goes singly, as it always did."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from vision.clock import SimulatedClock
from vision.outbox.convoy import ASK_AGAIN, MOST, MOST_BYTES
from vision.outbox.reporter import LONGEST_PAUSE_S, Reporter
from vision.outbox.spool import Spool
from vision.ports import Outgoing

START_AT = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Api:
    """Takes single bodies, media and batches; remembers what came in, in order, and in which requests."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []
        self.wrong: set[str] = set()
        """Message ids that are refused."""
        self.batch_answer: Callable[[], httpx.Response] | None = None
        self.single_answer: Callable[[], httpx.Response] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        if request.url.path.endswith("/batch"):
            return self._batch([message["id"] for message in json.loads(content)])
        told = request.url.path.split("/events/")[1] if "/media/" in request.url.path else _named(content)
        self.requests.append([told])
        if self.single_answer is not None:
            return self.single_answer()
        return httpx.Response(422 if told in self.wrong else 201, json={"detail": "data.kind is unknown"})

    def _batch(self, told: list[str]) -> httpx.Response:
        self.requests.append(told)
        if self.batch_answer is not None:
            return self.batch_answer()
        return httpx.Response(200, json={"items": [{"status": 422 if each in self.wrong else 201} for each in told]})

    def arrived(self) -> list[str]:
        return [each for request in self.requests for each in request]


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START_AT)


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def spool(tmp_path: Path, clock: SimulatedClock) -> Iterator[Spool]:
    with Spool(tmp_path / "spool", clock=clock) as opened:
        yield opened


@pytest.fixture
def reporter(spool: Spool, api: Api, clock: SimulatedClock) -> Iterator[Reporter]:
    with httpx.Client(transport=httpx.MockTransport(api), base_url="http://api.test") as client:
        yield Reporter(spool, client, clock)


def event(event_id: str, camera: str, phase: str = "opened", pad: int = 0) -> Outgoing:
    body = {"id": f"{event_id}/{phase}", "data": {"id": event_id, "camera": camera, "pad": "x" * pad}}
    return Outgoing(event_id, "event", phase, json.dumps(body).encode())


def media(event_id: str, folder: Path) -> Outgoing:
    path = folder / f"{event_id}.jpg"
    path.write_bytes(b"jpeg")
    return Outgoing(event_id, "media", "snapshot", b"", path, "image/jpeg")


def test_bodies_of_all_cameras_go_in_one_request(reporter: Reporter, spool: Spool, api: Api) -> None:
    spool.put(*(event(f"e{n}", f"c{n % 3}") for n in range(7)), event("e0", "c0", "closed"))
    assert reporter.run_once() == 8
    assert api.requests == [[*(f"e{n}/opened" for n in range(7)), "e0/closed"]]
    assert (spool.state().waiting, reporter.counts.sent) == (0, 8)


def test_nothing_overtakes_what_waits_before_it_of_its_camera(
    reporter: Reporter, spool: Spool, api: Api, tmp_path: Path
) -> None:
    spool.put(event("a", "c1"), media("a", tmp_path), event("a", "c1", "closed"), event("b", "c2"), event("c", "c1"))
    assert reporter.run_once() == 5
    assert api.requests == [["a/opened", "b/opened"], ["a/media/snapshot"], ["a/closed", "c/opened"]]


def test_behind_media_of_an_unknown_camera_nothing_is_brought_forward(
    reporter: Reporter, spool: Spool, api: Api, tmp_path: Path
) -> None:
    spool.put(event("a", "c1"), media("unknown", tmp_path), event("b", "c2"), event("c", "c3"))
    assert reporter.run_once() == 4
    assert api.requests == [["a/opened"], ["unknown/media/snapshot"], ["b/opened", "c/opened"]]


def test_one_wrong_event_is_asked_about_singly_and_buried_with_its_reason(
    reporter: Reporter, spool: Spool, api: Api
) -> None:
    api.wrong = {"b/opened"}
    spool.put(*(event(name, f"camera-{name}") for name in "abc"))
    assert reporter.run_once() == 2
    assert api.requests == [["a/opened", "b/opened", "c/opened"], ["b/opened"]]
    assert [reason for _, reason in spool.buried()] == ["422 data.kind is unknown"]
    assert spool.state().waiting == 0


@pytest.mark.parametrize("status", [404, 405])
def test_an_api_without_batches_gets_everything_singly_for_an_hour(
    reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock, status: int
) -> None:
    api.batch_answer = lambda: httpx.Response(status)
    spool.put(event("a", "c1"), event("b", "c2"))
    assert reporter.run_once() == 2
    spool.put(event("c", "c1"), event("d", "c2"))
    assert reporter.run_once() == 2
    assert api.requests == [["a/opened", "b/opened"], ["a/opened"], ["b/opened"], ["c/opened"], ["d/opened"]]
    clock.sleep(ASK_AGAIN.total_seconds())
    api.batch_answer = None
    spool.put(event("e", "c1"), event("f", "c2"))
    assert reporter.run_once() == 2
    assert api.requests[-1] == ["e/opened", "f/opened"]


@pytest.mark.parametrize("status", [400, 409, 413, 422, 500])
def test_a_batch_that_is_refused_whole_goes_singly_at_once(
    reporter: Reporter, spool: Spool, api: Api, status: int
) -> None:
    api.batch_answer = lambda: httpx.Response(status)
    spool.put(event("a", "c1"), event("b", "c2"))
    assert reporter.run_once() == 2
    assert api.requests == [["a/opened", "b/opened"], ["a/opened"], ["b/opened"]]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"items": []}', b'{"items": [{"status": 201}]}', b'{"items": [{}, {}]}', b"<html>"]
)
def test_an_answer_that_does_not_tell_of_each_is_none(reporter: Reporter, spool: Spool, api: Api, body: bytes) -> None:
    api.batch_answer = lambda: httpx.Response(200, content=body)
    spool.put(event("a", "c1"), event("b", "c2"))
    assert reporter.run_once() == 2
    assert api.requests[1:] == [["a/opened"], ["b/opened"]]


@pytest.mark.parametrize("status", [301, 401, 403, 408, 425, 429, 502, 503, 504])
def test_what_speaks_of_the_api_pauses_everything_and_loses_nothing(
    reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock, status: int
) -> None:
    api.batch_answer = lambda: httpx.Response(status, headers={"Retry-After": "7"})
    spool.put(event("a", "c1"), event("b", "c2"))
    assert (reporter.run_once(), reporter.run_once()) == (0, 0)
    assert len(api.requests) == 1
    clock.sleep(6.9)
    assert reporter.run_once() == 0
    clock.sleep(LONGEST_PAUSE_S)
    assert reporter.run_once() == 2
    assert sorted(api.arrived()[2:]) == ["a/opened", "b/opened"]


def test_a_body_at_which_every_gateway_times_out_holds_nobody_back(
    reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock
) -> None:
    def timed_out() -> httpx.Response:
        return httpx.Response(504 if "poison/opened" in api.requests[-1] else 201)

    api.batch_answer = api.single_answer = timed_out
    spool.put(*(event(name, f"camera-{name}") for name in ("a", "poison", "b")))
    for _ in range(10):
        reporter.run_once()
        clock.sleep(2)
    assert spool.state().waiting == 1
    assert {"a/opened", "b/opened"} <= set(api.arrived())


def test_a_backlog_of_an_outage_comes_in_by_batches(
    reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock
) -> None:
    def refused() -> httpx.Response:
        raise httpx.ConnectError("[Errno 111] Connection refused")

    api.batch_answer = api.single_answer = refused
    spool.put(*(event(f"e{n}", f"c{n}") for n in range(250)))
    for _ in range(60):
        reporter.run_once()
        clock.sleep(1)
    api.batch_answer = api.single_answer = None
    api.requests.clear()
    clock.sleep(LONGEST_PAUSE_S)
    while reporter.run_once():
        pass
    assert sorted(api.arrived()) == sorted(f"e{n}/opened" for n in range(250))
    assert len(api.requests) < 3 + 60, "all but what was tried in vain goes by hundreds"


def test_a_batch_is_bounded_in_messages_and_in_bytes(reporter: Reporter, spool: Spool, api: Api) -> None:
    spool.put(*(event(f"e{n}", "c1") for n in range(MOST + 20)))
    spool.put(*(event(f"l{n}", "c1", pad=MOST_BYTES // 3) for n in range(4)))
    while reporter.run_once():
        pass
    assert [len(request) for request in api.requests] == [MOST, 22, 2]


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"data": {"id": "other", "camera": "c"}}'])
def test_a_body_that_is_not_what_it_should_be_goes_alone(
    reporter: Reporter, spool: Spool, api: Api, body: bytes
) -> None:
    spool.put(event("a", "c1"), Outgoing("x", "event", "opened", body), event("b", "c2"), event("c", "c3"))
    assert reporter.run_once() == 4
    assert api.requests == [["a/opened"], [body.decode()], ["b/opened", "c/opened"]]


def _named(content: bytes) -> str:
    try:
        return str(json.loads(content)["id"])
    except (ValueError, KeyError, TypeError):
        return content.decode()
