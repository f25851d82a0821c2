from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.sources.timeline import Timeline

MS = Fraction(1, 1000)
Stamp = tuple[int | None, int | None]


def placed(timeline: Timeline, stamps: list[Stamp]) -> list[tuple[int, int]]:
    return [timeline.place(pts, dts, 40) for pts, dts in stamps]


@pytest.mark.parametrize(
    ("stamps", "expected", "repaired", "jumps"),
    [
        ([(0, 0), (40, 40)], [(0, 0), (40, 40)], 0, 0),
        ([(80, 0), (40, 40)], [(80, 0), (40, 40)], 0, 0),  # B-frames stay as they are
        ([(0, 0), (None, None), (80, 80)], [(0, 0), (40, 40), (80, 80)], 1, 0),
        ([(0, 0), (40, None)], [(0, 0), (40, 40)], 0, 0),
        ([(0, 0), (0, 0)], [(0, 0), (1, 1)], 2, 0),
        ([(0, 0), (500_000, 500_000), (500_040, 500_040)], [(0, 0), (40, 40), (80, 80)], 0, 1),
        ([(90_000, 90_000), (0, 0), (40, 40)], [(90_000, 90_000), (90_040, 90_040), (90_080, 90_080)], 0, 1),
    ],
)
def test_timestamps_are_mended_and_counted(
    stamps: list[Stamp], expected: list[tuple[int, int]], repaired: int, jumps: int
) -> None:
    timeline = Timeline(MS)
    assert placed(timeline, stamps) == expected
    assert (timeline.repaired, timeline.jumps) == (repaired, jumps)


def test_a_file_may_pause_for_long() -> None:
    timeline = Timeline(MS, max_gap_s=24 * 3600)
    assert placed(timeline, [(0, 0), (500_000, 500_000)])[1] == (500_000, 500_000)


STAMPS = st.one_of(st.none(), st.integers(-(10**9), 10**9))


@given(st.lists(st.tuples(STAMPS, STAMPS), max_size=60))
def test_whatever_comes_dts_grows_and_pts_is_not_before_it(stamps: list[Stamp]) -> None:
    result = placed(Timeline(MS), stamps)
    assert all(a[1] < b[1] for a, b in pairwise(result))
    assert all(pts >= dts for pts, dts in result)


def test_where_the_camera_s_clock_stands_still_ours_counts() -> None:
    timeline = Timeline(MS)
    result = [timeline.place(0, 0, 0, arrived_s=number * 0.04)[1] for number in range(100)]
    assert result[-1] == pytest.approx(99 * 40, abs=4 * 40)
    assert all(a < b for a, b in pairwise(result))
    assert timeline.is_ours
    # It runs again: what it says is joined to what came before.
    again = [timeline.place(40 * number, 40 * number, 0, arrived_s=4 + number * 0.04)[1] for number in range(1, 4)]
    assert [b - a for a, b in pairwise(again)] == [40, 40]
    assert not timeline.is_ours


def test_a_clock_that_runs_is_believed_however_the_packets_arrive() -> None:
    timeline = Timeline(MS)
    arrivals = [0.0, 0.5, 0.5, 0.5, 0.9]
    assert [timeline.place(40 * n, 40 * n, 0, at)[1] for n, at in enumerate(arrivals)] == [0, 40, 80, 120, 160]
