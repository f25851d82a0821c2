"""Inspections on each kind of database: one open a site and list, the newest result counts, handover, scope (I9)."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from api.answers import Answer
from api.cases.machine import Action
from api.casework.acting import Wanted, act
from api.casework.handing import Handover, follow_site
from api.errors import ConflictError
from api.inspections.lists import load_lists
from api.inspections.working import Seen, begin, conclude, fill_in, void
from api.store import cases, inspections, notices, scoring, sites, users
from api.store.case_schema import case_clocks
from api.store.database import Database
from api.store.insight_schema import AT_ONCE
from api.store.inspections import InspectionFilter, InspectionPage
from api.store.log import take_turn
from api.store.schema import log
from api.store.scope import WHOLE
from tests.contract.test_store_cases import ANNA, city, confirmed
from tests.contract.world import NOW, user_row, within

assert city
LIST = "canteen_supplier"


def inspected(database: Database, site: str = "main", name: str = LIST, minutes: int = 0, *faults: str) -> str:
    """Inspect a site from beginning to end; return the id."""
    at = NOW + timedelta(minutes=minutes)
    with database.write() as connection:
        inspection = begin(connection, ANNA, site, name, at)
        row = inspections.find(connection, WHOLE, inspection)
        assert row
        told = {line: Answer("not_ok" if line in faults else "ok", "seen") for line in row["lines"]}
        fill_in(connection, ANNA, Seen(inspection, "*"), told)
        conclude(connection, ANNA, Seen(inspection, "*"), "", at + timedelta(seconds=1))
    return inspection


def test_one_of_a_list_is_open_at_a_site(city: Database) -> None:
    with city.write() as connection:
        first = begin(connection, ANNA, "main", LIST, NOW)
        with pytest.raises(ConflictError, match=first):
            begin(connection, ANNA, "main", LIST, NOW)
        begin(connection, ANNA, "hall", LIST, NOW)
        row = inspections.find(connection, WHOLE, first)
        assert row
        held = inspections.inspection_of(row, load_lists())
    told = {"id": "another", "site_id": "main", "edition": "", "opened_by": ANNA.id}
    with pytest.raises(IntegrityError), city.write() as connection:
        inspections.add(connection, told, held)


def test_the_newest_result_counts_and_the_risk_is_computed_anew(city: Database) -> None:
    passed = inspected(city)
    with city.write() as connection:
        (row,) = inspections.admissions_of(connection, ["main", "hall"])["main"]
        assert (row["inspection_id"], row["outcome"]) == (passed, "passed")
        assert row["valid_until"] == NOW + timedelta(days=365, seconds=1)
        assert "main" in scoring.due(connection, AT_ONCE, 100)
    failed = inspected(city, "main", LIST, 5, "pests")
    with city.read() as connection:
        (row,) = inspections.admissions_of(connection, ["main"])["main"]
        assert (row["inspection_id"], row["outcome"], row["valid_until"]) == (failed, "failed", None)


def test_one_begun_by_mistake_takes_a_site_off_the_list_unless_it_has_a_result(city: Database) -> None:
    for expected in (0, 1):
        with city.write() as connection:
            void(connection, ANNA, Seen(begin(connection, ANNA, "main", LIST, NOW), "*"), "mistake", NOW)
            assert len(inspections.admissions_of(connection, ["main"])["main"]) == expected
        if not expected:
            inspected(city)


def test_lists_are_paged_newest_first_within_the_scope(city: Database) -> None:
    made = [inspected(city, site, minutes=n) for n, site in enumerate(("main", "hall", "grill"))]
    with city.read() as connection:
        first = inspections.page(connection, WHOLE, InspectionFilter(), InspectionPage(1))
        assert [row["id"] for row in first] == made[:0:-1]
        behind = (first[0]["opened_at"], first[0]["id"])
        rest = inspections.page(connection, WHOLE, InspectionFilter(), InspectionPage(5, behind))
        assert [row["id"] for row in rest] == made[1::-1]
        north = within("/north/").scope
        assert [row["id"] for row in inspections.page(connection, north, InspectionFilter(), InspectionPage(5))] == [
            made[1]
        ]
        assert inspections.find(connection, north, made[2]) is None
        since = NOW + timedelta(seconds=1)
        assert inspections.records(connection, "main", made, since) == {made[0]}
        assert inspections.records(connection, "main", made, since + timedelta(microseconds=1)) == set()


def test_a_handover_leaves_every_clock_and_tells_the_new_officers(city: Database) -> None:
    case_id = confirmed(city, 1, site="hall")
    with city.write() as connection:
        users.add(connection, user_row("zhao", region="south"))
        act(connection, ANNA, Wanted(case_id, Action.ORDER, "*"), NOW)
    before = _clocks(city)
    with city.write() as connection:
        take_turn(connection)
        row = sites.find(connection, WHOLE, "hall")
        assert row
        assert sites.change(connection, "hall", row["version"], {"region_id": "south", "updated_at": NOW})
        follow_site(connection, ANNA.actor, Handover(row, "south", "a new border"), NOW)
    assert _clocks(city) == before
    with city.read() as connection:
        assert cases.find(connection, within("/north/").scope, case_id) is None
        assert cases.find(connection, within("/south/").scope, case_id) is not None
        copies = notices.inbox(connection, notices.Box(None, "user-zhao"), notices.NoticePage(5), unread=True)
        assert [copy["case_id"] for copy in copies] == [case_id]
        last = connection.execute(log.select().order_by(log.c.sequence.desc())).mappings().first()
    assert last
    assert last["type"].endswith("case.handed_over")


def _clocks(database: Database) -> list[dict[str, object]]:
    with database.read() as connection:
        order = (case_clocks.c.case_id, case_clocks.c.number)
        return [dict(row) for row in connection.execute(case_clocks.select().order_by(*order)).mappings()]
