"""What falls due while nobody acts: the same things with the same instants, however often somebody looks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.calendar import SiteCalendar
from api.cases.escalation import Reminder, Turn, Watched, fallen_due, next_due
from api.cases.machine import Action, Actor, Step, begun, taken
from api.cases.terms import Matter, load_policy
from vision.rules.schedule import Schedule
from vision.scene import ZoneType

START = datetime(2026, 11, 24, 2, tzinfo=UTC)
CALENDAR = SiteCalendar(Schedule("09:00", "21:00"))
TERMS = load_policy().terms(Matter("II", "no_mask", ZoneType.SPECIAL_ROOM, "canteen", 2.0, 24.0))
LI, COOK = Actor("li", "supervisor"), Actor("cook", "kitchen")


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def fresh() -> Watched:
    case = begun("case-1", LI.id, TERMS, START, CALENDAR)
    return Watched(case, (0,))


def ordered(at: datetime = START) -> Watched:
    before = fresh()
    return before.after(taken(before.case, Step(Action.ORDER, LI, at), CALENDAR), at)


def name(turn: Turn) -> str:
    due = turn.due
    return f"{due.clock.name} {due.share:g}" if isinstance(due, Reminder) else str(due.action)


def test_a_supervisor_who_lets_a_case_lie_is_reminded_and_told() -> None:
    turns = list(fallen_due(fresh(), hours(24), CALENDAR))
    # 10:00 in Shanghai; the order is due after eight working hours.
    assert [(name(turn), turn.due.at) for turn in turns] == [
        ("order 0.5", hours(4)),
        ("order 0.9", hours(7.2)),
        ("order 1", hours(8)),
    ]
    assert [turn.due.name for turn in turns if isinstance(turn.due, Reminder)] == ["reminded", "reminded", "overdue"]


def test_a_kitchen_is_reminded_then_shown_cards_each_at_its_instant() -> None:
    turns = [turn for turn in fallen_due(ordered(), hours(24 * 30), CALENDAR) if "appeal" not in name(turn)]
    shown = [(name(turn), turn.due.at) for turn in turns]
    assert ("plan 0.5", hours(1)) in shown
    assert [entry for entry in shown if " " not in entry[0]] == [
        ("warn_yellow", hours(2)),
        ("warn_red", hours(2 + 120)),
        ("send_inspector", hours(2 + 144)),
    ]
    assert [turn.due.at for turn in turns] == sorted(turn.due.at for turn in turns)


def test_nothing_reminds_of_a_clock_that_pauses_and_more_time_reminds_anew() -> None:
    watched = ordered()
    appealed = watched.after(taken(watched.case, Step(Action.APPEAL, COOK, hours(0.5), "no"), CALENDAR), hours(0.5))
    names = {name(turn).split()[0] for turn in fallen_due(appealed, hours(500), CALENDAR)}
    assert names == {"decide"}
    for turn in fallen_due(watched, hours(1.9), CALENDAR):
        watched = turn.watched
    step = Step(Action.EXTEND, LI, hours(1.9), "holiday", until=hours(30))
    extended = watched.after(taken(watched.case, step, CALENDAR), hours(1.9))
    again = [(name(turn), turn.due.at) for turn in fallen_due(extended, hours(29), CALENDAR)]
    assert ("plan 0.5", hours(15)) in again
    assert ("plan 0.9", hours(27)) in again


@given(st.lists(st.integers(1, 60 * 24 * 9), max_size=30))
def test_looking_often_or_rarely_writes_the_same_story(minutes: list[int]) -> None:
    at, watched, often = START, ordered(), []
    for pause in minutes:
        at += timedelta(minutes=pause)
        for turn in fallen_due(watched, at, CALENDAR):
            often.append((name(turn), turn.due.at))
            watched = turn.watched
        due = next_due(watched)
        assert due is None or due.at > at
    assert often == [(name(turn), turn.due.at) for turn in fallen_due(ordered(), at, CALENDAR)]
    assert len(set(often)) == len(often)


@pytest.mark.parametrize(
    ("zone", "begins"), [("Europe/Berlin", "2026-10-24T10:00"), ("Europe/Berlin", "2026-03-28T10:00")]
)
def test_summer_time_loses_no_working_hour(zone: str, begins: str) -> None:
    """The order clock counts eight hours of work: two on Saturday evening, none lost or won in the night between."""
    calendar = SiteCalendar(Schedule("09:00", "12:00", time_zone=zone))
    start = datetime.fromisoformat(begins).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    case = begun("case-1", LI.id, TERMS, start, calendar)
    last = list(fallen_due(Watched(case, (0,)), start + timedelta(days=9), calendar))[-1]
    assert last.due.at.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "12:00"
    assert calendar.working_time(start, last.due.at) == timedelta(hours=8)


def test_a_holiday_and_a_weekend_do_not_count() -> None:
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)  # 20:00 in Shanghai, one hour before work ends
    calendar = SiteCalendar(Schedule("09:00", "21:00", (1, 2, 3, 4, 5)), frozenset({friday.date() + timedelta(days=3)}))
    case = begun("case-1", LI.id, TERMS, friday, calendar)
    overdue = list(fallen_due(Watched(case, (0,)), friday + timedelta(days=9), calendar))[-1]
    assert overdue.due.at == datetime(2026, 12, 1, 8, tzinfo=UTC)  # Tuesday 16:00: one hour of Friday, seven of Tuesday


def test_a_case_that_is_over_wakes_nobody() -> None:
    watched = ordered()
    over = watched.after(taken(watched.case, Step(Action.WITHDRAW, LI, hours(1), "mistake"), CALENDAR), hours(1))
    assert next_due(over) is None
    assert replace(over, reminded=(0,) * len(over.reminded)).reminded  # the clocks are still there, explained
