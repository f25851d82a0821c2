"""A private PostgreSQL for tests: own folder, own port, and it can be killed at any moment.

    with running_postgres() as server:
        server.url           # postgresql+psycopg://… of an empty database
        server.new_url()     # another empty database
        server.kill()        # SIGKILL for the postmaster and all its children
        server.start()       # recovers, same port

PostgreSQL refuses to run as root; there the server runs as Debian's user `postgres`.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg
from sqlalchemy import URL

from tests.e2e.stack import eventually, free_port

USER, PASSWORD, DATABASE = "mingchu", "tester's-sécret/@:", "mingchu"
"""The password needs escaping in a URL, as good ones do."""
_AS_ROOT: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": ()} if os.geteuid() == 0 else {}


def program(name: str) -> str:
    """Return the newest installed version of one of PostgreSQL's programs."""
    found = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return str(max(found, key=lambda path: int(path.parent.parent.name)))


@dataclass
class Postgres:
    """One cluster, started and stopped at will; a crash is `kill`, then `start`."""

    folder: Path
    durable: bool = True
    """Flushes to the disk, as a server that will be killed must."""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=count, repr=False)

    @property
    def url(self) -> str:
        """The address of the database that is there from the start."""
        return self.url_of(DATABASE)

    def url_of(self, database: str, password: str = PASSWORD) -> str:
        """Return the address of a database, whether it exists or not."""
        url = URL.create("postgresql+psycopg", USER, password, "127.0.0.1", self.port, database)
        return url.render_as_string(hide_password=False)

    def new_url(self, template: str = "template1") -> str:
        """Make another database, empty or a copy of one that nobody is connected to; return its address."""
        name = f"test_{next(self.numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url_of(name)

    def drop(self, url: str) -> None:
        """Delete a database that `new_url` made, whoever is still connected."""
        self.run(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')

    def run(self, statement: str, database: str = DATABASE) -> list[tuple[Any, ...]]:
        """Run one statement outside any transaction and return its rows."""
        with self._connect(database) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _connect(self, database: str = DATABASE) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
        )

    def create(self) -> None:
        """Make the cluster's folder, its owner and its first database."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._tool("initdb", "-U", USER, "--pwfile", str(secret), "-A", "scram-sha-256", "-E", "UTF8", "--no-sync")
        self.start(database="postgres")
        self.run(f'CREATE DATABASE "{DATABASE}"', "postgres")

    def _tool(self, name: str, *arguments: str) -> None:
        command = [program(name), "-D", str(self.data), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False, **_AS_ROOT
        )
        assert done.returncode == 0, f"{name}: {done.stdout}\n{done.stderr}"

    @property
    def data(self) -> Path:
        """Where PostgreSQL keeps everything."""
        return self.folder / "data"

    def start(self, database: str = DATABASE) -> None:
        """Start the server and wait until it lets us in, after recovery where it must recover."""
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder, "fsync": self.durable}
        options["dynamic_shared_memory_type"] = "mmap"  # in our folder, where a kill leaves nothing for others
        told = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            command = [program("postgres"), "-D", str(self.data), "-p", str(self.port), *told]
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **_AS_ROOT)
        eventually(lambda: self.answers(database), within_s=60)

    def answers(self, database: str = DATABASE) -> bool:
        """Tell whether one can log in; fails when the server has died."""
        assert self.process, "start it first"
        assert self.process.poll() is None, self.log()
        try:
            self._connect(database).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL for the postmaster and all its children: nobody has the chance to finish a sentence."""
        process, self.process = self.process, None
        assert process, "it does not run"
        os.kill(process.pid, signal.SIGSTOP)  # a stopped postmaster forks no more
        family = [process.pid, *_children(process.pid)]
        for pid in family:
            _signal(pid, signal.SIGKILL)
        process.wait()
        # The next start refuses while one of them still holds the shared memory.
        eventually(lambda: not any(map(_lives, family)))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ask politely, but do not wait for clients; by SIGQUIT it does not tidy up, either."""
        process, self.process = self.process, None
        if process and process.poll() is None:
            process.send_signal(how)
            process.wait(timeout=30)

    def log(self) -> str:
        """Return what the server said last."""
        return (self.folder / "log").read_text(errors="replace")[-4000:]


def _children(pid: int) -> Sequence[int]:
    """Return the processes whose parent this is: each is its own session, so a process group does not tell."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _facts(path)[1:2] == [str(pid)]]


def _lives(pid: int) -> bool:
    return _facts(Path(f"/proc/{pid}"))[:1] not in ([], ["Z"])


def _facts(process: Path) -> list[str]:
    """Return state, parent and so on of a process; nothing when it is gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _memory() -> Path | None:
    """Return a folder in memory, where there is enough of it: a busy disk makes copies of databases slow."""
    folder = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    return folder if folder.is_dir() and shutil.disk_usage(folder).free > 1 << 30 else None


@contextmanager
def running_postgres(*, durable: bool = True) -> Iterator[Postgres]:
    """Give a started server with one empty database; leave nothing behind."""
    # Not pytest's folder: that is closed to other users, and too long a path for a Unix socket.
    folder = Path(mkdtemp(prefix="mingchu-postgres-", dir=None if durable else _memory()))
    if _AS_ROOT:
        shutil.chown(folder, _AS_ROOT["user"], _AS_ROOT["group"])
    server = Postgres(folder, durable=durable)
    try:
        server.create()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder)
