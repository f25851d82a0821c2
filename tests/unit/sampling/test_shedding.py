"""Shedding: rates fall evenly and quickly, come back slowly, and tier I gives way last."""

from hypothesis import given
from hypothesis import strategies as st

from vision.sampling.shedding import Shedder


def overloaded(periods: int) -> Shedder:
    shedder = Shedder()
    for _ in range(periods):
        shedder.heard(taken=50, replaced=50)
    return shedder


def test_tier_one_keeps_its_rate_until_the_others_can_give_no_more() -> None:
    shedder = overloaded(5)
    assert shedder.stretch(first_tier=False) > 2
    assert shedder.stretch(first_tier=True) == 1.0
    worst = overloaded(50)
    assert worst.stretch(first_tier=False) == 8.0
    assert worst.stretch(first_tier=True) == 4.0


def test_a_machine_that_keeps_up_gets_its_rates_back_but_not_at_once() -> None:
    shedder = overloaded(5)
    shedder.heard(taken=100, replaced=0)
    assert shedder.pressure > 1
    for _ in range(100):
        shedder.heard(taken=100, replaced=0)
    assert shedder.pressure == 1.0
    assert shedder.has_time


def test_one_look_in_a_hundred_may_be_late_without_consequence() -> None:
    shedder = Shedder()
    shedder.heard(taken=99, replaced=1)
    assert shedder.pressure == 1.0


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=100))
def test_no_rate_is_ever_raised_nor_falls_without_end(periods: list[tuple[int, int]]) -> None:
    shedder = Shedder()
    for taken, replaced in periods:
        shedder.heard(taken, replaced)
        assert 1.0 <= shedder.stretch(first_tier=True) <= 4.0
        assert shedder.stretch(first_tier=True) <= shedder.stretch(first_tier=False) <= 8.0
