"""Shedding: rates fall evenly and quickly, come back as fast as the machine has time, and tier I gives way last."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vision.sampling.shedding import EVERY_S, Shedder

START_AT = datetime(2026, 11, 26, tzinfo=UTC)


class Machine:
    """Judges `able` looks a second of which `wanted` come at full rate; what it cannot judge is replaced."""

    def __init__(self, able: float) -> None:
        self.able = able
        self.now, self.replaced = START_AT, 0
        self.shedder = Shedder(START_AT)

    def works(self, wanted: float, periods: int = 1) -> Shedder:
        for _ in range(periods):
            self.now += timedelta(seconds=EVERY_S)
            come = wanted / self.shedder.stretch(first_tier=False) * EVERY_S
            taken = min(come, self.able * EVERY_S)
            self.replaced += round(come - taken)
            self.shedder.worked(round(taken), taken / self.able)
            self.shedder.weigh(self.now, self.replaced)
        return self.shedder


def test_tier_one_keeps_its_rate_until_the_others_can_give_no_more() -> None:
    machine = Machine(able=1)
    shedder = machine.works(100, periods=5)
    assert shedder.stretch(first_tier=False) > 2
    assert shedder.stretch(first_tier=True) == 1.0
    machine.works(100, periods=45)
    assert shedder.stretch(first_tier=False) == 8.0
    assert shedder.stretch(first_tier=True) == 4.0


def test_a_machine_that_has_time_again_is_at_its_rates_in_half_a_minute() -> None:
    machine = Machine(able=20)
    assert machine.works(100, periods=50).pressure > 4
    assert machine.works(5, periods=6).pressure == 1.0
    assert machine.shedder.has_time


def test_a_machine_that_keeps_up_just_so_gets_its_rates_back_slowly() -> None:
    machine = Machine(able=100)
    machine.works(200, periods=5)
    before = machine.shedder.pressure
    assert before > 1.5
    assert 0.9 * before < machine.works(99 * before).pressure < before


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
    shedder.worked(99, busy_s=5.0)
    shedder.weigh(START_AT + timedelta(seconds=5), replaced=1)
    assert shedder.pressure == 1.0


def test_a_period_is_over_after_five_seconds_and_the_next_begins() -> None:
    shedder, later = Shedder(START_AT), START_AT + timedelta(seconds=EVERY_S)
    assert not shedder.is_due(later - timedelta(milliseconds=1))
    assert shedder.is_due(later)
    shedder.weigh(later, replaced=0)
    assert not shedder.is_due(later)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.floats(0, 10)), max_size=100))
def test_no_rate_is_ever_raised_nor_falls_without_end(periods: list[tuple[int, int, float]]) -> None:
    shedder, replaced = Shedder(START_AT), 0
    for i, (taken, late, busy_s) in enumerate(periods):
        replaced += late
        shedder.worked(taken, busy_s)
        shedder.weigh(START_AT + timedelta(seconds=EVERY_S * (i + 1)), replaced)
        assert 1.0 <= shedder.stretch(first_tier=True) <= 4.0
        assert shedder.stretch(first_tier=True) <= shedder.stretch(first_tier=False) <= 8.0
