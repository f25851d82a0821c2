"""Scores, worklist and public lists over HTTP: kept true by every step, and equal to what the log alone tells."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.insight.retelling import retold
from api.insight.rule import load_rule
from api.insight.scores import Moment, scored
from api.insight.scoring import refresh_health, rescore_due
from api.store import scoring, users
from api.store.insight_schema import site_scores
from api.ticker import tick
from tests.unit.api.test_cases import CLAUSE, COOK, LI, WANG, Desk
from tests.unit.api.world import START, World, send_media

SITE = "/v1/sites/north-site"
PUBLIC = "/v1/public"


@pytest.fixture
def desk(world: World) -> Desk:
    with world.database.write() as connection:
        row = {"id": WANG, "name": WANG, "role": "supervisor", "region_id": "north", "site_id": None}
        users.add(connection, {**row, "password_hash": "", "language": "zh", "created_at": START})
    return Desk(world)


async def take(desk: Desk, case: dict[str, Any], action: str, **body: Any) -> None:
    """Take a step in one of many cases."""
    seen = await desk.get(f"/v1/cases/{case['id']}", LI)
    async with desk.person(LI) as li:
        answer = await li.post(f"/v1/cases/{case['id']}/{action}", json=body, headers={"If-Match": seen["etag"]})
    assert answer.status_code == 200, answer.text


async def score(desk: Desk, who: str = LI) -> dict[str, Any]:
    found: dict[str, Any] = await desk.get(f"{SITE}/score", who)
    return found


def from_log(world: World, site: str = "north-site") -> tuple[float, float]:
    """Return score and final score as the log alone gives them."""
    with world.database.read() as connection:
        facts = retold(scoring.lines_of(connection, site))
    row = next(row for row in world.rows(site_scores) if row["site_id"] == site)
    at = Moment(row["computed_at"].astimezone(UTC), "Asia/Shanghai")
    both = [scored(facts, at, load_rule(), final=final) for final in (False, True)]
    assert [list(each.lines) for each in both] == [row["lines"], row["final_lines"]]
    return both[0].points, both[1].points


async def publish(desk: Desk) -> None:
    async with desk.person("admin-north") as admin:
        seen = (await admin.get(SITE)).headers["ETag"]
        patch = {"published": True, "grade": "B", "graded_on": "2026-11-01"}
        assert (await admin.patch(SITE, json=patch, headers={"If-Match": seen})).status_code == 200


async def test_a_score_follows_every_step_and_equals_the_log_s(desk: Desk) -> None:
    world = desk.world
    assert (await score(desk))["points"] == 100
    await desk.judge("hat", tier="I", kind="rodent")
    assert (await score(desk))["lines"][0]["why"] == "not_ordered"
    await desk.act(LI, "order")
    told = await score(desk)
    assert (told["points"], told["colour"], told["final"]) == (80, "green", {"points": 100, "colour": "green"})
    world.clock.pass_by(hours=2)
    tick(world.services)
    assert (await score(desk))["points"] == 75, "a yellow card was shown"
    await desk.act(COOK, "appeal", reason="that was our cat")
    told = await score(desk, COOK)
    assert (told["points"], told["lines"][0]["why"], "reasons" in told) == (100, "appeal_filed", False)
    await desk.act(WANG, "reject", reason="it was none")
    told = await score(desk)
    assert (told["points"], told["final"]["points"]) == (75, 75)
    assert from_log(world) == (75, 75)
    world.clock.pass_by(days=91)
    while rescore_due(world.services):
        pass
    told = await score(desk)
    assert (told["points"], told["lines"][0]["factors"]["age"]) == (87.5, 0.5)
    assert from_log(world) == (87.5, 87.5)


async def test_what_was_withdrawn_or_dismissed_never_counts(desk: Desk) -> None:
    await desk.judge("one", "dismissed")
    await desk.judge("two", kind="smoking")
    await desk.act(LI, "order")
    await desk.act(LI, "withdraw", reason="wrong site")
    told = await score(desk)
    assert (told["points"], [line["why"] for line in told["lines"]]) == (100, ["withdrawn"])
    assert from_log(desk.world) == (100, 100)


async def test_the_worklist_says_why_and_is_paged(desk: Desk) -> None:
    world = desk.world
    async with desk.person("admin-north") as admin:
        for number in range(3):
            new = {"id": f"quiet-{number}", "name": f"Quiet {number}", "region": "north"}
            assert (await admin.post("/v1/sites", json=new)).status_code == 201
    while rescore_due(world.services):
        pass
    await desk.judge("hat", tier="I", kind="rodent")
    first = await desk.get("/v1/targets?limit=2", LI)
    assert [each["site"] for each in first["items"]] == ["north-site", "quiet-0"]
    assert [reason["why"] for reason in first["items"][0]["reasons"]] == ["recent_cases", "grade"]
    assert first["colours"] == {"green": 4}
    second = await desk.get(f"/v1/targets?limit=2&cursor={first['next']}", LI)
    assert ([each["site"] for each in second["items"]], second["next"]) == (["quiet-1", "quiet-2"], None)
    async with desk.person(LI) as li:
        assert (await li.get("/v1/targets?cursor=rubbish")).status_code == 422
        assert (await li.get("/v1/targets?region=south")).status_code == 422


async def test_a_camera_that_shows_nothing_raises_the_risk_and_takes_the_label(desk: Desk) -> None:
    world = desk.world
    await publish(desk)
    assert refresh_health(world.services) == 2, "nobody has told of a camera yet"
    label = (await desk.get(f"{PUBLIC}/sites/north-site", LI))["open_kitchen"]
    assert (label["open"], label["label"]["zh"]) == (False, "无明厨亮灶")
    async with world.key("workers") as worker:
        told = {"cameras": [{"camera": "north-camera", "state": "ok"}]}
        assert (await worker.put("/v1/workers/w1/status", json=told)).status_code == 204
    assert refresh_health(world.services) == 1
    assert (await desk.get(f"{PUBLIC}/sites/north-site", LI))["open_kitchen"]["open"] is True
    assert "camera_health" not in [each["why"] for each in (await score(desk))["reasons"]]
    await desk.judge("covered", kind="camera_covered", started_at=world.clock.now().isoformat())
    assert refresh_health(world.services) == 1
    assert (await desk.get(f"{PUBLIC}/sites/north-site", LI))["open_kitchen"]["open"] is False
    assert "camera_health" in [each["why"] for each in (await score(desk))["reasons"]]


async def test_the_black_list_shows_final_cases_with_blurred_pictures_of_published_sites(desk: Desk) -> None:
    world = desk.world
    for number, kind in enumerate(("rodent", "smoking", "bare_torso")):
        event = await desk.judge(f"e{number}", kind=kind, tier="I", clause=[CLAUSE])
        await send_media(world, event, "annotated", b"a face")
        await send_media(world, event, "annotated_blurred", b"no face")
    for case in (await desk.get("/v1/cases", LI))["items"]:
        await take(desk, case, "order")
    assert (await desk.get(f"{PUBLIC}/lists/black", LI))["items"] == []
    await publish(desk)
    assert (await desk.get(f"{PUBLIC}/lists/black", LI))["items"] == [], "all can still be appealed"
    world.clock.pass_by(days=10)
    tick(world.services)
    while rescore_due(world.services):
        pass
    async with world.client() as anybody:
        listed = (await anybody.get(f"{PUBLIC}/lists/black")).json()["items"]
        assert [site["id"] for site in listed] == ["north-site"]
        assert {case["kind"] for case in listed[0]["cases"]} == {"rodent", "smoking", "bare_torso"}
        picture = await anybody.get(listed[0]["cases"][0]["picture"])
        assert (picture.status_code, picture.content) == (200, b"no face")
        assert (await anybody.get(f"{PUBLIC}/sites")).json()["items"][0]["grade"] == "B"
        assert (await anybody.get(f"{PUBLIC}/lists/red")).json()["items"] == []
    from_log(world)
    for case in (await desk.get("/v1/cases", LI))["items"][:2]:
        await take(desk, case, "withdraw", reason="we were wrong")
    async with world.client() as anybody:
        assert (await anybody.get(f"{PUBLIC}/lists/black")).json()["items"] == []
        assert (await anybody.get(listed[0]["cases"][0]["picture"])).status_code == 404


async def test_the_red_list_is_for_published_sites_that_were_good_for_long(desk: Desk) -> None:
    world = desk.world
    await publish(desk)
    async with world.client() as anybody:
        assert (await anybody.get(f"{PUBLIC}/lists/red")).json()["items"] == []
        world.clock.pass_by(days=90)
        told = (await anybody.get(f"{PUBLIC}/lists/red")).json()["items"]
        assert [(site["id"], site["grade"], site["graded_on"]) for site in told] == [("north-site", "B", "2026-11-01")]
    assert datetime.fromisoformat(told[0]["open_kitchen"]["at"]) <= world.clock.now() + timedelta(0)
