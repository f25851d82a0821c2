"""Video jobs: from the upload to the clip, what is lost, bounded and removed, and whose they are."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from api.addresses import AddressRules
from api.detecting import films as films_module
from api.detecting.budget import BusyError
from api.detecting.fetching import Fetcher
from api.detecting.figures import new_figures
from api.detecting.films import Film, Films, State, Studio
from api.detecting.service import Models
from api.detecting.watching import Order, Stage
from tests.films import Film as Recipe
from tests.films import write_film
from tests.unit.api.world import World, errors_of
from vision.clock import SimulatedClock
from vision.errors import SourceUnreadableError
from vision.scene import ZoneType

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
MP4 = {"Content-Type": "video/mp4"}


class Bench:
    """Films in a folder of their own, a clock that stands still, and a watcher that a test steers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, SimulatedClock(NOW)
        self.began, self.go = threading.Event(), threading.Event()
        self.raised: Exception | None = None
        self.films = self.opened()

    def opened(self) -> Films:
        studio = Studio(Models(), Fetcher(AddressRules()), new_figures(CollectorRegistry()), self.clock, 1 << 20)
        return Films(self.folder / "videos", studio)

    def watch(self, folder: Path, _order: Order, _models: Models, tell: Any) -> Stage:
        """Stand in for the models; tells two steps of progress."""
        tell(Stage(0.1, 1.0))
        self.began.set()
        assert self.go.wait(10)
        if self.raised:
            raise self.raised
        tell(Stage(0.9, 9.0, 4, 1))
        (folder / "out").mkdir()
        return Stage(1.0, 10.0, 5, 1)

    def add(self, name: str, owner: str = "key-1") -> Film:
        folder = self.films.folder(name)
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(b"film")
        return self.films.add(Film(name, owner, Order(ZoneType.COOKING), "", self.clock.now()))

    def settled(self, name: str, owner: str = "key-1") -> Film | None:
        """Return a job after everything that was queued before this call has ended."""
        self.go.set()
        self.films._thread.submit(lambda: None).result(10)
        return self.films.find(owner, name)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    monkeypatch.setattr(films_module, "watch_film", bench.watch)
    yield bench
    bench.go.set()
    bench.films.close()


def test_a_job_goes_from_queued_to_done_and_drops_its_source(bench: Bench) -> None:
    assert bench.add("a").state is State.QUEUED
    assert bench.began.wait(10)
    running = bench.films.find("key-1", "a")
    assert running is not None
    assert (running.state, running.stage.seen_s) == (State.RUNNING, 1.0)
    done = bench.settled("a")
    assert done is not None
    assert (done.state, done.stage, done.finished_at) == (State.DONE, Stage(1.0, 10.0, 5, 1), NOW)
    assert not (bench.films.folder("a") / "source").exists()
    assert Film.read((bench.films.folder("a") / "job.json").read_bytes()) == done


def test_a_film_that_cannot_be_read_fails_with_its_reason_and_no_path(bench: Bench) -> None:
    bench.raised = SourceUnreadableError(str(bench.films.folder("a") / "source"), "is no video")
    bench.add("a")
    failed = bench.settled("a")
    assert failed is not None
    assert (failed.state, failed.error) == (State.FAILED, "film/source: is no video")


def test_what_nobody_foresaw_ends_the_job_too(bench: Bench) -> None:
    bench.raised = ZeroDivisionError()
    bench.add("a")
    failed = bench.settled("a")
    assert failed is not None
    assert failed.state is State.FAILED
    assert "our side" in failed.error


def test_a_running_film_stops_when_it_is_removed_and_leaves_nothing(bench: Bench) -> None:
    film = bench.add("a")
    assert bench.began.wait(10)
    bench.films.remove(film)
    assert bench.films.find("key-1", "a") is None
    assert bench.settled("a") is None
    assert not bench.films.folder("a").exists()


def test_a_queued_film_that_is_removed_is_never_watched(bench: Bench) -> None:
    bench.add("a")
    assert bench.began.wait(10)
    queued = bench.add("b")
    bench.films.remove(queued)
    assert not bench.films.folder("b").exists()
    assert bench.settled("b") is None


def test_others_do_not_learn_of_it(bench: Bench) -> None:
    bench.add("a")
    assert bench.films.find("key-2", "a") is None
    assert bench.films.of("key-2") == []


