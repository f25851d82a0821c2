"""The rules, proven exactly: what flawless models would see of each demo scene opens what is so and nothing else."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.golden.perfect import ABILITIES, LOOK_S, START, context, look
from vision.catalogue import Catalogue, load_catalogue
from vision.demo.filming import Filming
from vision.demo.render import truth_of
from vision.demo.script import scene
from vision.demo.site import NAMES
from vision.demo.truth import EventTruth
from vision.events import Closed, Opened, Transition
from vision.pipeline import build_line

HESITANT = ("rodent", "smoking")
"""A rodent must be seen three times or move; a cigarette counts near the mouth only."""
FRAME_HW = (216, 384)
"""Half the films' size: boxes scale, and so do the shares on which rules and tracker stand."""


@dataclass(frozen=True, slots=True)
class Played:
    """One scene, as it was and as the line saw it."""

    truth: tuple[EventTruth, ...]
    opened: tuple[Opened, ...]
    closed: tuple[Closed, ...]

    @property
    def in_order(self) -> list[Opened]:
        """Return what was opened, in the order of `by_start`."""
        return sorted(self.opened, key=lambda opened: (str(opened.kind), opened.started_pts_s))


def by_start(events: tuple[EventTruth, ...]) -> list[EventTruth]:
    return sorted(events, key=lambda event: (event.kind, event.start_s))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module", params=NAMES)
def played(request: pytest.FixtureRequest, catalogue: Catalogue) -> Played:
    script = scene(request.param)
    filming = Filming(script, FRAME_HW)
    takes = list(filming.takes(1 / LOOK_S))
    line = build_line(context(script), catalogue, ABILITIES)
    transitions: list[Transition] = []
    for take in takes:
        transitions += line.look(look(take.truth, FRAME_HW)).transitions
    transitions += line.finish(START + timedelta(seconds=script.seconds))
    return Played(
        truth_of(filming, takes, 1 / LOOK_S).events,
        tuple(t for t in transitions if isinstance(t, Opened)),
        tuple(t for t in transitions if isinstance(t, Closed)),
    )


def fair(event: EventTruth, catalogue: Catalogue) -> bool:
    """Tell whether a rule must open it: it dwelt, and three looks beside that saw it."""
    (kind,) = (kind for name, kind in catalogue.kinds.items() if name == event.kind)
    return event.visible_s >= kind.thresholds.dwell_s + 3 * LOOK_S


def test_every_violation_opens_once_and_nothing_else_does(played: Played, catalogue: Catalogue) -> None:
    assert all(fair(event, catalogue) for event in played.truth), "the scenes ask nothing too short to be opened"
    opened = sorted((str(o.kind), o.zone) for o in played.opened)
    assert opened == sorted((event.kind, event.zone) for event in played.truth)


def test_it_begins_at_its_first_sign(played: Played) -> None:
    for event, opened in zip(by_start(played.truth), played.in_order, strict=True):
        late_s = 3 * LOOK_S if event.kind in HESITANT else 0.0
        assert event.start_s <= opened.started_pts_s <= event.start_s + late_s, event


def test_it_closes_at_its_last_sign(played: Played) -> None:
    """One look of grace: a body that a door frame cuts may be somebody else's to the tracker."""
    ends = {closed.opened.id: closed.ended_pts_s for closed in played.closed}
    for event, opened in zip(by_start(played.truth), played.in_order, strict=True):
        last_s = event.end_s - LOOK_S
        assert last_s - LOOK_S <= ends[opened.id] <= last_s, event


def test_no_violation_is_open_before_it_may_be(played: Played, catalogue: Catalogue) -> None:
    for opened in played.opened:
        assert opened.pts_s - opened.started_pts_s >= catalogue.kinds[opened.kind].thresholds.dwell_s
        assert opened.pts_s > opened.started_pts_s, "one look decides nothing"
