"""One camera's line, from what the models saw to violations; people are boxes that walk in, stand and walk out."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.catalogue import Duty, Kind, Place, Thresholds
from vision.detections import Detections
from vision.errors import InvalidInputError
from vision.events import Binding, Closed, KindName, Opened, Tier, Transition
from vision.frames import CameraId
from vision.people import pair
from vision.pipeline import Abilities, CameraContext, Line, LookInput, build_line, is_available
from vision.ports import People
from vision.rules.presence import PersonRule
from vision.scene import REASONS, STATES, ItemState, Unseen, Vitals, Wear, Zone, ZoneType

START = datetime(2026, 11, 24, 4, tzinfo=UTC)
HW = (432, 768)
NAN = float("nan")
CLASSES = ("person", "head", "phone", "cigarette")
ITEMS = ("hat", "mask")
LIMITS = Thresholds(open_at=5, close_at=1, leak_s=20, rearm_s=30, dwell_s=0)
STAYS = ((7.0, 19.5), (23.0, 45.0), (51.0, 69.0), (75.0, 87.0), (93.0, 119.0), (123.0, 135.5))
Box = tuple[float, float, float, float]


def kind(name: str, family: str, item: str = "", needs: tuple[str, ...] = ()) -> Kind:
    return Kind(KindName(name), "", "", family, item, needs, (), LIMITS)  # type: ignore[arg-type]


KINDS = (
    kind("no_hat", "wear", "hat", ("person", "head")),
    kind("no_mask", "wear", "mask", ("person", "head")),
    kind("no_gloves", "wear", "gloves", ("person", "glove")),
    kind("phone_use", "presence", "", ("phone", "person")),
    kind("rodent", "presence", "", ("rat",)),
    kind("absence", "timer", "", ("person",)),
    kind("intruder", "timer", "", ("person",)),
    kind("camera_offline", "camera"),
    kind("camera_haunted", "camera"),
)


@dataclass(frozen=True)
class Book:
    """A law in memory: everything is asked everywhere but in the dining room."""

    kinds: dict[KindName, Kind] = field(default_factory=lambda: {kind.name: kind for kind in KINDS})
    version: str = "book-1"

    def duty(self, kind: KindName, place: Place) -> Duty | None:
        if place.zone_type is ZoneType.DINING:
            return None
        return Duty(kind, Tier.II, Binding.MANDATORY, (), None, None)


CONTEXT = CameraContext(CameraId("kitchen-1"), (Zone("main", ZoneType.SPECIAL_ROOM),))
ABLE = Abilities("detector@1+wear@1", CLASSES, ITEMS)


def line(context: CameraContext = CONTEXT, abilities: Abilities = ABLE) -> Line:
    return build_line(context, Book(), abilities)


def wear_of(people: People, hat: float = 3.0, mask: float = NAN) -> Wear:
    log_odds = np.tile(np.array([[hat, mask]], np.float32), (len(people.persons), 1))
    state = np.where(np.isnan(log_odds), STATES.index(ItemState.UNKNOWN), STATES.index(ItemState.MISSING))
    reason = np.full(state.shape, REASONS.index(Unseen.SEEN), np.int8)
    return Wear(ITEMS, log_odds, state.astype(np.int8), reason, people.head_xyxy)


def look(at_s: float, *boxes: Box, hat: float = 3.0, mask: float = NAN, name: str = "person") -> LookInput:
    ids = np.full(len(boxes), CLASSES.index(name), np.int64)
    seen = Detections(np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.9, np.float32), ids, CLASSES)
    people, objects = pair(seen)
    return LookInput(START + timedelta(seconds=at_s), at_s, HW, people, objects, wear_of(people, hat, mask))


def body(x: float, y: float = 200) -> Box:
    return (x - 70, y - 190, x + 70, y + 190)


def one_by_one(at_s: float) -> list[Box]:
    """Return who is there: in from below within 1.5 s, at the table, out to the right in the last second."""
    for begin, end in STAYS:
        if begin <= at_s <= end:
            rising = max(0.0, 1.5 - (at_s - begin)) * 120
            leaving = max(0.0, 1.0 - (end - at_s)) * 220
            return [body(455 + leaving - rising, 200 + rising)]
    return []


def play(camera: Line, looks: Iterator[LookInput], end_s: float) -> list[tuple[float, Transition]]:
    told = [(seen.pts_s, change) for seen in looks for change in camera.look(seen).transitions]
    return told + [(end_s, change) for change in camera.finish(START + timedelta(seconds=end_s))]


def times(step_s: float, phase_s: float = 0.0, end_s: float = 139.0) -> Iterator[float]:
    return (round(phase_s + i * step_s, 3) for i in range(int((end_s - phase_s) / step_s)))


def assert_six(told: list[tuple[float, Transition]]) -> None:
    opened = [change for _, change in told if isinstance(change, Opened)]
    closed = [(at_s, change) for at_s, change in told if isinstance(change, Closed)]
    assert [change.kind for change in opened] == ["no_hat"] * 6
    for (begin, end), start, (closed_s, stop) in zip(STAYS, opened, closed, strict=True):
        assert begin <= start.started_pts_s <= start.pts_s <= end
        assert stop.opened is start
        assert stop.ended_pts_s <= end
        assert closed_s <= end + 5


@pytest.mark.parametrize(
    ("step_s", "phase_s"), [(0.2, 0), (0.5, 0.1), (1, 0), (1, 0.5), (2, 0), (2, 1), (2, 0.5), (2, 1.5)]
)
def test_six_who_come_one_after_the_other_are_six_violations(step_s: float, phase_s: float) -> None:
    told = play(line(), (look(t, *one_by_one(t)) for t in times(step_s, phase_s)), 139)
    assert_six(told)


@pytest.mark.parametrize("miss_every", [3, 4, 5])
@pytest.mark.parametrize("step_s", [1.0, 2.0])
def test_a_detector_that_misses_single_looks_changes_nothing_but_the_start(step_s: float, miss_every: int) -> None:
    """A person seen for six looks of which two are lost still opens once; nobody opens twice."""
    looks = (look(t, *([] if i % miss_every == miss_every - 1 else one_by_one(t))) for i, t in enumerate(times(step_s)))
    subjects = [change.subject for _, change in play(line(), looks, 139) if isinstance(change, Opened)]
    assert len(subjects) == len(set(subjects)) == 6


def test_at_a_look_a_second_two_looks_in_a_row_may_be_missed() -> None:
    looks = (look(t, *([] if int(t) % 6 in {4, 5} else one_by_one(t))) for t in times(1.0))
    assert len([1 for _, change in play(line(), looks, 139) if isinstance(change, Opened)]) == 6


def test_running_it_again_gives_the_same_ids() -> None:
    runs = [
        [
            change.id
            for _, change in play(line(), (look(t, *one_by_one(t)) for t in times(2)), 139)
            if isinstance(change, Opened)
        ]
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 6


def test_nobody_is_nothing() -> None:
    assert play(line(), (look(t) for t in times(2)), 139) == []
    assert line().finish(START) == ()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.floats(80, 700, width=32), max_size=3), max_size=12))
def test_no_look_at_unknown_wear_opens_anything(looks: list[list[float]]) -> None:
    """I3 through the whole line."""
    camera = line()
    for i, places in enumerate(looks):
        seen = look(2.0 * i, *(body(x) for x in places), hat=NAN)
        assert camera.look(seen).transitions == ()


def test_track_ids_end_with_the_line() -> None:
    """I8: the same person before another connection, or after leaving this one's view, is somebody new."""
    first, second = line(), line()
    one = first.look(look(0, body(300))).scene.persons.track_id.tolist()
    assert second.look(look(100, body(300))).scene.persons.track_id.tolist() == one == [1]
    first.look(look(20))
    assert first.look(look(30, body(300))).scene.persons.track_id.tolist() == [2]


