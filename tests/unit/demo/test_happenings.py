import pytest

from tests.unit.demo.scripts import raw
from vision.demo.filming import Filming
from vision.demo.render import truth_of
from vision.demo.script import Script
from vision.demo.truth import ClipTruth, EventTruth

FPS = 5
STEP_S = 1 / FPS


def filmed(**changes: object) -> ClipTruth:
    filming = Filming(Script.parse(raw(**changes), "test"), (216, 384))
    return truth_of(filming, filming.takes(FPS), FPS)


@pytest.fixture(scope="module")
def plain() -> ClipTruth:
    return filmed()


def only(truth: ClipTruth, kind: str) -> EventTruth:
    (event,) = (event for event in truth.events if event.kind == kind)
    return event


def test_a_violation_lasts_from_the_first_to_the_last_sign_within_the_scripts_interval(plain: ClipTruth) -> None:
    event = only(plain, "no_hat")
    assert (event.subject, event.zone) == ("lin", "main")
    assert 2.0 <= event.start_s <= 2.0 + STEP_S
    assert event.end_s == pytest.approx(8.0)
    shown = [frame for frame in plain.frames if any(p.hat == "missing" for p in frame.persons)]
    assert event.visible_s == pytest.approx(len(shown) * STEP_S)


def test_what_is_worn_is_no_violation(plain: ClipTruth) -> None:
    assert [event.kind for event in plain.events] == ["no_hat"]


def test_what_the_law_does_not_ask_there_is_none() -> None:
    assert filmed(zones=[{"name": "main", "type": "dining"}]).events == ()


def test_outside_of_a_zone_nothing_is_asked() -> None:
    corner = {"name": "main", "type": "special_room", "polygon": [[0, 0], [0.05, 0], [0.05, 0.05], [0, 0.05]]}
    assert filmed(zones=[corner]).events == ()


def test_while_the_camera_is_blind_nothing_can_be_seen_but_that() -> None:
    truth = filmed(mishaps=[{"state": "black", "from_s": 4, "to_s": 7}])
    black = only(truth, "camera_black")
    assert (black.start_s, black.end_s, black.subject) == (4.0, 7.0, "camera")
    assert all(not frame.persons for frame in truth.frames if 4 <= frame.at_s < 7)
    assert only(truth, "no_hat").visible_s == pytest.approx(3.0, abs=STEP_S)


def test_a_frozen_picture_is_the_same_to_the_last_pixel_and_shows_what_it_showed() -> None:
    script = Script.parse(raw(mishaps=[{"state": "frozen", "from_s": 6, "to_s": 12}]), "test")
    takes = list(Filming(script, (216, 384)).takes(2))
    frozen = [take for take in takes if take.truth.camera == "frozen"]
    assert len(frozen) == 12
    assert all((take.picture == takes[11].picture).all() for take in frozen)
    assert (takes[10].picture != takes[11].picture).any()
    assert {p.hat for take in frozen for p in take.truth.persons} == {"missing"}


def test_after_hours_a_person_is_an_intruder() -> None:
    event = only(filmed(after_hours=True), "intruder")
    assert event.subject == "main"
    assert 2.0 <= event.start_s < event.end_s <= 16.5


def test_a_flame_belongs_into_a_cooking_zone_only() -> None:
    fume = {"kind": "flame", "foot_m": [2, 3, 0.9], "width_m": 0.5, "height_m": 0.6, "from_s": 3, "to_s": 9}
    elsewhere = filmed(fumes=[fume])
    assert only(elsewhere, "smoke_fire").zone == "main"
    cooking = filmed(fumes=[fume], zones=[{"name": "main", "type": "cooking"}])
    assert [event.kind for event in cooking.events] == ["no_hat"]
