"""Self-checks on each kind of database: a round once, however many open it; due ones by index; scope (I9)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.answers import Answer
from api.selfchecks.lists import load_lists
from api.selfchecks.machine import answered
from api.selfchecks.rounds import advance, enroll, open_due
from api.store import selfchecks, sites
from api.store.database import Database
from api.store.schema import audit
from api.store.scope import WHOLE
from api.store.selfcheck_schema import selfchecks as table
from api.store.selfchecks import CheckFilter, CheckPage
from tests.contract.world import NOW, furnish, within


@pytest.fixture
def city(database: Database) -> Database:
    with database.write() as connection:
        furnish(connection)
        for site in ("main", "grill"):
            row = sites.find(connection, WHOLE, site)
            assert row
            enroll(connection, row, NOW)
    return database


def test_a_round_opens_once_and_is_taken_out_as_it_was_put_in(city: Database) -> None:
    with city.write() as connection:
        assert open_due(connection, NOW) == 6
        assert open_due(connection, NOW) == 0
        row = sites.find(connection, WHOLE, "main")
        assert row
        enroll(connection, row, NOW + timedelta(days=9))
        assert open_due(connection, NOW) == 0, "who takes part already is not enrolled again"
    with city.write() as connection:
        first = selfchecks.page(connection, WHOLE, CheckFilter(site="main", round="daily"), CheckPage(1))[0]
        before = selfchecks.check_of(first, load_lists())
        told = {"health": Answer("not_ok", "发热一人", ("p",))}
        after = answered(before, told, NOW)
        selfchecks.put(connection, first, after)
    with city.read() as connection:
        again = selfchecks.find(connection, WHOLE, first["id"])
        assert again
        assert selfchecks.check_of(again, load_lists()) == after
        assert again["version"] == 2


def test_what_falls_due_happens_once(city: Database) -> None:
    later = NOW + timedelta(days=2)
    with city.write() as connection:
        open_due(connection, NOW)
        due = selfchecks.due(connection, later, 10)
        daily = connection.scalars(select(table.c.id).where(table.c.round == "daily")).all()
        assert set(due) >= set(daily)
        assert [advance(connection, check_id, later) for check_id in daily] == [1, 1]
        assert [advance(connection, check_id, later) for check_id in daily] == [0, 0]
        actions = connection.scalars(select(audit.c.action)).all()
    assert list(actions) == ["selfcheck.missed"] * 2


def test_lists_are_read_page_by_page_within_the_scope(city: Database) -> None:
    with city.write() as connection:
        for day in range(3):
            open_due(connection, NOW + timedelta(days=day))
    south = within("/south/").scope
    with city.read() as connection:
        wanted = CheckFilter(round="daily")
        rows = selfchecks.page(connection, south, wanted, CheckPage(2))
        assert [row["site_id"] for row in rows] == ["grill"] * 3
        rest = selfchecks.page(connection, south, wanted, CheckPage(2, (rows[1]["begins_at"], rows[1]["id"])))
        assert [row["starts_on"] for row in rest] == [rows[2]["starts_on"]]
        assert selfchecks.page(connection, south, replace(wanted, until=rows[2]["starts_on"]), CheckPage(9)) == []
        main = selfchecks.page(connection, WHOLE, CheckFilter(site="main"), CheckPage(1))[0]
        assert selfchecks.find(connection, south, main["id"]) is None
