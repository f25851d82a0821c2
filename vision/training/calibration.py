"""Logits become probabilities that can be believed, and each item learns below which of them to say unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Targets = NDArray[np.int64]
COVERAGE: Final = 0.955
"""Share of validation heads whose state is known that must be answered; the thresholds are the strictest that do."""
LEAST, MOST = 0.5, 0.9
"""Bounds of `answer_above`."""
ACCUSING = 0.6
"""Least `answer_above` of masks and clothes: a neck looks like a mask under a chin, a white shirt like everyday."""
ACCUSED: Final = 0.01
"""Share of the work clothes of val that may be called everyday or bare; from there on clothes are answered."""
SHIFTS: Final = tuple(np.arange(-1.5, 1.51, 0.25).tolist())


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What turns an item's logits into answers."""

    temperature: float
    shift: tuple[float, ...]
    """Added to the logits, one per state: undoes how often training drew each."""
    answer_above: float


def softmax(logits: Floats, temperature: float) -> Floats:
    """Return (n, states) probabilities."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


def temperature_of(logits: Floats, target: Targets, weight: Floats | None = None) -> float:
    """Return the temperature of least negative log-likelihood (Guo et al. 2017), by search from 0.4 to 5."""
    if not len(target):
        return 1.0
    grid = np.geomspace(0.4, 5.0, 70)
    return round(float(grid[int(np.argmin([likelihood(logits, target, t, weight) for t in grid]))]), 3)


def likelihood(logits: Floats, target: Targets, temperature: float, weight: Floats | None = None) -> float:
    """Return the mean negative log-likelihood, items weighted."""
    losses = -np.log(softmax(logits, temperature)[np.arange(len(target)), target] + 1e-12)
    return float(np.average(losses, weights=weight))


def calibrated(logits: Floats, target: Targets, states: Sequence[str]) -> Calibrated:
    """Fit temperature, shifts and threshold on validation logits.

    States weigh by the root of their number: a rare one (improper masks) counts more than its few heads say, and a
    handful of them does not rule.
    """
    if not len(target):
        return Calibrated(1.0, (0.0,) * len(states), LEAST)
    number = np.bincount(target, minlength=len(states)).astype(np.float64)
    weight = 1 / np.sqrt(number[target])
    shift = _answering(logits, target, _shift(logits, target, weight, states), states)
    temperature = temperature_of(logits + shift, target, weight)
    moved = logits + shift
    least = answer_above(softmax(moved, temperature), target, states)
    return Calibrated(temperature, tuple(shift.tolist()), least)


def answer_above(probability: Floats, target: Targets, states: Sequence[str]) -> float:
    """Return the highest threshold at which COVERAGE of the heads with a known state are still answered."""
    if "bare" in states:
        return _seldom_accusing(probability, target, states)
    lowest = _lowest(states)
    for least in np.arange(MOST, lowest, -0.01):
        if coverage(probability, target, least, states) >= COVERAGE:
            return round(float(least), 2)
    return lowest


def coverage(probability: Floats, target: Targets, least: float, states: Sequence[str]) -> float:
    """Return the share of the heads with a known state that are answered from a threshold on."""
    unknown = states.index("unknown")
    return float((answers(probability[target != unknown], least, states) != unknown).mean())


def _lowest(states: Sequence[str]) -> float:
    return ACCUSING if {"improper", "bare"} & set(states) else LEAST


def _answering(logits: Floats, target: Targets, shift: Floats, states: Sequence[str]) -> Floats:
    """Lower the shift of unknown until COVERAGE of the known heads may be answered; clothes keep theirs."""
    unknown = states.index("unknown")
    moved = shift.copy()
    while "bare" not in states and moved[unknown] > SHIFTS[0]:
        if coverage(softmax(logits + moved, 1.0), target, _lowest(states), states) >= COVERAGE:
            break
        moved[unknown] -= 0.25
    return moved


def _seldom_accusing(probability: Floats, target: Targets, states: Sequence[str]) -> float:
    """Return the least threshold at which hardly any work clothes are called everyday: the labels carry no more."""
    worn = probability[target == states.index("worn")]
    wrong = [states.index("missing"), states.index("bare")]
    for least in np.arange(ACCUSING, MOST, 0.01):
        if len(worn) and np.isin(answers(worn, least, states), wrong).mean() <= ACCUSED:
            return round(float(least), 2)
    return MOST


def answers(probability: Floats, least: float, states: Sequence[str]) -> Targets:
    """Return the state answered for each row as the runtime does: unknown where it leads or nothing is sure enough."""
    unknown = states.index("unknown")
    known = probability.copy()
    known[:, unknown] = -1
    unsure = (known.max(axis=1) < least) | (probability[:, unknown] >= known.max(axis=1))
    return np.where(unsure, unknown, known.argmax(axis=1))


def confusion(target: Targets, answer: Targets, states: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return for each true state how often each state was answered."""
    return {
        truth: {given: int(((target == i) & (answer == j)).sum()) for j, given in enumerate(states)}
        for i, truth in enumerate(states)
    }


def _shift(logits: Floats, target: Targets, weight: Floats, states: Sequence[str]) -> Floats:
    """Return the shift of unknown with the best weighted likelihood; the other states stay."""
    free = [i for i, name in enumerate(states) if name == "unknown" and (target == i).any()]
    best, least = np.zeros(len(states)), np.inf
    for tried in product(SHIFTS, repeat=len(free)):
        shift = np.zeros(len(states))
        shift[free] = tried
        loss = min(likelihood(logits + shift, target, t, weight) for t in (0.7, 1.0, 1.4))
        if loss < least:
            best, least = shift, loss
    return best
