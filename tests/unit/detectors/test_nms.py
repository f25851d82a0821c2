import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.detections import Detections
from vision.detectors.nms import CANDIDATES, suppress
from vision.geometry import iou


def found(*rows: tuple[tuple[float, float, float, float], float, int]) -> Detections:
    boxes = np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4)
    return Detections(
        boxes, np.array([c for _, c, _ in rows], np.float32), np.array([k for *_, k in rows], np.int64), ("a", "b")
    )


WHOLE, NEAR, FAR = (0.0, 0.0, 10.0, 10.0), (0.0, 0.0, 10.0, 8.0), (20.0, 20.0, 30.0, 30.0)


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([], []),
        ([(WHOLE, 0.5, 0)], [0.5]),
        ([(WHOLE, 0.5, 0), (NEAR, 0.9, 0)], [0.9]),
        ([(WHOLE, 0.5, 0), (NEAR, 0.9, 1)], [0.9, 0.5]),
        ([(WHOLE, 0.5, 0), (FAR, 0.9, 0)], [0.9, 0.5]),
        ([(WHOLE, 0.9, 0), (NEAR, 0.8, 0), (FAR, 0.7, 0), (FAR, 0.6, 0)], [0.9, 0.7]),
    ],
)
def test_table(rows: list[tuple[tuple[float, float, float, float], float, int]], kept: list[float]) -> None:
    np.testing.assert_allclose(suppress(found(*rows), 0.55).confidence, kept)


def test_a_suppressed_box_suppresses_nobody() -> None:
    """The first beats the second, the second would beat the third, but the first does not: the third stays."""
    chain = [((0.0, 0.0, 10.0, 10.0), 0.9, 0), ((3.0, 0.0, 13.0, 10.0), 0.8, 0), ((6.0, 0.0, 16.0, 10.0), 0.7, 0)]
    np.testing.assert_allclose(suppress(found(*chain), 0.5).confidence, [0.9, 0.7])


def test_exactly_the_limit_is_kept() -> None:
    assert len(suppress(found((WHOLE, 0.9, 0), (NEAR, 0.8, 0)), 0.8)) == 2


def test_only_the_best_candidates_compete() -> None:
    far_apart = [((20.0 * i, 0.0, 20.0 * i + 1, 1.0), 0.5 + i * 1e-4, 0) for i in range(CANDIDATES + 5)]
    assert len(suppress(found(*far_apart), 0.5)) == CANDIDATES


BOXES = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20), st.integers(1, 20))


@given(st.lists(st.tuples(BOXES, st.floats(0.0625, 1, width=32), st.integers(0, 1)), max_size=20), st.floats(0.1, 0.9))
def test_what_stays_does_not_overlap_and_what_goes_overlaps_a_better_one(
    rows: list[tuple[tuple[int, int, int, int], float, int]], limit: float
) -> None:
    before = found(*[((float(x), float(y), float(x + w), float(y + h)), c, k) for (x, y, w, h), c, k in rows])
    after = suppress(before, limit)
    same = after.class_id[:, None] == after.class_id
    clash = (iou(after.xyxy, after.xyxy) > limit) & same & ~np.eye(len(after), dtype=bool)
    assert not clash.any()
    better = (iou(before.xyxy, after.xyxy) > limit) & (before.class_id[:, None] == after.class_id)
    better &= after.confidence >= before.confidence[:, None]
    assert better.any(axis=1).all()