def test_an_event_holds_no_identity() -> None:
    """I8: what leaves the line names a track of this connection, a zone or the camera; nothing that outlives it."""
    told = play(line(), (look(t, *one_by_one(t)) for t in times(2)), 139)
    assert {change.subject for _, change in told if isinstance(change, Opened)} == {f"track-{i}" for i in range(1, 7)}


def test_things_and_people_never_share_an_id() -> None:
    camera = line()
    people = look(0, body(300))
    phone = look(0, (500, 100, 510, 120), name="phone")
    scene = camera.look(replace(people, objects=phone.objects)).scene
    assert sorted([*scene.persons.track_id.tolist(), *scene.objects.track_id.tolist()]) == [1, 2]


def test_a_body_made_from_a_head_is_cut_to_the_frame() -> None:
    scene = line().look(look(0, (10, 300, 60, 360), name="head")).scene
    np.testing.assert_array_equal(scene.persons.seen.xyxy, [[0, 300, 110, 432]])


def test_silence_makes_everything_unknown_and_the_camera_offline() -> None:
    camera = line()
    told = [change for t in (0, 2, 4) for change in camera.look(look(t, body(300))).transitions]
    assert [type(change) for change in told] == [Opened]
    results = [camera.silence(START + timedelta(seconds=4 + s), float(s)) for s in range(2, 40, 2)]
    changes = [change for result in results for change in result.transitions]
    closed, offline = changes
    assert isinstance(closed, Closed)
    assert (closed.reason, closed.ended_pts_s) == ("interrupted", 4.0)
    assert isinstance(offline, Opened)
    assert (offline.kind, offline.subject, offline.box) == ("camera_offline", "camera", None)
    assert results[-1].scene.pts_s == pytest.approx(42)
    assert results[-1].scene.frame_hw == HW


