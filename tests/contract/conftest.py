"""Real servers that play generated films."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

RTSP_SERVER = Path(__file__).parent.parent / "servers" / "rtsp.py"

StartRtsp = Callable[..., tuple[str, subprocess.Popen[str]]]


@pytest.fixture
def start_rtsp() -> Iterator[StartRtsp]:
    """Give a function that starts a camera playing a film; returns its address and its process."""
    with ExitStack() as started:

        def start(film: Path, *arguments: str) -> tuple[str, subprocess.Popen[str]]:
            process = started.enter_context(_running(film, *arguments))
            assert process.stdout
            return f"rtsp://127.0.0.1:{int(process.stdout.readline())}/camera", process

        yield start


@contextmanager
def _running(film: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = ["/usr/bin/python3", str(RTSP_SERVER), str(film), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


class _Quiet(SimpleHTTPRequestHandler):
    """A file server that asks for a password under /private and keeps its log to itself."""

    def do_GET(self) -> None:
        if self.path.startswith("/private"):
            self.send_error(401)
        elif self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "/film.mp4")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def serve_http() -> Iterator[Callable[[Path], str]]:
    """Give a function that serves a folder on loopback; returns its address."""
    with ExitStack() as started:

        def start(folder: Path) -> str:
            server = started.enter_context(
                ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
            )
            threading.Thread(target=server.serve_forever, daemon=True).start()
            started.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield start
