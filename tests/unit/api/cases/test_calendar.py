"""The calendar: working time adds up whatever the clock on the wall does."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.calendar import ROUND_THE_CLOCK, SiteCalendar
from vision.errors import InvalidInputError
from vision.rules.schedule import Schedule

SHANGHAI = SiteCalendar(Schedule("09:00", "18:00", (1, 2, 3, 4, 5)))
NIGHT_BAR = SiteCalendar(Schedule("18:00", "02:00", (5, 6), "Europe/Berlin"))
SUNDAYS = SiteCalendar(Schedule("00:00", "24:00", (7,), "Europe/Berlin"))
GOLDEN_WEEK = SiteCalendar(SHANGHAI.hours, frozenset(date(2026, 10, day) for day in range(1, 8)))


instants = st.integers(0, 365 * 24 * 60).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("calendar", "since", "hours", "until"),
    [
        (SHANGHAI, "2026-11-24T10:00+08:00", 2, "2026-11-24T12:00+08:00"),
        (SHANGHAI, "2026-11-24T17:00+08:00", 2, "2026-11-25T10:00+08:00"),
        (SHANGHAI, "2026-11-24T03:00+08:00", 1, "2026-11-24T10:00+08:00"),
        (SHANGHAI, "2026-11-27T17:30+08:00", 1, "2026-11-30T09:30+08:00"),
        (SHANGHAI, "2026-11-24T10:00+08:00", 8, "2026-11-24T18:00+08:00"),
        (GOLDEN_WEEK, "2026-09-30T17:00+08:00", 2, "2026-10-08T10:00+08:00"),
        (NIGHT_BAR, "2026-11-27T23:00+01:00", 4, "2026-11-28T19:00+01:00"),
        # The hour from two to three is left out on the night of 2026-03-29 and comes twice on 2026-10-25.
        (SUNDAYS, "2026-03-28T12:00+01:00", 23, "2026-03-30T00:00+02:00"),
        (SUNDAYS, "2026-10-24T12:00+02:00", 25, "2026-10-26T00:00+01:00"),
        (ROUND_THE_CLOCK, "2026-11-24T10:00+08:00", 72, "2026-11-27T10:00+08:00"),
    ],
    ids=["today", "night", "before work", "weekend", "last minute", "holidays", "bar", "spring", "autumn", "always"],
)
def test_deadlines_count_the_time_in_which_somebody_works(
    calendar: SiteCalendar, since: str, hours: int, until: str
) -> None:
    assert calendar.after_working(utc(since), timedelta(hours=hours)) == utc(until)


def test_no_time_at_all_has_passed_at_once_even_at_night() -> None:
    night = utc("2026-11-24T03:00+08:00")
    assert SHANGHAI.after_working(night, timedelta()) == night
    assert not SHANGHAI.is_working(night)


@given(instants, st.integers(0, 20_000))
def test_what_was_added_is_what_lies_between(at: datetime, minutes: int) -> None:
    for calendar in (SHANGHAI, NIGHT_BAR, GOLDEN_WEEK, ROUND_THE_CLOCK):
        since, work = at, timedelta(minutes=minutes)
        until = calendar.after_working(since, work)
        assert calendar.working_time(since, until) == work
        assert calendar.working_time(until, since) == timedelta()


@given(instants, st.integers(0, 600), st.integers(0, 600))
def test_a_later_start_or_more_work_is_never_due_earlier(at: datetime, minutes: int, more: int) -> None:
    since = at
    due = NIGHT_BAR.after_working(since, timedelta(minutes=minutes))
    assert NIGHT_BAR.after_working(since + timedelta(minutes=more), timedelta(minutes=minutes)) >= due
    assert NIGHT_BAR.after_working(since, timedelta(minutes=minutes + more)) >= due


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-24T11:30+08:00", "2026-11-24T15:00+08:00"),
        ("2026-11-24T23:00+08:00", "2026-11-25T10:00+08:00"),
        ("2026-11-24T15:00+08:00", "2026-11-24T22:00+08:00"),
        ("2026-11-27T22:30+08:00", "2026-11-30T10:00+08:00"),
    ],
    ids=["at lunch", "at night", "between", "before a weekend"],
)
def test_the_same_meal(since: str, until: str) -> None:
    assert SHANGHAI.end_of_meal(utc(since)) == utc(until)


@pytest.mark.parametrize(("days", "until"), [(1, "2026-11-27T18:00+08:00"), (2, "2026-11-30T18:00+08:00")])
def test_working_days_end_with_the_office(days: int, until: str) -> None:
    assert SHANGHAI.after_working_days(utc("2026-11-26T10:00+08:00"), days) == utc(until)


def test_a_calendar_without_work_is_refused_and_does_not_search_for_ever() -> None:
    never = SiteCalendar(Schedule("09:00", "18:00", ()))
    with pytest.raises(InvalidInputError, match="calendar"):
        never.after_working(utc("2026-11-24T10:00+08:00"), timedelta(hours=1))
    with pytest.raises(InvalidInputError, match="calendar"):
        never.end_of_meal(utc("2026-11-24T10:00+08:00"))