def test_a_camera_that_never_sent_anything_goes_offline() -> None:
    camera = line()
    results = [camera.silence(START + timedelta(seconds=s), float(s)) for s in range(0, 60, 2)]
    assert [change.kind for result in results for change in result.transitions if isinstance(change, Opened)] == [
        "camera_offline"
    ]


def test_a_wear_about_other_people_is_refused() -> None:
    seen = look(0, body(300))
    with pytest.raises(InvalidInputError, match=r"Scene\.wear"):
        line().look(replace(seen, wear=Wear.unseen(ITEMS, np.empty((0, 4), np.float32), Unseen.NO_HEAD)))


def test_vitals_reach_the_scene() -> None:
    vitals = Vitals(luma=7)
    assert line().look(replace(look(0), vitals=vitals)).scene.vitals is vitals


def names(camera: Line) -> list[str]:
    return [type(rule).__name__ for rule in camera._rules]


def test_a_line_has_the_rules_that_its_models_can_judge() -> None:
    assert names(line()) == ["WearRule", "WearRule", "PersonRule", "IntruderRule", "CameraRule"]
    assert names(line(replace(CONTEXT, attended=True)))[3] == "AbsenceRule"
    assert names(line(abilities=Abilities("none", (), ()))) == ["CameraRule"]
    more = replace(ABLE, classes=(*CLASSES, "rat", "glove"), items=("gloves",))
    assert names(line(abilities=more)) == ["WearRule", "PersonRule", "ZoneRule", "IntruderRule", "CameraRule"]


def test_where_the_law_asks_nothing_there_are_no_rules() -> None:
    assert names(line(replace(CONTEXT, zones=(Zone("hall", ZoneType.DINING),)))) == []
    assert names(line(replace(CONTEXT, zones=()))) == []


def test_a_kind_needs_its_classes_and_its_item() -> None:
    no_hat = KINDS[0]
    assert is_available(no_hat, ABLE)
    assert not is_available(no_hat, replace(ABLE, classes=("person",)))
    assert not is_available(no_hat, replace(ABLE, items=("mask",)))


def test_a_models_own_threshold_is_used() -> None:
    strict = replace(ABLE, thresholds={"phone": 0.8})
    assert strict.threshold(["phone"]) == 0.8
    assert ABLE.threshold(["phone"]) == ABLE.threshold([]) == 0.35
    (rule,) = [rule for rule in line(abilities=strict)._rules if isinstance(rule, PersonRule)]
    assert rule._threshold == 0.8


def test_an_event_names_model_and_rule_version() -> None:
    told = play(line(), (look(t, *one_by_one(t)) for t in times(2, end_s=15)), 15)
    opened, closed = (change for _, change in told)
    assert isinstance(opened, Opened)
    assert (opened.model, opened.rule_version) == ("detector@1+wear@1", "book-1")
    assert isinstance(closed, Closed)
    assert closed.reason == "ended"
