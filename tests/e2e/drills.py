"""What the drills are made of: a whole Mingchu whose cables can be pulled, listeners, and the witness's journal."""

import json
import random
import shutil
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.blocks import write_blocks
from tests.e2e.drill_worker import witnessed
from tests.e2e.stack import LOOPBACK, Stack, eventually

WORKER = "w1"
SCOPES = ("events:write", "events:read", "workers", "sites:write", "sites:read")

Part = tuple[str, str, str]
"""Event, part (event or media), and phase or role."""


@dataclass
class Drill:
    """API, one worker that sees blocks, and as many cameras as the drill wants."""

    stack: Stack
    home: Path | None = None
    """Where the worker keeps what it must not lose; None = beside the API's data."""
    key: str = ""
    deaths: list[str] = field(default_factory=list)
    """What ended by itself, with its last words."""

    def begin(self, cameras: int) -> None:
        """Start everything on an empty store."""
        self.stack.cli("site", "add", "local")
        self.key = self.stack.new_key(*SCOPES)
        self.stack.serve()
        film = write_blocks(self.stack.folder / "blocks.mp4")
        for number in range(cameras):
            self.add_camera(f"k{number}", film)
        self.journal.touch()
        self.work()
        self.let_it_work(within_s=30)

    def add_camera(self, camera: str, film: Path) -> None:
        rolls = {"pre_roll_s": 2, "post_roll_s": 2, "interval_s": 1, "zones": [{"type": "special_room"}]}
        told = {"id": camera, "site": "local", "source": f"loop+file:{film}", **rolls}
        LOOPBACK.post(f"{self.stack.url}/v1/cameras", json=told, headers=self.headers).raise_for_status()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def journal(self) -> Path:
        return self.stack.notebook / "journal"

    @property
    def spool(self) -> Path:
        return (self.home or self.stack.folder) / "spool" / WORKER

    def work(self) -> None:
        """Start the worker; it does not wait for anything."""
        told = ("work", "--api", self.stack.url, "--key", self.key, "--worker", WORKER, "--trust-local")
        home = ("--data-dir", str(self.home or self.stack.folder))
        self.stack.start("work", str(self.journal), *told, *home, entry=witnessed)

    def serve(self) -> None:
        """Start the API; who needs it ready waits for it."""
        self.stack.start("serve", "serve")

    def tend(self) -> None:
        """Start again whatever ended by itself, as a supervisor does, and remember that it did."""
        for name, start in (("serve", self.serve), ("work", self.work)):
            ended = self.stack.processes[name].poll()
            if ended is not None:
                self.deaths.append(f"{name} ended with {ended}: {self.stack.log(name)[-300:]}")
                start()

    def let_it_work(self, within_s: float) -> None:
        """Wait until the witness saw something more, or the time is over."""
        until, size = time.monotonic() + within_s, self.journal.stat().st_size
        while self.journal.stat().st_size == size and time.monotonic() < until:
            time.sleep(0.05)

    def spooled(self) -> Counter[str]:
        """Count what waits, what is buried and what is still open in the worker's spool."""
        address = f"file:{self.spool / 'spool.sqlite3'}?mode=ro"
        rows = sqlite3.connect(address, uri=True, timeout=10)
        try:
            waiting, buried = rows.execute("select count(*) - count(buried), count(buried) from items").fetchone()
            return Counter(
                waiting=waiting, buried=buried, open=rows.execute("select count(*) from open_events").fetchone()[0]
            )
        finally:
            rows.close()

    def drain(self, within_s: float) -> float:
        """Take the cameras away, wait until nothing is open and nothing waits; return the seconds that it took."""
        eventually(self.stack.ready, within_s=20)
        for camera in self.get("/v1/cameras")["items"]:
            self.stack.cli("camera", "remove", camera["id"])
        # A worker that was there before may open something until it hears of it; the next one has no camera at all.
        assert self.stack.stop("work") == 0, self.stack.log("work")
        self.work()
        began = time.monotonic()
        eventually(self._is_quiet, within_s=within_s)
        return time.monotonic() - began

    def _is_quiet(self) -> bool:
        self.tend()
        spooled = self.spooled()
        assert not spooled["buried"], spooled
        return not spooled["waiting"] and not spooled["open"]

    def waiting_as_told(self) -> float:
        """Return what the API's metrics say of the worker's spool."""
        text = LOOPBACK.get(f"{self.stack.url}/metrics", timeout=10).text
        name = f'mingchu_spool_waiting{{worker="{WORKER}"}} '
        return next((float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name)), -1)

    def get(self, path: str) -> Any:
        return LOOPBACK.get(self.stack.url + path, headers=self.headers, timeout=10).raise_for_status().json()

    def log(self) -> list[dict[str, Any]]:
        """Return the whole log as it stands now."""
        lines: list[dict[str, Any]] = []
        while page := self.get(f"/v1/log?after={len(lines)}&limit=1000")["items"]:
            lines += page
        return lines


