"""A whole Mingchu for tests: `serve` and `work` as real processes that can be killed and started again."""

import os
import signal
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx

from tests.e2e.ready import Command, Entry, Running, mingchu

MINGCHU = Path(sys.executable).with_name("mingchu")
ROOT = Path(__file__).parent.parent.parent
T = TypeVar("T")
LOOPBACK = httpx.Client(
    verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    limits=httpx.Limits(max_keepalive_connections=0),
    trust_env=False,
)
"""For all who ask a loopback server again and again: `httpx.get` reads the world's authorities anew each time."""


def free_port() -> int:
    """Return a loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(probe: Callable[[], T], within_s: float = 60.0, every_s: float = 0.1) -> T:
    """Ask until the answer is truthy; fail with the last answer after `within_s`."""
    deadline = time.monotonic() + within_s
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            message = f"still {answer!r} after {within_s} s"
            raise AssertionError(message)
        time.sleep(every_s)


@dataclass
class Stack:
    """One API and any number of workers over one data folder."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    processes: dict[str, Running] = field(default_factory=dict)
    notes: Path | None = None
    """Where logs go; None = the data folder. A drill that fills the data's disk must not silence its witnesses."""

    @property
    def notebook(self) -> Path:
        return self.notes or self.folder

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        mine = {"MINGCHU_DATA_DIR": str(self.folder), "MINGCHU_PORT": str(self.port), "MINGCHU_HOST": "127.0.0.1"}
        return os.environ | mine | self.environment

    def cli(self, *arguments: str) -> str:
        """Run one administration command to its end and return what it printed."""
        with tempfile.TemporaryDirectory() as scratch:
            log = Path(scratch, "said")
            code = Running(Command(mingchu, arguments, self.env, log, ROOT)).wait(60)
            told = log.read_text(errors="replace")
        assert code == 0, f"{arguments}: {code}\n{told}"
        return told

    def start(self, name: str, *arguments: str, entry: Entry = mingchu) -> None:
        """Start a long-running command; what it prints goes to `<name>.log` in the notebook."""
        self.processes[name] = Running(Command(entry, arguments, self.env, self.notebook / f"{name}.log", ROOT))

    def serve(self) -> None:
        """Start the API and wait until it is ready."""
        self.start("serve", "serve")
        eventually(self.ready)

    def new_key(self, *scopes: str) -> str:
        """Make an API key with these scopes."""
        told = self.cli("key", "add", "test", *(part for scope in scopes for part in ("--scope", scope)))
        return told.split()[-1]

    def ready(self) -> bool:
        """Tell whether the API answers that it can work."""
        assert self.processes["serve"].poll() is None, self.log("serve")
        try:
            return LOOPBACK.get(f"{self.url}/readyz", timeout=2).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def kill(self, name: str) -> None:
        """Pull the cable: SIGKILL, no goodbye."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self, name: str) -> int:
        """Ask politely with SIGTERM; return the exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=20)

    def log(self, name: str) -> str:
        """Return what a process printed so far."""
        return (self.notebook / f"{name}.log").read_text(errors="replace")[-8000:]

    def close(self) -> None:
        """Stop everything that still runs."""
        for name in list(self.processes):
            self.kill(name)
