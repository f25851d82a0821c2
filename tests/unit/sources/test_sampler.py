import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.films import packet
from vision.sources.sampler import KeyFrameSampler


def looked_at(sampler: KeyFrameSampler, times_s: list[float]) -> list[float]:
    return [t for t in times_s if sampler.wants(packet(t, key=True))]


@pytest.mark.parametrize(
    ("keys_s", "wanted_s"),
    [
        ([], []),
        ([0.4], [0.4]),
        ([0, 1, 2, 3, 4], [0, 2, 4]),
        ([0, 1.5, 3, 4.5, 6, 7.5, 9], [0, 3, 4.5, 6, 9]),  # due at 2, 4, 6, 8: no drift
        ([0, 1, 11, 12, 13, 14], [0, 11, 12, 14]),  # a gap: one look at once, then back in phase
        ([0, 1.9995, 3.9985], [0, 1.9995]),  # one tick of rounding is no lateness, two are
    ],
)
def test_first_key_frame_at_or_after_each_due_time(keys_s: list[float], wanted_s: list[float]) -> None:
    assert looked_at(KeyFrameSampler(2.0), keys_s) == wanted_s


def test_other_packets_are_never_wanted_nor_counted() -> None:
    sampler = KeyFrameSampler(2.0)
    assert not sampler.wants(packet(0))
    assert sampler.skipped == 0


def test_skipped_are_counted_and_sparse_is_told() -> None:
    sampler = KeyFrameSampler(2.0)
    looked_at(sampler, [0, 1, 2])
    assert (sampler.skipped, sampler.sparse) == (1, False)
    looked_at(sampler, [6.1])
    assert sampler.sparse
    looked_at(sampler, [8.1])
    assert not sampler.sparse


@given(st.lists(st.integers(10, 1900), min_size=1, max_size=80))
def test_dense_key_frames_are_looked_at_once_per_interval(gaps_ms: list[int]) -> None:
    # Whole ticks: what a packet rounds is no gap of a camera.
    times_s = [sum(gaps_ms[: i + 1]) / 1000 for i in range(len(gaps_ms))]
    wanted = looked_at(KeyFrameSampler(2.0), times_s)
    assert wanted[0] == times_s[0]
    slots = [round((t - wanted[0]) * 1000 + 1) // 2000 for t in wanted]
    assert len(slots) == len(set(slots)), "two looks in one interval"
    assert set(slots) >= set(range(max(slots))), "an interval without a look"
