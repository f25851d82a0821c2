"""Near-copies of one picture in two splits would let a model be praised for its memory: they are found and refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import ConfigError

SIDE = 16
TWIN_BITS = 20
"""Most bits of SIDE² that may differ between twins; by eye, pairs beyond 24 begin to be different scenes."""

Hash = NDArray[np.float32]
"""(SIDE²,) of 0 and 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """What a picture looks like, and where it is told of."""

    where: str
    split: str
    straight: Hash
    mirrored: Hash


def difference_hash(grey: NDArray[np.uint8]) -> Hash:
    """Return which of SIDE² cells are darker than their right neighbours (Krawetz 2013, "dHash")."""
    small = cv2.resize(grey, (SIDE + 1, SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.asarray(small[:, 1:] > small[:, :-1], np.float32).ravel()


def print_of(bgr: NDArray[np.uint8], where: str, split: str) -> Print:
    """Return the print of an (h, w, 3) BGR picture."""
    grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)
    return Print(where, split, difference_hash(grey), difference_hash(np.ascontiguousarray(grey[:, ::-1])))


def twins(prints: Sequence[Print]) -> list[tuple[Print, Print, int]]:
    """Return the pairs of different splits that differ in TWIN_BITS at most, mirrored or not, closest first."""
    splits = sorted({one.split for one in prints})
    found = [
        pair
        for first, second in combinations(splits, 2)
        for pair in _between([p for p in prints if p.split == first], [p for p in prints if p.split == second])
    ]
    return sorted(found, key=lambda pair: pair[2])


def refuse_twins(prints: Sequence[Print]) -> None:
    """Raise ConfigError for the closest pair across splits."""
    for one, other, bits in twins(prints)[:1]:
        told = f"{other.where} ({other.split}), {bits} of {SIDE * SIDE} bits apart"
        raise ConfigError(
            f"{one.where}: twin of this {one.split} picture",
            told,
            "one split, or a line in the .left_out beside the manifest",
        )


def _between(one: Sequence[Print], other: Sequence[Print]) -> list[tuple[Print, Print, int]]:
    straight = np.stack([p.straight for p in other])
    found = []
    for first in one:
        bits = np.minimum(_apart(first.straight, straight), _apart(first.mirrored, straight))
        found += [(first, other[j], int(bits[j])) for j in np.flatnonzero(bits <= TWIN_BITS).tolist()]
    return found


def _apart(one: Hash, many: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(one.sum() + many.sum(axis=1) - 2 * many @ one, np.float32)
