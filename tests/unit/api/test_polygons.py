"""Corners that enclose a part of the picture, and corners that do not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.polygons import MOST_CORNERS, fault

SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]


@pytest.mark.parametrize(
    "polygon",
    [
        [],
        SQUARE,
        SQUARE[::-1],
        [(0.1, 0.1), (0.9, 0.1), (0.5, 0.9)],
        [(0, 0), (1, 0), (1, 1), (0.5, 0.2), (0, 1)],
        [(0, 0), (0.5, 0), (1, 0), (1, 1)],
    ],
)
def test_a_part_of_the_picture_is_taken(polygon: list[tuple[float, float]]) -> None:
    assert fault(polygon) == ""


@pytest.mark.parametrize(
    ("polygon", "told"),
    [
        (SQUARE[:2], "3 to 64 corners"),
        ([(n / 100, n * n / 10_000) for n in range(MOST_CORNERS + 1)], "3 to 64 corners"),
        ([(0, 0), (1, 0), (1, 1.01)], "from 0 to 1"),
        ([(0, 0), (1, 0), (1, math.nan)], "from 0 to 1"),
        ([(0, 0), (1, 0), (1, -math.inf)], "from 0 to 1"),
        ([*SQUARE, SQUARE[0]], "all different"),
        ([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], "do not cross"),
        ([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)], "do not cross or touch"),
        ([(0, 0), (0.5, 0.5), (1, 1)], "an area"),
        ([(0, 0), (0.01, 0), (0, 0.01)], "an area"),
    ],
)
def test_what_encloses_nothing_is_told_why(polygon: list[tuple[float, float]], told: str) -> None:
    assert told in fault(polygon)


@given(st.lists(st.floats(0, 6.2), min_size=3, max_size=20, unique=True), st.floats(0.1, 0.5))
def test_corners_in_order_around_a_centre_never_cross(angles: list[float], radius: float) -> None:
    ring = [(0.5 + radius * math.cos(a), 0.5 + radius * math.sin(a)) for a in sorted(angles)]
    assert "cross" not in fault(ring) or len(set(ring)) < len(ring)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=12), st.integers(0, 11))
def test_where_one_begins_makes_no_difference(polygon: list[tuple[float, float]], turn: int) -> None:
    turned = polygon[turn % max(1, len(polygon)) :] + polygon[: turn % max(1, len(polygon))]
    assert bool(fault(turned)) == bool(fault(polygon)) or "area" in fault(turned) + fault(polygon)
