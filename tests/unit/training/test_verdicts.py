import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vision.detections import Detections
from vision.errors import ConfigError
from vision.frames import Image
from vision.reviewed.event import Reviewed
from vision.reviewed.formats import coco
from vision.training.verdicts import Lesson, entries_of, patches_of, read_export, state_of
from vision.training.vocabulary import CLASS_INDEX

PERSON, HEAD = (40.0, 20.0, 100.0, 180.0), (55.0, 22.0, 85.0, 56.0)


def event(kind: str, verdict: str = "confirmed", reason: str = "", name: str = "a") -> Reviewed:
    return Reviewed(name, kind, verdict, reason, PERSON, (200, 200))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    events = [
        event("no_hat", name="a"),
        event("no_hat", "dismissed", "wrong_item_state", "b"),
        event("no_hat", "unsure", name="c"),
        event("rodent", name="d"),
        event("smoking", "dismissed", "wrong_object", "e"),
        event("smoking", "dismissed", "wrong_zone", "f"),
        event("pet_animal", name="g"),
        event("no_uniform", "dismissed", "not_a_violation", "h"),
    ]
    (tmp_path / "images").mkdir()
    picture = np.random.default_rng(1).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    for one in events:
        cv2.imwrite(str(tmp_path / "images" / one.file), picture)
    for name, text in coco(events).items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


class Drawn:
    """Finds the drawn person and head in every picture."""

    def __init__(self, *, heads: bool = True) -> None:
        self._heads = heads

    def detect(self, images: Sequence[Image]) -> Sequence[Detections]:
        boxes = [PERSON, HEAD] if self._heads else [PERSON]
        names = ("person", "head")
        found = Detections(
            np.array(boxes, np.float32), np.full(len(boxes), 0.9, np.float32), np.arange(len(boxes)), names
        )
        return [found for _ in images]


def test_an_export_is_read_back(folder: Path) -> None:
    lessons = read_export(folder)
    assert [lesson.event.id for lesson in lessons] == list("abcdefgh")
    assert lessons[1].event == event("no_hat", "dismissed", "wrong_item_state", "b")


@pytest.mark.parametrize(
    ("judged", "taught"),
    [
        (event("no_mask"), ("mask", "missing")),
        (event("no_mask", "dismissed", "wrong_item_state"), ("mask", "worn")),
        (event("no_mask", "dismissed", "wrong_zone"), ("", "")),
        (event("no_mask", "unsure"), ("", "")),
        (event("bare_torso"), ("uniform", "bare")),
        (event("bare_torso", "dismissed", "wrong_item_state"), ("", "")),
        (event("rodent"), ("", "")),
    ],
)
def test_a_verdict_teaches_a_state_or_nothing(judged: Reviewed, taught: tuple[str, str]) -> None:
    assert state_of(judged) == taught


def test_confirmed_and_dismissed_hats_become_crops_of_heads(folder: Path) -> None:
    found = list(patches_of(read_export(folder), "head", Drawn()))
    assert [patch.states for patch in found] == [{"hat": "missing"}, {"hat": "worn"}]
    assert {(patch.origin, patch.split) for patch in found} == {("reviewed", "train")}
    x0, _, x1, _ = found[0].xyxy
    assert x1 - x0 == pytest.approx(HEAD[2] - HEAD[0], abs=1.5)


def test_where_no_head_is_found_nothing_is_learnt(folder: Path) -> None:
    lying = [Lesson(Reviewed("z", "no_hat", "confirmed", "", (150.0, 150.0, 190.0, 190.0), (200, 200)), each.path)
             for each in read_export(folder)[:1]]  # fmt: skip
    assert list(patches_of(lying, "head", Drawn())) == []


def test_clothes_are_cut_where_the_event_told(folder: Path) -> None:
    assert [patch.states for patch in patches_of(read_export(folder), "person", Drawn())] == [{"uniform": "worn"}]


def test_only_what_was_judged_is_known_of_a_picture(folder: Path) -> None:
    rat, cigarette, pet = entries_of(read_export(folder))
    assert rat["boxes"] == [[CLASS_INDEX["rat"], *PERSON]]
    assert not any(rat["known"])
    assert cigarette["boxes"] == []
    assert [i for i, known in enumerate(cigarette["known"]) if known] == [CLASS_INDEX["cigarette"]]
    assert pet["boxes"] == []
    assert {row[0] for row in pet["ignored"]} == {CLASS_INDEX["cat"], CLASS_INDEX["dog"]}


def rewritten(folder: Path, change: dict[str, Any]) -> None:
    told = json.loads((folder / "annotations.json").read_text("utf-8"))
    told["images"][0].update(change)
    (folder / "annotations.json").write_text(json.dumps(told), "utf-8")


def test_a_picture_that_is_gone_is_named(folder: Path) -> None:
    rewritten(folder, {"file_name": "images/gone.jpg"})
    with pytest.raises(ConfigError, match=r"gone\.jpg"):
        read_export(folder)


def test_another_tools_export_is_refused(folder: Path, tmp_path: Path) -> None:
    told = json.loads((folder / "annotations.json").read_text("utf-8"))
    del told["images"][0]["event"]
    (folder / "annotations.json").write_text(json.dumps(told), "utf-8")
    with pytest.raises(ConfigError, match="event"):
        read_export(folder)
    with pytest.raises(ConfigError, match=r"annotations\.json"):
        read_export(tmp_path / "nothing")
