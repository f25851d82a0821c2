"""`mingchu run`: API, console and one worker on this machine, child processes that are started again when they die."""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Annotated

import httpx
import typer

from api.accounts import new_stored_key
from api.settings import Settings
from api.shell import out
from api.watched import register_demo, register_sources
from vision.errors import ConfigError, StorageError
from vision.scene import ZoneType

READY_S = 30.0


def register(app: typer.Typer) -> None:
    """Add `run` to the command line."""
    app.command()(run)


def run(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="rtsp://… | file.mp4 (played in a loop) | 0; none = the rendered demo site", metavar="SOURCE…"
        ),
    ] = None,
    zone: Annotated[
        ZoneType, typer.Option(help="What the cameras see; the demo knows its own.")
    ] = ZoneType.SPECIAL_ROOM,
) -> None:
    """Start everything on an embedded store and watch these sources, or the demo site."""
    settings, stop = Settings(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    out.print(f"Mingchu 明厨 keeps everything in {settings.data_dir.resolve()}")
    count = register_sources(settings, sources, zone) if sources else register_demo(settings)
    key = new_stored_key(settings, "run", ["events:write", "workers"])
    serve = _Child("vision.main", "serve")
    work = _Child("vision.main", "work", "--api", _url(settings), "--worker", "run", "--trust-local", key=key)
    try:
        serve.start()
        _await(settings, serve, stop)
        if not sources:
            _make_films(settings, serve, stop)
        _look(work, f"Looking at {count} camera(s) every 2 s; open {_url(settings)}  (Ctrl-C ends)", stop)
        _tend([serve, work], stop)
    finally:
        work.stop()
        serve.stop()


def _look(work: "_Child", saying: str, stop: threading.Event) -> None:
    if not stop.is_set():
        work.start()
        out.print(saying)


def _make_films(settings: Settings, serve: "_Child", stop: threading.Event) -> None:
    """Render the demo's films in a process of its own, which Ctrl-C can end; raises StorageError when it fails."""
    films = _Child("vision.demo", "site", str(settings.data_dir / "demo"))
    films.start()
    while (code := films.ended()) is None and not stop.is_set():
        serve.tend()
        stop.wait(0.1)
    films.stop()
    if code:
        raise StorageError(f"{settings.data_dir / 'demo'}: the demo's films could not be rendered (exit code {code})")


class _Child:
    """One of our own commands, kept alive."""

    def __init__(self, *command: str, key: str = "") -> None:
        self._command = [sys.executable, "-m", *command]
        self._env = os.environ | ({"MINGCHU_WORKER_KEY": key} if key else {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # The command is our own, its arguments are not a shell's.
        self._process = subprocess.Popen(self._command, env=self._env, start_new_session=True)  # noqa: S603

    def tend(self) -> None:
        """Start it again when it died."""
        if self._process is not None and self._process.poll() is not None:
            out.print(f"{self._command[3]} ended with {self._process.returncode}; starting it again")
            self.start()

    def ended(self) -> int | None:
        """Return its exit code; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def stop(self) -> None:
        """End it and what it started; it leads a group of its own."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(timeout=10)


def _tend(children: list[_Child], stop: threading.Event) -> None:
    while not stop.wait(1.0):
        for child in children:
            child.tend()


def _await(settings: Settings, serve: "_Child", stop: threading.Event) -> None:
    """Wait until the API is ready; raises ConfigError when it ended instead, having said why."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and not stop.is_set():
        if serve.ended() is not None:
            raise ConfigError("MINGCHU_HOST, MINGCHU_PORT", _url(settings), "an address that can be served; see above")
        try:
            if httpx.get(f"{_url(settings)}/readyz", timeout=2).is_success:
                return
        except httpx.TransportError:
            stop.wait(0.2)


def _url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}"
