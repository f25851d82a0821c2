import numpy as np
import pytest

from vision.detections import Detections
from vision.errors import InvalidInputError

BOXES = np.array([[0, 0, 1, 1], [1, 1, 2, 2], [2, 2, 3, 3]], np.float32)
SEEN = Detections(BOXES, np.array([0.9, 0.5, 0.1], np.float32), np.array([1, 0, 1]), ("person", "rat"))


def test_empty_has_no_rows_and_keeps_its_vocabulary() -> None:
    none = Detections.empty(("person",))
    assert len(none) == 0
    assert none.names() == []
    assert none.of(["person"]).classes == ("person",)


@pytest.mark.parametrize(
    ("names", "rows"), [([], []), (["rat"], [0, 2]), (["person", "rat"], [0, 1, 2]), (["unicorn"], [])]
)
def test_of_picks_by_name_in_order(names: list[str], rows: list[int]) -> None:
    np.testing.assert_array_equal(SEEN.of(names).xyxy, BOXES[rows])


@pytest.mark.parametrize(
    ("xyxy", "confidence", "class_id"),
    [
        (BOXES, np.ones(2, np.float32), np.zeros(3, np.int64)),
        (BOXES[:, :3], np.ones(3, np.float32), np.zeros(3, np.int64)),
        (BOXES, np.ones(3, np.float32), np.array([0, 0, 2])),
        (BOXES, np.ones(3, np.float32), np.array([0, 0, -1])),
    ],
)
def test_refuses_arrays_that_do_not_belong_together(
    xyxy: np.ndarray, confidence: np.ndarray, class_id: np.ndarray
) -> None:
    with pytest.raises(InvalidInputError, match="Detections"):
        Detections(xyxy, confidence, class_id, ("person", "rat"))


def test_indexing_keeps_rows_together() -> None:
    picked = SEEN[np.array([2, 0])]
    assert picked.names() == ["rat", "rat"]
    np.testing.assert_allclose(picked.confidence, [0.1, 0.9])
