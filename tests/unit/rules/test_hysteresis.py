import itertools
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.catalogue import Thresholds
from vision.rules.hysteresis import CAP, LOOKS, Hysteresis, capped, probability

START = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = Thresholds(open_at=5, close_at=1, leak_s=20, rearm_s=30, dwell_s=0)
NAN = math.nan

thresholds = st.builds(
    Thresholds,
    open_at=st.floats(2, 8),
    close_at=st.floats(0, 1.5),
    leak_s=st.floats(5, 120),
    rearm_s=st.floats(0, 60),
    dwell_s=st.floats(0, 20),
)
evidence = st.floats(-8, 8) | st.just(NAN)
looks = st.lists(st.tuples(st.floats(0.05, 30), evidence), max_size=60)
Looks = list[tuple[float, float]]


def run(limits: Thresholds, given_looks: Looks) -> tuple[Hysteresis, list[tuple[float, str]]]:
    total, at_s, changes = Hysteresis(limits), 0.0, []
    for pause_s, log_odds in given_looks:
        at_s += pause_s
        if change := total.add(log_odds, START + timedelta(seconds=at_s), at_s):
            changes.append((at_s, change))
    return total, changes


def every_2_s(*log_odds: float) -> Looks:
    return [(2.0, value) for value in log_odds]


@pytest.mark.parametrize(
    ("given_looks", "expected"),
    [
        ([], []),
        (every_2_s(4), []),
        (every_2_s(4, 4), [(4.0, "opened")]),
        (every_2_s(9, 9), [(4.0, "opened")]),
        (every_2_s(1, 1, 1, 1, 1, 1), []),
        (every_2_s(4, -4, 4, -4, 4), []),
        (every_2_s(4, NAN, 4), [(6.0, "opened")]),
        (every_2_s(4, 4, -4, -4), [(4.0, "opened"), (8.0, "closed")]),
        ([(0.2, 4)] * 2, []),
        ([(0.2, 4)] * 8, [(pytest.approx(0.8), "opened")]),
    ],
)
def test_table(given_looks: Looks, expected: list[tuple[float, str]]) -> None:
    assert run(QUICK, given_looks)[1] == expected


@settings(deadline=None)
@given(thresholds, st.lists(st.floats(0.05, 100), max_size=40))
def test_unknown_alone_never_opens(limits: Thresholds, pauses: list[float]) -> None:
    """I3."""
    total, changes = run(limits, [(pause, NAN) for pause in pauses])
    assert changes == []
    assert total.total == 0
    assert total.started_at is None


@settings(deadline=None, max_examples=200)
@given(thresholds, looks)
def test_an_unknown_look_never_opens_whatever_came_before(limits: Thresholds, given_looks: Looks) -> None:
    """I3, tried from every state: only a look that speaks for it opens it."""
    total, at_s = Hysteresis(limits), 0.0
    for pause_s, log_odds in given_looks:
        at_s += pause_s
        if total.add(log_odds, START + timedelta(seconds=at_s), at_s) == "opened":
            assert log_odds > 0


@settings(deadline=None, max_examples=200)
@given(thresholds, looks, st.data())
def test_one_more_unknown_look_opens_nothing_earlier(
    limits: Thresholds, given_looks: Looks, data: st.DataObject
) -> None:
    """I3: with some looks made unknown that spoke for it, nothing opens before it would have."""
    hidden = [
        (pause, NAN if log_odds > 0 and data.draw(st.booleans()) else log_odds) for pause, log_odds in given_looks
    ]
    first = next((at for at, change in run(limits, given_looks)[1] if change == "opened"), math.inf)
    later = next((at for at, change in run(limits, hidden)[1] if change == "opened"), math.inf)
    # Two positive looks in quick succession share one second's weight, so hiding one leaves that weight to the next:
    # equal in the limit, never more than the evidence that was really there.
    assert later >= first or min(pause for pause, _ in given_looks) < 1


@settings(deadline=None, max_examples=200)
@given(thresholds, looks)
def test_openings_and_closings_alternate_and_rest_between(limits: Thresholds, given_looks: Looks) -> None:
    changes = run(limits, given_looks)[1]
    assert [change for _, change in changes] == (["opened", "closed"] * len(changes))[: len(changes)]
    for (before, was), (after, _) in itertools.pairwise(changes):
        assert was == "opened" or after - before >= limits.rearm_s - 1e-6


