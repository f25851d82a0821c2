"""Frigate's messages in our words: as its documentation shows them, and every other bytes."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.boxes.foreign import message
from api.boxes.frigate import FrigateConfig, told
from api.messages import EventMessage, Phase
from vision.errors import InvalidInputError

CONFIG = FrigateConfig.model_validate(
    {
        "url": "http://frigate.lan:5000",
        "broker": "mqtt://broker.lan",
        "labels": {"rat": "rodent", "cat": "pet_animal"},
        "cameras": {"kitchen": {"site": "canteen", "camera": "canteen-1", "zone": "cooking"}},
    }
)
REVIEWS = CONFIG.model_copy(update={"follow": "reviews"})
AFTER = {
    "id": "1607123955.475377-mxklsc",
    "camera": "kitchen",
    "label": "rat",
    "top_score": 0.91,
    "false_positive": False,
    "start_time": 1764144000.5,
    "end_time": None,
    "box": [424, 500, 536, 712],
    "has_snapshot": True,
    "has_clip": False,
}
REVIEW = {
    "id": "1718987129.308396-fqk5ka",
    "camera": "kitchen",
    "start_time": 1764144000.5,
    "end_time": 1764144009.0,
    "severity": "alert",
    "thumb_path": "/media/frigate/clips/review/thumb.webp",
    "data": {"detections": ["1718987128.947436-g92ztx"], "objects": ["rat", "person"], "sub_labels": [], "zones": []},
}


def event(type_: str, **change: Any) -> bytes:
    return json.dumps({"type": type_, "before": {}, "after": {**AFTER, **change}}).encode()


def test_an_object_opens_and_closes_one_violation() -> None:
    (new,) = told(CONFIG, event("new"))
    (update,) = told(CONFIG, event("update", top_score=0.97))
    (end,) = told(CONFIG, event("end", end_time=1764144020.0))
    assert [each.phase for each in (new, update, end)] == [Phase.OPENED, Phase.OPENED, Phase.CLOSED]
    assert new.seen.id == update.seen.id == end.seen.id
    assert (new.seen.kind, new.seen.spot.site, new.seen.box) == ("rodent", "canteen", (424, 500, 536, 712))
    for each in (new, end):
        sent = EventMessage.model_validate(message(each.seen, each.phase))
        assert sent.data.model == "frigate, not ours"


@pytest.mark.parametrize(
    "change", [{"false_positive": True}, {"top_score": 0.5}, {"label": "person"}, {"camera": "garden"}]
)
def test_what_does_not_concern_us_is_passed_over(change: dict[str, Any]) -> None:
    assert told(CONFIG, event("new", **change)) == []


def test_a_review_is_one_violation_for_each_label_that_means_something() -> None:
    (each,) = told(REVIEWS, json.dumps({"type": "end", "before": {}, "after": REVIEW}).encode())
    assert (each.phase, each.seen.kind, each.detection) == (Phase.CLOSED, "rodent", "1718987128.947436-g92ztx")


@pytest.mark.parametrize("id_", ["../../etc/passwd", "1-a/../x", "", None, 7, "1607123955.475377-mxklsc?x=1"])
def test_an_id_that_would_lead_elsewhere_is_refused(id_: Any) -> None:
    with pytest.raises(InvalidInputError, match="id of Frigate"):
        told(CONFIG, event("new", id=id_))


NONE = [b"", b"{}", b"[]", b"null", b'{"type": "new"}', b"\xff", b'{"type":"x","after":{}}']


@pytest.mark.parametrize("payload", NONE)
def test_what_is_no_message_of_frigate_s_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidInputError):
        told(CONFIG, payload)


def test_a_time_that_no_calendar_has_is_refused() -> None:
    payload = json.dumps({"type": "new", "after": {**AFTER, "start_time": 6.77680361916768e16}}).encode()
    with pytest.raises(InvalidInputError):
        told(CONFIG, payload)


values = st.none() | st.booleans() | st.floats() | st.text(max_size=10) | st.lists(st.integers(), max_size=5)


@settings(max_examples=60)
@given(st.sampled_from(["new", "update", "end"]), st.sampled_from(sorted(AFTER)), values)
def test_no_value_does_anything_but_be_taken_or_refused(type_: str, field: str, value: Any) -> None:
    payload = json.dumps({"type": type_, "after": {**AFTER, field: value}}).encode()
    with suppress(InvalidInputError):
        assert len(told(CONFIG, payload)) <= 1
