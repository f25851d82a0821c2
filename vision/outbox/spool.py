"""The durable queue between the line and the API: what `put` has taken survives kill -9 and a power cut (I1, I2).

One SQLite file (WAL, synchronous=FULL: a commit returns after the log is on the disk) names the media files beside it.
The order of writes is file, flush, row; of deletes row, then file; opening removes the files that no row names.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from vision.clock import Clock, SystemClock
from vision.errors import StorageError
from vision.outbox.reserve import Reserve
from vision.outbox.shelf import Shelf, flush
from vision.ports import Outgoing

DEFAULT_MAX_BYTES = 20 << 30
SCHEMA_VERSION = 1

_SCHEMA = """
create table if not exists items (
    id integer primary key autoincrement,
    event_id text not null,
    part text not null check (part in ('event', 'media')),
    name text not null,
    body blob not null,
    file text not null,              -- in the shelf; empty for events
    media_type text not null,
    sha256 text not null,
    size_bytes integer not null,
    put_at real not null,            -- seconds since 1970, UTC
    attempts integer not null default 0,
    retry_at real not null default 0,
    error text not null default '',  -- of the last attempt
    buried text                      -- why it is a dead letter; null while it waits
) strict;
create index if not exists waiting on items (event_id, id) where buried is null;
create index if not exists retried on items (event_id) where buried is null and retry_at > 0;
create table if not exists open_events (
    event_id text primary key,
    body blob not null               -- the newest body of an event that was opened and not yet closed
) strict;
"""
_FRESH = """
select * from items as item where buried is null and not exists (
    select 1 from items as failed
    where failed.event_id = item.event_id and failed.buried is null and failed.retry_at > 0
) order by id limit :n
"""
"""What belongs to an event of which nothing has failed yet; it goes first, so that no event can block the others."""

_RETRIED = """
select * from items as item where buried is null and event_id in (
    select event_id from items where buried is null and retry_at > 0
) and not exists (
    select 1 from items as earlier
    where earlier.event_id = item.event_id and earlier.id <= item.id
    and earlier.buried is null and earlier.retry_at > :now
) order by id limit :n
"""
"""What belongs to an event that failed before and is due again; nothing overtakes an earlier part of its event."""

_INSERT = """
insert into items (event_id, part, name, body, file, media_type, sha256, size_bytes, put_at)
values (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Queued:
    """One thing that waits in the spool."""

    id: int
    item: Outgoing
    """For media, `path` lies in the spool."""
    attempts: int
    """How often it was tried in vain."""
    put_at: datetime


@dataclass(frozen=True, slots=True)
class SpoolState:
    """What the metrics say about a spool."""

    waiting: int
    buried: int
    size_bytes: int
    """Bodies and media, dead letters included."""
    refused_media: int
    """Since the start: media that did not fit under the bound."""
    oldest_at: datetime | None
    """When the oldest waiting item was put; None when nothing waits."""


class Spool:
    """A `ports.Outbox` in one folder, for one process; any thread may call it.

    Bound: what takes the spool above `max_bytes` is refused if it is media; event bodies, a few KiB each, are always
    taken. A `put` of bodies and media keeps the bodies and leaves the refused media files with the caller, counted in
    `SpoolState.refused_media`; a `put` of nothing but media raises StorageError.
    """

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_MAX_BYTES, clock: Clock | None = None) -> None:
        """Open or create it; raises StorageError when the disk refuses, or another worker holds this spool."""
        self._clock = clock or SystemClock()
        self._max_bytes = max_bytes
        self._mutex = threading.Lock()
        self._refused_media = 0
        with ExitStack() as opening, _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            opening.callback(os.close, _locked(folder / "lock"))
            self._reserve = Reserve(folder / "reserve")
            self._reserve.give()  # opening needs room as well
            self._rows = opening.enter_context(_closing(_connected(folder / "spool.sqlite3")))
            self._shelf = Shelf(folder / "media")
            self._shelf.sweep({row["file"] for row in self._rows.execute("select file from items")})
            flush(folder)
            self._size_bytes = self._one("select coalesce(sum(size_bytes), 0) from items")
            self._interrupted = [
                row["event_id"] for row in self._rows.execute("select event_id from open_events order by rowid")
            ]
            self._reserve.keep()
            self._held = opening.pop_all()
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let another worker have it; what waits, waits on the disk."""
        self._held.close()

    def put(self, *items: Outgoing) -> None:
        """Keep items durably, all or none, in this order; `opened` bodies are remembered as open until `closed` comes.

        Raises:
            StorageError: the disk is full, or only media came and they do not fit; nothing has changed.

        """
        with self._mutex, _told(self._folder):
            if not self._reserve.keep():
                raise StorageError(f"spool {self._folder}: the disk is full; what was kept before is still delivered")
            accepted = self._accepted(items)
            with self._shelf.taking([item.path for item in accepted if item.path is not None]) as names:
                self._size_bytes += self._keep(accepted, names)
            closed = {item.event_id for item in accepted if item.part == "event" and item.name == "closed"}
            self._interrupted = [i for i in self._interrupted if i not in closed]

    def peek(self, n: int) -> list[Queued]:
        """Return the next things to send, oldest first, tried ones last; the order within each event is kept."""
        with self._mutex, _told(self._folder):
            rows = self._rows.execute(_FRESH, {"n": n}).fetchall()
            rows += self._rows.execute(_RETRIED, {"now": self._clock.now().timestamp(), "n": n - len(rows)})
            return [self._queued(row) for row in rows]

    def done(self, ids: Sequence[int]) -> None:
        """Forget what has been delivered."""
        with self._mutex, _told(self._folder):
            rows = [row for i in ids for row in self._rows.execute("select * from items where id = ?", (i,))]
            self._execute("delete from items where id = ?", [(row["id"],) for row in rows])
            self._size_bytes -= sum(row["size_bytes"] for row in rows)
            self._shelf.drop([row["file"] for row in rows if row["file"]])

    def fail(self, item_id: int, error: str, retry_at: datetime) -> None:
        """Let an item, and all later ones of its event, wait until `retry_at`."""
        change = "update items set attempts = attempts + 1, error = ?, retry_at = ? where id = ?"
        self._change(change, error, retry_at.timestamp(), item_id)

    def bury(self, item_id: int, reason: str) -> None:
        """Make an item a dead letter: kept and counted, never sent again, in nobody's way."""
        self._change("update items set attempts = attempts + 1, buried = ? where id = ?", reason, item_id)

    def buried(self) -> list[tuple[Queued, str]]:
        """Return every dead letter and why it is one."""
        with self._mutex, _told(self._folder):
            rows = self._rows.execute("select * from items where buried is not null order by id")
            return [(self._queued(row), row["buried"]) for row in rows]

    def state(self) -> SpoolState:
        """Return what the metrics say."""
        with self._mutex, _told(self._folder):
            row = self._rows.execute(
                "select count(*), count(buried), min(put_at) filter (where buried is null) from items"
            )
            count, dead, oldest = next(row)
            oldest_at = None if oldest is None else datetime.fromtimestamp(oldest, UTC)
            return SpoolState(count - dead, dead, self._size_bytes, self._refused_media, oldest_at)

    def remember(self, event_id: str, body: bytes) -> None:
        """Note that an event is open; `put` does so by itself."""
        self._change("insert or replace into open_events values (?, ?)", event_id, body)

    def forget(self, event_id: str) -> None:
        """Note that an event is no longer open; `put` does so by itself."""
        self._change("delete from open_events where event_id = ?", event_id)

    def orphans(self) -> list[Outgoing]:
        """Return the newest body of each event that an earlier run opened and nobody has closed since, oldest first."""
        with self._mutex, _told(self._folder):
            found = [
                self._rows.execute("select * from open_events where event_id = ?", (i,)).fetchone()
                for i in self._interrupted
            ]
            return [Outgoing(row["event_id"], "event", "opened", row["body"]) for row in found if row is not None]

    def _accepted(self, items: Sequence[Outgoing]) -> Sequence[Outgoing]:
        wanted = sum(item.path.stat().st_size for item in items if item.path is not None)
        if not wanted or self._size_bytes + wanted <= self._max_bytes:
            return items
        bodies = [item for item in items if item.path is None]
        self._refused_media += len(items) - len(bodies)
        if not bodies:
            raise StorageError(
                f"spool: {wanted} bytes of media do not fit; {self._size_bytes} of {self._max_bytes} are taken"
            )
        return bodies

    def _keep(self, items: Sequence[Outgoing], names: Sequence[str]) -> int:
        """Write all rows in one transaction; return the bytes that they add."""
        files, added = iter(names), 0
        with self._transaction():
            for item in items:
                added += self._insert(item, next(files) if item.path is not None else "")
                self._journal(item)
        return added

    def _insert(self, item: Outgoing, file: str) -> int:
        size = self._shelf.path(file).stat().st_size if file else len(item.body)
        put_at = self._clock.now().timestamp()
        row = (item.event_id, item.part, item.name, item.body, file, item.media_type, item.sha256, size, put_at)
        self._rows.execute(_INSERT, row)
        return size

    def _journal(self, item: Outgoing) -> None:
        if item.part == "media":
            return
        if item.name == "opened":
            self._rows.execute("insert or replace into open_events values (?, ?)", (item.event_id, item.body))
        elif item.name == "closed":
            self._rows.execute("delete from open_events where event_id = ?", (item.event_id,))
        else:
            self._rows.execute("update open_events set body = ? where event_id = ?", (item.body, item.event_id))

    def _queued(self, row: sqlite3.Row) -> Queued:
        path = self._shelf.path(row["file"]) if row["file"] else None
        kind = (row["part"], row["name"], row["body"], path, row["media_type"], row["sha256"])
        return Queued(
            row["id"], Outgoing(row["event_id"], *kind), row["attempts"], datetime.fromtimestamp(row["put_at"], UTC)
        )

    def _change(self, statement: str, *values: object) -> None:
        with self._mutex, _told(self._folder):
            self._execute(statement, [values])

    def _execute(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Make a change that makes room or costs none to speak of: on a full disk in the room that is kept for it."""
        try:
            self._execute_once(statement, rows)
        except sqlite3.OperationalError:
            if not self._reserve.give():
                raise
            self._execute_once(statement, rows)

    def _execute_once(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        with self._transaction():
            self._rows.executemany(statement, rows)

    def _one(self, query: str) -> int:
        return int(self._rows.execute(query).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._rows.execute("begin immediate")
        try:
            yield
            self._rows.execute("commit")
        finally:
            if self._rows.in_transaction:
                self._rows.execute("rollback")


def _locked(path: Path) -> int:
    """Return the descriptor whose lock says that this process owns the spool; the kernel frees it however we die."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StorageError(
            f"spool {path.parent}: another worker uses it; give each worker a folder of its own"
        ) from error
    return descriptor


def _connected(path: Path) -> sqlite3.Connection:
    rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    rows.row_factory = sqlite3.Row
    rows.execute("pragma journal_mode = wal")
    rows.execute("pragma synchronous = full")
    rows.execute("pragma wal_autocheckpoint = 250")  # pages of 4 KiB: the log stays far below the reserve
    found = rows.execute("pragma user_version").fetchone()[0]
    if found not in (0, SCHEMA_VERSION):
        rows.close()
        raise StorageError(
            f"spool {path.parent}: schema {found} is not ours ({SCHEMA_VERSION}); a newer Mingchu wrote it"
        )
    rows.executescript(f"{_SCHEMA}; pragma user_version = {SCHEMA_VERSION}")
    return rows


@contextmanager
def _closing(rows: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield rows
    finally:
        rows.close()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Translate what the disk and SQLite say."""
    try:
        yield
    except StorageError:
        raise
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise StorageError(f"spool {folder}: {reason}") from error
