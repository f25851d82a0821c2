"""Real servers: cameras that play generated films, databases, object stores."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from api.store.database import Database
from api.store.migrate import migrate
from tests.keys import KEYRING
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.swift import Swift, running_swift

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give one private PostgreSQL to all suites; each takes databases of its own, and none kills it."""
    with running_postgres(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def swift() -> Iterator[Swift]:
    """Give one private S3 to all suites; each takes buckets of its own."""
    with running_swift() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database file with our schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """Give the name of a database with our schema, to be copied."""
    url = postgres.new_url()
    _migrate(url)
    return url.rpartition("/")[2]


def _migrate(url: str) -> None:
    database = Database(url, KEYRING)
    migrate(database)
    database.close()


STORES = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.server("postgresql"))]
"""Every kind of database that the API's store must behave alike on."""


@pytest.fixture(params=STORES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database without any table, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.new_url()
    yield url
    server.drop(url)


@pytest.fixture
def postgres_url(postgres: Postgres, migrated_postgres: str) -> Iterator[str]:
    """Give the address of a database with our schema in PostgreSQL."""
    url = postgres.new_url(migrated_postgres)
    yield url
    postgres.drop(url)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Give the address of a database with our schema in SQLite."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'copy.sqlite3')}"


@pytest.fixture(params=STORES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Give a database with our schema and nothing in it, of each kind in turn."""
    with closing(
        Database(request.getfixturevalue(f"{request.param}_url".replace("postgresql", "postgres")), KEYRING)
    ) as opened:
        yield opened
