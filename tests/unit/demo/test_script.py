from pathlib import Path
from typing import Any

import pytest

from tests.unit.demo.scripts import RAW, raw, step
from vision.demo.script import SCENES, Script
from vision.demo.site import NAMES
from vision.errors import ConfigError


def test_every_scene_of_the_site_is_valid_and_named_like_its_file() -> None:
    scenes = {path.stem: Script.load(path) for path in SCENES.glob("*.toml")}
    assert set(scenes) == set(NAMES)
    assert all(script.name == name for name, script in scenes.items())


CAT = {"kind": "cat", "marks": [{"at_s": 3, "at_m": [1, 1]}, {"at_s": 3, "at_m": [2, 1]}]}
WRONG: list[tuple[dict[str, Any], str]] = [
    (raw(seconds=1), "here.toml: seconds: 1 "),
    (raw(weather="fine"), "here.toml: weather: "),
    (raw(zones=[]), "here.toml: zones: "),
    (raw(zones=[{"type": "garage"}]), "here.toml: zones.0.type: 'garage'"),
    (step(do="sleep"), "here.toml: persons.0.steps.0.do: 'sleep' is not allowed; allowed: one of idle, chop"),
    (
        step(wear={"hat": "crown"}),
        "here.toml: persons.0.steps.0.wear.hat: 'crown' is not allowed; allowed: one of none",
    ),
    (step(wear={"top_colour": "plaid"}), "here.toml: persons.0.steps.0.wear.top_colour"),
    (step(at_s=20), "here.toml: persons.0.steps.0.at_s: 20.0 is not allowed; allowed: less than 20"),
    (step(at_s=-1), "here.toml: persons.0.steps.0.at_s"),
    (raw(persons=[*RAW["persons"], *RAW["persons"]]), "here.toml: persons.1.id: 'lin'"),
    (raw(animals=[CAT]), "here.toml: animals.0.marks.1.at_s: 3.0 is not allowed; allowed: more than 3.0"),
    (raw(mishaps=[{"state": "stolen", "from_s": 1, "to_s": 2}]), "here.toml: mishaps.0.state"),
    (raw(mishaps=[{"state": "black", "from_s": 5, "to_s": 5}]), "here.toml: mishaps.0.to_s"),
    (raw(mishaps=[{"state": "moved", "from_s": 1, "to_s": 2}]), "here.toml: lens.moved_look_at_m"),
    (raw(fumes=[{"kind": "fog", "foot_m": [1, 1, 1], "width_m": 1, "height_m": 1}]), "here.toml: fumes.0.kind"),
    (
        raw(room={"size_m": [4, 4, 3], "pieces": [{"kind": "sofa", "at_m": [1, 1], "size_m": [1, 1]}]}),
        "room.pieces.0.kind",
    ),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_a_wrong_entry_is_named_by_its_key(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Script.parse(wrong, "here.toml")
    assert message in str(raised.value)


def test_a_step_may_not_begin_while_the_walk_before_it_goes_on() -> None:
    steps = [{"at_s": 1, "walk_m": [[2.2, 0.1]]}, {"at_s": 2, "do": "idle"}]
    with pytest.raises(ConfigError, match=r"persons\.0\.steps\.1\.at_s: 2\.0 .* at least 3\.00, when the walk"):
        Script.parse(raw(persons=[{**RAW["persons"][0], "steps": steps}]), "here.toml")


def test_nobody_acts_after_leaving() -> None:
    steps = [{"at_s": 1, "leave": True}, {"at_s": 9, "do": "idle"}]
    with pytest.raises(ConfigError, match=r"steps\.0\.leave"):
        Script.parse(raw(persons=[{**RAW["persons"][0], "steps": steps}]), "here.toml")


def test_what_is_no_toml_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "scene.toml"
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"scene\.toml"):
        Script.load(path)
