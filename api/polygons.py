"""Whether the corners that somebody drew enclose a part of the picture."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

Point = tuple[float, float]
Edge = tuple[Point, Point]
LEAST_AREA = 1e-4
"""Of the picture: 1/100 of its width by 1/100 of its height."""
MOST_CORNERS = 64


def fault(polygon: Sequence[Point]) -> str:
    """Return why a polygon is no zone, empty when it is one; corners are shares of width and height.

    No corners mean the whole picture. Otherwise 3 to 64 corners lie in 0..1, no two of them at the same place, the
    edges do not cross, and the area is at least 1/10,000 of the picture.
    """
    if not polygon:
        return ""
    if not 3 <= len(polygon) <= MOST_CORNERS:
        return f"3 to {MOST_CORNERS} corners, or none for the whole picture"
    if not all(0 <= share <= 1 for corner in polygon for share in corner):
        return "corners as shares of width and height, each from 0 to 1"
    if len(set(polygon)) < len(polygon):
        return "corners that are all different; the first one is not repeated at the end"
    if _crosses_itself(polygon):
        return "edges that do not cross or touch each other"
    return "" if _area(polygon) >= LEAST_AREA else f"an area of at least {LEAST_AREA:g} of the picture"


def _edges(polygon: Sequence[Point]) -> Iterator[Edge]:
    return pairwise([*polygon, polygon[0]])


def _area(polygon: Sequence[Point]) -> float:
    """Return the enclosed share of the picture, by the shoelace formula."""
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in _edges(polygon))) / 2


def _crosses_itself(polygon: Sequence[Point]) -> bool:
    return any(not set(a) & set(b) and _meet(a, b) for a, b in combinations(_edges(polygon), 2))


def _meet(a: Edge, b: Edge) -> bool:
    """Tell whether two edges without a common corner share a point."""
    (ax, ay), (bx, by) = (zip(*edge, strict=True) for edge in (a, b))
    if max(ax) < min(bx) or max(bx) < min(ax) or max(ay) < min(by) or max(by) < min(ay):
        return False  # not even the boxes around them do: so it is of most pairs, and whole cities are checked
    sides = [_side(a, b[0]), _side(a, b[1]), _side(b, a[0]), _side(b, a[1])]
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    ends = ((a, b[0]), (a, b[1]), (b, a[0]), (b, a[1]))
    return any(side == 0 and _within(edge, point) for side, (edge, point) in zip(sides, ends, strict=True))


def _side(edge: Edge, point: Point) -> float:
    """Return on which side of an edge's line a point lies: above 0, below 0, or 0 on it."""
    (x0, y0), (x1, y1) = edge
    return (x1 - x0) * (point[1] - y0) - (y1 - y0) * (point[0] - x0)


def _within(edge: Edge, point: Point) -> bool:
    """Tell whether a point of an edge's line lies between its ends."""
    return all(min(a, b) <= p <= max(a, b) for a, b, p in zip(*edge, point, strict=True))
