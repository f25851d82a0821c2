"""The plan of a camera: working hours, shifts, idle hours, and visits spread over the fleet."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.errors import InvalidInputError
from vision.frames import CameraId
from vision.rules.schedule import Schedule
from vision.sampling.plan import Rate, SamplingPlan, Shift, fastest, idle, next_visit_s, phase_s

LUNCH = Shift(Schedule("11:00", "13:30"), Rate("watch", 1.0))
PLAN = SamplingPlan(Rate("watch", 2.0), Schedule("08:00", "22:00"), (LUNCH,))


@pytest.mark.parametrize(
    ("hour_utc", "interval_s"),
    [(0, 2.0), (4, 1.0), (6, 2.0), (15, 8.0)],
    ids=["morning", "lunch", "afternoon", "night"],
)
def test_the_rate_follows_the_clock_of_the_site(hour_utc: int, interval_s: float) -> None:
    # Shanghai is eight hours ahead.
    assert PLAN.rate(datetime(2026, 11, 24, hour_utc, 30, tzinfo=UTC)).interval_s == interval_s


@given(st.floats(0.1, 3600))
def test_idle_hours_never_speed_up_nor_fall_below_a_look_a_minute(interval_s: float) -> None:
    slow_s = idle(Rate("patrol", interval_s)).interval_s
    assert slow_s >= interval_s
    assert slow_s <= max(60.0, interval_s)


@pytest.mark.parametrize("interval_s", [0.0, -1.0, 3601.0, float("nan")])
def test_an_interval_that_is_none_is_refused_by_name(interval_s: float) -> None:
    with pytest.raises(InvalidInputError, match="interval_s"):
        Rate("watch", interval_s)


def test_of_several_rates_the_most_attentive_wins() -> None:
    assert fastest([Rate("patrol", 1), Rate("watch", 5), Rate("watch", 2)]) == Rate("watch", 2)


@given(st.text(min_size=1, max_size=20), st.floats(1, 600), st.floats(0, 2e9))
def test_visits_keep_their_phase_and_lie_ahead(name: str, interval_s: float, now_s: float) -> None:
    camera = CameraId(name)
    due_s = next_visit_s(camera, interval_s, now_s)
    assert now_s < due_s <= now_s + interval_s + 1e-3
    rounds = (due_s - phase_s(camera, interval_s)) / interval_s
    assert rounds == pytest.approx(round(rounds), abs=1e-4)


def test_visits_of_a_fleet_are_spread_evenly() -> None:
    tenths = [int(phase_s(CameraId(f"camera-{number}"), 30.0) / 3.0) for number in range(2000)]
    counts = [tenths.count(tenth) for tenth in range(10)]
    assert min(counts) > 150
    assert max(counts) < 250
