"""The books of a year balance: each confirmed event in one case, each clock explained, each score as the log tells."""

from collections import Counter
from typing import Any

import pytest

from api.check import findings
from api.insight.retelling import retold
from api.insight.rule import load_rule
from api.insight.scores import Moment, scored
from api.insight.scoring import rescore_due
from api.store import scoring
from api.store.case_schema import case_events
from api.store.insight_schema import site_scores
from api.store.schema import log
from tests.unit.api.world import World
from tests.unit.api.year import LI, SITES, START, District


@pytest.fixture
async def district(world: World, portraits: Any) -> Any:
    district = District(world, portraits)
    await district.found()
    await district.live()
    while rescore_due(world.services):
        pass
    return district


async def stories(district: District) -> list[dict[str, Any]]:
    """Return every case with its story, over HTTP."""
    found, cursor = [], ""
    async with district.world.person(LI) as li:
        while True:
            page = (await li.get("/v1/cases", params={"limit": 200, **({"cursor": cursor} if cursor else {})})).json()
            found += [(await li.get(f"/v1/cases/{case['id']}")).json() for case in page["items"]]
            if not page["next"]:
                return found
            cursor = page["next"]


@pytest.mark.slow
async def test_a_year_s_books_balance(district: District) -> None:
    world, cases = district.world, await stories(district)
    _every_confirmed_event_is_in_one_case(district, cases)
    for case in cases:
        _every_clock_is_explained(case)
    _every_score_is_what_the_log_tells(world)
    await _the_figures_are_the_script_s(district, cases)
    assert list(findings(world.database, world.services.objects, world.clock.now(), repair=False)) == []
    for deed in ("prompt", "late", "silent", "appeals", "lies", "uphold", "reject", "inspect", "return"):
        assert district.deeds[deed], f"nobody in this year: {deed}"
    assert district.deeds["stolen pictures refused"] >= 1
    assert district.deeds["refused steps"] >= 1


def _every_confirmed_event_is_in_one_case(district: District, cases: list[dict[str, Any]]) -> None:
    standing = Counter(row["event_id"] for row in district.world.rows(case_events) if row["left_at"] is None)
    followed = {
        event
        for event, verdict in district.told.items()
        if verdict == "confirmed" and district.binding[event] == "mandatory"
    }
    assert set(standing) == followed
    assert set(standing.values()) == {1}
    assert sum(1 for case in cases for event in case["events"] if event["left_at"] is None) == len(followed)
    grounds = Counter((case["site"], case["kind"], case["day"]) for case in cases if case["stage"] != "withdrawn")
    assert len(cases) > 60
    assert sum(times - 1 for times in grounds.values()) <= 0.05 * len(cases), "a second one only when the first is over"


def _every_clock_is_explained(case: dict[str, Any]) -> None:
    done = {(entry["what"], entry["at"]) for entry in case["story"]}
    over = case["stage"] in {"closed", "withdrawn"}
    for clock in case["clocks"]:
        if clock["stopped_at"]:
            assert (clock["stopped_by"], clock["stopped_at"]) in done, clock
            assert clock["stopped_by"] in clock["stops_with"]
        else:
            closed = case["stage"] == "closed" and clock["name"] == "appeal"  # its window ends in silence
            assert closed or not over, (case["id"], clock["name"])
    cards = [entry for entry in case["story"] if entry["what"] in {"warn_yellow", "warn_red", "send_inspector"}]
    for card in cards:
        name = card["reason"].split("'")[1]
        assert any(clock["name"] == name and clock["started_at"] < card["at"] for clock in case["clocks"]), card
        assert card["role"] == "system"
    assert over, "after two quiet months nothing is left open: silence ends with an inspector"


def _every_score_is_what_the_log_tells(world: World) -> None:
    stored = {row["site_id"]: row for row in world.rows(site_scores)}
    lost = 0
    with world.database.read() as connection:
        for number in range(SITES):
            row = stored[f"s{number:03d}"]
            facts = retold(scoring.lines_of(connection, row["site_id"]))
            at = Moment(row["computed_at"], "Asia/Shanghai")
            told = {final: scored(facts, at, load_rule(), final=final) for final in (False, True)}
            young = [line for line in told[False].lines if line["why"] != "too_old"]
            assert told[False].points == row["points"], row["site_id"]
            assert told[True].points == row["final_points"], row["site_id"]
            assert young == [line for line in row["lines"] if line["why"] != "too_old"]
            lost += row["points"] < 100
    assert lost > 15


async def _the_figures_are_the_script_s(district: District, cases: list[dict[str, Any]]) -> None:
    said = Counter(district.told.values())
    async with district.world.person(LI) as li:
        span = {"after": START.isoformat(), "before": district.world.clock.now().isoformat()}
        span["before"] = START.replace(year=START.year + 1, month=12, day=20).isoformat()
        funnel = (await li.get("/v1/insight/funnel", params=span)).json()
        precision = (await li.get("/v1/insight/precision", params=span)).json()["items"]
    assert (funnel["detected"], funnel["confirmed"]) == (sum(said.values()), said["confirmed"])
    assert funnel["reviewed"] == sum(said.values()) - said["pending_review"]
    assert funnel["cases"] == len(cases)
    assert funnel["ordered"] == sum(any(entry["what"] == "order" for entry in case["story"]) for case in cases)
    assert funnel["closed"] == sum(case["stage"] == "closed" for case in cases)
    assert sum(item["dismissed"] for item in precision) == said["dismissed"]
    assert sum(item["precision"]["hits"] for item in precision) == said["confirmed"]
    lines = [row["type"] for row in district.world.rows(log)]
    assert Counter(lines)["cn.mingchu.violation.case.began"] == len(cases)
