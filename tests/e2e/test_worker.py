"""One worker as a process of its own: it ends in time whatever hangs, says what is wrong, and works without orders."""

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.e2e.stack import LOOPBACK, MINGCHU, ROOT, Stack, eventually
from tests.films import write_film
from vision.clock import SimulatedClock
from vision.outbox.spool import Spool

pytestmark = pytest.mark.slow
STOP_S = 5.0
CAMERAS, HUNG = 20, 3


class Mute:
    """Takes every call and says nothing: a hung camera, a hung API."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._calls: list[socket.socket] = []
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def calls(self) -> int:
        return len(self._calls)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                self._calls.append(self._server.accept()[0])

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        for each in (self._server, *self._calls):
            each.close()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, {"MINGCHU_ALLOW_LOOPBACK": "1"})
    yield stack
    stack.close()


@pytest.fixture
def mute() -> Iterator[Mute]:
    mute = Mute()
    yield mute
    mute.close()


@pytest.fixture(scope="module")
def black(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute of black, a key frame each second: `camera_black` opens after ten of them."""
    path = tmp_path_factory.mktemp("films") / "black.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=10, width=160, height=96)
        stream.pix_fmt = "yuv420p"
        stream.options = {"x264-params": "keyint=10:scenecut=0:bframes=0"}
        for _ in range(300):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((96, 160, 3), np.uint8), format="bgr24")))
        container.mux(stream.encode())
    return path


def stopped_in_s(stack: Stack, name: str = "work") -> float:
    """Stop politely, assert that it went well, and return how long that took."""
    began_s = time.monotonic()
    code = stack.stop(name)
    took_s = time.monotonic() - began_s
    assert code == 0, stack.log(name)
    return took_s


def spooled(folder: Path) -> dict[str, set[str]]:
    """Return event id → what of it lies in the spool of the worker w1, once nobody holds it."""
    found: dict[str, set[str]] = {}
    # What was tried in vain waits for its time; long from now all of it is due.
    with Spool(folder / "spool" / "w1", clock=SimulatedClock(datetime(2100, 1, 1, tzinfo=UTC))) as spool:
        for queued in spool.peek(100_000):
            found.setdefault(queued.item.event_id, set()).add(queued.item.name)
        for orphan in spool.orphans():
            found[orphan.event_id].add("orphan")
    return found


def opened_in_log(stack: Stack) -> int:
    rows = list((stack.folder / "spool" / "w1").glob("media/*.jpg"))
    return len(rows) // 4


def test_twenty_cameras_a_hung_one_among_them_and_a_hung_api_end_in_time(stack: Stack, mute: Mute, black: Path) -> None:
    """Status, assignment and delivery hang in the API, three cameras in their library; everything open is kept."""
    films = [part for _ in range(CAMERAS - HUNG) for part in ("--source", str(black))]
    hung = [part for i in range(HUNG) for part in ("--source", f"rtsp://127.0.0.1:{mute.port}/{i}")]
    api = ("--api", f"http://127.0.0.1:{mute.port}", "--key", "mck_a_b")
    stack.start("work", "work", *api, "--worker", "w1", *films, *hung)
    eventually(lambda: opened_in_log(stack) >= CAMERAS - HUNG, within_s=90)
    eventually(lambda: mute.calls > HUNG, within_s=20)
    assert stopped_in_s(stack) <= STOP_S
    kept = spooled(stack.folder)
    assert len(kept) >= CAMERAS - HUNG
    for names in kept.values():
        assert "opened" in names
        assert names & {"closed", "orphan"}
    assert "Traceback" not in stack.log("work")


def test_a_dead_api_delays_no_stop(stack: Stack, black: Path) -> None:
    api = ("--api", stack.url, "--key", "mck_a_b")
    stack.start("work", "work", *api, "--worker", "w1", "--source", str(black))
    eventually(lambda: opened_in_log(stack) == 1, within_s=60)
    assert stopped_in_s(stack) <= STOP_S
    (names,) = spooled(stack.folder).values()
    assert {"opened", "snapshot", "manifest", "clip", "updated", "closed"} <= names
    assert stack.log("work").count("matter=delivery api=silent event=waits") == 1


def test_a_wrong_key_is_one_clear_line(stack: Stack) -> None:
    stack.serve()
    stack.start("work", "work", "--api", stack.url, "--key", "mck_a_b", "--worker", "w1")
    eventually(lambda: "api=refused" in stack.log("work"), within_s=30)
    time.sleep(6)  # several retries
    refused = [line for line in stack.log("work").splitlines() if "api=refused" in line]
    assert len(refused) == 1
    assert "matter=assignment" in refused[0]
    assert "not known or was revoked" in refused[0]
    assert "mingchu key add" in refused[0]
    assert "mck_a_b" not in stack.log("work")
    assert stopped_in_s(stack) <= STOP_S


