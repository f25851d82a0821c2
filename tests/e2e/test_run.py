"""`mingchu run` without a source: the demo on a page, from films that are there; one clear line where it cannot be."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.stack import MINGCHU, eventually, free_port
from tests.unit.demo.scripts import raw
from vision.demo.render import render, stamp
from vision.demo.script import Script, scene
from vision.demo.site import NAMES

pytestmark = pytest.mark.slow
Started = tuple[subprocess.Popen[bytes], Path, int]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder whose eight films are one short one: a bare-headed person in a room."""
    film = render(Script.parse(raw(), "test"), tmp_path / "film")
    demo = tmp_path / "var" / "demo"
    demo.mkdir(parents=True)
    for name in NAMES:
        shutil.copy(film, demo / f"{name}.mp4")
        shutil.copy(film.with_suffix(".json"), demo / f"{name}.json")
        (demo / f"{name}.stamp").write_text(stamp(scene(name)), encoding="utf-8")
    return tmp_path / "var"


def environment(data: Path, port: int) -> dict[str, str]:
    return os.environ | {"MINGCHU_DATA_DIR": str(data), "MINGCHU_PORT": str(port), "MINGCHU_HOST": "127.0.0.1"}


@pytest.fixture
def started(data: Path, tmp_path: Path) -> Iterator[Started]:
    port, log = free_port(), tmp_path / "run.log"
    with log.open("wb") as out:
        process = subprocess.Popen([MINGCHU, "run"], env=environment(data, port), stdout=out, stderr=out)
    yield process, log, port
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def test_the_demo_fills_the_queue_and_ends_in_order(started: Started) -> None:
    process, log, port = started
    link = eventually(lambda: re.search(r"http://\S+/#code=([A-Z0-9-]+)", log.read_text()), within_s=60)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        eventually(lambda: "Looking;" in log.read_text(), within_s=60)
        assert client.post("/v1/session", json={"code": link.group(1)}).is_success

        def events() -> list[dict[str, Any]]:
            return list(client.get("/v1/events", params={"kind": "no_hat"}).json()["items"])

        found = eventually(events, within_s=90)
        sites = {site["id"] for site in client.get("/v1/sites").json()["items"]}
    assert {event["site"] for event in found} <= sites == {"demo", "demo-night"}
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert "ended with" not in log.read_text(), log.read_text()


def test_beside_another_on_the_same_port_it_says_so_and_ends(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [MINGCHU, "run"], env=environment(data, port), capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr
    assert "does Mingchu run here already?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (data / "mingchu.sqlite3").exists(), "nothing is touched before the address is known to be free"
