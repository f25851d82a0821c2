"""Says a look in the words of two vendors whose users come to us: Aliyun's DetectChefCap and Tencent's DetectChefDress.

Shapes as published: Aliyun help.aliyun.com/document_detail/183579.html (DetectChefCap, facebody 2019-12-30); Tencent
TIIA 2019-05-29, DetectChefDress, with its data types AttributesForBody and BodyAttributes. Read on 2026-11-24.
"""

from collections.abc import Iterator
from typing import Any, cast

from vision.detectors.look import Json

_CAPS = {"worn": "chefcap", "missing": "head", "improper": "head", "unknown": "untreated"}
FILTERED = "被优选过滤"
"""Tencent's word for: looked at, and not judged."""
_DRESS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("uniform", "厨师服识别", {"worn": "有厨师服", "missing": "无厨师服", "improper": "无厨师服"}),
    ("uniform", "厨师服识别(酒店版)", {"worn": "有厨师服", "missing": "无厨师服", "improper": "无厨师服"}),
    ("hat", "厨师帽识别", {"worn": "有厨师帽", "missing": "无厨师帽", "improper": "无厨师帽"}),
    ("mask", "口罩识别", {"worn": "有口罩", "missing": "无口罩", "improper": "无口罩", "unknown": "口罩不确定"}),
    ("torso", "赤膊识别", {"worn": "非赤膊", "missing": "赤膊"}),
)
"""Our item, Tencent's attribute, and its label for each of our states; a state without one is not judged."""


def chef_caps(look: Json) -> dict[str, Any]:
    """Return Aliyun's `Data` of DetectChefCap: one element per head, its box as shares of width and height."""
    return {"Elements": list(_caps(look))}


def _caps(look: Json) -> Iterator[dict[str, Any]]:
    image = cast("dict[str, int]", look["image"])
    sides = (image["width"], image["height"]) * 2
    for person in _persons(look):
        if person["head"] is not None and "hat" in person["items"]:
            hat = person["items"]["hat"]
            box = [round(side / whole, 4) for side, whole in zip(person["head"], sides, strict=True)]
            yield {"Box": box, "Category": _CAPS[hat["state"]], "Confidence": hat["probability"]}


def chef_dress(look: Json, *, preferred: bool) -> list[dict[str, Any]]:
    """Return Tencent's `Bodies` of DetectChefDress.

    What we do not know is `被优选过滤` with a confidence of 0, as in Tencent's own example; without `preferred`, which
    is when Tencent promises not to filter, its label is null: unknown never becomes an accusation (I3).
    """
    return [_body(person, FILTERED if preferred else None) for person in _persons(look)]


def _body(person: dict[str, Any], unknown: str | None) -> dict[str, Any]:
    x0, y0, x1, y1 = (round(side) for side in person["box"])
    return {
        "Rect": {"X": x0, "Y": y0, "Width": x1 - x0, "Height": y1 - y0},
        "DetectConfidence": person["confidence"],
        "Attributes": [_attribute(person["items"].get(item), name, labels, unknown) for item, name, labels in _DRESS],
    }


def _attribute(answer: dict[str, Any] | None, name: str, labels: dict[str, str], unknown: str | None) -> dict[str, Any]:
    label = labels.get(answer["state"]) if answer is not None else None
    if answer is None or label is None:
        return {"Name": name, "Label": unknown, "Confidence": 0}
    return {"Name": name, "Label": label, "Confidence": answer["probability"]}


def _persons(look: Json) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", look["persons"])
