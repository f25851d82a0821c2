import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.geometry import (
    Boxes,
    areas,
    bottom_centres,
    centres,
    clipped,
    coverage,
    expanded,
    inside_polygon,
    intersections,
    iou,
)

HW = (432, 768)
number = st.floats(-500, 1500, width=32)


@st.composite
def boxes(draw: st.DrawFn, most: int = 5) -> Boxes:
    corners = draw(st.lists(st.tuples(number, number, number, number), max_size=most))
    made = np.array(corners, np.float32).reshape(-1, 4)
    low, high = np.minimum(made[:, :2], made[:, 2:]), np.maximum(made[:, :2], made[:, 2:])
    return np.concatenate([low, high], axis=1)


@settings(deadline=None)
@given(boxes(), boxes())
def test_iou_is_symmetric_and_bounded(a: Boxes, b: Boxes) -> None:
    found = iou(a, b)
    assert found.shape == (len(a), len(b))
    np.testing.assert_allclose(found, iou(b, a).T, rtol=1e-4, atol=1e-5)
    assert (found >= 0).all()
    assert (found <= 1 + 1e-3).all()


@settings(deadline=None)
@given(boxes())
def test_a_box_with_area_overlaps_itself_fully(a: Boxes) -> None:
    wide = a[areas(a) > 1]
    np.testing.assert_allclose(np.diag(iou(wide, wide)), 1, rtol=1e-3)
    np.testing.assert_allclose(np.diag(coverage(wide, wide)), 1, rtol=1e-3)


@settings(deadline=None)
@given(boxes())
def test_clipping_stays_inside_shrinks_and_is_idempotent(a: Boxes) -> None:
    cut = clipped(a, HW)
    assert ((cut >= 0) & (cut <= [HW[1], HW[0], HW[1], HW[0]])).all()
    assert (areas(cut) <= areas(a) * (1 + 1e-4) + 1e-3).all()
    np.testing.assert_array_equal(clipped(cut, HW), cut)


@settings(deadline=None)
@given(boxes(), st.floats(0.25, 4))
def test_expanding_keeps_the_centre_and_scales_the_area(a: Boxes, scale: float) -> None:
    grown = expanded(a, scale)
    np.testing.assert_allclose(centres(grown), centres(a), atol=0.1)
    np.testing.assert_allclose(areas(grown), areas(a) * scale**2, rtol=0.01, atol=20)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([0, 0, 2, 2], [1, 1, 3, 3], 1 / 7),
        ([0, 0, 2, 2], [2, 0, 4, 2], 0),  # half-open boxes that touch share nothing
        ([0, 0, 0, 0], [0, 0, 0, 0], 0),
        ([3, 3, 1, 1], [0, 0, 4, 4], 0),  # inverted
    ],
)
def test_iou_table(a: list[float], b: list[float], expected: float) -> None:
    assert iou(np.array([a], np.float32), np.array([b], np.float32))[0, 0] == pytest.approx(expected)


def test_nothing_gives_nothing() -> None:
    none = np.empty((0, 4), np.float32)
    some = np.array([[0, 0, 1, 1]], np.float32)
    assert iou(none, some).shape == intersections(none, some).shape == (0, 1)
    assert areas(none).shape == (0,)
    assert bottom_centres(none).shape == centres(none).shape == (0, 2)


SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
ELL = np.array([[0, 0], [1, 0], [1, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]], np.float32)


@pytest.mark.parametrize(
    ("polygon", "point", "expected"),
    [
        (SQUARE, (0.5, 0.5), True),
        (SQUARE, (1.5, 0.5), False),
        (SQUARE, (0.0, 0.0), True),
        (SQUARE, (1.0, 0.5), False),
        (ELL, (0.25, 0.75), True),
        (ELL, (0.75, 0.75), False),
    ],
)
def test_polygon_table(polygon: np.ndarray, point: tuple[float, float], expected: bool) -> None:  # noqa: FBT001
    assert inside_polygon(np.array([point], np.float32), polygon)[0] == expected


share = st.floats(0, 1, width=32)


@settings(deadline=None)
@given(share, share, st.integers(0, 3))
def test_a_polygon_has_no_first_corner_and_no_direction(x: float, y: float, turn: int) -> None:
    point = np.array([[x, y]], np.float32)
    expected = inside_polygon(point, ELL)
    np.testing.assert_array_equal(inside_polygon(point, np.roll(ELL, turn, axis=0)), expected)
    np.testing.assert_array_equal(inside_polygon(point, ELL[::-1]), expected)


@settings(deadline=None)
@given(share, share, st.floats(0.125, 0.875, width=32))
def test_two_halves_share_no_point_and_lose_none(x: float, y: float, cut: float) -> None:
    left = np.array([[0, 0], [cut, 0], [cut, 1], [0, 1]], np.float32)
    right = np.array([[cut, 0], [1, 0], [1, 1], [cut, 1]], np.float32)
    point = np.array([[x, y]], np.float32)
    both = int(inside_polygon(point, left)[0]) + int(inside_polygon(point, right)[0])
    assert both == int(inside_polygon(point, SQUARE)[0])
