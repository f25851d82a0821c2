import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from vision.clock import SimulatedClock
from vision.outbox.reporter import BATCH, LONGEST_PAUSE_S, LONGEST_WAIT_S, Reporter
from vision.outbox.spool import Spool
from vision.outbox.verdict import MEDIA_PATIENCE, retry_after_s
from vision.ports import Outgoing

START_AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
KEY = "mck_test_do-not-print"
PROBLEM = {"type": "about:blank", "title": "Unprocessable", "status": 422, "detail": "data.kind is unknown"}


class Api:
    """Remembers what was asked and answers by (path suffix → response); everything else is taken."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: dict[str, Callable[[], httpx.Response]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        for suffix, answer in self.answers.items():
            if request.url.path.endswith(suffix):
                return answer()
        return httpx.Response(201)

    def paths(self) -> list[str]:
        return [request.url.path.removeprefix("/base/v1/events/") for request in self.asked]


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
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(transport=httpx.MockTransport(api), base_url="http://api.test/base", headers=headers) as client:
        yield Reporter(spool, client, clock)


def event(event_id: str, phase: str = "opened") -> Outgoing:
    return Outgoing(event_id, "event", phase, json.dumps({"id": f"{event_id}/{phase}"}).encode())


def media(event_id: str, name: str, folder: Path, content: bytes = b"jpeg") -> Outgoing:
    path = folder / f"{event_id}-{name}"
    path.write_bytes(content)
    return Outgoing(event_id, "media", name, b"", path, "image/jpeg", hashlib.sha256(content).hexdigest())


def answer(status: int, **kwargs: object) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, **kwargs)  # type: ignore[arg-type]


def refused_connection() -> httpx.Response:
    raise httpx.ConnectError("[Errno 111] Connection refused")


def test_sends_body_and_media_in_order_with_the_headers_of_the_contract(
    reporter: Reporter, spool: Spool, api: Api, tmp_path: Path
) -> None:
    spool.put(event("e1"), media("e1", "snapshot", tmp_path, b"pixels"), event("e1", "closed"))
    assert reporter.run_once() == 3
    assert api.paths() == ["e1", "e1/media/snapshot", "e1"]
    body, picture, _ = api.asked
    assert body.content == b'{"id": "e1/opened"}'
    assert body.headers["Content-Type"] == "application/cloudevents+json"
    assert picture.content == b"pixels"
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.headers["Content-Length"] == "6"
    assert picture.headers["X-Content-SHA256"] == hashlib.sha256(b"pixels").hexdigest()
    assert {r.headers["Authorization"] for r in api.asked} == {f"Bearer {KEY}"}
    assert spool.state().waiting == 0
    assert list((tmp_path / "spool" / "media").iterdir()) == []


def test_a_missing_hash_is_computed(reporter: Reporter, spool: Spool, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"film")
    spool.put(Outgoing("e1", "media", "clip", b"", path, "video/mp4"))
    assert reporter.run_once() == 1
    assert api.asked[0].headers["X-Content-SHA256"] == hashlib.sha256(b"film").hexdigest()
    assert api.asked[0].content == b"film"


@pytest.mark.parametrize("status", [400, 409, 410, 413, 415, 422])
def test_what_the_api_will_never_take_is_buried_with_its_reason(
    reporter: Reporter, spool: Spool, api: Api, status: int
) -> None:
    api.answers = {"bad": answer(status, json=PROBLEM)}
    spool.put(event("bad"), event("good"))
    assert reporter.run_once() == 1
    ((dead, reason),) = spool.buried()
    assert (dead.item.event_id, reason) == ("bad", f"{status} data.kind is unknown")
    assert (reporter.counts.sent, reporter.counts.buried) == (1, 1)


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 408, 425, 429, 502, 503, 504])
def test_what_speaks_of_the_api_and_not_of_the_event_pauses_everything(
    reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock, status: int
) -> None:
    api.answers = {"/e1": answer(status)}
    spool.put(event("e1"), event("e2"))
    assert reporter.run_once() == 0
    assert api.paths() == ["e1"]
    assert reporter.run_once() == 0
    assert api.paths() == ["e1"]
    assert spool.state().waiting == 2
    clock.sleep(LONGEST_WAIT_S)
    api.answers = {}
    assert reporter.run_once() == 2
    assert spool.state() == spool.state().__class__(0, 0, 0, 0, None)


def test_one_event_that_breaks_the_api_does_not_block_the_others(
    reporter: Reporter, spool: Spool, api: Api, tmp_path: Path
) -> None:
    api.answers = {"/poison": answer(500)}
    spool.put(
        event("poison"), media("poison", "snapshot", tmp_path), event("e2"), event("poison", "closed"), event("e3")
    )
    assert reporter.run_once() == 2
    assert api.paths() == ["poison", "e2", "e3"], "its media and its end must not overtake its body"
    assert spool.state().waiting == 3


def test_a_body_at_which_every_gateway_times_out_does_not_block_the_others(
    reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock
) -> None:
    api.answers = {"/poison": answer(504)}
    spool.put(event("poison"), event("e2"))
    for _ in range(8):
        reporter.run_once()
        clock.sleep(1)
    assert "e2" in api.paths()


def test_an_outage_is_told_once_and_everything_arrives_after_it(
    reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.answers = {"": refused_connection}
    ids = [f"e{i}" for i in range(BATCH * 2 + 1)]
    spool.put(*(event(i) for i in ids))
    for _ in range(600):
        reporter.run_once()
        clock.sleep(1)
    assert len(api.asked) < 10 + 600 / (LONGEST_PAUSE_S / 2), "it hammered"
    assert len([r for r in caplog.records if "waits" in r.message]) == 1
    api.answers, api.asked = {}, []
    for _ in range(int(2 * LONGEST_PAUSE_S) + 1):  # the pause ends, and each that was tried in vain is due
        reporter.run_once()
        clock.sleep(1)
    assert sorted(api.paths()) == sorted(ids)
    assert len([r for r in caplog.records if "resumes" in r.message]) == 1


def test_waits_grow_are_jittered_and_end_at_a_minute(
    reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock
) -> None:
    api.answers = {"": answer(500)}
    spool.put(event("e1"))
    waits, last = [], clock.now()
    for _ in range(4000):
        before = len(api.asked)
        reporter.run_once()
        if len(api.asked) > before:
            waits.append((clock.now() - last).total_seconds())
            last = clock.now()
        clock.sleep(0.25)
    assert waits[1] <= 1.25
    assert waits[3] > waits[1]
    assert max(waits) <= LONGEST_WAIT_S + 0.25
    assert min(waits[8:]) >= LONGEST_WAIT_S / 2
    assert len(set(waits[8:])) > 1


def test_retry_after_is_honoured(reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock) -> None:
    api.answers = {"": answer(429, headers={"Retry-After": "120"})}
    spool.put(event("e1"))
    reporter.run_once()
    clock.sleep(119)
    reporter.run_once()
    assert len(api.asked) == 1
    clock.sleep(2)
    reporter.run_once()
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("", 0),
        ("0", 0),
        ("7", 7),
        ("Tue, 24 Nov 2026 08:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 07:00:00 GMT", 0),
        ("soon", 0),
        ("-5", 0),
        ("99999", 3600),
    ],
)
def test_retry_after_in_both_forms_and_rubbish(value: str, wait_s: float) -> None:
    assert retry_after_s(value, START_AT) == wait_s


def test_media_of_an_unknown_event_is_patient_and_then_buried(
    reporter: Reporter, spool: Spool, api: Api, clock: SimulatedClock, tmp_path: Path
) -> None:
    api.answers = {"/media/snapshot": answer(404, json=PROBLEM)}
    spool.put(media("e1", "snapshot", tmp_path))
    for _ in range(MEDIA_PATIENCE):
        assert reporter.run_once() == 0
        clock.sleep(LONGEST_WAIT_S)
    assert spool.state().waiting == 1
    reporter.run_once()
    assert (spool.state().waiting, spool.state().buried) == (0, 1)
    assert spool.buried()[0][0].item.path.read_bytes() == b"jpeg"  # type: ignore[union-attr]


def test_media_whose_file_is_gone_is_buried(reporter: Reporter, spool: Spool, tmp_path: Path) -> None:
    spool.put(media("e1", "snapshot", tmp_path), event("e1"))
    next((tmp_path / "spool" / "media").iterdir()).unlink()
    assert reporter.run_once() == 1
    assert spool.buried()[0][1] == "its file is gone"


def test_the_key_is_in_no_log_and_no_row(
    spool: Spool, clock: SimulatedClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def quotes(request: httpx.Request) -> httpx.Response:
        message = f"Illegal header value {request.headers['Authorization']!r}"
        raise httpx.LocalProtocolError(message)

    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(transport=httpx.MockTransport(quotes), base_url="http://api.test", headers=headers) as client:
        reporter = Reporter(spool, client, clock)
        spool.put(event("e1"))
        reporter.run_once()
    assert "LocalProtocolError" in caplog.text
    assert KEY not in caplog.text
    assert all(KEY.encode() not in path.read_bytes() for path in (tmp_path / "spool").glob("spool.*"))


def test_ids_and_names_cannot_leave_their_place_in_the_address(
    reporter: Reporter, spool: Spool, api: Api, tmp_path: Path
) -> None:
    spool.put(Outgoing("../users?x=1", "event", "opened", b"{}"))
    reporter.run_once()
    assert api.asked[0].url.raw_path == b"/base/v1/events/..%2Fusers%3Fx%3D1"


def test_oldest_age_for_the_metrics(spool: Spool, clock: SimulatedClock) -> None:
    spool.put(event("e1"))
    clock.sleep(5)
    spool.put(event("e2"))
    assert spool.state().oldest_at == clock.now() - timedelta(seconds=5)
