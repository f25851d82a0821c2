"""What an older release has stored is there after the upgrade, on each kind of database and from each older schema."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Column, Connection, MetaData, Table, insert, inspect, update

from api.arrivals import Arrival, accept_all
from api.audit import Act, breaks
from api.audit import record as note
from api.intake import Step, line_of, new_row, telling_of
from api.store import cameras, events, keys, log, sites, users
from api.store.database import Database
from api.store.migrate import configuration, migrate
from api.store.resealing import lie_open, reseal
from api.store.scope import WHOLE
from api.store.sealing import SealedText
from api.store.tables import metadata
from tests.contract.world import CALLER, NOW, camera_row, event_id, site_row, told, user_row
from tests.keys import KEYRING

ADDRESS = "rtsp://admin:open-sesame@camera.example/1"
EVENT = {**new_row(told(1), "root", NOW), "version": 1, "reviews": 0}
LINE = log.row_of(line_of(EVENT, (), telling_of(told(1)), NOW), 1)
KEY = {"id": "key-1", "prefix": "0123456789ab", "digest": "d" * 64, "name": "box", "region_id": "root"}
ROWS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("sites", {**site_row("main"), "version": 1}),
    ("cameras", {**camera_row("main-1", "main", source=ADDRESS), "version": 1}),
    ("users", user_row("anna")),
    ("keys", {**KEY, "scopes": ["events:write"], "created_at": NOW}),
    ("events", EVENT),
    ("log", LINE),
)
"""Today's rows, of which an older schema takes the columns that it has."""
REVISIONS = ("0001", "0005", "0010", "0014", "0018")
"""The first, the last before this was written, and some between."""


def older(table: str, columns: Sequence[str]) -> Table:
    """Return a table as it was: without what came later, and with secrets that lie open."""
    today = metadata.tables[table].c
    types = {name: today[name].type for name in columns}
    plain = {name: kind.impl_instance if isinstance(kind, SealedText) else kind for name, kind in types.items()}
    return Table(table, MetaData(), *(Column(name, kind) for name, kind in plain.items()))


def fill(connection: Connection) -> None:
    """Store one of everything, as the release of this schema did."""
    for name, row in ROWS:
        had = [column["name"] for column in inspect(connection).get_columns(name)]
        connection.execute(insert(older(name, had)), {column: row[column] for column in had if column in row})
    heads = metadata.tables["heads"]
    connection.execute(update(heads).where(heads.c.name == "log").values(sequence=1))
    note(connection, Act("user:anna", "event.reviewed", event_id(1)), NOW)


def upgraded(url: str, revision: str) -> Database:
    """Return a database that an older release has used, brought to the schema of today."""
    database = Database(url, KEYRING)
    with database.write() as connection:
        command.upgrade(configuration(connection), revision)
        fill(connection)
    migrate(database)
    return database


@pytest.mark.parametrize("revision", REVISIONS)
def test_nothing_is_lost_on_the_way_to_today(empty_url: str, revision: str) -> None:
    with closing(upgraded(empty_url, revision)) as database:
        with database.write() as connection:
            assert lie_open(connection)
            assert reseal(connection, KEYRING) == 1
        with database.read() as connection:
            event = events.find(connection, WHOLE, event_id(1))
            camera, site = cameras.find(connection, WHOLE, "main-1"), sites.find(connection, WHOLE, "main")
            assert event
            assert camera
            assert site
            assert (event["data"], event["site_name"], camera["source"]) == (EVENT["data"], "店 main", ADDRESS)
            assert users.by_name(connection, "anna")
            assert keys.by_prefix(connection, KEY["prefix"])
            assert [line.body for line in log.after(connection, WHOLE, 0, 10)] == [LINE["body"]]
            assert list(breaks(connection)) == []


@pytest.mark.parametrize("revision", [REVISIONS[0], REVISIONS[-1]])
def test_events_go_on_where_they_were(empty_url: str, revision: str) -> None:
    with closing(upgraded(empty_url, revision)) as database, database.write() as connection:
        known, new = accept_all(connection, [Arrival(CALLER, told(number), NOW) for number in (1, 2)])
        assert (known.step, new.step, new.sequence) == (Step.IGNORE, Step.CREATE, 2)
