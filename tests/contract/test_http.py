"""The API as a real process over each pair of stores: intake, evidence in ranges, verdicts, the stream, the log."""

import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import pytest

from api.accounts import new_stored_key
from api.messages import PREFIX
from api.opening import object_store
from api.settings import Settings
from api.shell import writing
from api.store import sites
from tests.contract.world import body_of, event_id, site_row
from tests.e2e.stack import Stack
from tests.servers.postgres import Postgres
from tests.servers.swift import Swift
from vision.clock import SystemClock
from vision.outbox.reporter import Reporter
from vision.outbox.spool import Spool
from vision.ports import Outgoing

FILM = bytes(range(256)) * 4096
CODE = re.compile(r"first-login code: ([A-Z0-9-]+)")
PAIRS = [
    pytest.param("sqlite+disk"),
    pytest.param("postgresql+s3", marks=[pytest.mark.server("postgresql"), pytest.mark.server("swift")]),
]


@dataclass
class Api:
    """One running API, a box that pushes events in, and a supervisor who is logged in."""

    stack: Stack
    box: httpx.Client
    anna: httpx.Client
    numbers: Iterator[int] = field(default_factory=count)

    def tell(self, number: int, phase: str = "opened", **data: Any) -> httpx.Response:
        return self.box.put(f"/v1/events/{event_id(number)}", json=body_of(number, phase, **data))

    def fresh(self) -> int:
        """Make an event and return its number."""
        number = next(self.numbers)
        assert self.tell(number).status_code == 201
        return number

    def send(self, number: int, name: str, content: bytes, sha256: str = "") -> httpx.Response:
        headers = {"X-Content-SHA256": sha256 or hashlib.sha256(content).hexdigest(), "Content-Type": "video/mp4"}
        return self.box.put(f"/v1/events/{event_id(number)}/media/{name}", content=content, headers=headers)

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.box.get("/v1/log", params={"after": after, "limit": 1000}).json()["items"]
        return items


@pytest.fixture(scope="module", params=PAIRS)
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with ExitStack() as leaving:
        environment = {} if request.param == "sqlite+disk" else remote(request, leaving)
        stack = Stack(tmp_path_factory.mktemp("api"), environment)
        leaving.callback(stack.close)
        key = founded(stack)
        stack.serve()
        box = leaving.enter_context(httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {key}"}))
        yield Api(stack, box, leaving.enter_context(logged_in(stack)))


def remote(request: pytest.FixtureRequest, leaving: ExitStack) -> dict[str, str]:
    server: Postgres = request.getfixturevalue("postgres")
    swift: Swift = request.getfixturevalue("swift")
    url = server.new_url()
    leaving.callback(server.drop, url)
    return {"MINGCHU_DATABASE_URL": url, **swift.environment(swift.new_bucket())}


def settings_of(stack: Stack) -> Settings:
    """Return what the process reads from its environment."""
    mine = {name.removeprefix("MINGCHU_").lower(): value for name, value in stack.environment.items()}
    return Settings(data_dir=stack.folder, **mine)  # type: ignore[arg-type]


def founded(stack: Stack) -> str:
    """Make a site and a key to it, and return the key."""
    with writing(settings_of(stack)) as (connection, _):
        sites.add(connection, site_row("main"))
    return new_stored_key(settings_of(stack), "box", ["events:write", "events:read"])


def logged_in(stack: Stack) -> httpx.Client:
    found = CODE.search(stack.log("serve"))
    assert found, stack.log("serve")
    answer = httpx.post(f"{stack.url}/v1/session", json={"code": found[1]}).raise_for_status()
    headers = {"X-CSRF-Token": answer.json()["csrf"]}
    return httpx.Client(base_url=stack.url, headers=headers, cookies=answer.cookies)


def test_a_violation_is_taken_in_once(api: Api) -> None:
    number = next(api.numbers)
    answers = [api.tell(number, phase).status_code for phase in ("opened", "opened", "closed", "opened", "closed")]
    assert answers == [201, 200, 200, 200, 200]
    event = api.box.get(f"/v1/events/{event_id(number)}").json()
    assert (event["phase"], event["status"], event["camera"]) == ("closed", "pending_review", "main-1")
    told = [line["type"].rpartition(".")[2] for line in api.log() if line["data"]["id"] == event_id(number)]
    assert told == ["opened", "closed"]


def test_many_boxes_at_once(api: Api) -> None:
    """Each new event comes three times at the same moment, from cameras that nobody registered."""
    numbers = [next(api.numbers) for _ in range(8)]
    before = len(api.log())
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda n: api.tell(n, camera=f"new-{n % 3}").status_code, numbers * 3))
    assert sorted(codes) == [200] * 16 + [201] * 8
    assert len(api.log()) == before + 8


