import json
from collections.abc import Sequence

import numpy as np
import pytest

from vision.catalogue import Place, load_catalogue
from vision.detections import Detections
from vision.detectors.look import annotate, look_at
from vision.detectors.picture import Picture
from vision.detectors.wear import Judgement
from vision.frames import Image
from vision.ports import ModelRef, People
from vision.scene import REASONS, STATES, ItemState, Unseen, Wear, ZoneType

CATALOGUE = load_catalogue()
CLASSES = ("person", "head", "rat", "cat", "flame", "phone")
PICTURE = Picture(np.zeros((100, 200, 3), np.uint8), "ab" * 32, 3.14159)
ROOM = Place(ZoneType.SPECIAL_ROOM)


class FixedDetector:
    """Sees the same things in every picture."""

    model = ModelRef("detector", "1", "00")
    classes = CLASSES

    def __init__(self, *seen: tuple[str, tuple[float, ...]]) -> None:
        boxes = np.array([box for _, box in seen], np.float32).reshape(-1, 4)
        ids = np.array([CLASSES.index(name) for name, _ in seen], np.int64)
        self._found = Detections(boxes, np.full(len(ids), 0.9, np.float32), ids, CLASSES)

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        return [self._found for _ in images]


class FixedWear:
    """Finds everybody bare-headed with the face turned away."""

    models = (ModelRef("wear", "2", "11"),)

    def judge_fully(self, looks: Sequence[tuple[Image, People]]) -> list[Judgement]:
        return [self._judged(people) for _, people in looks]

    def _judged(self, people: People) -> Judgement:
        n = len(people.persons)
        state = np.array([[STATES.index(ItemState.MISSING), STATES.index(ItemState.UNKNOWN)]] * n, np.int8).reshape(
            n, 2
        )
        reason = np.array([[0, REASONS.index(Unseen.TURNED_AWAY)]] * n, np.int8).reshape(n, 2)
        odds = np.array([[3.0, np.nan]] * n, np.float32).reshape(n, 2)
        wear = Wear(("hat", "mask"), odds, state, reason, people.head_xyxy)
        return Judgement(wear, np.array([[0.97, 0.55]] * n, np.float32).reshape(n, 2))


PERSON, HEAD = ("person", (10.0, 10.0, 60.0, 99.0)), ("head", (25.0, 12.0, 45.0, 32.0))
RAT = ("rat", (100.0, 50.0, 120.0, 60.0))


def test_a_look_has_the_published_shape() -> None:
    look = look_at(PICTURE, FixedDetector(PERSON, HEAD, RAT), FixedWear(), CATALOGUE, ROOM)
    assert json.loads(json.dumps(look)) == look
    assert look["image"] == {"width": 200, "height": 100, "sha256": "ab" * 32}
    assert look["model"] == {"name": "detector", "version": "1", "sha256": "00"}
    assert look["persons"] == [
        {
            "box": [10, 10, 60, 99],
            "confidence": 0.9,
            "head": [25, 12, 45, 32],
            "items": {
                "hat": {"state": "missing", "probability": 0.97},
                "mask": {"state": "unknown", "probability": 0.55, "reason": "face turned away"},
            },
        }
    ]
    assert look["objects"] == [{"class": "rat", "box": [100, 50, 120, 60], "confidence": 0.9}]
    assert set(look["timing_ms"]) == {"decode", "detect", "wear"}  # type: ignore[call-overload]
    assert look["timing_ms"]["decode"] == 3.14  # type: ignore[index]


def kinds(*seen: tuple[str, tuple[float, ...]], place: Place = ROOM) -> list[tuple[str, int]]:
    found = look_at(PICTURE, FixedDetector(*seen), FixedWear(), CATALOGUE, place)["violations"]
    return sorted((v["kind"], v.get("person", v.get("object"))) for v in found)  # type: ignore[attr-defined]


def test_unknown_is_never_a_violation() -> None:
    assert kinds(PERSON, HEAD) == [("no_hat", 0)]


def test_a_violation_carries_what_the_catalogue_says_of_the_place() -> None:
    look = look_at(PICTURE, FixedDetector(PERSON, HEAD), FixedWear(), CATALOGUE, ROOM)
    duty = CATALOGUE.duty(CATALOGUE.kinds["no_hat"].name, ROOM)  # type: ignore[index]
    assert duty is not None
    (violation,) = look["violations"]  # type: ignore[misc]
    assert violation == {
        "kind": "no_hat", "tier": duty.tier.value, "person": 0,
        "clause": duty.clauses[0].id, "binding": duty.binding.value,
    }  # fmt: skip


def test_a_rat_is_one_unless_a_cat_is_in_its_place() -> None:
    assert kinds(RAT) == [("rodent", 0)]
    assert kinds(RAT, ("cat", RAT[1])) == [("pet_animal", 1)]


def test_what_only_time_can_condemn_is_left_to_events() -> None:
    assert kinds(("flame", (0.0, 0.0, 20.0, 20.0))) == []


def test_without_a_catalogue_it_only_describes() -> None:
    assert look_at(PICTURE, FixedDetector(PERSON), FixedWear(), None, ROOM)["violations"] == []


def test_an_empty_room() -> None:
    look = look_at(PICTURE, FixedDetector(), FixedWear(), CATALOGUE, ROOM)
    assert (look["persons"], look["objects"], look["violations"]) == ([], [], [])


def test_a_head_that_is_not_seen_is_null_and_a_body_beyond_the_frame_is_cut() -> None:
    look = look_at(PICTURE, FixedDetector(PERSON, ("head", (150.0, 60.0, 170.0, 80.0))), FixedWear(), None, ROOM)
    unseen, lonely = look["persons"]  # type: ignore[misc]
    assert unseen["head"] is None
    assert lonely["box"][3] == 100


@pytest.mark.parametrize("hw", [(100, 200), (1080, 1920)])
def test_annotated_is_a_copy_with_red_where_a_violation_is(hw: tuple[int, int]) -> None:
    image = np.zeros((*hw, 3), np.uint8)
    look = look_at(PICTURE, FixedDetector(PERSON, HEAD, ("phone", (150.0, 50.0, 160.0, 60.0))), FixedWear(), None, ROOM)
    look["violations"] = [{"kind": "no_hat", "person": 0}]
    drawn = annotate(image, look)
    assert not image.any()
    assert drawn[50, 10].tolist() == [48, 48, 220]
    assert drawn[55, 150].tolist() == [80, 160, 40]
