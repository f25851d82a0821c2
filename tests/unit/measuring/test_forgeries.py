"""The table of attacks on proofs: what the page shows is what was measured, and nothing of the list passes."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
BEGIN, END = "<!-- forgeries: written by benchmarks/forgeries.py -->", "<!-- /forgeries -->"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((ROOT / "benchmarks/results/forgeries.json").read_text("utf-8"))
    return told


def test_no_attack_passes_all_checks(results: dict[str, Any]) -> None:
    assert len(results["table"]) >= 40
    for each in results["table"]:
        assert set(each["outcomes"]) <= {"refused", "doubtful"}, each["attack"]
        assert each["checks"], f"nothing noticed: {each['attack']}"


def test_what_is_told_follows_from_what_each_room_met(results: dict[str, Any]) -> None:
    for each in results["table"]:
        met = results["each"][each["attack"]]
        assert [one["room"] for one in met] == results["rooms"]
        assert {name: sum(one["outcome"] == name for one in met) for name in each["outcomes"]} == each["outcomes"]
        for check, told in each["checks"].items():
            assert {name: sum(one["checks"].get(check) == name for one in met) for name in told} == told
    assert sum(results["honest"].values()) == len(results["each_honest"])


def test_the_page_shows_the_table(results: dict[str, Any]) -> None:
    page = (ROOT / "docs/design/photos.md").read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| ---")][1:]
    shown = {line.split(" | ")[0].removeprefix("| "): line for line in rows}
    assert list(shown) == [each["attack"] for each in results["table"]]
    for each in results["table"]:
        _, outcome, checks = shown[each["attack"]].removesuffix(" |").split(" | ")
        assert {word.split(" in ")[0] for word in outcome.split(", ")} == set(each["outcomes"])
        named = {word.split(" in ")[0].removesuffix(" (unclear)") for word in checks.split(", ")}
        assert named == set(each["checks"])
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(results["honest"].items()))
    assert f"honest proofs of the same rooms: {counts}." in page