@contextmanager
def overheard(client: httpx.Client) -> Iterator[list[httpx.Request]]:
    """Give the list of what a client asks from now on."""
    asked: list[httpx.Request] = []
    client.event_hooks = {"request": [asked.append]}
    try:
        yield asked
    finally:
        client.event_hooks = {}


def waiting_of(number: int, folder: Path, **data: Any) -> list[Outgoing]:
    """Return what a worker has to tell of one violation: its beginning, a clip of every fourth, its end."""
    event, clip = event_id(number), folder / f"{number}.mp4"
    told = {phase: json.dumps(body_of(number, phase, **data)).encode() for phase in ("opened", "closed")}
    clip.write_bytes(FILM)
    has_clip = number % 4 == 0 and data["kind"] == "no_hat"
    film = [Outgoing(event, "media", "clip", b"", clip, "video/mp4")] if has_clip else []
    return [
        Outgoing(event, "event", "opened", told["opened"]),
        *film,
        Outgoing(event, "event", "closed", told["closed"]),
    ]


def delivered(api: Api, folder: Path, waiting: list[Outgoing]) -> tuple[list[int], list[str]]:
    """Let a worker deliver all that waits; return the sizes of its batches, and the events that were refused."""
    with Spool(folder / "spool") as spool, overheard(api.box) as asked:
        spool.put(*waiting)
        Reporter(spool, api.box, SystemClock()).run_last()
        assert spool.state().waiting == 0
        dead = [letter.item.event_id for letter, _ in spool.buried()]
        for letter, _ in spool.buried():
            spool.done([letter.id])
    return [len(json.loads(each.content)) for each in asked if each.url.path == "/v1/events/batch"], dead


def test_a_worker_delivers_what_waits_by_batches(api: Api, tmp_path: Path) -> None:
    """Each camera in its order, media behind their event, a wrong one in nobody's way, and twice is as good as once."""
    numbers = [next(api.numbers) for _ in range(12)]
    wrong, right = numbers[4], [*numbers[:4], *numbers[5:]]
    for _ in range(2):
        waiting: list[Outgoing] = []
        for number in numbers:
            kind = "No Hat" if number == wrong else "no_hat"
            waiting += waiting_of(number, tmp_path, camera=f"lane-{number % 3}", kind=kind)
        batches, dead = delivered(api, tmp_path, waiting)
        assert set(dead) == {event_id(wrong)}
        assert max(batches) >= 4
    lines = [line["data"] | {"phase": line["type"].rpartition(".")[2]} for line in api.log()]
    for lane in range(3):
        mine = [(line["id"], line["phase"]) for line in lines if line["camera"] == f"lane-{lane}"]
        assert mine == [(event_id(n), phase) for n in right if n % 3 == lane for phase in ("opened", "closed")]
    filmed = [line["id"] for line in lines if line["camera"].startswith("lane-") and line["evidence"]]
    assert filmed == [event_id(number) for number in right if number % 4 == 0]


