from itertools import pairwise

import pytest

from tests.unit.demo.scripts import raw
from vision.demo.figure import Figure
from vision.demo.playing import Part, Play, animal_at
from vision.demo.script import WALK_M_S, Creature, Script

SCRIPT = Script.parse(raw(), "test")


@pytest.fixture
def lin() -> Part:
    return Play(SCRIPT).parts[0]


def test_a_person_is_there_from_the_first_step_until_the_last_walk_is_over(lin: Part) -> None:
    assert lin.at(1.99) is None
    assert lin.at(2.0) is not None
    gone_s = 16 + (0.2**2 + 0.2**2) ** 0.5 / WALK_M_S
    assert lin.at(gone_s - 0.01) is not None
    assert lin.at(gone_s + 0.01) is None


def test_clothes_change_at_their_second(lin: Part) -> None:
    before, after = lin.at(7.99), lin.at(8.0)
    assert before is not None
    assert after is not None
    assert (before.dress.hat, after.dress.hat) == ("none", "toque")
    assert before.dress.wearing(hat="toque") == after.dress


def test_a_walk_goes_straight_at_walking_speed_and_ends_at_its_point(lin: Part) -> None:
    start, later, end = lin.at(12.0), lin.at(12.2), lin.at(14.0)
    assert start
    assert later
    assert end
    way_m = ((later.stance.x_m - start.stance.x_m) ** 2 + (later.stance.y_m - start.stance.y_m) ** 2) ** 0.5
    assert way_m == pytest.approx(0.2 * WALK_M_S)
    assert (end.stance.x_m, end.stance.y_m) == (2.6, 2.8)


def test_a_body_turns_and_never_jumps(lin: Part) -> None:
    figures = [lin.at(2 + k / 50) for k in range(700)]
    headings = [figure.stance.heading_deg for figure in figures if figure]
    steps = [abs((b - a + 180) % 360 - 180) for a, b in pairwise(headings)]
    assert max(steps) <= 200 / 50 + 1e-6


def test_an_animal_runs_between_its_marks_and_keeps_looking_where_it_ran() -> None:
    marks = [{"at_s": 1, "at_m": [0, 0]}, {"at_s": 2, "at_m": [1, 0]}, {"at_s": 4, "at_m": [1, 0]}]
    rat = Creature.model_validate({"kind": "rat", "marks": marks})
    assert animal_at(rat, 0.9) is None
    assert animal_at(rat, 4.0) is None
    running, resting = animal_at(rat, 1.5), animal_at(rat, 3.0)
    assert running
    assert resting
    assert (running.stance.x_m, running.stance.heading_deg) == (0.5, 90.0)
    assert (resting.stance.x_m, resting.stance.heading_deg) == (1.0, 90.0)


def test_fumes_and_mishaps_keep_their_times() -> None:
    fume = {"kind": "flame", "foot_m": [1, 1, 1], "width_m": 1, "height_m": 1, "from_s": 3, "to_s": 6}
    mishap = {"state": "black", "from_s": 5, "to_s": 7}
    play = Play(Script.parse(raw(fumes=[fume], mishaps=[mishap]), "test"))
    assert [len(play.puffs(at_s)) for at_s in (2.9, 3.0, 5.9, 6.0)] == [0, 1, 1, 0]
    assert [play.camera(at_s) for at_s in (4.9, 5.0, 6.9, 7.0)] == ["ok", "black", "black", "ok"]


def test_everybody_on_stage_is_an_actor() -> None:
    actors = Play(SCRIPT).actors(5.0)
    assert [actor.id for actor in actors] == ["lin"]
    assert isinstance(actors[0].what, Figure)
