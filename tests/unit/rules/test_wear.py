from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.events import Closed, Opened
from vision.rules.wear import WearRule
from vision.scene import Scene, Vitals, Zone, ZoneType

NAN = float("nan")
BODY = (300.0, 100.0, 360.0, 300.0)
Feed = Callable[..., list[tuple[float, str, str]]]


@pytest.fixture
def rule(make: SimpleNamespace) -> WearRule:
    return WearRule(make.charge("no_hat", "wear", item="hat"))


def looks(make: SimpleNamespace, *hat: float, **of: object) -> list[Scene]:
    who = make.tracked((1, "person", BODY, 0.9))
    return [make.scene(2.0 * i, who, hat=(value,), **of) for i, value in enumerate(hat)]


def test_nobody_is_no_violation(make: SimpleNamespace, rule: WearRule, changes: Feed) -> None:
    assert changes(rule, [make.scene(0), make.scene(2)]) == []
    assert rule.finish(make.start_at, 2, "ended") == []


def test_two_clear_looks_open_and_two_against_close(make: SimpleNamespace, rule: WearRule, changes: Feed) -> None:
    assert changes(rule, looks(make, 4, 4, 4, -4, -4)) == [(2.0, "Opened", "track-1"), (8.0, "Closed", "track-1")]


def test_what_is_opened_carries_everything(make: SimpleNamespace, rule: WearRule) -> None:
    scenes = looks(make, NAN, 3, 4)
    (opened,) = [change for scene in scenes for change in rule.update(scene)]
    assert isinstance(opened, Opened)
    assert (opened.zone, opened.box, opened.frame_hw) == ("main", BODY, make.hw)
    assert (opened.started_pts_s, opened.pts_s, opened.at) == (2.0, 4.0, scenes[2].at)
    assert (opened.started_at, opened.model, opened.rule_version) == (scenes[1].at, "detector@1", "edition-1")
    assert [look.pts_s for look in opened.looks] == [2.0, 4.0]
    assert 0.99 < opened.confidence < 1


def test_who_leaves_is_closed_at_the_last_look_that_spoke_for_it(make: SimpleNamespace, rule: WearRule) -> None:
    scenes = [*looks(make, 4, 4, 4, NAN), make.scene(8), make.scene(10, make.tracked(ended=(1,)))]
    told = [change for scene in scenes for change in rule.update(scene)]
    closed = told[-1]
    assert isinstance(closed, Closed)
    assert (closed.reason, closed.ended_pts_s, closed.ended_at) == ("left", 4.0, scenes[2].at)
    assert closed.opened is told[0]
    assert closed.peak >= told[0].confidence  # type: ignore[union-attr]
    assert rule.finish(scenes[-1].at, 10, "ended") == []


@pytest.mark.parametrize("reason", ["ended", "interrupted"])
def test_finishing_closes_what_is_open(make: SimpleNamespace, rule: WearRule, reason: str) -> None:
    scenes = looks(make, 4, 4)
    for scene in scenes:
        rule.update(scene)
    (closed,) = rule.finish(scenes[-1].at, 2.0, reason)  # type: ignore[arg-type]
    assert isinstance(closed, Closed)
    assert closed.reason == reason


def test_where_the_law_asks_nothing_nothing_opens(make: SimpleNamespace, rule: WearRule, changes: Feed) -> None:
    dining = (Zone("hall", ZoneType.DINING),)
    assert changes(rule, looks(make, 4, 4, 4, 4, zones=dining)) == []


@pytest.mark.parametrize(
    ("corner_y", "box", "heads", "expected"),
    [
        (0.5, BODY, None, 1),  # the feet, at 300 of 400, stand in the lower half
        (0.8, BODY, None, 0),
        (0.5, (300.0, 100.0, 360.0, 399.0), None, 1),  # legs cut off: the middle, at 250
        (0.5, (300.0, 100.0, 360.0, 399.0), [(310.0, 100.0, 350.0, 140.0)], 0),  # legs cut off: the head, at 120
    ],
)
def test_a_person_is_where_the_feet_are(  # noqa: PLR0917
    make: SimpleNamespace,
    rule: WearRule,
    changes: Feed,
    corner_y: float,
    box: tuple[float, ...],
    heads: list | None,
    expected: int,
) -> None:
    lower = (Zone("low", ZoneType.SPECIAL_ROOM, ((0, corner_y), (1, corner_y), (1, 1), (0, 1))),)
    who = make.tracked((1, "person", box, 0.9))
    scenes = [make.scene(2.0 * i, who, hat=(4.0,), zones=lower, heads=heads) for i in range(3)]
    assert len(changes(rule, scenes)) == expected


def test_a_polygon_outranks_the_whole_picture(make: SimpleNamespace, rule: WearRule) -> None:
    part = Zone("part", ZoneType.SPECIAL_ROOM, ((0, 0), (1, 0), (1, 1), (0, 1)))
    (opened,) = [c for scene in looks(make, 4, 4, zones=(make.main, part)) for c in rule.update(scene)]
    assert isinstance(opened, Opened)
    assert opened.zone == "part"


@pytest.mark.parametrize(
    "vitals",
    [Vitals(connected=False), Vitals(luma=5, contrast=2), Vitals(edge_loss=0.95)],
    ids=["lost", "black", "covered"],
)
def test_a_camera_that_sees_nothing_accuses_nobody(
    make: SimpleNamespace, rule: WearRule, changes: Feed, vitals: Vitals
) -> None:
    assert changes(rule, looks(make, 4, 4, 4, 4, vitals=vitals)) == []


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=4, unique_by=lambda p: p[0]), max_size=20)
)
def test_unknown_opens_nothing_whoever_comes_and_goes(
    make: SimpleNamespace, given_looks: list[list[tuple[int, bool]]]
) -> None:
    """I3 over the whole rule: many people, all items unknown, some of them wearing it for sure."""
    rule = WearRule(make.charge("no_hat", "wear", item="hat"))
    for i, people in enumerate(given_looks):
        who = make.tracked(*((track, "person", BODY, 0.9) for track, _ in people))
        hat = tuple(-3.0 if worn else NAN for _, worn in people)
        assert rule.update(make.scene(2.0 * i, who, hat=hat)) == []


def test_an_item_without_model_is_unknown(make: SimpleNamespace, changes: Feed) -> None:
    gloves = WearRule(make.charge("no_gloves", "wear", item="gloves"))
    assert changes(gloves, looks(make, 4, 4, 4, 4)) == []


def test_two_people_are_two_violations(make: SimpleNamespace, rule: WearRule, changes: Feed) -> None:
    who = make.tracked((1, "person", BODY, 0.9), (7, "person", (500.0, 100.0, 560.0, 300.0), 0.9))
    told = changes(rule, [make.scene(2.0 * i, who, hat=(4.0, 4.0)) for i in range(3)])
    assert told == [(2.0, "Opened", "track-1"), (2.0, "Opened", "track-7")]


def test_it_suspects_while_evidence_is_under_way_and_nothing_is_open(make: SimpleNamespace, rule: WearRule) -> None:
    told = []
    for scene in looks(make, NAN, 3, 4, -4, -4):
        rule.update(scene)
        told.append(rule.suspects)
    # Unknown; one look for it; open; still open; refuted.
    assert told == [False, True, False, False, False]
