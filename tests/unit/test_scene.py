from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.errors import InvalidInputError
from vision.frames import CameraId
from vision.scene import REASONS, STATES, UNKNOWN_INDEX, Scene, Unseen, Vitals, Wear
from vision.tracks import Tracks

HEADS = np.array([[0, 0, 10, 10]], np.float32)
MISSING = STATES.index(STATES[2])


def _wear(log_odds: float, state: int) -> Wear:
    cell = (1, 1)
    return Wear(
        ("hat",), np.full(cell, log_odds, np.float32), np.full(cell, state, np.int8), np.zeros(cell, np.int8), HEADS
    )


def test_unseen_knows_nothing_and_says_why() -> None:
    wear = Wear.unseen(("hat", "mask"), HEADS, Unseen.TOO_SMALL)
    assert np.isnan(wear.log_odds).all()
    assert (wear.state == UNKNOWN_INDEX).all()
    assert REASONS[wear.reason[0, 1]] is Unseen.TOO_SMALL


def test_unseen_of_nobody_is_empty() -> None:
    assert Wear.unseen(("hat",), np.empty((0, 4), np.float32), Unseen.NO_HEAD).column("hat").shape == (0,)


def test_a_column_that_no_model_speaks_about_is_unknown() -> None:
    assert np.isnan(_wear(3.0, MISSING).column("gloves")).all()
    assert _wear(3.0, MISSING).column("hat").tolist() == [3.0]


@settings(deadline=None)
@given(st.floats(-9, 9) | st.just(float("nan")), st.integers(0, len(STATES) - 1))
def test_evidence_for_an_unknown_state_cannot_be_built(log_odds: float, state: int) -> None:
    """I3 begins here: unknown and evidence exclude each other in the type itself."""
    if np.isnan(log_odds) == (state == UNKNOWN_INDEX):
        assert len(_wear(log_odds, state).items) == 1
    else:
        with pytest.raises(InvalidInputError, match=r"Wear\.log_odds"):
            _wear(log_odds, state)


def test_a_wear_of_wrong_shape_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="Wear"):
        Wear(("hat", "mask"), np.zeros((1, 1)), np.zeros((1, 1), np.int8), np.zeros((1, 1), np.int8), HEADS)


def test_a_scene_refuses_a_wear_of_other_people() -> None:
    with pytest.raises(InvalidInputError, match=r"Scene\.wear"):
        Scene(
            CameraId("c"),
            datetime(2026, 1, 1, tzinfo=UTC),
            0.0,
            (432, 768),
            Tracks.empty(),
            Tracks.empty(),
            _wear(3.0, MISSING),
            (),
            Vitals(),
        )
