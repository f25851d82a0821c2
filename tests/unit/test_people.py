import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.detections import Detections
from vision.geometry import coverage, iou
from vision.people import body_of, pair

CLASSES = ("head", "phone", "person")
BODY = (100, 50, 200, 350)
HEAD = (130, 55, 165, 100)
Row = tuple[str, tuple[float, float, float, float], float]


def look(*rows: Row) -> Detections:
    if not rows:
        return Detections.empty(CLASSES)
    names, boxes, confidences = zip(*rows, strict=True)
    ids = np.array([CLASSES.index(name) for name in names], np.int64)
    return Detections(np.array(boxes, np.float32), np.array(confidences, np.float32), ids, CLASSES)


def test_an_empty_look_has_nobody_and_nothing() -> None:
    people, objects = pair(look())
    assert (len(people.persons), len(people.head_xyxy), len(objects)) == (0, 0, 0)


def test_a_model_without_heads_or_persons_is_fine() -> None:
    seen = Detections(np.array([BODY], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64), ("rat",))
    people, objects = pair(seen)
    assert (len(people.persons), objects.names()) == (0, ["rat"])


def test_person_head_and_phone_go_their_ways() -> None:
    people, objects = pair(look(("phone", (150, 200, 160, 215), 0.5), ("head", HEAD, 0.8), ("person", BODY, 0.9)))
    np.testing.assert_array_equal(people.persons.xyxy, [BODY])
    np.testing.assert_array_equal(people.head_xyxy, [HEAD])
    assert objects.names() == ["phone"]


@pytest.mark.parametrize(
    "head",
    [(130, 300, 165, 345), (300, 55, 335, 100), (149, 60, 151, 62), (60, 0, 260, 250)],
    ids=["at the feet", "beside", "too small", "larger than the body"],
)
def test_a_head_that_does_not_fit_becomes_a_person_of_its_own(head: tuple[float, float, float, float]) -> None:
    people, _ = pair(look(("person", BODY, 0.9), ("head", head, 0.8)), suppose_heads=False)
    assert len(people.persons) == 2
    assert np.isnan(people.head_xyxy[0]).all()
    np.testing.assert_array_equal(people.head_xyxy[1], head)


def test_a_lonely_head_gets_a_body_downwards() -> None:
    people, _ = pair(look(("head", (100, 100, 120, 130), 0.7)))
    np.testing.assert_allclose(people.persons.xyxy, [[80, 100, 140, 310]])
    assert people.persons.names() == ["person"]
    assert people.persons.confidence[0] == pytest.approx(0.7)
    assert body_of(np.empty((0, 4), np.float32)).shape == (0, 4)


def test_the_better_of_two_heads_wins_and_the_other_stands_alone() -> None:
    people, _ = pair(look(("person", BODY, 0.9), ("head", (105, 60, 140, 105), 0.4), ("head", HEAD, 0.9)))
    np.testing.assert_array_equal(people.head_xyxy[0], HEAD)
    assert len(people.persons) == 2


def test_two_boxes_around_one_head_are_one_person() -> None:
    people, _ = pair(look(("person", BODY, 0.9), ("person", (102, 48, 198, 240), 0.6), ("head", HEAD, 0.9)))
    assert len(people.persons) == 1
    np.testing.assert_array_equal(people.head_xyxy, [HEAD])


def test_twin_heads_are_one_head() -> None:
    people, _ = pair(look(("person", BODY, 0.9), ("head", HEAD, 0.9), ("head", (132, 60, 167, 104), 0.4)))
    np.testing.assert_array_equal(people.head_xyxy, [HEAD])


@pytest.mark.parametrize(
    ("rows", "supposed"),
    [
        ([("person", BODY, 0.9)], True),
        ([("person", BODY, 0.5)], False),  # not surely a person
        ([("person", (100, 50, 200, 150), 0.9)], False),  # not whole: who knows what is cut off
        ([("person", BODY, 0.9), ("head", (130, 80, 165, 120), 0.3)], True),  # a doubtful head, too low
        ([("person", BODY, 0.9), ("head", (130, 80, 165, 120), 0.8)], False),  # a sure one stays
        ([("person", BODY, 0.9), ("head", HEAD, 0.3)], False),  # so does a doubtful one where it must be
    ],
)
def test_an_overlooked_head_is_supposed_at_the_top_of_an_upright_body(rows: list[Row], supposed: bool) -> None:  # noqa: FBT001
    people, _ = pair(look(*rows))
    without, _ = pair(look(*rows), suppose_heads=False)
    assert np.array_equal(people.head_xyxy, without.head_xyxy, equal_nan=True) != supposed
    if supposed:
        assert coverage(people.head_xyxy, people.persons.xyxy)[0, 0] == pytest.approx(1)
        assert people.head_xyxy[0, 1] == people.persons.xyxy[0, 1]


def test_two_people_side_by_side_keep_their_own_heads() -> None:
    right = (180, 50, 280, 350)
    right_head = (215, 55, 250, 100)
    people, _ = pair(
        look(("person", BODY, 0.9), ("person", right, 0.8), ("head", right_head, 0.9), ("head", HEAD, 0.7))
    )
    np.testing.assert_array_equal(people.head_xyxy, [HEAD, right_head])


side = st.floats(0, 400, width=32)
box = st.tuples(side, side, st.floats(1, 200, width=32), st.floats(1, 300, width=32)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
rows = st.lists(st.tuples(st.sampled_from(CLASSES), box, st.floats(0.125, 1, width=32)), max_size=10)


@settings(deadline=None)
@given(rows)
def test_every_head_is_told_exactly_once_and_nothing_is_invented(given_rows: list[Row]) -> None:
    seen = look(*given_rows)
    people, objects = pair(seen, suppose_heads=False)
    told = people.head_xyxy[~np.isnan(people.head_xyxy).any(axis=1)]
    heads = seen.of(["head"]).xyxy
    assert {tuple(row) for row in told.tolist()} <= {tuple(row) for row in heads.tolist()}
    assert (iou(told, told) >= 0.45).sum() == len(told), "each head once, no twins"
    assert (iou(heads, told).max(axis=1, initial=0) >= 0.45).all(), "every head or its surer twin"
    assert len(people.persons) == len(people.head_xyxy) <= len(told) + len(seen.of(["person"]))
    assert objects.names() == seen.of(["phone"]).names()
