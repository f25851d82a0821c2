import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from vision.reviewed.event import Reviewed, reviewed_of
from vision.reviewed.formats import FORMATS, coco, cvat, label_studio, yolo

EVENTS = [
    Reviewed("a", "rodent", "confirmed", "", (10, 20, 30, 60), (200, 100)),
    Reviewed("b", "smoking", "dismissed", "wrong_object", (0, 0, 50, 50), (200, 100)),
    Reviewed("c", "rodent", "unsure", "", (5, 5, 15, 25), (200, 100)),
    Reviewed("d", "rodent", "dismissed", "wrong_zone", (5, 5, 15, 25), (200, 100)),
]


def listed(**told: Any) -> dict[str, Any]:
    review = {"verdict": "confirmed", "reason": "", "note": "", "by": "x", "at": None}
    plain = {"id": "a", "kind": "rodent", "box": [1, 2, 3, 4], "frame_wh": [9, 8], "evidence": {"snapshot": {}}}
    return {**plain, "review": review, **told}


def test_only_events_that_can_teach_are_taken() -> None:
    assert reviewed_of(listed()) == Reviewed("a", "rodent", "confirmed", "", (1, 2, 3, 4), (9, 8))
    undone = {"verdict": "undone", "reason": "", "note": "", "by": "x", "at": None}
    for lack in ({"review": None}, {"box": None}, {"evidence": {}}, {"review": undone}):
        assert reviewed_of(listed(**lack)) is None


def test_coco_keeps_boxes_negatives_and_doubts_apart() -> None:
    told = json.loads(coco(EVENTS)["annotations.json"])
    assert [box["bbox"] for box in told["annotations"]] == [[10, 20, 20, 40], [5, 5, 10, 20]]
    assert [box["iscrowd"] for box in told["annotations"]] == [0, 1]
    assert [image["negatives"] for image in told["images"]] == [[], ["smoking"], [], []]
    names = {kind["id"]: kind["name"] for kind in told["categories"]}
    assert [names[box["category_id"]] for box in told["annotations"]] == ["rodent", "rodent"]


def test_yolo_writes_shares_an_empty_file_for_a_negative_and_nothing_for_the_rest() -> None:
    files = yolo(EVENTS)
    assert files["labels/a.txt"] == "0 0.100000 0.400000 0.100000 0.400000\n"
    assert files["labels/b.txt"] == ""
    assert set(files) == {"data.yaml", "labels/a.txt", "labels/b.txt"}
    assert "0: rodent" in files["data.yaml"]


def test_cvat_can_be_read_back() -> None:
    images = ET.fromstring(cvat(EVENTS)["annotations.xml"]).findall("image")  # noqa: S314  # our own text
    assert [image.find("tag").get("label") for image in images] == ["confirmed", "dismissed", "unsure", "dismissed"]  # type: ignore[union-attr]  # written just now
    assert [len(image.findall("box")) for image in images] == [1, 0, 1, 0]
    assert images[0].find("box").get("xbr") == "30.00"  # type: ignore[union-attr]  # written just now


def test_label_studio_tells_rectangles_in_percent() -> None:
    tasks = json.loads(label_studio(EVENTS)["tasks.json"])
    rectangle = tasks[0]["annotations"][0]["result"][1]["value"]
    assert (rectangle["x"], rectangle["y"], rectangle["width"], rectangle["height"]) == (5, 20, 10, 40)
    assert len(tasks[1]["annotations"][0]["result"]) == 1


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_no_events_make_an_empty_export(form: str) -> None:
    assert FORMATS[form]([])
