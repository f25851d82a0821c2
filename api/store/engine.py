"""From an address to an engine: what SQLite and PostgreSQL must be told before the first statement."""

import json
import time
from pathlib import Path
from sqlite3 import SQLITE_BUSY, OperationalError
from sqlite3 import Connection as SqliteConnection
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from vision.errors import ConfigError, StorageError

WRITES = {"mingchu_write": True}
"""Execution options of a transaction that will write."""
_BUSY_MS = 20_000
_IDLE_MS = 15_000
_NAP_S = 0.02
_POOL = {"pool_size": 16, "max_overflow": 32}
_PATIENCE = {
    "connect_timeout": 5,
    # A process that hangs inside a transaction may hold the head of the log: the server throws it out before those who
    # wait for it give up. Whoever knows better says so in the query part of the address.
    "options": f"-c lock_timeout={_BUSY_MS} -c idle_in_transaction_session_timeout={_IDLE_MS}",
}


def address_of(url: str) -> URL:
    """Return the parsed address; ConfigError, which never repeats it, unless it names a database that we can use."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise _wrong_address() from None  # the cause's text may hold the password
    kind = address.get_backend_name()
    in_memory = kind == "sqlite" and address.database in {None, "", ":memory:"}
    if kind not in {"sqlite", "postgresql", "postgres"} or in_memory:
        raise _wrong_address()
    return address if kind == "sqlite" else address.set(drivername="postgresql+psycopg")


def _wrong_address() -> ConfigError:
    return ConfigError("MINGCHU_DATABASE_URL", "***", "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME")


def open_engine(address: URL) -> Engine:
    """Return an engine; nothing is connected yet."""
    if address.get_backend_name() == "sqlite":
        _make_folder(Path(str(address.database)).parent)
        engine = create_engine(address, **_JSON, **_POOL)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    patience = {name: value for name, value in _PATIENCE.items() if name not in address.query}
    try:
        return create_engine(address, pool_pre_ping=True, connect_args=patience, **_JSON, **_POOL)
    except ModuleNotFoundError as error:
        allowed = "sqlite:///FILE until mingchu[postgres] is installed"
        raise ConfigError("MINGCHU_DATABASE_URL", "postgresql://…", allowed) from error


def _as_json(value: object) -> str:
    return to_json(value).decode()


def _of_json(text: str | bytes) -> Any:
    """Read a column; what the quick parser is too strict for, an older release may have written."""
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)


_JSON = {"json_serializer": _as_json, "json_deserializer": _of_json}


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the folder of the database, {folder}, cannot be made: {error.strerror}") from error


def _prepare_sqlite(connection: SqliteConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, also before DDL
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}").close()
    _write_ahead(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _write_ahead(connection: SqliteConnection) -> None:
    # The one statement that does not wait while another process makes the same new file: SQLite calls it a deadlock.
    give_up = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            return connection.execute("PRAGMA journal_mode = WAL").close()
        except OperationalError as error:
            if error.sqlite_errorcode != SQLITE_BUSY or time.monotonic() > give_up:
                raise
        time.sleep(_NAP_S)


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer half-way cannot be told to wait, only to fail; so writers say so at the start.
    writes = connection.get_execution_options().get("mingchu_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
