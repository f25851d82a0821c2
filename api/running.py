"""`mingchu run`: API, console and one worker on this machine, child processes that are started again when they die."""

import os
import signal
import socket
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
from vision.demo.site import ready
from vision.errors import ConfigError, StorageError
from vision.scene import ZoneType

READY_S = 30.0
FIRST_PAUSE_S, LAST_PAUSE_S = 1.0, 60.0
END_S = 10.0
"""What a child may need to end in order."""
HEALTHY_S = 120.0
"""A child that lived so long did not die of how it was started."""


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
    _require_free(settings.host, settings.port)
    out.print(f"Mingchu 明厨 keeps everything in {settings.data_dir.resolve()}")
    if sources:
        register_sources(settings, sources, zone)
    else:
        register_demo(settings, ready(settings.data_dir / "demo"))
    key = new_stored_key(settings, "run", ["events:write", "workers"])
    serve = _Child("vision.main", "serve")
    work = _Child("vision.main", "work", "--api", _url(settings), "--worker", "run", "--trust-local", key=key)
    try:
        serve.start()
        _await(settings, serve, stop)
        if not sources:
            _show_demo(settings, serve, work, stop)
        if not stop.is_set():
            work.ensure()
            out.print(f"Looking; events arrive at {_url(settings)}  (Ctrl-C ends)")
            _tend([serve, work], stop)
    finally:
        work.stop()
        serve.stop()


def _require_free(host: str, port: int) -> None:
    """Refuse to start beside another that has the address already; raises ConfigError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        allowed = f"an address that is free on this machine ({error.strerror}); does Mingchu run here already?"
        raise ConfigError("MINGCHU_HOST, MINGCHU_PORT", f"{host}:{port}", allowed) from error


def _show_demo(settings: Settings, serve: "_Child", work: "_Child", stop: threading.Event) -> None:
    """Render the films beside the API, in a process that Ctrl-C can end; look at each camera once its film is there.

    Raises StorageError when a film cannot be rendered.
    """
    folder, shown = settings.data_dir / "demo", frozenset[str]()
    films = _Child("vision.demo", "site", str(folder))
    films.start()
    code = None
    while code is None and not stop.is_set():
        code = films.ended()
        filmed = ready(folder)
        if filmed != shown:
            shown = filmed
            register_demo(settings, shown)
            work.ensure()
        for child in (serve, work):
            child.tend()
        stop.wait(0.5)
    films.stop()
    if code:
        raise StorageError(f"{folder}: the demo's films could not be rendered (exit code {code})")


class _Child:
    """One of our own commands, kept alive."""

    def __init__(self, *command: str, key: str = "") -> None:
        self._command = [sys.executable, "-m", *command]
        self._env = os.environ | ({"MINGCHU_WORKER_KEY": key} if key else {})
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._pause_s = FIRST_PAUSE_S

    def start(self) -> None:
        # The command is our own, its arguments are not a shell's.
        self._process = subprocess.Popen(self._command, env=self._env, start_new_session=True)  # noqa: S603
        self._started_s = time.monotonic()

    def ensure(self) -> None:
        """Start it unless it was started before."""
        if self._process is None:
            self.start()

    def tend(self) -> None:
        """Start it again when it died, each time after a longer pause; a long life makes the pause short again."""
        lived_s = time.monotonic() - self._started_s
        if self.ended() is None or lived_s < self._pause_s:
            return
        self._pause_s = FIRST_PAUSE_S if lived_s > HEALTHY_S else min(2 * self._pause_s, LAST_PAUSE_S)
        out.print(f"{self._command[3]} ended with {self.ended()}; starting it again")
        self.start()

    def ended(self) -> int | None:
        """Return its exit code; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def stop(self) -> None:
        """End it and what it started; it leads a group of its own."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(timeout=END_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)


def _tend(children: list[_Child], stop: threading.Event) -> None:
    while not stop.wait(1.0):
        for child in children:
            child.tend()


def _await(settings: Settings, serve: "_Child", stop: threading.Event) -> None:
    """Wait until the API is ready; raises ConfigError when it ended instead, having said why."""
    deadline = time.monotonic() + READY_S
    with httpx.Client(base_url=_url(settings), trust_env=False, timeout=2) as client:
        while time.monotonic() < deadline and not stop.is_set():
            if serve.ended() is not None:
                allowed = "an address that can be served; see above"
                raise ConfigError("MINGCHU_HOST, MINGCHU_PORT", _url(settings), allowed)
            try:
                if client.get("/readyz").is_success:
                    return
            except httpx.TransportError:
                stop.wait(0.2)


def _url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}"
