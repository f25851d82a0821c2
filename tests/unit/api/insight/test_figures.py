"""Shares with intervals, calendars with time zones, and what makes up most of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.insight.figures import SLOT_S, Slot, buckets, camera_days, heat, pareto, share, trend, wilson
from api.insight.reports import Period
from vision.errors import InvalidInputError

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def slot(at: datetime, zone: str = "Asia/Shanghai", key: str = "no_hat", count: int = 1) -> Slot:
    return Slot(int(at.timestamp()) // SLOT_S, zone, key, count)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (8, 10, 0.4902, 0.9433), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_s_interval_is_the_published_one(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_nothing_counted_has_no_share() -> None:
    assert share(0, 0) == {"n": 0, "hits": 0, "share": None, "low": None, "high": None}


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_lies_in_its_interval(hits: int, more: int) -> None:
    found = wilson(hits, hits + more)
    assert found is not None
    assert 0 <= found[0] <= hits / (hits + more) + 1e-12
    assert hits / (hits + more) <= found[1] + 1e-12 <= 1 + 1e-12


def test_days_and_hours_are_those_on_the_wall() -> None:
    late = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
    slots = [slot(late), slot(late, "Asia/Kolkata"), slot(late, "America/New_York", "rodent", 3)]
    assert trend(slots, "day") == {
        (date(2026, 11, 25), "no_hat"): 2,
        (date(2026, 11, 24), "rodent"): 3,
    }
    rows = heat(slots)
    assert (rows[2][2], rows[2][0], rows[1][13]) == (1, 1, 3), "02:30 in Shanghai, 00:00 in Kolkata, 13:30 in New York"
    assert trend(slots, "week") == {(date(2026, 11, 23), "no_hat"): 2, (date(2026, 11, 23), "rodent"): 3}
    assert set(trend(slots, "month")) == {(date(2026, 11, 1), "no_hat"), (date(2026, 11, 1), "rodent")}


def test_empty_buckets_are_there_too() -> None:
    assert list(buckets(date(2026, 11, 30), date(2027, 1, 2), "month")) == [
        *(date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)),
    ]
    assert list(buckets(date(2026, 11, 24), date(2026, 12, 1), "week")) == [date(2026, 11, 23), date(2026, 11, 30)]
    assert len(list(buckets(date(2026, 11, 1), date(2026, 11, 30), "day"))) == 30


def test_a_pareto_adds_up_with_its_rest() -> None:
    lines = pareto({"a": 5, "b": 3, "c": 1, "d": 1}, 2)
    assert [(line["key"], line["count"]) for line in lines] == [("a", 5), ("b", 3), ("", 2)]
    assert [round(line["cumulative"], 2) for line in lines] == [0.5, 0.8, 1.0]
    assert pareto({}, 5) == []


def test_camera_days_are_those_within_the_span() -> None:
    day = timedelta(days=1)
    spans = [(AT - 5 * day, None), (AT - 5 * day, AT - 2 * day), (AT - day / 2, None), (AT - 9 * day, AT - 8 * day)]
    assert camera_days(spans, AT - 3 * day, AT) == 3 + 1 + 0.5 + 0


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_a_period_has_its_days(text: str, first: date, last: date) -> None:
    period = Period.parse(text)
    assert (period.first, period.last) == (first, last)
    assert period.span("Asia/Shanghai", "").since.isoformat() == f"{first - timedelta(days=1)}T16:00:00+00:00"


@pytest.mark.parametrize("text", ["2026-W54", "2026-13", "2026", "0000-01", "2026-W00", "../etc"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="period"):
        Period.parse(text)
