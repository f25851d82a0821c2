from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.sources.arrival import GATHER_S, NEWEST_S, Arrivals

STEP_S = 0.04
STREAM_S = 1_000.0
"""Where the stream's clock stands when our reader begins, at our 0."""


@dataclass(frozen=True, slots=True)
class Read:
    """One packet as a reader met it, in seconds of our clock."""

    came_s: float
    read_s: float
    told_s: float
    """When it came, as `Arrivals` says."""
    rested_s: float


def reading(came: Sequence[float], work_s: float = 0.0, slow_s: float = 0.0) -> Iterator[Read]:
    """Read packets that came at these times; each costs work, and waits so long for the processor at least."""
    arrivals, now_s = Arrivals(), 0.0
    for number, came_s in enumerate(came):
        waited_s = max(came_s - now_s, slow_s)
        now_s += waited_s
        late_s = arrivals.read(STREAM_S + number * STEP_S, now_s, waited_s)
        rest_s = arrivals.rest_s()
        yield Read(came_s, now_s, now_s - late_s, rest_s)
        now_s += work_s + rest_s


def steady(seconds: float) -> list[float]:
    return [number * STEP_S for number in range(round(seconds / STEP_S))]


def test_a_reader_wakes_for_several_packets_at_once_and_knows_when_each_came() -> None:
    reads = list(reading(steady(60), work_s=0.0005))
    rests = sum(read.rested_s > 0 for read in reads)
    assert len(reads) / rests == pytest.approx(GATHER_S / STEP_S + 1, abs=1)
    assert all(abs(read.told_s - read.came_s) < 0.001 for read in reads)


def test_what_a_server_kept_from_before_is_read_without_a_rest() -> None:
    at_once = 50
    reads = list(reading([0.0] * at_once + steady(10), work_s=0.0005))
    assert not any(read.rested_s for read in reads[1:at_once])
    assert any(read.rested_s for read in reads[at_once:])
    assert max(read.read_s - read.came_s for read in reads[at_once:]) < GATHER_S + STEP_S


def test_who_has_too_much_to_do_falls_no_further_behind_by_resting() -> None:
    busy = list(reading(steady(60), work_s=0.03, slow_s=0.009))  # just able to keep up
    assert max(read.read_s - read.came_s for read in busy) < 2 * GATHER_S
    drowning = list(reading(steady(60), work_s=0.05, slow_s=0.01))
    assert sum(read.rested_s for read in drowning) < 1
    lost_s = drowning[-1].read_s - drowning[-1].came_s
    assert lost_s == pytest.approx(len(drowning) * 0.02, abs=1)


def test_a_camera_that_hesitated_is_not_said_to_have_sent_before_it_could() -> None:
    came = [at_s if at_s < 5 else at_s + 3 for at_s in steady(10)]
    reads = list(reading(came, work_s=0.0005))
    assert all(read.came_s - GATHER_S - 0.001 <= read.told_s <= read.read_s for read in reads)


@pytest.mark.parametrize("off_s", [-3600.0, 3600.0])
def test_a_reader_goes_on_resting_after_a_clock_was_set(off_s: float) -> None:
    arrivals, rests = Arrivals(), 0
    for number in range(1000):
        now_s = number * STEP_S + (off_s if number > 500 else 0)
        arrivals.read(STREAM_S + number * STEP_S, now_s, waited_s=STEP_S)
        rests += arrivals.rest_s() > 0 and number > 600
    assert rests > 50


def test_a_stream_whose_clock_runs_slow_is_still_rested_from() -> None:
    arrivals, rests = Arrivals(), 0
    for number in range(100_000):
        arrivals.read(STREAM_S + number * STEP_S * 0.9995, number * STEP_S, waited_s=STEP_S)
        rests += arrivals.rest_s() > 0
    assert arrivals.late_s < NEWEST_S
    assert rests > 10_000


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0.001, 5)), max_size=60))
def test_packets_are_never_told_to_have_come_in_another_order(steps: list[tuple[float, float]]) -> None:
    arrivals, now_s, dts_s, told = Arrivals(), 0.0, STREAM_S, []
    for step_s, dts_step_s in steps:
        now_s, dts_s = now_s + step_s, dts_s + dts_step_s
        late_s = arrivals.read(dts_s, now_s, waited_s=step_s)
        assert 0 <= late_s <= GATHER_S
        told.append(now_s - late_s)
    assert all(a <= b + 1e-9 for a, b in pairwise(told))
