"""Phases of an event only move forward, and a message that was seen changes nothing (I1)."""

import pytest

from api.intake import Step, step_for
from api.messages import Phase


@pytest.mark.parametrize("sent", list(Phase))
def test_the_first_message_creates_whatever_its_phase(sent: Phase) -> None:
    assert step_for(None, sent, seen=False) is Step.CREATE


@pytest.mark.parametrize(
    ("stored", "sent", "step"),
    [
        (Phase.OPENED, Phase.OPENED, Step.IGNORE),
        (Phase.OPENED, Phase.CLOSED, Step.ADVANCE),
        (Phase.CLOSED, Phase.OPENED, Step.IGNORE),
        (Phase.CLOSED, Phase.CLOSED, Step.IGNORE),
        (Phase.CLOSED, Phase.UPDATED, Step.NOTE),
    ],
)
def test_phases_only_move_forward(stored: Phase, sent: Phase, step: Step) -> None:
    assert step_for(stored, sent, seen=False) is step
    assert step_for(stored, sent, seen=True) is Step.IGNORE
