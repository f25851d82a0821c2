"""Cases on each kind of database: one open case a site, day and kind; each thing once; lists by index; scope (I9)."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Table, event, insert, select, text
from sqlalchemy.exc import IntegrityError

from api.auth.caller import Caller
from api.cases.machine import Action
from api.casework.acting import Wanted, act, advance
from api.casework.following import Judged, case_id_of, follow
from api.errors import ConflictError, NotFoundError
from api.store import cases, events, reviews, users
from api.store.case_schema import NEVER, case_events, case_steps
from api.store.case_schema import cases as case_table
from api.store.cases import CaseFilter, CasePage
from api.store.database import Database
from api.store.log import take_turn
from api.store.schema import audit, log
from api.store.scope import WHOLE
from tests.contract.world import CALLER, NOW, event_id, furnish, take, told, user_row, within
from tests.keys import KEYRING

ANNA = replace(CALLER, id="user-anna", actor="user:anna", role="supervisor")
COOK = replace(CALLER, id="user-cook", actor="user:cook", role="kitchen")


@pytest.fixture
def city(database: Database) -> Database:
    with database.write() as connection:
        furnish(connection)
        users.add(connection, user_row("cook", "kitchen", site="main"))
    return database


def judge(connection: Connection, number: int, status: str = "confirmed", at: Any = NOW, by: Caller = ANNA) -> None:
    """Say something about the n-th event, as the route does."""
    row = events.find(connection, WHOLE, event_id(number), lock=True)
    assert row
    count = row["reviews"] + 1
    said = {"verdict": status, "reason": "", "note": "", "user_id": by.id}
    reviews.add(connection, row["id"], count, said, at)
    events.change(connection, row["id"], {"status": status, "reviews": count, "updated_at": at})
    follow(connection, by, Judged(row, status, count, at))


def confirmed(database: Database, number: int, at: Any = NOW, **data: Any) -> str:
    """Take an event in and confirm it; return the id of the case that it would begin."""
    with database.write() as connection:
        take(connection, told(number, **data))
        judge(connection, number, at=at)
    return case_id_of(event_id(number), 1)


def step(database: Database, case_id: str, action: Action, by: Caller = ANNA, at: Any = NOW, **said: Any) -> None:
    with database.write() as connection:
        act(connection, by, Wanted(case_id, action, "*", **said), at)


def test_a_case_is_taken_out_as_it_was_put_in(city: Database) -> None:
    case_id = confirmed(city, 1)
    step(city, case_id, Action.ORDER)
    step(city, case_id, Action.APPEAL, COOK, NOW + timedelta(hours=1, microseconds=7), reason="其实是客人")
    with city.read() as connection:
        row = cases.find(connection, WHOLE, case_id)
        assert row
        watched = cases.watched(connection, row)
    assert [str(taken.action) for taken in watched.case.steps] == ["order", "appeal"]
    assert watched.case.steps[1].at == NOW + timedelta(hours=1, microseconds=7)
    assert (watched.case.steps[1].by.id, watched.case.steps[1].reason) == ("user-cook", "其实是客人")
    paused = [clock for clock in watched.case.clocks if clock.left is not None]
    assert {clock.name for clock in paused} >= {"acknowledge"}
    assert all(clock.left == clock.due_at - watched.case.steps[1].at for clock in paused if not clock.in_working_time)
    assert row["day"] == date(2026, 11, 24)
    assert (row["turn"], row["appeal"], row["version"]) == ("supervisor", "filed", 3)


def test_many_confirmations_at_once_make_one_case(city: Database) -> None:
    numbers = range(1, 7)
    with city.write() as connection:
        for number in numbers:
            take(connection, told(number))
    together(*(lambda n=number: within_turn(city, n) for number in numbers))
    with city.read() as connection:
        (case_id,) = connection.scalars(select(case_table.c.id)).all()
        assert len(cases.members(connection, case_id)) == len(numbers)
        types = Counter(connection.scalars(select(log.c.type)).all())
    assert types["cn.mingchu.violation.case.began"] == 1
    assert types["cn.mingchu.violation.case.joined"] == len(numbers) - 1


def within_turn(database: Database, number: int) -> None:
    with database.write() as connection:
        take_turn(connection)
        judge(connection, number)


def together(*works: Callable[[], None]) -> None:
    """Do works in threads of their own; fail when one fails."""
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []


def test_two_processes_advance_a_case_once(city: Database) -> None:
    """Two engines stand for two processes: each thing that fell due is told once, whoever was first."""
    case_id, later = confirmed(city, 1), NOW + timedelta(days=30)
    step(city, case_id, Action.ORDER)
    other = Database(city.engine.url.render_as_string(hide_password=False), KEYRING)
    counts: list[int] = []

    def run(database: Database) -> None:
        with database.write() as connection:
            counts.append(advance(connection, case_id, later))

    together(*(lambda d=database: run(d) for database in (city, other, city, other)))
    other.close()
    assert sorted(counts)[:3] == [0, 0, 0]
    with city.read() as connection:
        steps = connection.scalars(select(case_steps.c.action).order_by(case_steps.c.number)).all()
        assert steps == ["order", "warn_yellow", "warn_red", "send_inspector"]
        assert len(connection.scalars(select(log.c.message_id).where(log.c.type.like("%.case.%"))).all()) == 2 + max(
            counts
        )
        assert cases.due(connection, later, 10) == []
        assert connection.scalars(select(audit.c.action).order_by(audit.c.sequence)).all()[-3:] == [
            *("case.warn_yellow", "case.warn_red", "case.send_inspector")
        ]


def test_two_people_cannot_both_be_first(city: Database) -> None:
    case_id, refusals = confirmed(city, 1), []

    def order() -> None:
        try:
            step(city, case_id, Action.ORDER)
        except ConflictError as error:
            refusals.append(error.errors[0]["allowed"])

    together(order, order, order)
    assert refusals == ["extend, inspect, withdraw"] * 2


def test_the_database_itself_knows_the_rules(city: Database) -> None:
    case_id = confirmed(city, 1)
    second = confirmed(city, 2, kind="no_mask")
    with city.read() as connection:
        row = connection.execute(select(case_table).where(case_table.c.id == case_id)).mappings().one()
        home = connection.execute(select(case_events).where(case_events.c.case_id == case_id)).mappings().one()
    with pytest.raises(IntegrityError):
        put(city, case_table, {**row, "id": case_id_of(event_id(9), 1)})  # a second open case for the same day
    with pytest.raises(IntegrityError):
        put(city, case_events, {**home, "case_id": second})  # an event in two cases


def put(database: Database, table: Table, row: dict[str, Any]) -> None:
    with database.write() as connection:
        connection.execute(insert(table).values(row))


def test_other_regions_have_no_cases(city: Database) -> None:
    here, there = confirmed(city, 1, site="hall"), confirmed(city, 2, site="grill")
    north = replace(within("/north/"), id="user-anna", role="supervisor")
    with city.read() as connection:
        part = CasePage("newest", 10)
        assert [row["id"] for row in cases.page(connection, north.scope, CaseFilter(), part)] == [here]
        assert cases.find(connection, north.scope, there) is None
        assert len(cases.page(connection, WHOLE, CaseFilter(), part)) == 2
    with pytest.raises(NotFoundError), city.write() as connection:
        act(connection, north, Wanted(there, Action.ORDER, "*"), NOW)


def test_no_list_sorts_or_searches_all_cases(city: Database) -> None:
    """What a screen asks for again and again is answered by an index, in the order in which the index lies."""
    for number in range(1, 40):
        confirmed(city, number, kind=f"kind_{number}", at=NOW + timedelta(minutes=number))
    wanted = {
        "ix_cases_began_at_id": (CasePage("newest", 5), CaseFilter()),
        "ix_cases_awaits_due": (CasePage("due", 5, (NOW, "0")), CaseFilter(overdue=True, at=NOW)),
    }
    for index, (part, chosen) in wanted.items():
        plan = explained(city, partial(cases.page, scope=WHOLE, wanted=chosen, part=part))
        assert index in plan, plan
        assert "Seq Scan on cases" not in plan
        assert "ORDER BY" not in plan  # SQLite: USE TEMP B-TREE FOR ORDER BY
        assert "ix_cases_site_id_kind_day" in plan, "repeats are looked up, not searched for"
    assert "ix_cases_wakes_at" in explained(city, partial(cases.due, at=NOW, limit=5))


def explained(database: Database, ask: Callable[[Connection], object]) -> str:
    """Return the plan of the one statement that a question sends."""
    sent: list[tuple[str, Any]] = []
    with database.read() as connection:

        def listen(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            if statement.startswith("SELECT"):
                sent.append((statement, parameters))

        if not database.is_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # a small table would be read whole
            connection.execute(text("SET LOCAL enable_sort = off"))
        event.listen(connection, "before_cursor_execute", listen)
        ask(connection)
        event.remove(connection, "before_cursor_execute", listen)
        statement, parameters = sent[0]
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        rows = connection.exec_driver_sql(explain + statement, parameters).all()
    return "\n".join(str(row[-1]) for row in rows) + "\n"


def test_what_never_comes_is_due_for_nobody(city: Database) -> None:
    case_id = confirmed(city, 1)
    step(city, case_id, Action.WITHDRAW, reason="mistake")
    with city.read() as connection:
        row = cases.find(connection, WHOLE, case_id)
        assert row
        assert (row["due_at"], row["wakes_at"], row["turn"]) == (NEVER, NEVER, "none")
        assert cases.due(connection, NOW + timedelta(days=365 * 100), 10) == []
