"""SIGTERM to a serving process with an open stream and uploads under way: in time, in order, nothing half-done."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.shapes.examples import BODIES
from tests.e2e.stack import LOOPBACK, Stack, eventually

DRAIN_S, FINISH_S, SLACK_S = 1, 4, 10
EVENT: dict[str, Any] = BODIES["PUT /v1/events/{event_id}"]
ID = EVENT["data"]["id"]
HALF = b"\x00\x00\x00\x18ftypmp42" + bytes(200_000)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, {"MINGCHU_DRAIN_S": str(DRAIN_S), "MINGCHU_FINISH_S": str(FINISH_S)})
    yield stack
    stack.close()


@dataclass
class Ear:
    """One listener of the stream: what it heard, and how it ended."""

    url: str
    key: str
    heard: list[str] = field(default_factory=list)
    fault: str = ""

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            with LOOPBACK.stream("GET", f"{self.url}/v1/stream?after=0", headers=headers, timeout=30) as answer:
                self.heard.extend(line for line in answer.iter_lines() if line)
        except httpx.TransportError as error:
            self.fault = repr(error)


@dataclass
class Upload:
    """A clip that stops half-way until it is told to go on."""

    url: str
    key: str
    name: str
    go_on: threading.Event = field(default_factory=threading.Event)
    sent_half: threading.Event = field(default_factory=threading.Event)
    status: int = 0

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "video/mp4"}
        place = f"{self.url}/v1/events/{ID}/media/{self.name}"
        try:
            self.status = LOOPBACK.put(place, content=self._parts(), headers=headers, timeout=30).status_code
        except httpx.TransportError:
            self.status = -1

    def _parts(self) -> Iterator[bytes]:
        yield HALF
        self.sent_half.set()
        self.go_on.wait(30)
        yield HALF


def running(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def started(stack: Stack) -> str:
    """Serve, with one event; return a key."""
    stack.cli("site", "add", EVENT["subject"].split("/")[1])
    key = stack.new_key("events:write", "events:read")
    stack.serve()
    told = LOOPBACK.put(
        f"{stack.url}/v1/events/{ID}", json=EVENT, headers={"Authorization": f"Bearer {key}"}, timeout=30
    )
    assert told.status_code == 201, told.text
    return key


def half_sent(stack: Stack, key: str) -> socket.socket:
    """Send the first half of a clip; return the line, on which the rest never comes."""
    head = (
        f"PUT /v1/events/{ID}/media/clip HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: video/mp4\r\nContent-Length: {2 * len(HALF)}\r\n\r\n"
    )
    line = socket.create_connection(("127.0.0.1", stack.port), timeout=30)
    line.sendall(head.encode() + HALF)
    return line


def answer_of(line: socket.socket) -> bytes:
    """Return all that comes until the other side hangs up."""
    return b"".join(iter(lambda: line.recv(65536), b""))


def terminated(stack: Stack) -> float:
    """Send SIGTERM; return how long it took to end."""
    began = time.monotonic()
    stack.stop("serve")
    return time.monotonic() - began


def test_listeners_are_told_and_an_upload_that_goes_on_is_finished(stack: Stack) -> None:
    key = started(stack)
    ear, upload = Ear(stack.url, key), Upload(stack.url, key, "clip")
    threads = [running(ear.run), running(upload.run)]
    assert upload.sent_half.wait(20)
    eventually(lambda: any(line.startswith("data:") for line in ear.heard) or ear.fault, within_s=20)
    threading.Timer(DRAIN_S / 2, upload.go_on.set).start()
    assert terminated(stack) < DRAIN_S + FINISH_S + SLACK_S
    for thread in threads:
        thread.join(20)
    goodbye = ["retry: 500", ": this process is about to stop; come back with the last id"]
    assert (ear.fault, ear.heard[-2:]) == ("", goodbye)
    assert upload.status == 201
    assert "Traceback" not in stack.log("serve")
    assert stack.cli("check").endswith("everything is in order\n")
    assert not list((stack.folder / "incoming").iterdir())


def test_an_upload_that_hangs_is_cut_off_and_leaves_nothing(stack: Stack) -> None:
    key = started(stack)
    with half_sent(stack, key) as line:
        eventually(lambda: list((stack.folder / "incoming").iterdir()), within_s=20)
        took_s = terminated(stack)
        head, _, body = answer_of(line).partition(b"\r\n\r\n")
    assert FINISH_S <= took_s < DRAIN_S + FINISH_S + SLACK_S
    assert head.startswith(b"HTTP/1.1 503 "), "whoever sends it knows that it was not taken"
    assert b"\r\nretry-after: 5" in head.lower()
    assert json.loads(body)["status"] == 503
    assert "Traceback" not in stack.log("serve")
    assert stack.cli("check").endswith("everything is in order\n")
    stack.serve()
    assert not list((stack.folder / "incoming").iterdir())
    again = Upload(stack.url, key, "clip")
    again.go_on.set()
    again.run()
    assert again.status == 201, "the box sends it once more, as if it were the first time"
