"""Batches: codes that no typing error survives, no sale without code, papers and stock; the clock of a trace."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.coldchain.machine import (
    _ALPHABET,
    Batch,
    Direction,
    Scan,
    Trace,
    amount_text,
    is_code,
    new_code,
    refusal,
    stock_after,
)
from api.coldchain.papers import FOUR, Kind, Paper, lacking, state_of

TODAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
WHOLE = tuple(Paper(kind, TODAY) for kind in FOUR)
scans = st.builds(Scan, st.sampled_from(["in", "out", "sale"]), st.integers(1, 5000).map(lambda n: Decimal(n) / 1000))


@given(st.integers(0, 12), st.sampled_from(f"{_ALPHABET}Z"))
def test_one_wrong_letter_is_noticed(place: int, letter: str) -> None:
    code = new_code()
    assert is_code(code)
    wrong = code[:place] + letter + code[place + 1 :]
    assert is_code(wrong) == (wrong == code)


@given(st.integers(0, 10))
def test_two_letters_that_changed_places_are_noticed(place: int) -> None:
    code = new_code()
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_code(wrong) == (wrong == code)


@given(st.lists(scans, max_size=30), st.booleans())
def test_nothing_leaves_that_did_not_come(done: list[Scan], recalled: bool) -> None:  # noqa: FBT001
    accepted: list[Scan] = []
    for scan in done:
        batch = Batch(recalled, TODAY, WHOLE, stock_after(accepted))
        if not refusal(batch, scan, TODAY):
            accepted.append(scan)
        assert stock_after(accepted) >= 0
    assert not (recalled and accepted)


def batch(stock: str = "10", *, recalled: bool = False, ends: date = TODAY, papers: Iterable[Paper] = WHOLE) -> Batch:
    return Batch(recalled, ends, tuple(papers), Decimal(stock))


@pytest.mark.parametrize(
    ("it", "direction", "reason"),
    [
        (None, "in", "uncoded"),
        (None, "sale", "uncoded"),
        (batch(), "sale", ""),
        (batch(recalled=True), "in", "recalled"),
        (batch(recalled=True), "out", "recalled"),
        (batch("1"), "out", "amount"),
        (batch("1"), "in", ""),
        (batch(ends=TODAY - timedelta(days=1)), "sale", "expired"),
        (batch(ends=TODAY - timedelta(days=1)), "out", ""),
        (batch(papers=WHOLE[1:]), "sale", "papers"),
        (batch(papers=WHOLE[1:]), "out", ""),
        (batch(papers=[Paper(kind, TODAY - timedelta(days=1)) for kind in FOUR]), "sale", "papers"),
    ],
)
def test_each_refusal_has_its_reason(it: Batch | None, direction: Direction, reason: str) -> None:
    assert refusal(it, Scan(direction, Decimal(2)), TODAY) == reason


@pytest.mark.parametrize(
    ("days", "state"), [(-1, "expired"), (0, "expiring"), (30, "expiring"), (31, "valid"), (None, "valid")]
)
def test_papers_end(days: int | None, state: str) -> None:
    assert state_of(None if days is None else TODAY + timedelta(days=days), TODAY) == state


def test_what_is_lacking_is_named() -> None:
    assert lacking([], TODAY) == FOUR
    assert lacking([Paper(Kind.LICENCE, None), *WHOLE[:2]], TODAY) == FOUR[2:]
    assert lacking(WHOLE, TODAY + timedelta(days=1)) == FOUR


def test_a_trace_has_a_day() -> None:
    open_ = Trace(AT)
    assert open_.left(AT + timedelta(hours=20)) == timedelta(hours=4)
    assert not open_.is_overdue(AT + timedelta(hours=24))
    assert open_.is_overdue(AT + timedelta(hours=25))
    answered = Trace(AT, AT + timedelta(hours=2))
    assert (answered.left(AT + timedelta(days=9)), answered.is_overdue(AT + timedelta(days=9))) == (None, False)


def test_amounts() -> None:
    assert [amount_text(Decimal(n)) for n in ("12.500", "30", "0.001")] == ["12.5", "30", "0.001"]
