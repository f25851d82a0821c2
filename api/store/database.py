"""The one place that opens, commits and rolls back transactions."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Table, TextClause, insert, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.dml import ReturningInsert

from api.store.engine import WRITES, address_of, open_engine
from api.store.faults import our_word_for
from api.store.sealing import Keyring, give_keys
from api.store.together import Stages, Together
from vision.tracing import span

_ONE_STATE = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Database:
    """SQLite or PostgreSQL behind three verbs: `read`, `write`, and `together` for what comes in crowds.

    All raise StorageError when the database does not answer, and InvalidInputError when it cannot keep a value.
    """

    def __init__(self, url: str, keyring: Keyring | None = None) -> None:
        """Open nothing yet; without a keyring no secret can be read or written."""
        self.engine = open_engine(address_of(url))
        self.keyring = keyring
        give_keys(self.engine.dialect, keyring)
        self._one_writer = threading.Lock() if self.is_sqlite else nullcontext()
        self.together = Together(self.write).do
        self.in_stages = Stages().run

    @property
    def is_sqlite(self) -> bool:
        """Tell whether writers must queue up for the whole database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a transaction that sees one state and changes nothing."""
        with self._span("store.read"), self._translated(), self.engine.connect() as connection:
            yield connection if self.is_sqlite else connection.execution_options(**_ONE_STATE)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a transaction; it is durable when this returns, and undone if the block raises."""
        # SQLite's own busy handler polls with growing naps; a lock hands over at once within this process.
        with self._span("store.write"), self._translated(), self._one_writer, self.engine.connect() as plain:
            connection = plain.execution_options(**WRITES)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    def _span(self, name: str) -> AbstractContextManager[object]:
        return span(name, {"db.system.name": self.engine.dialect.name})

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            ours = our_word_for(error, self.engine.url)
            if ours is None:
                raise
            raise ours from error


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is taken; tell whether it was inserted."""
    return connection.execute(_inserting(connection.dialect.name, table), values).first() is not None


def insert_all_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> set[Any]:
    """Insert rows but those whose key, of one column, is taken; return the keys of those that were inserted."""
    if not rows:
        return set()
    return set(connection.execute(_inserting(connection.dialect.name, table), list(rows)).scalars())


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns; none may be there already.

    PostgreSQL gets them as one value and not row by row, which costs this process and the server half as much.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), list(rows))
    else:
        connection.execute(_from_json(table, tuple(rows[0])), {"rows": to_json(rows).decode()})


@lru_cache(maxsize=64)
def _from_json(table: Table, columns: tuple[str, ...]) -> TextClause:
    """Return the statement; names are ours, and the table's own types read the values."""
    named = ", ".join(table.c[name].name for name in columns)
    source = f"json_populate_recordset(NULL::{table.name}, CAST(:rows AS json))"
    return text(f"INSERT INTO {table.name} ({named}) SELECT {named} FROM {source}")  # noqa: S608 - ours


@lru_cache(maxsize=64)  # intake asks for it with every event, and it takes longer to build than to do
def _inserting(dialect: str, table: Table) -> ReturningInsert[Any]:
    inserting = sqlite_insert if dialect == "sqlite" else postgresql_insert
    # An INSERT's rowcount is -1 with psycopg; what it returns is there or not with every driver.
    return inserting(table).on_conflict_do_nothing().returning(*table.primary_key)


def upsert(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert a row, or put these values into the one that has its primary key."""
    inserting = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    key = [column.name for column in table.primary_key]
    rest = {name: value for name, value in values.items() if name not in key}
    connection.execute(inserting(table).values(**values).on_conflict_do_update(index_elements=key, set_=rest))


def answers(connection: Connection) -> bool:
    """Tell whether the database does its simplest work."""
    return connection.scalar(select(1)) == 1
