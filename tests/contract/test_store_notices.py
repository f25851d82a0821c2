"""Notices and threads in the store: copies, receipts, nearest officers, on both kinds of database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api.store import notices, threads, users
from api.store.database import Database
from api.store.notices import Box, NoticePage, Reach
from api.store.scope import WHOLE, Scope
from tests.contract.world import NOW, furnish, user_row

ANNA = "user-anna"


@pytest.fixture
def city(database: Database) -> Database:
    with database.write() as connection:
        furnish(connection)
    return database


def notice(connection: Connection, name: str, reach: Reach, region: str = "root", after_s: float = 0) -> str:
    values = {"kind": "notice", "region_id": region, "case_id": None, "user_id": ANNA, "target": {}}
    texts = {"zh": {"title": name, "body": "x"}}
    notices.add(connection, {"id": name, "texts": texts, "sent_at": NOW + timedelta(seconds=after_s), **values})
    notices.copy_to_sites(connection, name, reach)
    return name


def recipients(connection: Connection, name: str, scope: Scope = WHOLE, *, unread: bool = False) -> list[str]:
    return [row["recipient"] for row in notices.receipts(connection, scope, name, (100, ""), unread=unread)]


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (Reach(WHOLE), ["site:BAR", "site:bar", "site:grill", "site:hall", "site:main", "site:stall"]),
        (Reach(Scope("/north/")), ["site:hall", "site:stall"]),
        (Reach(Scope("/north_/")), ["site:bar"]),
        (Reach(WHOLE, types=("producer",)), []),
        (Reach(WHOLE, types=("restaurant", "producer"), sites=("bar", "hall")), ["site:bar", "site:hall"]),
    ],
)
def test_every_site_of_a_reach_gets_one_copy(city: Database, reach: Reach, expected: list[str]) -> None:
    with city.write() as connection:
        notice(connection, "n", reach)
        assert sorted(recipients(connection, "n")) == expected
        assert sorted(f"site:{site}" for site in notices.reached(connection, reach)) == expected


def test_the_nearest_region_with_supervisors_is_the_local_one(city: Database) -> None:
    with city.write() as connection:
        for name, region in (("near", "north"), ("nearer", "north-inner"), ("other", "north_"), ("case", "North")):
            users.add(connection, user_row(name, region=region))
        users.add(connection, user_row("gone", region="north-inner"))
        users.disable(connection, "user-gone", NOW)
        users.add(connection, user_row("looker", role="analyst", region="south"))
        assert notices.local_officers(connection, "stall") == ["user-nearer"]
        assert notices.local_officers(connection, "hall") == ["user-near"]
        assert notices.local_officers(connection, "grill") == [ANNA], "nobody nearer than the root's"
        assert notices.officers_within(connection, Scope("/north/")) == ["user-near", "user-nearer"]


def test_the_first_reading_counts_and_urging_spares_who_has_read(city: Database) -> None:
    with city.write() as connection:
        notice(connection, "n", Reach(Scope("/north/")))
        notices.copy_to_users(connection, "n", [ANNA])
        hall = Box("hall", ANNA)
        assert notices.read(connection, hall, "n", ANNA, NOW)
        assert not notices.read(connection, hall, "n", ANNA, NOW + timedelta(1))
        assert notices.urge(connection, WHOLE, "n", NOW) == 2
        assert notices.urge(connection, Scope("/north/north-inner/"), "n", NOW) == 2, (
            "officers' copies are urged by all"
        )
        told = {row["recipient"]: row for row in notices.receipts(connection, WHOLE, "n", (9, ""), unread=False)}
        assert {name: (row["urged"], row["read_at"]) for name, row in told.items()} == {
            "site:hall": (0, NOW),
            "site:stall": (2, None),
            f"user:{ANNA}": (2, None),
        }
        found = notices.find_sent(connection, WHOLE, "n")
        assert found
        assert (found["copies"], found["read"], found["urged_at"]) == (3, 1, NOW)
        assert recipients(connection, "n", Scope("/north/north-inner/"), unread=True) == ["site:stall", f"user:{ANNA}"]


def test_a_box_holds_what_came_to_it_newest_first(city: Database) -> None:
    with city.write() as connection:
        for number in range(4):
            notice(connection, str(number), Reach(WHOLE, sites=("hall",)), after_s=number // 2)
        notice(connection, "else", Reach(WHOLE, sites=("bar",)))
        box = Box("hall", ANNA)
        assert notices.unread_count(connection, box) == 4
        first = notices.inbox(connection, box, NoticePage(2), unread=False)
        behind = (first[1]["sent_at"], first[1]["id"])
        rest = notices.inbox(connection, box, NoticePage(2, behind), unread=False)
        assert [row["id"] for row in (*first[:2], *rest)] == ["3", "2", "1", "0"]
        notices.read(connection, box, "3", ANNA, NOW)
        assert [row["id"] for row in notices.inbox(connection, box, NoticePage(9), unread=True)] == ["2", "1", "0"]
        assert notices.find_received(connection, box, "else") is None


def test_a_kitchen_knows_of_no_notice_that_did_not_come_to_it(city: Database) -> None:
    with city.write() as connection:
        notice(connection, "n", Reach(WHOLE), region="north")
        seen: dict[str, Any] = {
            "whole": notices.find_sent(connection, WHOLE, "n"),
            "south": notices.find_sent(connection, Scope("/south/"), "n"),
            "kitchen": notices.find_sent(connection, Scope("/north/", "hall"), "n"),
        }
    assert [name for name, row in seen.items() if row] == ["whole"]


def test_a_copy_has_one_recipient_and_a_reader_if_it_is_read(city: Database) -> None:
    bad: list[dict[str, Any]] = [
        {"site_id": None, "user_id": None},
        {"site_id": "hall", "user_id": ANNA},
        {"site_id": "hall", "user_id": None, "read_at": NOW},
    ]
    with city.write() as connection:
        notice(connection, "n", Reach(Scope("/south/")))
    for values in bad:
        with pytest.raises(IntegrityError):
            insert_copy(city, {"notice_id": "n", "recipient": "x", "urged": 0, **values})


def insert_copy(city: Database, row: dict[str, Any]) -> None:
    with city.write() as connection:
        connection.execute(notices.copies.insert().values(row))


def test_calls_are_told_newest_first() -> None:
    calls = [{"at": NOW + timedelta(1), "outcome": "reached"}, {"at": NOW, "outcome": "reached"}]
    assert threads.last_call_at(calls, "reached") == NOW + timedelta(1)
    assert threads.last_call_at(calls, "no_answer") is None
