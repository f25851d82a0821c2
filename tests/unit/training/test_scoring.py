import numpy as np
import pytest

from vision.training.calibration import answer_above, answers, calibrated, confusion, softmax, temperature_of
from vision.training.scoring import Looks, average_precision, best_threshold, matched


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_the_second_box_on_one_object_is_a_miss() -> None:
    hit, counts = matched(boxes((0, 0, 10, 10), (1, 0, 11, 10)), boxes((0, 0, 10, 10)), boxes())
    assert hit.tolist() == [True, False]
    assert counts.all()


def test_a_miss_in_an_ignored_region_does_not_count() -> None:
    hit, counts = matched(boxes((0, 0, 10, 10), (50, 50, 60, 60)), boxes(), boxes((0, 0, 20, 20)))
    assert not hit.any()
    assert counts.tolist() == [False, True]


@pytest.mark.parametrize(
    ("hits", "objects", "wanted"), [([], 2, 0.0), ([True, True], 2, 1.0), ([True, False, True], 2, 0.5 + 0.5 * 2 / 3)]
)
def test_average_precision(hits: list[bool], objects: int, wanted: float) -> None:
    confidence = np.linspace(0.9, 0.5, len(hits)) if hits else np.empty(0)
    assert average_precision(Looks(confidence, np.array(hits, np.bool_), objects)) == pytest.approx(wanted)


def test_average_precision_without_objects_is_not_a_number() -> None:
    assert np.isnan(average_precision(Looks(np.empty(0), np.empty(0, np.bool_), 0)))


def test_the_best_threshold_keeps_the_hits() -> None:
    looks = Looks(np.array([0.9, 0.8, 0.3]), np.array([True, True, False]), 2)
    assert best_threshold(looks) == (0.8, 1.0, 1.0)


def test_overconfident_logits_are_cooled() -> None:
    rng = np.random.default_rng(1)
    target = rng.integers(0, 2, 4000)
    right = rng.random(4000) < 0.7
    logits = np.zeros((4000, 2))
    logits[np.arange(4000), np.where(right, target, 1 - target)] = 4.0
    temperature = temperature_of(logits, target)
    assert temperature > 2
    assert softmax(logits, temperature).max(axis=1).mean() == pytest.approx(0.7, abs=0.03)


def test_no_labels_leave_the_temperature_alone() -> None:
    assert temperature_of(np.empty((0, 3)), np.empty(0, np.int64)) == 1.0


STATES = ("worn", "missing", "unknown")


def test_unsure_answers_are_counted_as_unknown() -> None:
    probability = np.array([[0.9, 0.05, 0.05], [0.5, 0.4, 0.1], [0.1, 0.85, 0.05], [0.35, 0.2, 0.45]])
    target = np.array([0, 1, 1, 0])
    table = confusion(target, answers(probability, 0.8, STATES), STATES)
    assert table["missing"] == {"worn": 0, "missing": 1, "unknown": 1}
    assert table["worn"] == {"worn": 1, "missing": 0, "unknown": 1}


def test_the_threshold_is_the_strictest_that_still_answers_nearly_all() -> None:
    sure = np.array([[0.75, 0.2, 0.05]] * 97 + [[0.55, 0.4, 0.05]] * 3)
    assert answer_above(sure, np.zeros(100, np.int64), STATES) == 0.75
    assert answer_above(sure[-10:], np.zeros(10, np.int64), STATES) == 0.55


def test_a_state_that_was_drawn_too_often_is_shifted_back() -> None:
    logits = np.array([[1.0, 0.0, 0.9]] * 40 + [[0.0, 1.0, 0.9]] * 40 + [[0.0, 0.0, 2.0]] * 10)
    target = np.array([0] * 40 + [1] * 40 + [2] * 10)
    told = calibrated(logits, target, STATES)
    assert told.shift[2] < 0
    assert told.shift[:2] == (0.0, 0.0)


def test_without_labels_nothing_is_shifted() -> None:
    assert calibrated(np.empty((0, 3)), np.empty(0, np.int64), STATES).shift == (0.0, 0.0, 0.0)


def test_clothes_are_answered_from_where_hardly_any_work_clothes_are_accused() -> None:
    states = ("worn", "missing", "bare", "unknown")
    worn = np.array([[0.3, 0.7, 0.0, 0.0]] * 2 + [[0.9, 0.1, 0.0, 0.0]] * 98)
    assert answer_above(worn, np.zeros(100, np.int64), states) == pytest.approx(0.71, abs=0.011)
    assert answer_above(worn[2:], np.zeros(98, np.int64), states) == pytest.approx(0.6)


def test_unknown_yields_until_enough_of_the_known_heads_are_answered() -> None:
    alike = np.tile([1.0, -4.0, 1.4], (60, 1))  # thirty known heads look as half of the unseen ones do
    logits = np.concatenate(
        [alike[:30], np.tile([6.0, -4.0, 0.0], (70, 1)), alike, np.tile([-2.0, -2.0, 3.0], (60, 1))]
    )
    target = np.repeat([0, 2], [100, 120])
    told = calibrated(logits, target, STATES)
    given = answers(softmax(logits + np.array(told.shift), told.temperature), told.answer_above, STATES)
    assert (given[:100] == 0).all()
    assert (given[-60:] == 2).all()
