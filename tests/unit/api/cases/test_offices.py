"""The days of offices: the published year as published, the year to come as far as the law names its days."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from api.cases.calendar import SiteCalendar
from api.cases.offices import OFFICES, Offices, load_offices, offices_of
from vision.errors import InvalidInputError
from vision.rules.schedule import Schedule

CHINA = offices_of("CN")


def test_the_published_year_has_as_many_days_as_the_notice_says() -> None:
    (year,) = [year for year in load_offices() if (year.jurisdiction, year.year) == ("CN", 2026)]
    assert year.complete
    assert Counter(day.month for day in year.off) == {1: 3, 2: 9, 4: 3, 5: 5, 6: 3, 9: 3, 10: 7}
    assert [day.strftime("%a") for day in sorted(year.work)] == ["Sun", "Sat", "Sat", "Sat", "Sun", "Sat"]


def test_the_next_year_says_that_its_notice_is_not_in() -> None:
    (year,) = [year for year in load_offices() if (year.jurisdiction, year.year) == ("CN", 2027)]
    assert (year.complete, len(year.off), year.work) == (False, 13, frozenset())


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 9, 20), True),  # a Sunday worked for National Day
        (date(2026, 9, 25), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),
        (date(2026, 10, 11), False),
        (date(2027, 2, 5), False),  # New Year's Eve
        (date(2027, 2, 9), True),
    ],
)
def test_each_day_is_as_the_notice_says(day: date, *, is_open: bool) -> None:
    assert CHINA.are_open(day) is is_open


def test_a_period_of_the_law_passes_over_the_golden_week_and_counts_the_swapped_saturday() -> None:
    kitchen = SiteCalendar(Schedule("00:00", "24:00"), offices=CHINA)
    ordered = datetime(2026, 9, 29, 4, tzinfo=UTC)
    # Wednesday 30 September, Thursday 8, Friday 9, Saturday 10 (swapped), Monday 12 October
    assert kitchen.after_office_days(ordered, 5).isoformat() == "2026-10-12T16:00:00+00:00"
    assert SiteCalendar(kitchen.hours).after_office_days(ordered, 5).isoformat() == "2026-10-06T16:00:00+00:00"


def test_elsewhere_offices_work_from_monday_to_friday() -> None:
    assert offices_of("EU") == Offices()
    assert Offices().are_open(date(2026, 10, 1))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("complete = true", "complete = 1", "complete"),
        ("[2026-01-01, 2026-01-03]", "[2026-01-03, 2026-01-01]", "off"),
        ("[2026-01-01, 2026-01-03]", "[2027-01-01, 2027-01-03]", "off"),
        ("work = [2026-01-04,", "work = [2026-01-05,", "work"),
        ("year = 2026", "years = 2026", "years"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    path = tmp_path / "offices.toml"
    path.write_text(OFFICES.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(InvalidInputError) as caught:
        load_offices(path)
    assert field in caught.value.field
