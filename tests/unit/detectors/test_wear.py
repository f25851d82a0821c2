from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.detectors.networks import colour_network, wear_toml
from vision.detections import Detections
from vision.detectors.wear import BATCH, OnnxWear, load_wear
from vision.errors import ModelError
from vision.frames import Image
from vision.ports import People
from vision.scene import REASONS, STATES, ItemState, Unseen, Wear

NOWHERE = (float("nan"),) * 4
HAT = np.array([[10, 0, 0], [0, 10, 0], [0, 0, 10]], np.float32)
"""Red is worn, green is missing, blue is unknown."""
UNIFORM = np.array([[10, 0, 0], [0, 10, 0], [0, 0, 10]], np.float32)
RED, GREEN, BLUE, GREY = (0, 0, 255), (0, 255, 0), (255, 0, 0), (90, 90, 90)


def folder(tmp_path: Path, item: str, weights: NDArray[np.float32], states: list[str], **changes: str) -> Path:
    path = colour_network(tmp_path / item / "net.onnx", {item: weights}, (int(changes.get("height", "32")), 32))
    (path.parent / "model.toml").write_text(wear_toml(path, item, states, **changes))
    return path.parent


@pytest.fixture
def hat(tmp_path: Path) -> Path:
    return folder(tmp_path, "hat", HAT, ["worn", "missing", "unknown"])


@pytest.fixture
def uniform(tmp_path: Path) -> Path:
    return folder(tmp_path, "uniform", UNIFORM, ["worn", "missing", "bare"], crop='"person"', height="80")


def look(*colours: tuple[int, int, int], side_px: int = 30, heads: bool = True) -> tuple[Image, People]:
    """Paint one person after the other, 40 px apart, in plain colours."""
    image = np.zeros((100, 40 * max(len(colours), 1), 3), np.uint8)
    for i, colour in enumerate(colours):
        image[:, 40 * i : 40 * i + 40] = colour
    boxes = np.array([(40 * i, 0, 40 * i + 40, 100) for i in range(len(colours))], np.float32).reshape(-1, 4)
    head = np.array([(40 * i, 5, 40 * i + side_px, 5 + side_px) for i in range(len(colours))], np.float32).reshape(
        -1, 4
    )
    persons = Detections(boxes, np.ones(len(boxes), np.float32), np.zeros(len(boxes), np.int64), ("person",))
    return image, People(persons, head if heads else np.full_like(head, np.nan))


def states(wear: Wear, item: str) -> list[str]:
    return [STATES[i].value for i in wear.state[:, wear.items.index(item)]]


def reasons(wear: Wear, item: str) -> list[str]:
    return [REASONS[i].value for i in wear.reason[:, wear.items.index(item)]]


def test_each_person_of_each_picture_gets_an_answer_of_his_own(hat: Path) -> None:
    wear = load_wear([hat])
    one, none, two = wear.judge([look(RED, GREEN), look(), look(BLUE, GREEN, RED)])
    assert states(one, "hat") == ["worn", "missing"]
    assert none.log_odds.shape == (0, 1)
    assert states(two, "hat") == ["unknown", "missing", "worn"]
    assert one.log_odds[0, 0] < -5
    assert one.log_odds[1, 0] > 5
    assert np.isnan(two.log_odds[0, 0])
    assert reasons(two, "hat") == ["not sure enough", "", ""]


def test_no_head_and_a_small_head_are_unknown_and_say_why(hat: Path) -> None:
    wear = load_wear([hat])
    hidden, small, enough = wear.judge([look(GREEN, heads=False), look(GREEN, side_px=19), look(GREEN, side_px=20)])
    assert (states(hidden, "hat"), reasons(hidden, "hat")) == (["unknown"], ["no head seen"])
    assert (states(small, "hat"), reasons(small, "hat")) == (["unknown"], ["head too small"])
    assert states(enough, "hat") == ["missing"]


def test_a_mask_whose_face_is_turned_away_says_so(tmp_path: Path) -> None:
    wear = load_wear([folder(tmp_path, "mask", HAT, ["worn", "missing", "unknown"])])
    assert reasons(wear.judge([look(BLUE)])[0], "mask") == ["face turned away"]


def test_uniform_looks_at_the_person_and_answers_the_torso_too(hat: Path, uniform: Path) -> None:
    wear = load_wear([hat, uniform])
    assert wear.items == ("hat", "uniform", "torso")
    assert [str(ref) for ref in wear.models] == ["wear-hat@1", "wear-uniform@1"]
    (found,) = wear.judge([look(RED, GREEN, BLUE, heads=False)])
    assert states(found, "hat") == ["unknown"] * 3
    assert states(found, "uniform") == ["worn", "missing", "missing"]
    assert states(found, "torso") == ["worn", "worn", "missing"]


def test_more_people_than_one_call_takes(hat: Path) -> None:
    colours = [RED, GREEN, BLUE] * BATCH
    (found,) = load_wear([hat]).judge([look(*colours)])
    assert states(found, "hat") == ["worn", "missing", "unknown"] * BATCH


def test_the_items_of_a_look_as_the_world_sees_them(hat: Path) -> None:
    (judgement,) = load_wear([hat]).judge_fully([look(GREEN, BLUE)])
    bare, unknown = judgement.persons()
    assert bare == {"hat": {"state": "missing", "probability": pytest.approx(1, abs=1e-3)}}
    assert unknown == {
        "hat": {"state": "unknown", "probability": pytest.approx(1, abs=1e-3), "reason": "not sure enough"}
    }


def test_without_any_model_nothing_is_known() -> None:
    (found,) = OnnxWear([]).judge([look(GREEN)])
    assert (found.items, found.log_odds.shape) == ((), (1, 0))
    assert np.isnan(found.column("hat")).all()


def test_no_pictures(hat: Path) -> None:
    assert load_wear([hat]).judge([]) == []


def test_two_models_for_one_item_are_refused(hat: Path) -> None:
    with pytest.raises(ModelError, match="wear models: 'hat' is not allowed"):
        load_wear([hat, hat])


@pytest.mark.parametrize(
    ("item", "states_", "message"),
    [
        ("hat", ["worn", "missing"], r"hat/model.toml: outputs.hat.states: .*\(1, 3\)"),
        ("mask", ["worn", "missing", "unknown"], "hat/model.toml: outputs.mask: 'mask' is not allowed; .*hat"),
    ],
)
def test_a_network_that_does_not_fit_its_manifest(tmp_path: Path, item: str, states_: list[str], message: str) -> None:
    place = folder(tmp_path, "hat", HAT, ["worn", "missing", "unknown"])
    (place / "model.toml").write_text(wear_toml(place / "net.onnx", item, states_))
    with pytest.raises(ModelError, match=message):
        load_wear([place])


def test_unknown_never_speaks(hat: Path) -> None:
    (found,) = load_wear([hat]).judge([look(GREY)])
    assert STATES[found.state[0, 0]] is ItemState.UNKNOWN
    assert REASONS[found.reason[0, 0]] is Unseen.DOUBTFUL