def test_waiting_films_are_bounded_in_all_and_each(bench: Bench) -> None:
    for at in range(films_module.MOST_WAITING_EACH):
        bench.add(f"mine-{at}")
    with pytest.raises(BusyError) as refused:
        bench.films.room_for("key-1")
    assert refused.value.headers["Retry-After"] == "30"
    for at in range(films_module.MOST_WAITING - films_module.MOST_WAITING_EACH):
        bench.add(f"theirs-{at}", f"other-{at}")
    with pytest.raises(BusyError):
        bench.films.room_for("somebody-new")


def test_what_was_under_way_when_the_process_ended_is_lost_and_says_so(bench: Bench) -> None:
    bench.add("done")
    bench.settled("done")
    bench.began.clear()
    bench.go.clear()
    bench.add("running")
    assert bench.began.wait(10)
    bench.add("queued")
    closing = threading.Thread(target=bench.films.close)
    closing.start()
    bench.films._closing.wait(10)
    bench.go.set()
    closing.join(10)
    again = bench.opened()
    states = {film.id: film.state for film in again.of("key-1")}
    assert states == {"done": State.DONE, "running": State.LOST, "queued": State.LOST}
    assert not list((bench.folder / "videos").glob("*/source"))
    again.close()


def test_leftovers_that_are_no_job_are_removed(bench: Bench) -> None:
    for name, content in {"half": b"{", "other": b"[]", "wrong": b'{"id": "x"}'}.items():
        (bench.folder / "videos" / name).mkdir()
        (bench.folder / "videos" / name / "job.json").write_bytes(content)
    (bench.folder / "videos" / "upload").mkdir()
    bench.opened().close()
    assert list((bench.folder / "videos").iterdir()) == []


def test_a_job_is_removed_after_a_day(bench: Bench) -> None:
    bench.add("a")
    bench.settled("a")
    bench.clock.sleep(timedelta(hours=24).total_seconds())
    assert bench.films.find("key-1", "a")
    bench.clock.sleep(1)
    assert bench.films.find("key-1", "a") is None
    assert not bench.films.folder("a").exists()


def test_no_more_than_so_many_are_kept_the_oldest_go(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films_module, "MOST_KEPT", 2)
    for name in "abc":
        bench.add(name)
        bench.settled(name)
        bench.clock.sleep(1)
    assert [film.id for film in bench.films.of("key-1")] == ["c", "b"]


async def ended(caller: Any, video: str) -> dict[str, Any]:
    """Ask until a job is no longer under way."""
    async with asyncio.timeout(60):
        while True:
            body: dict[str, Any] = (await caller.get(f"/v1/videos/{video}")).json()
            if body["state"] not in {"queued", "running"}:
                return body
            await asyncio.sleep(0.05)


@pytest.fixture
def own(world: World, tmp_path: Path) -> Iterator[World]:
    """Give a world with films of its own and the real models."""
    kept = world.services.detecting
    studio = Studio(kept.models, kept.fetcher, new_figures(CollectorRegistry()), world.clock, 1 << 20)
    films = Films(tmp_path / "videos", studio)
    world.change(films=films)
    yield world
    films.close()


@pytest.fixture
def black(tmp_path: Path) -> bytes:
    """Return a minute of an unchanging dark picture: a frozen or black camera is a finding without any person."""
    return write_film(tmp_path / "film.mp4", Recipe(frames=80, rate=2, key_every=2)).read_bytes()


async def test_a_film_over_http_from_upload_to_removal(own: World, black: bytes) -> None:
    async with own.key("detect") as caller, own.key("detect") as other:
        added = await caller.post("/v1/videos?zone=cooking&interval_s=1", content=black, headers=MP4)
        assert added.status_code == 202, added.text
        video = added.json()["id"]
        assert added.headers["Location"] == f"/v1/videos/{video}"
        body = await ended(caller, video)
        assert body["state"] == "done", body
        assert body["progress"]["share"] == 1.0
        assert body["progress"]["looks"] >= 30
        result = (await caller.get(body["result"])).json()
        assert result["progress"]["events"] == len(result["events"])
        assert [item["id"] for item in (await caller.get("/v1/videos")).json()["items"]] == [video]
        for path in ("", "/result"):
            assert (await other.get(f"/v1/videos/{video}{path}")).status_code == 404
        assert (await other.delete(f"/v1/videos/{video}")).status_code == 404
        assert (await caller.delete(f"/v1/videos/{video}")).status_code == 204
        assert (await caller.get(f"/v1/videos/{video}")).status_code == 404
    assert list(own.services.films._folder.iterdir()) == []


