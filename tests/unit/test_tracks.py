"""Tracks and the tracker that makes them; boxes are made from a centre line, as a person walks."""

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.assignment import IMPOSSIBLE, assign
from vision.detections import Detections
from vision.errors import InvalidInputError
from vision.tracker import Tracker
from vision.tracks import Tracks

START = datetime(2026, 1, 1, tzinfo=UTC)
HW = (432, 768)
PERSON = ("person",)
ANIMALS = ("rat", "cat")
Box = tuple[float, float, float, float]
Step = tuple[float, list[Box]]


def seen(*boxes: Box, confidence: float | list[float] = 0.9, names: list[str] | None = None) -> Detections:
    classes = PERSON if names is None else ANIMALS
    ids = [classes.index(name) for name in names] if names else [0] * len(boxes)
    shares = np.broadcast_to(np.array(confidence, np.float32), (len(boxes),))
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), shares, np.array(ids, np.int64), classes)


def body(x: float, y: float = 200, width: float = 60, height: float = 180) -> Box:
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def walk(tracker: Tracker, steps: list[Step]) -> list[Tracks]:
    return [tracker.update(seen(*boxes), START + timedelta(seconds=at_s), HW) for at_s, boxes in steps]


def ids(tracks: list[Tracks]) -> list[list[int]]:
    return [track.track_id.tolist() for track in tracks]


def test_nobody_is_nobody() -> None:
    told = walk(Tracker(), [(0, []), (2, [])])
    assert ids(told) == [[], []]
    assert [t.ended for t in told] == [(), ()]
    assert len(Tracks.empty()) == 0


def test_tracks_of_unequal_length_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="Tracks"):
        Tracks(np.array([1]), Detections.empty(), np.zeros(1, np.float32))


@pytest.mark.parametrize("looks_per_s", [0.5, 1, 2, 5])
@pytest.mark.parametrize("widths_per_2_s", [0, 0.5, 1.0, -1.0])
def test_one_walker_is_one_track_at_every_rate(looks_per_s: float, widths_per_2_s: float) -> None:
    speed = 60 * widths_per_2_s / 2
    times = [i / looks_per_s for i in range(int(12 * looks_per_s))]
    told = walk(Tracker(), [(t, [body(384 + speed * (t - 6) * 0.8)]) for t in times])
    assert ids(told) == [[1]] * len(times)
    assert told[-1].age_s[0] == pytest.approx(times[-1], abs=1e-3)


@pytest.mark.parametrize("looks_per_s", [0.5, 1, 2, 5])
def test_two_who_cross_keep_their_ids(looks_per_s: float) -> None:
    times = [i / looks_per_s for i in range(int(14 * looks_per_s))]
    told = walk(Tracker(), [(t, [body(180 + 30 * t), body(600 - 30 * t, 215)]) for t in times])
    assert all(track == [1, 2] for track in ids(told))


@settings(deadline=None, max_examples=60)
@given(st.floats(-28, 28), st.floats(-8, 8), st.integers(1, 3), st.integers(0, 2**31))
def test_walkers_with_room_between_them_keep_their_ids(vx: float, vy: float, people: int, noise: int) -> None:
    """Constant velocity, 2 s between looks, up to a body width per look, jittering boxes."""
    jitter = np.random.default_rng(noise)
    told = []
    tracker = Tracker()
    for look in range(6):
        boxes = [
            body(200 + 180 * person + vx * (look - 3) * 2 + jitter.normal(0, 2), 210 + vy * look * 2)
            for person in range(people)
        ]
        told.append(tracker.update(seen(*boxes), START + timedelta(seconds=2 * look), HW))
    assert ids(told) == [list(range(1, people + 1))] * 6


scattered = st.lists(
    st.tuples(st.floats(50, 700, width=32), st.floats(100, 330, width=32)), min_size=1, max_size=5, unique=True
)


@settings(deadline=None, max_examples=60)
@given(st.lists(scattered, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_nothing(looks: list[list[tuple[float, float]]], shuffler: object) -> None:
    straight, shuffled = Tracker(), Tracker()
    for look, points in enumerate(looks):
        order = list(range(len(points)))
        shuffler.shuffle(order)  # type: ignore[attr-defined]
        at = START + timedelta(seconds=2 * look)
        first = straight.update(seen(*(body(*p) for p in points)), at, HW)
        second = shuffled.update(seen(*(body(*points[i]) for i in order)), at, HW)
        assert second.track_id.tolist() == first.track_id[order].tolist()
        assert second.ended == first.ended


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.tuples(st.floats(0, 768, width=32), st.floats(0, 432, width=32)), max_size=5), max_size=8))
def test_rows_stay_ids_are_unique_and_the_ended_never_come_back(looks: list[list[tuple[float, float]]]) -> None:
    tracker, gone, highest = Tracker(), set[int](), 0
    for look, points in enumerate(looks):
        detections = seen(*(body(*p) for p in points))
        told = tracker.update(detections, START + timedelta(seconds=2 * look), HW)
        now = told.track_id.tolist()
        assert told.seen is detections
        assert len(set(now)) == len(now)
        assert not gone & set(now)
        fresh = [i for i in now if i > highest]
        assert sorted(fresh) == list(range(highest + 1, highest + 1 + len(fresh)))
        highest, gone = max([highest, *now]), gone | set(told.ended)


