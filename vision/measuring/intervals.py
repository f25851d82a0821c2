"""A figure without an interval is a rumour: pictures are drawn again and again, and the figure with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROUNDS = 400
SEED = 20261124


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and where it lies in 95 of 100 redrawn test sets (percentile bootstrap, Efron 1979)."""

    value: float
    low: float
    high: float

    def told(self) -> dict[str, float | None]:
        """Return the figure for JSON, to four digits; null where there is none."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if np.isnan(part) else round(part, 4) for name, part in parts.items()}


def figure(count: int, measure: Callable[[NDArray[np.int64]], float], rounds: int = ROUNDS) -> Figure:
    """Measure over the pictures 0..count-1, then over redrawn ones; `measure` takes indices, which may repeat."""
    everything = np.arange(count)
    if not count:
        return Figure(float("nan"), float("nan"), float("nan"))
    dice = np.random.default_rng(SEED)
    redrawn = [measure(dice.integers(0, count, count)) for _ in range(rounds)]
    told = np.array([value for value in redrawn if not np.isnan(value)])
    low, high = np.quantile(told, [0.025, 0.975]) if len(told) else (float("nan"),) * 2
    return Figure(measure(everything), float(low), float(high))


def joined(parts: Sequence[NDArray[np.generic]], chosen: NDArray[np.int64]) -> NDArray[np.generic]:
    """Return the parts of the chosen pictures, one behind another."""
    return np.concatenate([parts[i] for i in chosen.tolist()]) if len(chosen) else np.empty(0)