def bodies(stack: Stack, name: str) -> list[dict[str, Any]]:
    lines = stack.log(name).splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def phases(stack: Stack, name: str) -> list[str]:
    return [body["type"].rpartition(".")[2] for body in bodies(stack, name)]


def test_a_worker_on_its_own_keeps_events_in_a_folder_and_closes_what_a_kill_left_open(
    stack: Stack, black: Path
) -> None:
    out = stack.folder / "out"
    work = ("work", "--source", str(black), "--zone", "special_room", "--out", str(out), "--worker", "w1")
    stack.start("work", *work)
    eventually(lambda: "opened" in phases(stack, "work"), within_s=60)
    opened = bodies(stack, "work")[0]["data"]
    assert (opened["camera"], opened["kind"], opened["zone"]["type"]) == ("w1-1", "camera_black", "special_room")
    assert (out / opened["evidence"]["snapshot"]["url"]).stat().st_size == opened["evidence"]["snapshot"]["size_bytes"]
    stack.kill("work")
    stack.start("again", *work)
    event = out / opened["id"] / "event.json"
    eventually(lambda: json.loads(event.read_bytes())["data"]["ended_at"], within_s=60)
    assert json.loads(event.read_bytes())["data"]["closed_reason"] == "interrupted"
    assert stopped_in_s(stack, "again") <= STOP_S


def test_a_worker_with_sources_delivers_to_an_api(stack: Stack, black: Path) -> None:
    stack.cli("site", "add", "local", "--name", "红旗路店")
    scopes = [part for scope in ("events:write", "events:read", "workers") for part in ("--scope", scope)]
    key = re.search(r"mck_\w+", stack.cli("key", "add", "worker", *scopes))
    assert key
    stack.serve()
    stack.start("work", "work", "--api", stack.url, "--key", key.group(), "--worker", "w1", "--source", str(black))

    def events() -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {key.group()}"}
        return list(LOOPBACK.get(f"{stack.url}/v1/events", headers=headers, timeout=10).json()["items"])

    (event,) = eventually(events, within_s=60)
    assert (event["camera"], event["kind"]) == ("w1-1", "camera_black")
    assert stopped_in_s(stack) <= STOP_S
    (event,) = events()
    assert event["closed_reason"] == "interrupted", "the last delivery brought what closing put into the spool"


@pytest.mark.parametrize(
    ("orders", "named"),
    [
        ((), "--api"),
        (("--api", "http://127.0.0.1:9"), "--key"),
        (("--out", "out"), "--source"),
        (("--api", "http://127.0.0.1:9", "--key", "k", "--out", "out", "--source", "0"), "--api"),
        (("--source", "nowhere.mp4", "--out", "out"), "nowhere.mp4"),
        (("--worker", "../w", "--api", "http://127.0.0.1:9", "--key", "k"), "--worker"),
        (("--source", "0", "--out", "out", "--site", "a b"), "--site"),
    ],
)
def test_orders_that_make_no_sense_are_one_line(orders: tuple[str, ...], named: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [MINGCHU, "work", *orders], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert named in done.stderr
    assert list(tmp_path.iterdir()) == []


BROKEN = """
import numpy as np
import vision.commands.work as command, vision.main
from tests.e2e.blocks import BareHeads, BlockDetector
from vision.commands.composing import Sightedness
from vision.detections import Detections

class Broken(BlockDetector):
    looks = 0

    def detect(self, images):
        Broken.looks += len(images)
        if Broken.looks > 6:
            raise RuntimeError("the accelerator is gone")
        boxes = np.array([[60, 6, 80, 90], [64, 8, 76, 20]], np.float32)
        return [Detections(boxes, np.array([0.9, 0.9], np.float32), np.array([0, 1]), self.classes) for _ in images]

command.load_sight = lambda *_, **__: Sightedness(Broken(), BareHeads(), {})
vision.main.main()
"""
"""One bare head in every picture, until the seventh."""


def test_models_that_break_end_the_worker_with_a_clear_line_and_leave_nothing_open(tmp_path: Path) -> None:
    """Its supervisor starts it again; a worker that looks alive and sees nothing would be worse."""
    film = write_film(tmp_path / "film.mp4")
    place = ("--out", tmp_path / "out", "--worker", "w1", "--data-dir", tmp_path)
    work = ("work", "--source", film, "--zone", "special_room", *place)
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, *work], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "thread=models event=broke error=ModelError: models: 'RuntimeError: the accelerator is gone'" in done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    ids = {phase: {e["data"]["id"] for e in told if e["type"].endswith(phase)} for phase in ("opened", "closed")}
    assert ids["opened"]
    assert ids["opened"] == ids["closed"]