def test_evidence_goes_in_once_and_comes_out_in_parts(api: Api) -> None:
    number = api.fresh()
    assert api.send(number, "clip", FILM, "0" * 64).status_code == 422
    assert api.send(number, "clip", FILM).status_code == 201
    assert api.send(number, "clip", FILM).status_code == 200
    assert api.send(number, "clip", b"other").status_code == 409
    assert api.send(9999, "clip", FILM).status_code == 404
    clip = f"/v1/events/{event_id(number)}/media/clip"
    assert api.anna.get(clip).status_code == 403
    parts = {"bytes=0-9": FILM[:10], "bytes=1000000-": FILM[1_000_000:], "bytes=-7": FILM[-7:], "bytes=5-5": FILM[5:6]}
    for asked, content in parts.items():
        answer = api.anna.get(clip, params={"reason": "复核"}, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, content)
        assert answer.headers["Content-Range"].endswith(f"/{len(FILM)}")
    whole = api.anna.get(clip, params={"reason": "复核"})
    assert (whole.status_code, whole.content, whole.headers["Content-Type"]) == (200, FILM, "video/mp4")
    beyond = api.anna.get(clip, params={"reason": "复核"}, headers={"Range": f"bytes={len(FILM)}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(FILM)}")
    known = api.anna.get(clip, params={"reason": "复核"}, headers={"If-None-Match": whole.headers["ETag"]})
    assert known.status_code == 304
    seen = [row for row in api.anna.get("/v1/access-log").json()["items"] if row["event"] == event_id(number)]
    assert [(row["user"], row["name"], row["reason"]) for row in seen] == [("admin", "clip", "复核")]


def test_evidence_that_is_lost_is_said(api: Api) -> None:
    number = api.fresh()
    api.send(number, "snapshot_blurred", b"picture")
    objects = object_store(settings_of(api.stack))
    (lost,) = [stat.key for stat in objects.walk("events/") if event_id(number) in stat.key]
    objects.delete(lost)
    answer = api.box.get(f"/v1/events/{event_id(number)}/media/snapshot_blurred")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_verdicts_are_given_and_taken_back(api: Api) -> None:
    number = api.fresh()
    path = f"/v1/events/{event_id(number)}/review"
    said = api.anna.post(path, json={"verdict": "confirmed"}).json()
    assert (said["status"], said["review"]["by"]) == ("confirmed", "admin")
    stale = api.anna.post(path, json={"verdict": "unsure"}, headers={"If-Match": '"1.0"'})
    assert stale.status_code == 412
    undone = api.anna.request("DELETE", path).json()
    assert (undone["status"], undone["review"]) == ("pending_review", None)
    assert api.anna.request("DELETE", path).status_code == 409
    assert api.box.post(path, json={"verdict": "confirmed"}).status_code == 403
    told = [line["type"].rpartition(".")[2] for line in api.log() if line["data"]["id"] == event_id(number)]
    assert told == ["opened", "reviewed", "began", "reviewed", "withdraw"]


def test_a_verdict_that_is_sent_again_is_one_verdict(api: Api) -> None:
    number = api.fresh()
    path = f"/v1/events/{event_id(number)}/review"

    def judge(_: int) -> tuple[int, str]:
        answer = api.anna.post(path, json={"verdict": "confirmed"}, headers={"Idempotency-Key": f"judge-{number}"})
        return answer.status_code, answer.text

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(judge, range(4)))
    assert [code for code, _ in answers] == [200]
    told = [line["type"].removeprefix(PREFIX) for line in api.log() if line["data"]["id"] == event_id(number)]
    assert told == ["opened", "reviewed", "case.began"]


def test_the_queue_is_read_page_by_page(api: Api) -> None:
    numbers = [next(api.numbers) for _ in range(5)]
    for number in numbers:
        api.tell(number, kind="phone", after_s=number // 2)
    for sort in ("newest", "urgent"):
        shown: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            asked = {"kind": "phone", "sort": sort, "limit": "2", **({"cursor": cursor} if cursor else {})}
            answer = api.box.get("/v1/events", params=asked).raise_for_status().json()
            shown += [item["id"] for item in answer["items"]]
            cursor = answer["next"]
        assert sorted(shown) == sorted(map(event_id, numbers))


def heard(api: Api, wanted: int, last_event_id: int | None = None, **asked: int) -> list[tuple[int, str]]:
    """Return id and event of the next messages of the stream."""
    headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
    found: list[tuple[int, str]] = []
    with api.box.stream("GET", "/v1/stream", params=asked, headers=headers, timeout=10) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: ") and len(found) < wanted:
                body = json.loads(line.removeprefix("data: "))
                found.append((body["sequence"], body["data"]["id"]))
            if len(found) == wanted:
                break
    return found


def test_a_listener_who_comes_back_misses_nothing(api: Api) -> None:
    before = api.log()[-1]["sequence"] if api.log() else 0
    first = [event_id(api.fresh()) for _ in range(2)]
    assert heard(api, 2, after=before) == [(before + 1, first[0]), (before + 2, first[1])]
    second = [event_id(api.fresh()) for _ in range(2)]
    assert heard(api, 3, last_event_id=before + 1) == [
        (before + 2, first[1]),
        (before + 3, second[0]),
        (before + 4, second[1]),
    ]


def test_a_listener_hears_what_another_process_took_in(api: Api, tmp_path: Path) -> None:
    shared = {"MINGCHU_DATABASE_URL": settings_of(api.stack).database}
    other = Stack(tmp_path, {**api.stack.environment, **shared})
    copytree(api.stack.folder / "keys", tmp_path / "keys")  # all processes of a database share the key of its secrets
    api.fresh()
    head, number = api.log()[-1]["sequence"], next(api.numbers)
    with ThreadPoolExecutor(1) as pool:
        try:
            other.serve()
            hearing = pool.submit(heard, api, 1, after=head)
            elsewhere = f"{other.url}/v1/events/{event_id(number)}"
            httpx.put(elsewhere, json=body_of(number), headers=api.box.headers).raise_for_status()
            assert hearing.result(timeout=20) == [(head + 1, event_id(number))]
        finally:
            other.close()
