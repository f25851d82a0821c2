"""Bursts: begun by a suspicion, ended by an answer, never more than the limits allow."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vision.sampling.burst import BurstLimits, Bursts

START = datetime(2026, 11, 24, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_suspicion_begins_a_burst_and_an_opening_confirms_it() -> None:
    bursts = Bursts()
    assert bursts.heard(after(0), suspects=True, opened=False)
    assert bursts.is_running(after(0.2))
    assert not bursts.heard(after(1), suspects=False, opened=True)
    assert not bursts.is_running(after(1.1))
    assert (bursts.started, bursts.confirmed, bursts.refuted) == (1, 1, 0)


def test_a_suspicion_that_goes_away_is_refuted_and_the_camera_rests() -> None:
    bursts = Bursts()
    bursts.heard(after(0), suspects=True, opened=False)
    bursts.heard(after(0.4), suspects=False, opened=False)
    assert bursts.refuted == 1
    assert not bursts.heard(after(2), suspects=True, opened=False)
    assert bursts.state(after(2)) == "resting"
    assert bursts.heard(after(21), suspects=True, opened=False)


def test_a_doubt_that_stays_ends_with_the_length_of_a_burst() -> None:
    bursts = Bursts(BurstLimits(length_s=4))
    bursts.heard(after(0), suspects=True, opened=False)
    for tenth in range(1, 20):
        bursts.heard(after(tenth * 0.2), suspects=True, opened=False)
    assert bursts.is_running(after(3.9))
    bursts.heard(after(4.0), suspects=True, opened=False)
    assert (bursts.state(after(4.1)), bursts.refuted) == ("resting", 1)


def test_what_opens_at_once_needs_no_burst() -> None:
    bursts = Bursts()
    assert not bursts.heard(after(0), suspects=True, opened=True)
    assert bursts.started == 0


def test_a_machine_without_time_begins_none_and_counts_it() -> None:
    bursts = Bursts()
    assert not bursts.heard(after(0), suspects=True, opened=False, affordable=False)
    assert (bursts.started, bursts.unaffordable) == (0, 1)
    assert bursts.heard(after(2), suspects=True, opened=False)


@given(st.lists(st.tuples(st.floats(0.05, 5), st.booleans(), st.booleans()), max_size=80))
def test_every_burst_is_counted_once_and_the_share_of_time_is_bounded(looks: list[tuple[float, bool, bool]]) -> None:
    bursts, at_s, running_s = Bursts(), 0.0, 0.0
    openings = 0
    for gap_s, suspects, opened in looks:
        running_s += gap_s if bursts.is_running(after(at_s)) else 0.0
        at_s += gap_s
        openings += opened
        bursts.heard(after(at_s), suspects=suspects, opened=opened)
    assert bursts.started - bursts.confirmed - bursts.refuted in (0, 1)
    # A gap between looks may lie over the end of a burst: at most one gap more each.
    most_s = bursts.started * (bursts.limits.length_s + 5)
    assert running_s <= most_s
    assert bursts.started <= 1 + openings + at_s / bursts.limits.rest_s
