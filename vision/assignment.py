"""Who goes with whom at the least total cost: the assignment problem for a handful of boxes."""

import numpy as np
from numpy.typing import NDArray

IMPOSSIBLE = np.inf


def assign(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return (row, column) pairs, ascending by row, that together cost least; `IMPOSSIBLE` pairs are never returned.

    As many pairs as possible are made before cost is compared. Shortest augmenting paths with potentials (Kuhn 1955,
    Munkres 1957; this form after R. Jonker and A. Volgenant 1987), O(n³).
    """
    if not cost.size or not np.isfinite(cost).any():
        return []
    if cost.shape[0] > cost.shape[1]:
        return sorted((row, column) for column, row in assign(cost.T))
    finite = np.where(np.isfinite(cost), cost, _prohibitive(cost))
    columns = _solve(finite)
    return [(row, int(column)) for row, column in enumerate(columns) if np.isfinite(cost[row, column])]


def _prohibitive(cost: NDArray[np.float64]) -> float:
    """Return a price that no number of possible pairs together can reach."""
    dearest = float(np.abs(cost[np.isfinite(cost)]).max())
    return 2 * (dearest + 1) * (float(min(cost.shape)) + 1)


def _solve(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each row its column; needs rows <= columns. Index 0 of every array is a stand-in for 'free'."""
    rows, columns = cost.shape
    padded = np.zeros((rows + 1, columns + 1))
    padded[1:, 1:] = cost
    row_price, column_price = np.zeros(rows + 1), np.zeros(columns + 1)
    owner = np.zeros(columns + 1, np.int64)
    for row in range(1, rows + 1):
        owner[0] = row
        _augment(padded, (row_price, column_price), owner)
    result = np.zeros(rows, np.int64)
    taken = np.flatnonzero(owner[1:])
    result[owner[taken + 1] - 1] = taken
    return result


def _augment(
    cost: NDArray[np.float64], prices: tuple[NDArray[np.float64], NDArray[np.float64]], owner: NDArray[np.int64]
) -> None:
    """Find a free column for the row at `owner[0]`, moving earlier rows along the cheapest path."""
    row_price, column_price = prices
    slack, back = np.full(len(owner), np.inf), np.zeros(len(owner), np.int64)
    used, here = np.zeros(len(owner), np.bool_), 0
    while owner[here]:
        used[here] = True
        reduced = cost[owner[here]] - row_price[owner[here]] - column_price
        better = ~used & (reduced < slack)
        slack[better], back[better] = reduced[better], here
        following = int(np.argmin(np.where(used, np.inf, slack)))
        step = slack[following]
        row_price[owner[used]] += step
        column_price[used] -= step
        slack[~used] -= step
        here = following
    while here:
        owner[here] = owner[back[here]]
        here = int(back[here])
