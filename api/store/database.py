"""The one place that opens, commits and rolls back transactions."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_MS = 20_000
_POOL = {"pool_size": 16, "max_overflow": 32}


class Database:
    """SQLite or PostgreSQL behind two verbs: `read` and `write`."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._one_writer = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        """Tell whether writers must queue up for the whole database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a transaction that sees one state and changes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a transaction; it is durable when this returns, and undone if the block raises."""
        # SQLite's own busy handler polls with growing naps; a lock hands over at once within this process.
        with self._one_writer, self.engine.connect() as plain:
            connection = plain.execution_options(mingchu_write=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, **_POOL)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True, **_POOL)


def _prepare_sqlite(connection: SqliteConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, also before DDL
    for pragma in (f"busy_timeout = {_BUSY_MS}", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer half-way cannot be told to wait, only to fail; so writers say so at the start.
    writes = connection.get_execution_options().get("mingchu_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is taken; tell whether it was inserted."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    return connection.execute(insert(table).values(**values).on_conflict_do_nothing()).rowcount == 1


def upsert(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert a row, or put these values into the one that has its primary key."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    key = [column.name for column in table.primary_key]
    rest = {name: value for name, value in values.items() if name not in key}
    connection.execute(insert(table).values(**values).on_conflict_do_update(index_elements=key, set_=rest))


def answers(connection: Connection) -> bool:
    """Tell whether the database does its simplest work."""
    return connection.scalar(select(1)) == 1
