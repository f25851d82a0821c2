"""Shedding: rates fall evenly and quickly, come back to what was borne before, and tier I gives way last."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vision.sampling.shedding import EVERY_S, Shedder

START_AT = datetime(2026, 11, 26, tzinfo=UTC)


class Machine:
    """Judges `able` looks a second of those that come; what it cannot judge is replaced."""

    def __init__(self, able: float) -> None:
        self.able = able
        self.now, self.looks, self.replaced = START_AT, 0, 0
        self.shedder = Shedder(START_AT)

    def works(self, wanted: float, periods: int = 1) -> Shedder:
        """Let `wanted` looks a second come, less where rates are stretched."""
        for _ in range(periods):
            self.now += timedelta(seconds=EVERY_S)
            come = round(wanted / self.shedder.stretch(first_tier=False) * EVERY_S)
            judged = min(come, round(self.able * EVERY_S))
            self.looks += judged
            self.replaced += come - judged
            self.shedder.weigh(self.now, self.looks, self.replaced)
        return self.shedder


def test_tier_one_keeps_its_rate_until_the_others_can_give_no_more() -> None:
    machine = Machine(able=1)
    shedder = machine.works(100, periods=5)
    assert shedder.stretch(first_tier=False) > 2
    assert shedder.stretch(first_tier=True) == 1.0
    machine.works(100, periods=45)
    assert shedder.stretch(first_tier=False) == 8.0
    assert shedder.stretch(first_tier=True) == 4.0


def test_after_a_rush_rates_are_back_in_half_a_minute() -> None:
    machine = Machine(able=20)
    assert machine.works(100, periods=8).pressure > 4
    assert not machine.shedder.has_time
    assert machine.works(5, periods=3).pressure <= 1.25
    assert machine.works(5, periods=6).pressure == 1.0
    assert machine.shedder.has_time


def test_beyond_what_was_too_much_rates_come_back_slowly() -> None:
    machine = Machine(able=100)
    machine.works(200, periods=20)
    machine.works(800, periods=5)
    rushed = machine.shedder.pressure
    relieved = machine.works(100, periods=3).pressure
    assert 2 < relieved < rushed
    assert machine.works(100).pressure == 0.95 * relieved


@given(st.floats(10, 100), st.floats(10, 400))
def test_a_machine_settles_near_what_it_can_do(able: float, wanted: float) -> None:
    machine = Machine(able)
    machine.works(wanted, periods=60)
    most = max(1.0, min(8.0, wanted / able))
    for _ in range(20):
        machine.works(wanted)
        assert 0.8 * most <= machine.shedder.stretch(first_tier=False) <= max(1.0, 1.6 * most)


def test_one_look_in_a_hundred_may_be_late_without_consequence() -> None:
    shedder = Shedder(START_AT)
    shedder.weigh(START_AT + timedelta(seconds=5), looks=99, replaced=1)
    assert shedder.pressure == 1.0


def test_a_period_is_over_after_five_seconds_and_the_next_begins() -> None:
    shedder, later = Shedder(START_AT), START_AT + timedelta(seconds=EVERY_S)
    assert not shedder.is_due(later - timedelta(milliseconds=1))
    assert shedder.is_due(later)
    shedder.weigh(later, looks=0, replaced=0)
    assert not shedder.is_due(later)


@given(st.lists(st.tuples(st.integers(-5, 1000), st.integers(-5, 1000)), max_size=100))
def test_no_rate_is_ever_raised_nor_falls_without_end(periods: list[tuple[int, int]]) -> None:
    shedder, looks, replaced = Shedder(START_AT), 0, 0
    for i, (done, lost) in enumerate(periods):
        looks, replaced = max(0, looks + done), max(0, replaced + lost)  # a camera that left takes its counts along
        shedder.weigh(START_AT + timedelta(seconds=EVERY_S * (i + 1)), looks, replaced)
        assert 1.0 <= shedder.stretch(first_tier=True) <= 4.0
        assert shedder.stretch(first_tier=True) <= shedder.stretch(first_tier=False) <= 8.0
