"""What a database itself refuses, whoever asks, alike on each kind."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from api.store import cameras, events, media, register, reviews, sites, users
from api.store import schema as tables
from api.store.database import Database
from api.store.events import EventFilter, Page
from api.store.scope import WHOLE
from tests.contract.world import NOW, camera_row, event_id, furnish, piece, site_row, take, told, user_row, view
from tests.keys import KEYRING
from vision.errors import InvalidInputError, StorageError


@pytest.fixture
def city(database: Database) -> Database:
    with database.write() as connection:
        furnish(connection)
        take(connection, told(1))
        take(connection, told(2, site="hall"))
    return database


REFUSED: dict[str, Callable[[Connection], Any]] = {
    "a tier": lambda c: _change(c, "events", tier="IV"),
    "a rank that is not the tier's": lambda c: _change(c, "events", tier="III"),
    "an end that is missing": lambda c: _change(c, "events", phase="closed"),
    "a status": lambda c: _change(c, "events", status="guilty"),
    "a camera that is not there": lambda c: _change(c, "events", camera_id="nowhere"),
    "a verdict": lambda c: reviews.add(c, event_id(1), 1, _said("guilty"), NOW),
    "a verdict of nobody": lambda c: reviews.add(c, event_id(1), 1, {**_said("unsure"), "user_id": "nobody"}, NOW),
    "a second verdict with one number": lambda c: [reviews.add(c, event_id(1), 1, _said("unsure"), NOW) for _ in "12"],
    "a look without a reason": lambda c: register.note(c, view(1, reason=""), NOW),
    "evidence of nothing": lambda c: media.add(c, {**piece("clip"), "event_id": event_id(9)}),
    "half a hash": lambda c: media.add(c, {**piece("clip"), "sha256": "0" * 32}),
    "a second site with one id": lambda c: sites.add(c, site_row("main")),
    "a site in no region": lambda c: sites.add(c, site_row("new", "nowhere")),
    "a second root": lambda c: c.execute(insert(tables.regions).values(id="r2", name="", parent_id=None, path="/")),
    "a path without an end": lambda c: c.execute(
        insert(tables.regions).values(id="r2", name="", parent_id="root", path="/r2")
    ),
    "a kitchen user without a kitchen": lambda c: users.add(c, user_row("kim", "kitchen")),
    "a supervisor with one": lambda c: users.add(c, user_row("kim", "supervisor", site="main")),
    "two people of one name": lambda c: users.add(c, {**user_row("anna"), "id": "another"}),
    "a camera that never looks": lambda c: cameras.add(c, camera_row("new", "main", interval_s=0)),
    "a camera of no site": lambda c: cameras.add(c, camera_row("new", "nowhere")),
    "the number of a message": lambda c: c.execute(update(tables.log).values(sequence=0)),
    "a message that is logged twice": lambda c: c.execute(update(tables.log).values(message_id="the same")),
    "a site with a history that goes": lambda c: c.execute(delete(tables.sites).where(tables.sites.c.id == "main")),
    "a text that is missing": lambda c: _change(c, "cameras", name=None),
}


def _change(connection: Connection, table: str, **values: Any) -> None:
    connection.execute(update(tables.metadata.tables[table]).values(**values))


def _said(verdict: str) -> dict[str, Any]:
    return {"verdict": verdict, "reason": "", "note": "", "user_id": "user-anna"}


@pytest.mark.parametrize("way", REFUSED)
def test_no_code_can_put_this_in(city: Database, way: str) -> None:
    with pytest.raises(IntegrityError), city.write() as connection:
        REFUSED[way](connection)


def test_an_instant_without_an_offset_is_refused(city: Database) -> None:
    naive = datetime(2026, 11, 24)  # noqa: DTZ001 - the mistake itself
    with pytest.raises(InvalidInputError, match="instant with an offset"), city.write() as connection:
        _change(connection, "events", updated_at=naive)
    with city.read() as connection:
        stored = connection.scalars(select(tables.events.c.updated_at)).all()
    assert {at.tzinfo for at in stored} == {UTC}


@pytest.mark.server("postgresql")
@pytest.mark.parametrize("name", ["a\0b", "x" * 129])
def test_what_postgresql_cannot_keep_is_the_callers_mistake(postgres_url: str, name: str) -> None:
    """SQLite keeps a NUL and any length; a value that does not fit is no fault of the server."""
    with closing(Database(postgres_url, KEYRING)) as database:
        with database.write() as connection:
            furnish(connection)
        with pytest.raises(InvalidInputError, match="what the database can keep"), database.write() as connection:
            _change(connection, "cameras", name=name)


def test_a_full_disk_is_said_and_what_was_there_stays(sqlite_url: str) -> None:
    with closing(Database(sqlite_url, KEYRING)) as database:
        with database.write() as connection:
            furnish(connection)
            take(connection, told(1))
        with pytest.raises(StorageError, match="database or disk is full"), database.write() as connection:  # noqa: PT012
            connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as it has now
            for number in range(2, 500):
                take(connection, told(number))
    with closing(Database(sqlite_url, KEYRING)) as database:
        with database.write() as connection:
            assert take(connection, told(2)).sequence == 2
        with database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert [row["id"] for row in events.page(connection, WHOLE, EventFilter(), Page("newest", 9))] == sorted(
                [event_id(1), event_id(2)], reverse=True
            )


def test_our_own_mistakes_are_not_the_databases(database: Database) -> None:
    """Wrong SQL must not be answered with `try again`."""
    with pytest.raises(SQLAlchemyError), database.read() as connection:
        connection.exec_driver_sql("SELECT no_such_column FROM events")