@dataclass
class Cable:
    """Something that can die at any moment, and come back."""

    name: str
    pull: Callable[[], None]
    plug: Callable[[], None]


def pull_cables(drill: Drill, cables: list[Cable], dice: random.Random, times: int) -> Counter[str]:
    """Kill one of them at a random moment, leave it dead for another, start it again; so many times.

    Most of the blows come upon each other; some first let the worker get to work, however slow the machine is.
    """
    pulled: Counter[str] = Counter()
    for _ in range(times):
        if dice.random() < 0.4:
            drill.let_it_work(within_s=4)
            time.sleep(dice.uniform(0, 2))
        time.sleep(dice.uniform(0, 0.4))
        cable = dice.choice(cables)
        cable.pull()
        pulled[cable.name] += 1
        time.sleep(dice.choice((0, dice.uniform(0, 0.5))))
        cable.plug()
        drill.tend()
    return pulled


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """Give an empty disk of this size; needs root, as mounting does."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "mingchu-drill", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount a small disk here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, spare_bytes: int = 0) -> Path:
    """Take what is free on a disk, but for so much; return the file that can be removed again."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while (free := shutil.disk_usage(disk).free) > spare_bytes:
            try:
                file.write(bytes(min(1 << 20, free - spare_bytes)))
            except OSError:  # somebody else took the rest
                break
    return ballast


class Reader(threading.Thread):
    """Somebody who wants every line of the log exactly once and in order, and reconnects whenever it is cut off."""

    def __init__(self, drill: Drill) -> None:
        super().__init__(daemon=True)
        self._drill = drill
        self._over = threading.Event()
        self.lines: list[dict[str, Any]] = []
        self.sequences: list[int] = []
        self.connections = 0

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self.connections += 1
                for sequence, line in self.read(self.sequences[-1] if self.sequences else 0):
                    self.sequences.append(sequence)
                    self.lines.append(line)
            except httpx.HTTPError:
                self._over.wait(0.05)

    def read(self, after: int) -> Iterator[tuple[int, dict[str, Any]]]:
        raise NotImplementedError

    def stop(self) -> None:
        self._over.set()
        self.join(timeout=10)
        assert not self.is_alive()


class Puller(Reader):
    """Asks for the next lines again and again."""

    def read(self, after: int) -> Iterator[tuple[int, dict[str, Any]]]:
        address, told = f"{self._drill.stack.url}/v1/log", {"after": after, "limit": 7}
        items = (
            LOOPBACK.get(address, params=told, headers=self._drill.headers, timeout=5)
            .raise_for_status()
            .json()["items"]
        )
        yield from ((line["sequence"], line) for line in items)
        if not items:
            self._over.wait(0.2)


class SseClient(Reader):
    """Listens to the stream, and says where it was when it comes back."""

    def read(self, after: int) -> Iterator[tuple[int, dict[str, Any]]]:
        address, headers = f"{self._drill.stack.url}/v1/stream", {**self._drill.headers, "Last-Event-ID": str(after)}
        with LOOPBACK.stream("GET", address, headers=headers, timeout=3) as answer:
            answer.raise_for_status()
            sequence = 0
            for text in answer.iter_lines():
                name, _, value = text.partition(": ")
                if name == "id":
                    sequence = int(value)
                elif name == "data":
                    yield sequence, json.loads(value)
                if self._over.is_set():
                    return


@dataclass(frozen=True)
class Witness:
    """What the worker's journal says."""

    kept: Mapping[Part, str]
    """What the spool took, with the hash of media."""
    begun: Mapping[Part, str]
    """What was handed to the spool, taken or not: death may have come between."""
    missed: list[str]
    """Events that the line opened and that were not handed over, although the worker lived on."""

    @classmethod
    def read(cls, journal: Path) -> "Witness":
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
        kept, begun = _parts(lines, "kept"), _parts(lines, "about")
        return cls(kept, begun, _missed(lines, {event for event, _, _ in kept}))

    def phases(self, *, begun: bool = False) -> set[tuple[str, str]]:
        parts = self.begun if begun else self.kept
        return {(event, name) for event, part, name in parts if part == "event"}

    def media(self) -> dict[tuple[str, str], str]:
        return {(event, name): digest for (event, part, name), digest in self.kept.items() if part == "media"}


def _parts(lines: list[dict[str, Any]], said: str) -> dict[Part, str]:
    items = [item for line in lines if line["said"] == said for item in line["items"]]
    return {(item["event"], item["part"], item["name"]): item["sha256"] for item in items}


def _missed(lines: list[dict[str, Any]], kept: set[str]) -> list[str]:
    """A look's openings may die with the worker only if it was this process's last look at this camera."""
    looks: dict[tuple[int, str], list[list[str]]] = {}
    for line in lines:
        if line["said"] == "opened":
            looks.setdefault((line["pid"], line["camera"]), []).append(line["events"])
    return [event for each in looks.values() for look in each[:-1] for event in look if event not in kept]
