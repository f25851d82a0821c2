from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.errors import InvalidInputError
from vision.rules.schedule import EVERY_DAY, Schedule

BERLIN = "Europe/Berlin"


def wall(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("schedule", "at", "expected"),
    [
        (Schedule(), "2026-11-24T03:00", True),
        (Schedule(weekdays=()), "2026-11-24T12:00", False),
        (Schedule("09:00", "21:00"), "2026-11-24T09:00", True),
        (Schedule("09:00", "21:00"), "2026-11-24T08:59:59", False),
        (Schedule("09:00", "21:00"), "2026-11-24T21:00", False),
        (Schedule("18:00", "02:00"), "2026-11-24T01:59", True),
        (Schedule("18:00", "02:00"), "2026-11-24T02:00", False),
        (Schedule("18:00", "02:00", weekdays=(5,)), "2026-11-28T01:00", True),  # Friday's shift, on Saturday
        (Schedule("18:00", "02:00", weekdays=(5,)), "2026-11-27T01:00", False),  # before Friday's shift
        (Schedule("09:00", "24:00"), "2026-11-24T23:59:59", True),
        (Schedule("06:00", "06:00"), "2026-11-24T05:00", True),
    ],
)
def test_table(schedule: Schedule, at: str, expected: bool) -> None:  # noqa: FBT001
    assert schedule.is_open(wall(at)) == expected


def test_an_hour_that_comes_twice_is_open_twice_and_one_left_out_is_not() -> None:
    autumn = Schedule("02:00", "03:00", time_zone=BERLIN)
    assert autumn.is_open(wall("2026-10-25T02:30", BERLIN))
    assert autumn.is_open(wall("2026-10-25T02:30", BERLIN, fold=1))
    spring = [datetime(2026, 3, 28, 23, tzinfo=UTC) + timedelta(minutes=m) for m in range(6 * 60)]
    assert not any(autumn.is_open(at) for at in spring)


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("opens", {"opens": "25:00"}),
        ("closes", {"closes": "noon"}),
        ("weekdays", {"weekdays": (0,)}),
        ("time_zone", {"time_zone": "Mars/Olympus"}),
    ],
)
def test_nonsense_is_refused_by_name(field: str, arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match=rf"Schedule\.{field}"):
        Schedule(**arguments)  # type: ignore[arg-type]


minutes = st.integers(0, 24 * 60 - 1)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(["Asia/Shanghai", BERLIN, "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@settings(deadline=None)
@given(minutes, minutes, zones, moments)
def test_day_shift_and_night_shift_share_the_day(opens: int, closes: int, zone: str, at: datetime) -> None:
    if opens == closes:
        return
    day = Schedule(clock(opens), clock(closes), EVERY_DAY, zone).is_open(at)
    night = Schedule(clock(closes), clock(opens), EVERY_DAY, zone).is_open(at)
    assert day != night


@settings(deadline=None)
@given(minutes, minutes, st.lists(st.integers(1, 7)), zones, moments)
def test_weekdays_only_take_away(opens: int, closes: int, days: list[int], zone: str, at: datetime) -> None:
    some = Schedule(clock(opens), clock(closes), tuple(days), zone)
    every = Schedule(clock(opens), clock(closes), EVERY_DAY, zone)
    assert every.is_open(at) or not some.is_open(at)


@settings(deadline=None)
@given(minutes, minutes, zones, moments)
def test_the_answer_does_not_depend_on_how_the_instant_is_written(
    opens: int, closes: int, zone: str, at: datetime
) -> None:
    schedule = Schedule(clock(opens), clock(closes), EVERY_DAY, zone)
    assert schedule.is_open(at) == schedule.is_open(at.astimezone(ZoneInfo("America/New_York")))
