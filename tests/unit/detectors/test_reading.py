import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.detectors.manifest import WearOutput
from vision.detectors.reading import MOST_NATS, Answers, Column, columns_of, read, softmax
from vision.scene import REASONS, STATES, ItemState, Unseen

MASK = columns_of("mask", WearOutput(("worn", "improper", "missing", "unknown"), 1.0, 0.8))[0]
HAT = columns_of("hat", WearOutput(("worn", "missing", "unknown"), 1.0, 0.8))[0]
UNIFORM, TORSO = columns_of("uniform", WearOutput(("worn", "missing", "bare", "unknown"), 1.0, 0.8))


def logits(*shares: float) -> NDArray[np.float32]:
    return np.log(np.array([shares], np.float32))


def told(shares: tuple[float, ...], column: Column) -> tuple[ItemState, Unseen, float, float]:
    answers = read(logits(*shares), column)
    return (
        STATES[answers.state[0, 0]],
        REASONS[answers.reason[0, 0]],
        round(float(answers.probability[0, 0]), 3),
        round(float(answers.log_odds[0, 0]), 3),
    )


@pytest.mark.parametrize(
    ("column", "shares", "state", "reason", "probability", "log_odds"),
    [
        (HAT, (0.9, 0.08, 0.02), ItemState.WORN, Unseen.SEEN, 0.9, math.log(0.08 / 0.9)),
        (HAT, (0.08, 0.9, 0.02), ItemState.MISSING, Unseen.SEEN, 0.9, math.log(0.9 / 0.08)),
        (HAT, (0.3, 0.7, 0.0001), ItemState.UNKNOWN, Unseen.DOUBTFUL, 0.0, None),
        (HAT, (0.2, 0.3, 0.5), ItemState.UNKNOWN, Unseen.DOUBTFUL, 0.5, None),
        (MASK, (0.2, 0.1, 0.2, 0.5), ItemState.UNKNOWN, Unseen.TURNED_AWAY, 0.5, None),
        (MASK, (0.05, 0.85, 0.05, 0.05), ItemState.IMPROPER, Unseen.SEEN, 0.85, math.log(0.9 / 0.05)),
        (MASK, (0.05, 0.45, 0.45, 0.05), ItemState.UNKNOWN, Unseen.DOUBTFUL, 0.05, None),
        (UNIFORM, (0.05, 0.3, 0.6, 0.05), ItemState.MISSING, Unseen.SEEN, 0.9, math.log(0.9 / 0.05)),
        (TORSO, (0.05, 0.3, 0.6, 0.05), ItemState.UNKNOWN, Unseen.DOUBTFUL, 0.05, None),
        (TORSO, (0.05, 0.03, 0.9, 0.02), ItemState.MISSING, Unseen.SEEN, 0.9, math.log(0.9 / 0.08)),
        (TORSO, (0.5, 0.45, 0.03, 0.02), ItemState.WORN, Unseen.SEEN, 0.95, math.log(0.03 / 0.95)),
        (HAT, (1.0, 1e-9, 1e-9), ItemState.WORN, Unseen.SEEN, 1.0, -MOST_NATS),
        (HAT, (1e-9, 1.0, 1e-9), ItemState.MISSING, Unseen.SEEN, 1.0, MOST_NATS),
    ],
)
def test_table(
    column: Column,
    shares: tuple[float, ...],
    state: ItemState,
    reason: Unseen,
    probability: float,
    log_odds: float | None,
) -> None:
    found = told(shares, column)
    assert found[:2] == (state, reason)
    assert found[2] == pytest.approx(probability, abs=2e-3)
    assert math.isnan(found[3]) if log_odds is None else found[3] == pytest.approx(log_odds, abs=2e-3)


def test_temperature_makes_it_less_sure() -> None:
    hot = columns_of("hat", WearOutput(("worn", "missing", "unknown"), 4.0, 0.8))[0]
    assert told((0.9, 0.05, 0.05), HAT)[0] is ItemState.WORN
    assert told((0.9, 0.05, 0.05), hot)[0] is ItemState.UNKNOWN


@given(st.lists(st.floats(-100, 100, width=32), min_size=4, max_size=4))
def test_whatever_the_network_says_unknown_carries_no_evidence(row: list[float]) -> None:
    for column in (MASK, UNIFORM, TORSO):
        answers = read(np.array([row], np.float32), column)
        unknown = STATES[answers.state[0, 0]] is ItemState.UNKNOWN
        assert unknown == bool(np.isnan(answers.log_odds[0, 0]))
        assert unknown == (REASONS[answers.reason[0, 0]] is not Unseen.SEEN)
        assert 0 <= answers.probability[0, 0] <= 1.000001
        assert unknown or abs(answers.log_odds[0, 0]) <= MOST_NATS


@given(st.lists(st.floats(-1000, 1000, width=32), min_size=2, max_size=5))
def test_softmax_sums_to_one_whatever_comes(row: list[float]) -> None:
    assert softmax(np.array([row], np.float32)).sum() == pytest.approx(1)


def test_nobody() -> None:
    assert read(np.empty((0, 3), np.float32), HAT).log_odds.shape == (0, 1)
    assert Answers.beside([], 3).state.shape == (3, 0)
