"""Rounds: periods over months, leap days and summer time; signed once, in time, late, or missed; never half."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.answers import Answer
from api.selfchecks.lists import ROUNDS, RoundName, load_lists
from api.selfchecks.machine import SelfCheck, advanced, answered, opened, period_of, signed
from vision.errors import InvalidInputError

LISTS = load_lists()
ZONE = "Asia/Shanghai"
DAY = date(2026, 11, 24)
OK = Answer("ok", photos=("p",))
days = st.dates(date(2020, 1, 1), date(2035, 1, 1))
zones = st.sampled_from(["Asia/Shanghai", "Europe/London", "America/New_York", "Pacific/Apia"])


def check(name: RoundName = "daily", day: date = DAY) -> SelfCheck:
    lines = LISTS.lines_of(name, "restaurant")
    return opened(LISTS.rounds[name], period_of(name, day), ZONE, lines)


def full(it: SelfCheck) -> dict[str, Answer]:
    return {line.id: OK for line in it.lines}


@given(st.sampled_from(list(ROUNDS.values())), days, zones)
def test_every_instant_is_in_one_period(name: RoundName, day: date, zone: str) -> None:
    period = period_of(name, day)
    assert period.starts_on <= day < period.ends_on
    after = period_of(name, period.ends_on)
    assert after.starts_on == period.ends_on
    assert period.begins_at(zone) < period.ends_at(zone) == after.begins_at(zone)


@given(
    st.lists(st.tuples(st.sampled_from(["answer", "sign", "tick"]), st.integers(-2, 60)), max_size=10),
    st.booleans(),
)
def test_no_round_is_signed_twice_half_or_out_of_time(deeds: list[tuple[str, int]], complete: bool) -> None:  # noqa: FBT001
    it, signatures = check(), 0
    for deed, hours in deeds:
        at = it.begins_at + timedelta(hours=hours)
        try:
            if deed == "answer":
                it = answered(it, full(it) if complete else {it.lines[0].id: OK}, at)
            elif deed == "sign":
                it, signatures = signed(it, at), signatures + 1
                assert complete
                assert it.begins_at <= at < it.closes_at
                assert it.is_late == (at >= it.ends_at)
            else:
                it = advanced(it, at)
        except InvalidInputError:
            continue
    assert signatures <= 1
    assert (it.state == "signed") == (signatures == 1)


def test_what_falls_due_is_done_in_order() -> None:
    it = check()
    wakes = [it.wakes_at]
    for _ in range(2):
        assert wakes[-1]
        it = advanced(it, wakes[-1])
        wakes.append(it.wakes_at)
    assert [at - it.ends_at for at in wakes if at] == [-timedelta(hours=4), timedelta(hours=24)]
    assert (it.state, wakes[-1]) == ("missed", None)
    assert all(one < other for one, other in pairwise(at for at in wakes if at))
    assert advanced(it, datetime(2030, 1, 1, tzinfo=UTC)) == it


@pytest.mark.parametrize(
    ("answer", "is_gap"),
    [
        (OK, False),
        (Answer("ok"), True),
        (Answer("not_ok"), True),
        (Answer("not_ok", "no lid"), False),
        (Answer("not_applicable"), False),
    ],
)
def test_a_line_with_a_photo_is_complete_when_it_says_enough(answer: Answer, is_gap: bool) -> None:  # noqa: FBT001
    it = answered(check(), {"waste": answer}, check().begins_at)
    assert ("waste" in it.gaps) == is_gap


def test_unknown_lines_are_named() -> None:
    with pytest.raises(InvalidInputError, match="a line of this list"):
        answered(check(), {"nothing": OK}, check().begins_at)


def test_lists_depend_on_the_type_of_site() -> None:
    assert "samples" in {line.id for line in LISTS.lines_of("daily", "school_canteen")}
    assert "samples" not in {line.id for line in LISTS.lines_of("daily", "restaurant")}
    assert {round_.post for round_ in LISTS.rounds.values()} == {"officer", "director", "principal"}
    assert all(LISTS.lines_of(name, "restaurant") for name in ROUNDS.values())
    assert all(line.words["zh"] and line.source and line.grade for line in LISTS.lines)


def test_nothing_is_lost_by_being_replaced() -> None:
    it = replace(check(), reminded_at=check().begins_at)
    assert advanced(it, it.begins_at).reminded_at == it.reminded_at
