"""Vendors' JSON by mapping: what is taken, what is refused and why, from a file as an operator writes it."""

import json
import tomllib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.boxes.mapping import BoxMapping, alarms, load_mappings, sighting
from tests.unit.api.world import World, errors_of
from vision.errors import ConfigError, InvalidInputError

TOML = """
[acme]
items = "/alarms"
id = "/alarmId"
camera = "/device/code"
kind = "/type"
started_at = "/begin"
ended_at = "/end"
probability = "/score"
percent = true
time_zone = "Asia/Shanghai"
kinds = { NO_MASK = "no_mask", RAT = "rodent" }
cameras = { D01 = { site = "north-site", camera = "north-camera", zone = "special_room" } }
"""
ALARM = {"alarmId": 7, "device": {"code": "D01"}, "type": "NO_MASK", "begin": "2026-11-24 16:00:00", "score": 91}


@pytest.fixture
def mapping(tmp_path: Path) -> BoxMapping:
    (tmp_path / "boxes.toml").write_text(TOML, "utf-8")
    return load_mappings(tmp_path / "boxes.toml")["acme"]


def test_an_alarm_becomes_a_sighting_in_our_words(mapping: BoxMapping) -> None:
    (alarm,) = alarms(mapping, {"alarms": [ALARM]})
    seen = sighting("acme", mapping, alarm)
    assert (seen.kind, seen.spot.camera, seen.probability) == ("no_mask", "north-camera", 0.91)
    assert seen.started_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert seen.id == sighting("acme", mapping, {**ALARM, "score": 12}).id
    assert seen.id != sighting("acme", mapping, {**ALARM, "alarmId": 8}).id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alarmId": None}, "/alarmId"),
        ({"alarmId": True}, "/alarmId"),
        ({"alarmId": ""}, "/alarmId"),
        ({"alarmId": "x" * 201}, "/alarmId"),
        ({"device": {}}, "/device/code"),
        ({"device": {"code": "D99"}}, "/device/code"),
        ({"type": "NO_HAT"}, "/type"),
        ({"begin": "yesterday"}, "/begin"),
        ({"begin": 1}, "/begin"),
        ({"begin": "0001-01-01T00:00:00Z"}, "/begin"),
        ({"end": []}, "/end"),
        ({"score": 101}, "/score"),
        ({"score": "high"}, "/score"),
        ({"score": float("nan")}, "/score"),
    ],
)
def test_what_is_wrong_is_named_by_its_pointer(mapping: BoxMapping, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        sighting("acme", mapping, {**ALARM, **change})
    assert error.value.field == field
    assert error.value.allowed


documents = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["alarms", *ALARM, "code", "end"]), inner, max_size=6)
    ),
    max_leaves=20,
)


@settings(max_examples=60)
@given(documents)
def test_no_document_does_anything_but_be_taken_or_refused(document: Any) -> None:
    text = TOML.replace('items = "/alarms"', "")
    folded = BoxMapping.model_validate(tomllib.loads(text)["acme"])
    for alarm in alarms(folded, document):
        with suppress(InvalidInputError):
            assert sighting("acme", folded, alarm).kind in {"no_mask", "rodent"}


@pytest.mark.parametrize(
    "text", ["[acme]\nid = 1", "[acme", '[acme]\nid = "no pointer"', TOML + '\ncolour = "red"', "acme = 1"]
)
def test_a_wrong_file_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "boxes.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="MINGCHU_BOX_MAPPINGS"):
        load_mappings(tmp_path / "boxes.toml")


async def test_a_box_is_told_what_became_of_each_alarm(world: World, mapping: BoxMapping) -> None:
    world.change(mappings={"acme": mapping})
    wrong, elsewhere = {**ALARM, "type": "NO_HAT"}, {**ALARM, "alarmId": 9, "end": "2026-11-24 16:00:30"}
    async with world.key("events:write") as box:
        told = (await box.post("/v1/boxes/acme", json={"alarms": [ALARM, wrong, elsewhere]})).json()["items"]
        again = (await box.post("/v1/boxes/acme", json={"alarms": [ALARM]})).json()["items"]
        unknown = await box.post("/v1/boxes/other", json={})
        nowhere = await box.post("/v1/boxes/acme", json={"alarm": []})
        many = await box.post("/v1/boxes/acme", json={"alarms": [{}] * 257})
        names = (await box.get("/v1/boxes")).json()["items"]
    assert [item.get("sequence") for item in told] == [1, None, 2]
    assert told[1]["errors"] == [
        {"field": "/type", "value": "'NO_HAT'", "allowed": "one that the mapping knows: NO_MASK, RAT"}
    ]
    assert again == [{"id": told[0]["id"], "sequence": None}]
    assert (unknown.status_code, nowhere.status_code, many.status_code) == (404, 422, 422)
    assert errors_of(nowhere)[0]["field"] == "/alarms"
    assert names == [{"name": "acme"}]
    async with world.key("events:read") as reader:
        log = (await reader.get("/v1/log")).json()["items"]
    assert [line["type"].rpartition(".")[2] for line in log] == ["opened", "closed"]
    assert json.dumps(log[0]["data"]).count("no_mask") == 1


async def test_another_region_s_site_is_none_to_write_to(world: World, mapping: BoxMapping) -> None:
    world.change(mappings={"acme": mapping})
    async with world.key("events:write", region="south") as box:
        (told,) = (await box.post("/v1/boxes/acme", json={"alarms": [ALARM]})).json()["items"]
    assert told["errors"][0]["field"] == "data.site"
