import random
from collections import Counter

import numpy as np
import pytest

from vision.training.patch import Patch
from vision.training.pulled import Pulled

SKIN, CLOTH = 150, 240
FACE = (30.0, 20.0, 90.0, 100.0)


def patch(state: str) -> Patch:
    bgr = np.full((140, 120, 3), SKIN, np.uint8)
    if state == "worn":
        bgr[60:100, 30:90] = CLOTH
    return Patch(bgr, (20.0, 0.0, 100.0, 104.0), {"mask": state, "hat": "missing"}, "drawn", "train", FACE)


@pytest.fixture
def pulled() -> Pulled:
    return Pulled([patch("worn"), patch("missing")])


def rows_of_cloth(bgr: np.ndarray) -> np.ndarray:
    """Return where the middle column is not skin: a mask may be dyed darker or lighter."""
    return np.flatnonzero(np.abs(bgr[:, 60].astype(int) - SKIN).max(axis=1) > 20)


def test_where_the_mask_lies_decides_what_it_is_called(pulled: Pulled) -> None:
    seen = Counter()
    for seed in range(80):
        laid = pulled.laid(patch("missing"), random.Random(seed))  # noqa: S311  # draws pictures
        cloth, state = rows_of_cloth(laid.bgr), laid.states["mask"]
        seen[state] += 1
        if state == "missing":
            assert not len(cloth)
        elif state == "worn":
            assert cloth.min() < 66  # the nose of a tight face box ends at about two thirds of its height
        else:
            assert cloth.min() > 66
    assert set(seen) == {"worn", "improper", "missing"}


def test_other_labels_stay_and_the_original_is_untouched(pulled: Pulled) -> None:
    bare = patch("missing")
    laid = pulled.laid(bare, random.Random(1))  # noqa: S311  # draws pictures
    assert laid.states["hat"] == "missing"
    assert (bare.bgr == SKIN).all()


def test_only_bare_faces_that_are_large_enough_take_a_mask(pulled: Pulled) -> None:
    small = Patch(patch("missing").bgr, FACE, {"mask": "missing"}, "drawn", "train", (30.0, 20.0, 40.0, 30.0))
    assert pulled.takes(patch("missing"))
    assert not pulled.takes(patch("worn"))
    assert not pulled.takes(small)
    assert not Pulled([]).takes(patch("missing"))
