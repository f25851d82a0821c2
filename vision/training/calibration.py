"""Logits become probabilities that can be believed, and each item learns below which of them to say unknown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Targets = NDArray[np.int64]
TRUSTED = 0.96
"""Share of right answers among those given, at which the threshold is set."""
LEAST = 0.6


def softmax(logits: Floats, temperature: float) -> Floats:
    """Return (n, states) probabilities."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


def temperature_of(logits: Floats, target: NDArray[np.int64]) -> float:
    """Return the temperature of least negative log-likelihood (Guo et al. 2017), by search from 0.5 to 5."""
    if not len(target):
        return 1.0
    grid = np.geomspace(0.5, 5.0, 60)
    rows = np.arange(len(target))
    losses = [-np.log(softmax(logits, t)[rows, target] + 1e-12).mean() for t in grid]
    return round(float(grid[int(np.argmin(losses))]), 3)


def answer_above(probability: Floats, target: NDArray[np.int64], unknown: int) -> float:
    """Return the least probability above which TRUSTED of the answers other than unknown are right."""
    for least in np.arange(LEAST, 0.96, 0.01):
        given = (probability.max(axis=1) >= least) & (probability.argmax(axis=1) != unknown)
        if not given.any() or (probability.argmax(axis=1)[given] == target[given]).mean() >= TRUSTED:
            return round(float(least), 2)
    return 0.95


def confusion(
    probability: Floats, target: NDArray[np.int64], least: float, states: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return for each true state how often each state was answered, unknown where none is sure enough."""
    unknown = states.index("unknown")
    answer = np.where(probability.max(axis=1) >= least, probability.argmax(axis=1), unknown)
    return {
        truth: {given: int(((target == i) & (answer == j)).sum()) for j, given in enumerate(states)}
        for i, truth in enumerate(states)
    }
