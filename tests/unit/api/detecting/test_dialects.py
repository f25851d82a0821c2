"""The two vendors' shapes, held against the examples that they published."""

from typing import Any

import pytest

from api.detecting.dialects import FILTERED, chef_caps, chef_dress
from api.routes.dialects import ALIYUN_EXAMPLE, TENCENT_EXAMPLE
from tests.unit.api.detecting.pictures import encoded
from tests.unit.api.detecting.test_detect import text
from tests.unit.api.world import World

ALIYUN = "/v1/detect/compatible/aliyun/DetectChefCap"
TENCENT = "/v1/detect/compatible/tencent/DetectChefDress"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def answer(state: str, probability: float = 0.9) -> dict[str, Any]:
    return {"state": state, "probability": probability}


def look_at(**items: dict[str, Any]) -> dict[str, Any]:
    person = {"box": [217.2, 79.0, 657.0, 1189.4], "confidence": 0.914, "head": [100, 80, 150, 210], "items": items}
    return {"image": {"width": 1000, "height": 1000}, "persons": [person]}


@pytest.mark.parametrize(
    ("state", "category"),
    [("worn", "chefcap"), ("missing", "head"), ("improper", "head"), ("unknown", "untreated")],
)
def test_aliyun_has_three_categories_and_boxes_as_shares(state: str, category: str) -> None:
    [element] = chef_caps(look_at(hat=answer(state, 0.6817)))["Elements"]
    assert element == {"Box": [0.1, 0.08, 0.15, 0.21], "Category": category, "Confidence": 0.6817}
    assert element.keys() == ALIYUN_EXAMPLE["Data"]["Elements"][0].keys()  # type: ignore[index]


def test_aliyun_names_heads_only() -> None:
    look = look_at(hat=answer("worn"))
    look["persons"][0]["head"] = None
    assert chef_caps(look) == {"Elements": []}
    assert chef_caps({"image": {"width": 1, "height": 1}, "persons": []}) == {"Elements": []}


def test_tencents_published_example_comes_out_of_a_look_like_it() -> None:
    states = {"uniform": "missing", "hat": "missing", "mask": "worn", "torso": "missing"}
    [body] = chef_dress(look_at(**{item: answer(state) for item, state in states.items()}), preferred=True)
    assert body["Rect"] == {"X": 217, "Y": 79, "Width": 440, "Height": 1110}
    assert body["DetectConfidence"] == 0.914
    labels = {each["Name"]: each["Label"] for each in body["Attributes"]}
    assert labels == {
        "厨师服识别": "无厨师服",
        "厨师服识别(酒店版)": "无厨师服",
        "厨师帽识别": "无厨师帽",
        "口罩识别": "有口罩",
        "赤膊识别": "赤膊",
    }
    example: Any = TENCENT_EXAMPLE
    assert body.keys() == example["Response"]["Bodies"][0].keys()


@pytest.mark.parametrize("items", [{}, {"hat": answer("unknown"), "uniform": answer("unknown")}])
@pytest.mark.parametrize(("preferred", "label"), [(True, FILTERED), (False, None)])
def test_unknown_never_becomes_an_accusation(items: dict[str, Any], preferred: bool, label: str | None) -> None:  # noqa: FBT001
    [body] = chef_dress(look_at(**items), preferred=preferred)
    assert {(each["Label"], each["Confidence"]) for each in body["Attributes"]} == {(label, 0)}


def test_tencent_has_a_word_for_a_mask_that_cannot_be_seen() -> None:
    [body] = chef_dress(look_at(mask=answer("unknown", 0.55)), preferred=True)
    assert {"Name": "口罩识别", "Label": "口罩不确定", "Confidence": 0.55} in body["Attributes"]


async def test_tencent_over_http(world: World) -> None:
    async with world.key("detect") as caller:
        good = await caller.post(TENCENT, json={"ImageBase64": text(encoded(".jpg")), "Region": "ap-guangzhou"})
        bad = [
            await caller.post(TENCENT, json={"ImageBase64": "@@"}),
            await caller.post(TENCENT, json={}),
            await caller.post(TENCENT, json={"ImageUrl": "http://169.254.169.254/x", "ImageBase64": "AA=="}),
            await caller.post(TENCENT, json={"ImageBase64": text(encoded(".jpg")), "EnableDetect": False}),
            await caller.post(TENCENT, content=b"{", headers={"Content-Type": "application/json"}),
        ]
    assert good.json()["Response"].keys() == {"Bodies", "RequestId"}
    for each in bad:
        assert each.status_code == 200  # as Tencent answers errors
        assert each.json()["Response"].keys() == {"Error", "RequestId"}
        assert each.json()["Response"]["Error"]["Code"].startswith("InvalidParameter")


async def test_aliyun_over_http(world: World) -> None:
    async with world.key("detect") as caller:
        answers = [
            await caller.post(ALIYUN, json={"ImageURL": "http://10.0.0.1/x.png"}),
            await caller.post(
                ALIYUN, content="ImageURL=http%3A%2F%2F10.0.0.1%2Fx.png&Action=DetectChefCap", headers=FORM
            ),
            await caller.post(f"{ALIYUN}?ImageURL=http://10.0.0.1/x.png&Action=DetectChefCap&Signature=x"),
            await caller.post(ALIYUN, json={}),
        ]
    for each in answers:
        assert each.status_code == 400
        assert each.json().keys() == {"RequestId", "Code", "Message"}
    assert all("10.0.0.1" in each.json()["Message"] for each in answers[:3])


async def test_overload_is_told_in_their_words(world: World) -> None:
    detecting = world.services.detecting
    with detecting._seats.holding(96):
        async with world.key("detect") as caller:
            theirs = await caller.post(ALIYUN, json={"ImageURL": "https://8.8.8.8/x"})
            others = await caller.post(TENCENT, json={"ImageUrl": "https://8.8.8.8/x"})
    assert (theirs.status_code, theirs.json()["Code"]) == (429, "RequestLimitExceeded")
    assert int(theirs.headers["Retry-After"]) >= 1
    assert others.json()["Response"]["Error"]["Code"] == "RequestLimitExceeded"
