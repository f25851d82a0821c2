"""`mingchu run`: API, console and one worker on this machine, child processes that are started again when they die."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from api.commands import new_stored_key, put_camera, put_site, writing
from api.settings import Settings
from api.store import cameras, sites
from api.store.scope import WHOLE
from vision.errors import InvalidInputError
from vision.scene import ZoneType

SITE = "local"
READY_S = 30.0
_out = Console(highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add `run` to the command line."""
    app.command()(run)


def run(
    sources: Annotated[
        list[str] | None, typer.Argument(help="rtsp://… | file.mp4 (played in a loop) | 0", metavar="SOURCE…")
    ] = None,
    zone: Annotated[ZoneType, typer.Option(help="What the cameras see.")] = ZoneType.SPECIAL_ROOM,
) -> None:
    """Start everything on an embedded store and watch these sources."""
    settings = Settings()
    _register_sources(settings, sources or [], zone)
    key = new_stored_key(settings, "run", ["events:write", "workers"])
    children = [_Child("serve"), _Child("work", "--api", _url(settings), "--worker", "run", "--trust-local", key=key)]
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    children[0].start()
    _await(settings, stop)
    children[1].start()
    _out.print(f"Mingchu 明厨: {_url(settings)}")
    _tend(children, stop)


class _Child:
    """One of our own commands, kept alive."""

    def __init__(self, *command: str, key: str = "") -> None:
        self._command = [sys.executable, "-m", "vision.main", *command]
        self._env = os.environ | ({"MINGCHU_WORKER_KEY": key} if key else {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # The command is our own, its arguments are not a shell's.
        self._process = subprocess.Popen(self._command, env=self._env, start_new_session=True)  # noqa: S603

    def tend(self) -> None:
        """Start it again when it died."""
        if self._process is not None and self._process.poll() is not None:
            _out.print(f"{self._command[3]} ended with {self._process.returncode}; starting it again")
            self.start()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=10)


def _tend(children: list[_Child], stop: threading.Event) -> None:
    while not stop.wait(1.0):
        for child in children:
            child.tend()
    for child in reversed(children):
        child.stop()


def _await(settings: Settings, stop: threading.Event) -> None:
    """Wait until the API is ready."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and not stop.is_set():
        try:
            if httpx.get(f"{_url(settings)}/readyz", timeout=2).is_success:
                return
        except httpx.TransportError:
            stop.wait(0.2)


def _url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}"


def _register_sources(settings: Settings, sources: list[str], zone: ZoneType) -> None:
    """Make a camera of every source, once; InvalidInputError names a file that is not there."""
    if not sources:
        raise InvalidInputError("SOURCE", "", "rtsp://…, a file or a camera index; the demo site is not built yet")
    with writing(settings) as (connection, now):
        if not sites.taken(connection, SITE):
            put_site(connection, SITE, SITE, now)
        known = {row["source"] for row in cameras.everything(connection, WHOLE, SITE)}
        for source in map(_playable, sources):
            if source not in known:
                camera = f"camera-{len(known) + 1}"
                known.add(source)
                put_camera(connection, {"id": camera, "site_id": SITE, "name": "", "source": source}, zone, now)


def _playable(source: str) -> str:
    """Return a source that goes on for ever: a film is played in a loop at its own pace."""
    if "://" in source or source.isdecimal() or Path(source).is_dir():
        return source
    path = Path(source).resolve()
    if not path.is_file():
        raise InvalidInputError("SOURCE", source, "an existing file, a URL or a camera index")
    return f"loop+file:{path}"
