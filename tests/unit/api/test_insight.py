"""Figures over HTTP: counted once, of the own region, with their size; reports that a spreadsheet and a reader open."""

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from api.insight.scoring import rescore_due
from tests.proofs import proof_of
from tests.unit.api.test_cases import COOK, LI, Desk
from tests.unit.api.world import World, errors_of, tell


@pytest.fixture
async def desk(world: World) -> Desk:
    """A district with five findings, and one of somebody else's."""
    desk = Desk(world)
    await desk.judge("one")
    await desk.judge("two", started_at="2026-11-24T17:00:00.000000Z")
    await desk.judge("three", "dismissed", kind="smoking")
    await desk.judge("four", "unsure", kind="smoking")
    await tell(world, "five", kind="rodent")
    await tell(world, "theirs", region="south")
    world.clock.pass_by(days=1)
    return desk


async def told(desk: Desk, path: str, who: str = LI) -> Any:
    return await desk.get(f"/v1/insight/{path}", who)


async def test_a_trend_counts_by_the_days_of_the_sites(desk: Desk) -> None:
    found = await told(desk, "trends?by=kind&after=2026-11-23T16:00:00Z&before=2026-11-25T16:00:00Z")
    assert found["n"] == 2
    assert found["series"] == [{"key": "no_hat", "counts": [0, 1, 1]}]
    assert found["buckets"] == ["2026-11-23", "2026-11-24", "2026-11-25"], "01:00 in Shanghai is another day"
    every = await told(desk, "trends?by=none&bucket=month&status=confirmed&status=dismissed&status=pending_review")
    assert (every["n"], every["series"][0]["counts"][-1]) == (4, 4)


async def test_a_heat_map_has_seven_days_of_24_hours(desk: Desk) -> None:
    found = await told(desk, "heat")
    assert (len(found["rows"]), {len(row) for row in found["rows"]}, found["n"]) == (7, {24}, 2)
    assert (found["rows"][1][16], found["rows"][2][1]) == (1, 1)


async def test_a_pareto_names_its_sites(desk: Desk) -> None:
    found = await told(desk, "pareto?by=site")
    assert [(item["key"], item["name"], item["count"], item["cumulative"]) for item in found["items"]] == [
        ("north-site", "north site", 2, 1.0)
    ]


async def test_a_funnel_narrows(desk: Desk) -> None:
    wide = await told(desk, "funnel")
    assert [wide[step] for step in ("detected", "reviewed", "confirmed", "in_case", "cases")] == [5, 4, 2, 2, 2]
    assert (wide["ordered"], wide["on_time"]["share"]) == (0, None)
    case = (await desk.get("/v1/cases?sort=newest", LI))["items"][0]
    with desk.world.database.write() as connection:
        proof = proof_of(connection, {"id": case["id"], "site_id": "north-site"}, "p", desk.world.clock.now())
    for who, action, body in (
        (LI, "order", {}),
        (COOK, "rectify", {"proof": [proof]}),
        (LI, "accept", {}),
    ):
        seen = await desk.get(f"/v1/cases/{case['id']}", LI)
        async with desk.person(who) as person:
            path = f"/v1/cases/{case['id']}/{action}"
            assert (await person.post(path, json=body, headers={"If-Match": seen["etag"]})).status_code == 200
    done = await told(desk, "funnel")
    assert (done["ordered"], done["closed"], done["closed_on_time"]) == (1, 1, 1)
    assert done["on_time"] == {"n": 1, "hits": 1, "share": 1.0, "low": 0.2065, "high": 1.0}


async def test_precision_says_its_n_and_false_alarms_per_camera_day(desk: Desk) -> None:
    kinds = {item["key"]: item for item in (await told(desk, "precision"))["items"]}
    assert (kinds["no_hat"]["precision"]["n"], kinds["no_hat"]["precision"]["share"]) == (2, 1.0)
    smoking = kinds["smoking"]
    assert (smoking["precision"]["share"], smoking["dismissed"], smoking["unsure"]) == (0.0, 1, 1)
    assert (smoking["camera_days"], smoking["false_alarms_per_camera_day"]) == (1.0, 1.0), "one camera, for one day"
    assert kinds["rodent"]["precision"] == {"n": 0, "hits": 0, "share": None, "low": None, "high": None}
    (camera,) = (await told(desk, "precision?by=camera"))["items"]
    assert (camera["key"], camera["precision"]["hits"], camera["precision"]["n"]) == ("north-camera", 2, 3)


BACKWARDS = "before=2026-11-24T00:00:00Z&after=2026-11-25T00:00:00Z"


@pytest.mark.parametrize("query", ["after=2020-01-01T00:00:00Z", "region=south", BACKWARDS])
async def test_a_wrong_question_is_refused(desk: Desk, query: str) -> None:
    async with desk.person(LI) as li:
        answer = await li.get(f"/v1/insight/funnel?{query}")
    assert (answer.status_code, errors_of(answer)[0]["field"] in {"after", "region"}) == (422, True)


async def test_a_report_can_be_opened(desk: Desk) -> None:
    while rescore_due(desk.world.services):
        pass
    async with desk.person(LI) as li:
        sheet = await li.get("/v1/reports/2026-11.xlsx?language=zh")
        page = await li.get("/v1/reports/2026-W48.pdf?language=zh&region=north")
        wrong = await li.get("/v1/reports/2026-W99.pdf")
    assert (sheet.status_code, page.status_code, wrong.status_code) == (200, 200, 422)
    book = load_workbook(io.BytesIO(sheet.content))
    assert book.sheetnames == ["处置情况", "违规类型", "每日确认数", "星期与时段", "识别准确率", "重点单位"]
    assert [cell.value for cell in book["处置情况"]["B"]][1:4] == [5, 4, 2]
    assert [cell.value for cell in book["违规类型"][2]] == ["未戴工作帽", 2, "100.0%", "100.0%"]
    assert page.content.startswith(b"%PDF-")
    assert page.headers["Content-Disposition"] == 'attachment; filename="mingchu-2026-W48.pdf"'