async def test_events_of_a_film_have_clips_that_can_be_taken_in_parts(own: World, tmp_path: Path) -> None:
    content = await asyncio.to_thread(black_film, tmp_path / "black.mp4")
    where = "/v1/videos?zone=cooking&start_at=2026-11-24T00:00:00Z"
    async with own.key("detect") as caller:
        events = await events_of(caller, await caller.post(where, content=content, headers=MP4))
        assert [event["data"]["kind"] for event in events] == ["camera_black"]
        evidence = events[0]["data"]["evidence"]
        part = await caller.get(evidence["clip"]["url"], headers={"Range": "bytes=0-9"})
        assert (part.status_code, len(part.content), part.headers["Content-Type"]) == (206, 10, "video/mp4")
        for stored in evidence.values():
            whole = await caller.get(stored["url"])
            assert (whole.status_code, len(whole.content)) == (200, stored["size_bytes"])
        again = await events_of(caller, await caller.post(where, content=content, headers=MP4))
    assert [event["data"]["id"] for event in again] == [event["data"]["id"] for event in events]


def black_film(path: Path) -> bytes:
    """Return a minute of nothing, two frames a second: a camera that somebody covered."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=2, width=160, height=96, pix_fmt="yuv420p")
        stream.options = {"x264-params": "keyint=2"}
        for _ in range(120):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((96, 160, 3), np.uint8), format="bgr24")))
        container.mux(stream.encode())
    return path.read_bytes()


async def events_of(caller: Any, added: Any) -> list[dict[str, Any]]:
    body = await ended(caller, added.json()["id"])
    assert body["state"] == "done", body
    events: list[dict[str, Any]] = (await caller.get(body["result"])).json()["events"]
    return events


@pytest.mark.parametrize(
    ("told", "status", "field"),
    [
        ({"content": b"", "headers": MP4}, 422, "body"),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, ""),
        ({"content": b"x", "headers": MP4, "params": {"interval_s": "nan"}}, 422, "interval_s"),
        ({"content": b"x", "headers": MP4, "params": {"interval_s": "0"}}, 422, "interval_s"),
        ({"content": b"x", "headers": MP4, "params": {"start_at": "2026-11-24T00:00:00"}}, 422, "start_at"),
        ({"content": b"x" * ((1 << 20) + 1), "headers": MP4}, 413, ""),
        ({"json": {"url": "http://169.254.169.254/x.mp4"}}, 422, "url"),
        ({"json": {"url": "file:///etc/passwd"}}, 422, "url"),
        ({"json": {"url": "https://8.8.8.8/x", "interval_s": 1e999}}, 422, "interval_s"),
        ({"json": {}}, 422, "url"),
    ],
)
async def test_rubbish_makes_no_job_and_leaves_no_folder(
    own: World, told: dict[str, Any], status: int, field: str
) -> None:
    if "json" in told:
        told = {"content": json.dumps(told["json"]).encode(), "headers": {"Content-Type": "application/json"}}
    async with own.key("detect") as caller:
        answer = await caller.post("/v1/videos", **told)
        assert answer.status_code == status, answer.text
        errors = errors_of(answer)
        assert not field or errors[0]["field"] == field
        assert (await caller.get("/v1/videos")).json()["items"] == []
    assert list(own.services.films._folder.iterdir()) == []


async def test_a_playlist_is_no_film(own: World) -> None:
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    async with own.key("detect") as caller:
        added = await caller.post("/v1/videos", content=playlist, headers={"Content-Type": "application/octet-stream"})
        body = await ended(caller, added.json()["id"])
    assert body["state"] == "failed"
    assert "/" not in body["error"].replace("film/source", "")


async def test_a_result_is_not_told_before_it_is_complete(
    own: World, black: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def slowly(*_: Any) -> Stage:
        assert go.wait(20)
        return Stage(1.0)

    monkeypatch.setattr(films_module, "watch_film", slowly)
    async with own.key("detect") as caller:
        video = (await caller.post("/v1/videos", content=black, headers=MP4)).json()["id"]
        assert (await caller.get(f"/v1/videos/{video}/result")).status_code == 409
        go.set()
        assert (await ended(caller, video))["state"] == "done"
        assert (await caller.get(f"/v1/videos/{video}/result")).status_code == 200
        missing = await caller.get(f"/v1/videos/{video}/events/{video}/clip.mp4")
        foreign = await caller.get(f"/v1/videos/{video}/events/{video}/job.json")
    assert (missing.status_code, foreign.status_code) == (404, 422)
