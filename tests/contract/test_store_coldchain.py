"""Papers and batches on each kind of database: exact amounts, papers by their end, scope (I9)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from api.coldchain.machine import Scan, new_code, refusal
from api.store import coldchain
from api.store.coldchain import PaperFilter, Who
from api.store.database import Database
from api.store.scope import WHOLE
from tests.contract.world import NOW, furnish, within

TODAY = date(2026, 11, 24)
ANNA = Who("user-anna", "main", NOW)


@pytest.fixture
def city(database: Database) -> Database:
    with database.write() as connection:
        furnish(connection)
    return database


def coded(database: Database, site: str = "main") -> str:
    code = new_code()
    facts = {
        "product": "冻虾",
        "origin": "厄瓜多尔",
        "producer": "",
        "unit": "kg",
        "made_on": TODAY,
        "expires_on": TODAY,
    }
    with database.write() as connection:
        row = {"code": code, "site_id": site, "coded_at": NOW, "coded_by": ANNA.user}
        coldchain.add_batch(connection, {**row, **facts})
        coldchain.add_scan(connection, code, replace(ANNA, site=site), Scan("in", Decimal("0.3")), "")
    return code


def paper(number: int, site: str = "main", **values: object) -> dict[str, object]:
    told = {"kind": "licence", "number": str(number), "holder": "", "issued_on": None, "expires_on": None}
    plain = {"id": f"paper-{number}", "site_id": site, "batch_code": None, "photos": [], "added_at": NOW}
    return {**plain, **told, "added_by": ANNA.user, **values}


def test_amounts_are_exact(city: Database) -> None:
    code = coded(city)
    with city.write() as connection:
        for _ in range(2):
            coldchain.add_scan(connection, code, ANNA, Scan("out", Decimal("0.1")), "")
        coldchain.add_scan(connection, code, ANNA, Scan("sale", Decimal("0.1")), "papers")
        assert coldchain.stock(connection, code, "main") == Decimal("0.1")
        row = coldchain.batch(connection, code, lock=True)
        assert row
        state = coldchain.state_at(connection, row, "main")
        assert refusal(state, Scan("out", Decimal("0.1")), TODAY) == ""
        assert refusal(state, Scan("out", Decimal("0.101")), TODAY) == "amount"


def test_a_batch_is_known_where_it_was_and_counted_elsewhere(city: Database) -> None:
    code, south = coded(city), within("/south/").scope
    with city.write() as connection:
        assert not coldchain.was_here(connection, south, code)
        assert coldchain.sites_elsewhere(connection, south, code) == 1
        coldchain.add_scan(connection, code, replace(ANNA, site="grill"), Scan("in", Decimal(1)), "recalled")
        assert coldchain.was_here(connection, south, code)
        assert [row["site_id"] for row in coldchain.scans(connection, south, code)] == ["grill"]
        assert len(coldchain.scans(connection, WHOLE, code)) == 2
        first, *_ = coldchain.refusals(connection, WHOLE, 1, None)
        assert (first["refused"], first["site_id"]) == ("recalled", "grill")
        assert coldchain.refusals(connection, WHOLE, 1, (first["at"], first["id"])) == []


def test_papers_come_by_their_end_page_by_page(city: Database) -> None:
    ends = [TODAY + timedelta(days=3), None, TODAY, TODAY]
    with city.write() as connection:
        for number, day in enumerate(ends):
            coldchain.add_document(connection, paper(number, "grill" if number == 3 else "main", expires_on=day))
        rows = coldchain.papers(connection, WHOLE, PaperFilter(), 2, None)
        assert [row["number"] for row in rows] == ["2", "3", "0"]
        behind = (rows[1]["expires_on"].isoformat(), rows[1]["id"])
        assert [row["number"] for row in coldchain.papers(connection, WHOLE, PaperFilter(), 2, behind)] == ["0", "1"]
        due = coldchain.papers(connection, WHOLE, PaperFilter(ends_before=TODAY + timedelta(days=1)), 9, None)
        assert [row["number"] for row in due] == ["2", "3"]
        south = within("/south/").scope
        assert [row["number"] for row in coldchain.papers(connection, south, PaperFilter(), 9, None)] == ["3"]
        assert coldchain.document(connection, south, "paper-0") is None
        coldchain.end_document(connection, "paper-0", NOW)
        assert len(coldchain.papers(connection, WHOLE, PaperFilter(site="main"), 9, None)) == 2


def test_the_database_itself_knows_the_rules(city: Database) -> None:
    code = coded(city)
    with pytest.raises(IntegrityError), city.write() as connection:
        coldchain.add_scan(connection, code, ANNA, Scan("in", Decimal(0)), "")
    with pytest.raises(IntegrityError), city.write() as connection:
        coldchain.add_document(connection, paper(1, batch_code="UNKNOWN"))
