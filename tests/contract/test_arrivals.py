"""Many messages at once, on each kind of database: the same outcome as one after the other, with fewer statements."""

import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from api.arrivals import Arrival, accept_all
from api.intake import Accepted, Step
from api.store.database import Database
from api.store.log import head as log_head
from api.store.schema import events, log
from api.store.scope import Scope
from tests.contract.world import CALLER, NOW, furnish, told
from vision.errors import InvalidInputError

NORTH = replace(CALLER, id="key-2", scope=Scope("/north/"))


def arrival(number: int, phase: str = "opened", caller: Any = CALLER, **data: Any) -> Arrival:
    return Arrival(caller, told(number, phase, **data), NOW + timedelta(seconds=number))


CROWD = (
    arrival(1, camera="main-1"),
    arrival(2, camera="main-1"),
    arrival(1, camera="main-1"),
    arrival(3, camera="nobody-knows"),
    arrival(4, site="hall", camera="hall-1", caller=NORTH),
    arrival(5, "closed", camera="main-1"),
    arrival(1, "closed", camera="main-1"),
    arrival(1, "updated", camera="main-1"),
    arrival(6, camera="main-1"),
)


def kept(connection: Connection) -> tuple[list[Mapping[Any, Any]], dict[str, Any], int]:
    """Return the events, what the log says by message without its number, and how many numbers were given."""
    rows: list[Mapping[Any, Any]] = [
        dict(row) for row in connection.execute(select(events).order_by(events.c.id)).mappings()
    ]
    lines = connection.execute(select(log).order_by(log.c.sequence)).mappings().all()
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    bodies = [json.loads(line["body"]) for line in lines]
    assert [body["sequence"] for body in bodies] == [body["data"]["sequence"] for body in bodies]
    assert [body["sequence"] for body in bodies] == [line["sequence"] for line in lines]
    for body in bodies:
        body["sequence"] = body["data"]["sequence"] = 0
    return rows, {body["id"]: body for body in bodies}, log_head(connection)


def one_after_the_other(connection: Connection, arrivals: Sequence[Arrival]) -> list[Accepted]:
    return [each(connection) for each in arrivals]


def test_a_crowd_ends_as_one_after_the_other_would(database: Database) -> None:
    outcomes = []
    for take_in in (one_after_the_other, accept_all):
        with database.write() as connection:
            furnish(connection)
            steps = [accepted.step for accepted in take_in(connection, CROWD)]
            outcomes.append((steps, *kept(connection)))
            connection.rollback()
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0].count(Step.CREATE) == 6


def test_what_is_told_again_is_known_and_takes_no_number(database: Database) -> None:
    with database.write() as connection:
        furnish(connection)
        accept_all(connection, CROWD)
        before = kept(connection)
        again = accept_all(connection, CROWD)
        assert {accepted.step for accepted in again} == {Step.IGNORE}
        assert kept(connection) == before


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param(arrival(7, site="moon", camera="main-1"), id="no such site"),
        pytest.param(arrival(7, site="main", camera="main-1", caller=NORTH), id="a site of another region"),
        pytest.param(arrival(7, site="hall", camera="main-1"), id="a camera of another site"),
        pytest.param(arrival(1, site="hall", camera="hall-1"), id="an id of another camera's event"),
    ],
)
def test_one_that_is_wrong_stops_its_company(database: Database, stranger: Arrival) -> None:
    with database.write() as connection:
        furnish(connection)
        with pytest.raises(InvalidInputError):
            accept_all(connection, (*CROWD, stranger))


def test_statements_do_not_grow_with_the_crowd(database: Database) -> None:
    crowd = [arrival(number, camera=f"{site}-1", site=site) for number, site in enumerate(("main", "hall", "bar") * 9)]
    said: list[str] = []
    with database.write() as connection:
        furnish(connection)
        event.listen(connection, "before_cursor_execute", lambda *told: said.append(told[2]))
        assert [accepted.sequence for accepted in accept_all(connection, crowd)] == list(range(1, 28))
    assert len(said) <= 5, said


def test_crowds_of_several_processes_give_no_number_twice(database: Database) -> None:
    with database.write() as connection:
        furnish(connection)
    began = threading.Barrier(2)

    def take_in(store: Database, first: int) -> None:
        began.wait(20)
        for start in range(first, 120, 40):
            with store.write() as connection:
                accept_all(connection, [arrival(number, camera="main-1") for number in range(start, start + 20)])

    url = database.engine.url.render_as_string(hide_password=False)
    with closing(Database(url, database.keyring)) as other:
        racing = [threading.Thread(target=take_in, args=told) for told in ((database, 0), (other, 20))]
        for thread in racing:
            thread.start()
        for thread in racing:
            thread.join(60)
    with database.read() as connection:
        assert kept(connection)[2] == 120
