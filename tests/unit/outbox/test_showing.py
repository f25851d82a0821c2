"""The wall's pictures leave a worker small, blurred, when they are wanted, and never block or repeat."""

import base64
import json
from datetime import datetime
from functools import partial
from typing import Any

import httpx
import pytest

from tests.films import START_AT
from tests.unit.recording.scenes import frame, scene
from vision.clock import SimulatedClock
from vision.frames import CameraId
from vision.outbox.showing import FIRST_S, Showing, told
from vision.recording.shown import shown

CAMERA = CameraId("k1")


class Api:
    """Takes pictures and says when it wants the next."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answer = httpx.Response(200, json={"again_in_s": 2.0})
        self.is_away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("no route")
        self.taken.append(json.loads(request.read()))
        self.paths.append(request.url.path)
        return self.answer


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START_AT)


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def showing(api: Api, clock: SimulatedClock) -> Showing:
    client = httpx.Client(transport=httpx.MockTransport(api), base_url="http://api.test")
    return Showing(client, "w1", clock)


def offer(showing: Showing, clock: SimulatedClock, after_s: float) -> datetime:
    clock.sleep(after_s)
    at_s = (clock.now() - START_AT).total_seconds()
    showing.offer(CAMERA, partial(shown, frame(at_s), scene(at_s)))
    return clock.now()


def test_the_next_one_goes_when_the_api_wants_it(showing: Showing, api: Api, clock: SimulatedClock) -> None:
    offer(showing, clock, 0)
    assert showing.run_once() == 0, "cameras do not begin all at once"
    first = offer(showing, clock, FIRST_S)
    assert showing.run_once() == 1
    offer(showing, clock, 1)
    assert showing.run_once() == 0, "not yet"
    second = offer(showing, clock, 1)
    assert showing.run_once() == 1
    assert [told["at"] for told in api.taken] == [first.isoformat(), second.isoformat()]
    assert api.paths[0] == "/v1/workers/w1/pictures/k1"
    assert showing.standing.state == "ok"


def test_a_newer_look_replaces_the_one_that_waits(showing: Showing, api: Api, clock: SimulatedClock) -> None:
    offer(showing, clock, 0)
    offer(showing, clock, FIRST_S)
    newest = offer(showing, clock, 0.2)
    assert showing.run_once() == 1
    assert [told["at"] for told in api.taken] == [newest.isoformat()]
    assert showing.dropped == 1


@pytest.mark.parametrize("status", [None, 503, 403])
def test_what_does_not_arrive_is_dropped_and_waited_for(
    showing: Showing, api: Api, clock: SimulatedClock, status: int | None
) -> None:
    api.is_away = status is None
    api.answer = httpx.Response(status or 200, json={"again_in_s": 2.0})
    offer(showing, clock, 0)
    for _ in range(6):
        offer(showing, clock, 61)
        assert showing.run_once() == 0
    assert showing.dropped == 6
    assert showing.standing.failures == 6
    offer(showing, clock, 10)
    assert showing.run_once() == 0, "longer and longer pauses"
    api.is_away, api.answer = False, httpx.Response(200, json={"again_in_s": 2.0})
    offer(showing, clock, 61)
    assert showing.run_once() == 1
    assert showing.standing.failures == 0


def test_two_cameras_do_not_wait_for_each_other(showing: Showing, api: Api, clock: SimulatedClock) -> None:
    other = CameraId("k2")
    for camera in (CAMERA, other):
        showing.offer(camera, partial(shown, frame(1), scene(1)))
    clock.sleep(FIRST_S + 0.01)
    for camera in (CAMERA, other):
        showing.offer(camera, partial(shown, frame(2), scene(2)))
    assert showing.run_once() == 2
    assert [path[-2:] for path in api.paths] == ["k1", "k2"]


def test_what_is_sent_is_the_picture() -> None:
    picture = shown(frame(1), scene(1))
    assert base64.b64decode(told(picture)["jpeg"]) == picture.jpeg
