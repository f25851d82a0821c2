"""Reads a wear model's logits: calibrated probabilities, an answer only where it is sure, log-odds for the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.detectors.manifest import WearOutput
from vision.scene import REASONS, STATES, UNKNOWN_INDEX, ItemState, Unseen

MOST_NATS = 6.0
"""No single look may say more than this, however sure the network is."""

TORSO = "torso"
"""The item that is judged along with the uniform: missing means that the upper body is bare."""

_OWN = {"worn": ItemState.WORN, "improper": ItemState.IMPROPER, "missing": ItemState.MISSING, "bare": ItemState.MISSING}
_TORSO = {"worn": ItemState.WORN, "missing": ItemState.WORN, "bare": ItemState.MISSING}


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """n people by k items: the columns of a `Wear`, and how probable each state is."""

    log_odds: NDArray[np.float32]
    state: NDArray[np.int8]
    reason: NDArray[np.int8]
    probability: NDArray[np.float32]
    """(n, k) calibrated, of the state that is given."""

    @classmethod
    def unseen(cls, shape: tuple[int, int], reason: Unseen) -> Self:
        """Return answers that know nothing and are certain of it."""
        nothing = np.full(shape, np.nan, np.float32)
        unknown = np.full(shape, UNKNOWN_INDEX, np.int8)
        return cls(nothing, unknown, np.full(shape, REASONS.index(reason), np.int8), np.ones(shape, np.float32))

    def put(self, rows: NDArray[np.bool_], other: Self) -> None:
        """Overwrite the marked rows with the rows of `other`, in order."""
        for mine, theirs in zip(self.arrays(), other.arrays(), strict=True):
            mine[rows] = theirs

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """Return the four arrays."""
        return self.log_odds, self.state, self.reason, self.probability

    def rows(self, part: slice) -> Self:
        """Return the answers about some of the people."""
        return type(self)(self.log_odds[part], self.state[part], self.reason[part], self.probability[part])

    @classmethod
    def beside(cls, parts: list[Self], count: int) -> Self:
        """Return answers of several models about the same `count` people, column beside column."""
        if not parts:
            return cls.unseen((count, 0), Unseen.NO_MODEL)
        columns = zip(*(part.arrays() for part in parts), strict=True)
        return cls(*(np.concatenate(arrays, axis=1) for arrays in columns))


@dataclass(frozen=True, slots=True)
class Column:
    """One item that an output of a network answers."""

    item: str
    output: str
    """Name of the network's output that holds its logits."""
    spec: WearOutput
    meaning: Mapping[str, ItemState]
    """What each of the output's states means for this item."""


def columns_of(name: str, spec: WearOutput) -> tuple[Column, ...]:
    """Return the items that one output answers: itself and, where it knows bare upper bodies, the torso."""
    own = Column(name, name, spec, _OWN)
    return (own, Column(TORSO, name, spec, _TORSO)) if "bare" in spec.states else (own,)


def read(logits: NDArray[np.float32], column: Column) -> Answers:
    """Return the (n, 1) answers for (n, states) logits."""
    share = _shares(softmax(logits / column.spec.temperature), column)
    known = np.delete(share, UNKNOWN_INDEX, axis=1)
    doubt = share[:, UNKNOWN_INDEX]
    hidden, unsure = doubt >= known.max(axis=1), known.max(axis=1) < column.spec.answer_above
    state = np.where(hidden | unsure, UNKNOWN_INDEX, known.argmax(axis=1)).astype(np.int8)
    odds = np.where(state == UNKNOWN_INDEX, np.nan, _log_odds(share)).astype(np.float32)
    reason = np.where(hidden, _hidden(column.item), np.where(unsure, REASONS.index(Unseen.DOUBTFUL), 0)).astype(np.int8)
    probability = share[np.arange(len(share)), state].astype(np.float32)
    return Answers(odds[:, None], state[:, None], reason[:, None], probability[:, None])


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the (n, s) probabilities of each row of logits."""
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _shares(probability: NDArray[np.float64], column: Column) -> NDArray[np.float64]:
    """Sum the network's states up to the (n, 4) of `STATES`."""
    share = np.zeros((len(probability), len(STATES)))
    for i, state in enumerate(column.spec.states):
        share[:, STATES.index(column.meaning.get(state, ItemState.UNKNOWN))] += probability[:, i]
    return share


def _log_odds(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ln P(not as it should be) / P(worn), which is the same with and without the unknown share."""
    worn = share[:, STATES.index(ItemState.WORN)]
    wrong = share[:, STATES.index(ItemState.MISSING)] + share[:, STATES.index(ItemState.IMPROPER)]
    odds: NDArray[np.float64] = np.log(np.maximum(wrong, 1e-12)) - np.log(np.maximum(worn, 1e-12))
    return np.clip(odds, -MOST_NATS, MOST_NATS)


def _hidden(item: str) -> int:
    return REASONS.index(Unseen.TURNED_AWAY if item == "mask" else Unseen.DOUBTFUL)