@settings(deadline=None, max_examples=200)
@given(thresholds, looks, st.data())
def test_more_evidence_never_lowers_the_sum(limits: Thresholds, given_looks: Looks, data: st.DataObject) -> None:
    more = [(pause, log_odds + data.draw(st.floats(0, 3))) for pause, log_odds in given_looks]
    assert run(limits, more)[0].total >= run(limits, given_looks)[0].total - 1e-9


@settings(deadline=None, max_examples=200)
@given(thresholds, looks)
def test_the_sum_stays_in_its_bounds(limits: Thresholds, given_looks: Looks) -> None:
    total, _ = run(limits, given_looks)
    assert -CAP <= total.total <= limits.open_at + CAP
    assert len(total.looks) <= LOOKS


@settings(deadline=None, max_examples=200)
@given(thresholds, looks, st.floats(1, 60), st.integers(1, 9), evidence)
def test_a_silent_gap_may_be_cut_into_any_number_of_unknown_looks(
    limits: Thresholds, before: Looks, gap_s: float, pieces: int, last: float
) -> None:
    whole = run(limits, [*before, (gap_s, last)])[0].total
    cut = run(limits, [*before, *([(gap_s / pieces, NAN)] * (pieces - 1)), (gap_s / pieces, last)])[0].total
    assert cut == pytest.approx(whole, abs=1e-5)


def test_unknown_closes_by_the_leak_and_does_not_flap() -> None:
    changes = run(QUICK, [*every_2_s(4, 4), *every_2_s(*[NAN] * 300)])[1]
    assert [change for _, change in changes] == ["opened", "closed"]
    assert 20 < changes[1][0] < 60


def test_evidence_right_after_closing_waits_for_rearm() -> None:
    changes = run(QUICK, every_2_s(4, 4, -4, -4, *[4] * 30))[1]
    assert [change for _, change in changes] == ["opened", "closed", "opened"]
    assert changes[2][0] - changes[1][0] == pytest.approx(30)


def test_a_second_opening_has_a_start_of_its_own() -> None:
    """Otherwise both would get the same event id."""
    total, _ = run(QUICK, every_2_s(4, 4, -4, -4, *[-4] * 20, 4, 4, 4))
    assert total.is_open
    assert total.started_pts_s == 50
    assert [look.pts_s for look in total.looks] == [50, 52, 54]


def test_dwelling_counts_seen_seconds_only() -> None:
    limits = Thresholds(open_at=3, close_at=0.5, leak_s=1000, rearm_s=0, dwell_s=10)
    assert run(limits, every_2_s(*[4] * 7))[1] == [(12.0, "opened")]
    assert run(limits, every_2_s(4, *[NAN] * 20, 4))[1] == []


def test_a_refuting_look_starts_the_dwell_anew() -> None:
    """Somebody who looks in every half minute attends a post; a mild doubt does not stop the clock."""
    limits = Thresholds(open_at=3, close_at=0.5, leak_s=60, rearm_s=0, dwell_s=20)
    assert run(limits, every_2_s(*([4] * 10 + [-CAP]) * 5))[1] == []
    assert run(limits, every_2_s(*([4] * 5 + [-1]) * 3))[1][0][1] == "opened"


def test_it_remembers_where_it_began_its_peak_and_the_last_that_spoke_for_it() -> None:
    total, _ = run(QUICK, every_2_s(-2, 3, 4, NAN, 2, -1))
    assert total.started_at == START + timedelta(seconds=4)
    assert (total.started_pts_s, total.last_for_pts_s) == (4.0, 10.0)
    assert total.last_for_at == START + timedelta(seconds=10)
    assert total.peak == max(look.total for look in total.looks)
    assert math.isnan(total.looks[2].log_odds)


def test_a_long_violation_ends_after_a_few_looks_against_it() -> None:
    changes = run(QUICK, every_2_s(*[4] * 500, *[-4] * 3))[1]
    assert [change for _, change in changes] == ["opened", "closed"]


@pytest.mark.parametrize(("nats", "share"), [(0, 0.5), (math.log(9), 0.9), (-math.log(9), 0.1), (900, 1), (-900, 0)])
def test_probability(nats: float, share: float) -> None:
    assert probability(nats) == pytest.approx(share)


def test_capping_keeps_unknown_unknown() -> None:
    assert (capped(99), capped(-99), capped(1)) == (CAP, -CAP, 1)
    assert math.isnan(capped(NAN))