def test_one_missed_look_is_bridged_and_two_are_a_new_subject() -> None:
    bridged = walk(Tracker(), [(0, [body(300)]), (2, []), (4, [body(305)])])
    assert ids(bridged) == [[1], [], [1]]
    late = walk(Tracker(), [(0, [body(300)]), (2, [body(300)]), (4, []), (6, []), (8, [body(300)])])
    assert ids(late) == [[1], [1], [], [], [2]]
    assert [t.ended for t in late] == [(), (), (), (1,), ()], "told as soon as the next look must come too late"


def test_at_one_look_a_second_up_to_three_missed_looks_are_bridged() -> None:
    told = walk(Tracker(), [(0, [body(300)]), (1, [body(300)]), (2, []), (3, []), (4, []), (5, [body(310)])])
    assert ids(told)[-1] == [1]


def test_who_walked_out_is_over_at_the_first_missed_look() -> None:
    told = walk(Tracker(), [(0, [body(560)]), (1, [body(660)]), (2, [body(735)]), (3, [])])
    assert told[-1].ended == (1,)


def test_the_next_person_at_the_same_edge_is_a_new_subject() -> None:
    told = walk(Tracker(), [(0, [body(640)]), (2, [body(735)]), (4, []), (5.5, [body(735)])])
    assert ids(told)[-1] == [2]


def test_who_stands_at_the_edge_has_not_left() -> None:
    told = walk(Tracker(), [(0, [body(735)]), (2, [body(735)]), (4, []), (6, [body(733)])])
    assert ids(told)[-1] == [1]


def test_a_silence_ends_by_time_alone() -> None:
    tracker = Tracker(max_gap_s=5)
    walk(tracker, [(0, [body(300)])])
    assert tracker.rest(START + timedelta(seconds=4.9)).ended == ()
    assert tracker.rest(START + timedelta(seconds=5)).ended == (1,)


def test_a_fragment_inherits_the_id_although_the_walker_stopped() -> None:
    """The prediction ran on; the last place holds."""
    told = walk(Tracker(), [(0, [body(200)]), (1, [body(280)]), (2, [body(360)]), (3, []), (4, []), (5, [body(370)])])
    assert ids(told)[-1] == [1]


def test_a_doubtful_box_continues_a_track_but_takes_none_from_a_sure_one() -> None:
    tracker = Tracker()
    tracker.update(seen(body(300)), START, HW)
    told = tracker.update(seen(body(301), body(306), confidence=[0.3, 0.9]), START + timedelta(seconds=2), HW)
    assert told.track_id.tolist() == [2, 1]
    told = tracker.update(seen(body(306), confidence=0.3), START + timedelta(seconds=4), HW)
    assert told.track_id.tolist() in ([1], [2])


def test_a_cat_that_is_called_a_rat_stays_one_track_and_a_rat_may_run() -> None:
    tracker = Tracker()
    steps = [(100.0, "cat"), (125.0, "rat"), (150.0, "cat")]
    told = [
        tracker.update(seen((x, 300, x + 20, 310), names=[name]), START + timedelta(seconds=0.2 * i), HW)
        for i, (x, name) in enumerate(steps)
    ]
    assert ids(told) == [[1], [1], [1]]


def test_ids_begin_anew_with_every_tracker() -> None:
    """I8: nothing outlives the connection, so nobody can be followed from clip to clip."""
    first = walk(Tracker(), [(0, [body(300)]), (2, [body(300), body(500)])])
    second = walk(Tracker(), [(0, [body(300)]), (2, [body(300), body(500)])])
    assert ids(first) == ids(second) == [[1], [1, 2]]


def test_a_person_who_returns_is_somebody_new() -> None:
    """I8 within one connection: no memory of looks, so leaving and returning makes a stranger."""
    told = walk(Tracker(), [(0, [body(300)]), (2, [body(300)]), (10, []), (20, [body(300)])])
    assert ids(told)[-1] == [2]


costs = st.integers(1, 4).flatmap(
    lambda rows: st.integers(1, 4).flatmap(
        lambda columns: st.lists(
            st.lists(st.floats(0, 100) | st.just(IMPOSSIBLE), min_size=columns, max_size=columns),
            min_size=rows,
            max_size=rows,
        )
    )
)


@settings(deadline=None)
@given(costs)
def test_no_assignment_is_larger_or_cheaper(given_costs: list[list[float]]) -> None:
    cost = np.array(given_costs)
    pairs = assign(cost)
    wide = cost if cost.shape[0] <= cost.shape[1] else cost.T
    plans = [
        [wide[row, column] for row, column in enumerate(plan) if np.isfinite(wide[row, column])]
        for plan in itertools.permutations(range(wide.shape[1]), wide.shape[0])
    ]
    most = max(len(plan) for plan in plans)
    assert len(pairs) == most
    assert sum(cost[pair] for pair in pairs) == pytest.approx(min(sum(p) for p in plans if len(p) == most), abs=1e-6)


def test_nothing_is_assigned_to_nobody() -> None:
    assert assign(np.empty((0, 3))) == assign(np.empty((2, 0))) == assign(np.full((2, 2), IMPOSSIBLE)) == []
