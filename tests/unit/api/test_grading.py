"""Risk grades by the rule that is data, and reviews of cameras as devices on which penalty evidence stands."""

from pathlib import Path
from typing import Any

import pytest

from api.places.grading import RULE, Findings, graded, load_rule
from api.store.place_schema import device_reviews, gradings
from api.store.schema import audit
from tests.unit.api.test_cases import CLAUSE, COOK, LI, Desk
from tests.unit.api.world import World, errors_of
from vision.errors import ConfigError, InvalidInputError

SITE = "/v1/sites/north-site"
REVIEWS = "/v1/cameras/north-camera/reviews"
PASSED = dict.fromkeys(("legal", "technical", "siting", "signs", "published"), True)


@pytest.mark.parametrize(
    ("site_type", "size", "by_size"),
    [
        ("restaurant", {"area_m2": 0}, 2),
        ("restaurant", {"area_m2": 150}, 2),
        ("restaurant", {"area_m2": 151}, 4),
        ("restaurant", {"area_m2": 3000}, 8),
        ("restaurant", {"area_m2": 3001}, 10),
        ("canteen", {"diners": 50, "area_m2": 9999}, 2),
        ("canteen", {"diners": 501}, 10),
    ],
)
def test_the_size_gives_its_points(site_type: str, size: dict[str, int], by_size: float) -> None:
    site = {"type": site_type, "area_m2": None, "diners": None, **size}
    found = graded(site, Findings(0, 0), load_rule())
    assert (found.points, found.lines[0]["points"], found.grade) == (by_size, by_size, "A")


@pytest.mark.parametrize(("dynamic", "grade"), [(18, "A"), (18.5, "B"), (33, "B"), (34, "C"), (48, "C"), (49, "D")])
def test_the_cut_off_belongs_to_the_better_grade(dynamic: float, grade: str) -> None:
    site = {"type": "restaurant", "area_m2": 100, "diners": None}
    found = graded(site, Findings(10, dynamic), load_rule())
    assert (found.grade, sum(line["points"] for line in found.lines)) == (grade, found.points)


@pytest.mark.parametrize(
    ("site", "findings", "field"),
    [
        ({"type": "restaurant", "area_m2": None, "diners": 4}, Findings(1, 1), "area_m2"),
        ({"type": "restaurant", "area_m2": 100, "diners": None}, Findings(38.5, 1), "static_other"),
        ({"type": "restaurant", "area_m2": 100, "diners": None}, Findings(1, 61), "dynamic"),
        ({"type": "restaurant", "area_m2": 100, "diners": None}, Findings(-1, 1), "static_other"),
    ],
)
def test_what_the_rule_does_not_have_is_named(site: dict[str, Any], findings: Findings, field: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        graded(site, findings, load_rule())
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("was", "becomes", "named"),
    [
        ("edition = 2026-11-26", 'edition = "x"', "edition"),
        ("B = 45", 'B = "x"', "cutoffs.B"),
        ("upto = [50, 300, 500]", "upto = [50, 500]", "points"),
        ("upto = [50, 300, 500]", "upto = [50, 500, 300]", "upto"),
        ('by = "diners"', 'by = "chairs"', "by"),
        ('"school_canteen", "hospital', '"schol", "hospital', "sites"),
    ],
)
def test_a_broken_rule_names_the_key(was: str, becomes: str, named: str, tmp_path: Path) -> None:
    text = RULE.read_text(encoding="utf-8")
    assert was in text
    broken = tmp_path / "risk.toml"
    broken.write_text(text.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=named):
        load_rule(broken)


async def test_a_supervisor_grades_a_site_and_every_grading_stays(world: World) -> None:
    async with world.person("admin-north") as admin:
        await admin.patch(SITE, json={"area_m2": 200}, headers={"If-Match": '"1"'})
    async with world.person(LI) as li:
        first = await li.post(f"{SITE}/gradings", json={"static_other": 10, "dynamic": 20, "note": "年度检查"})
        second = await li.post(f"{SITE}/gradings", json={"static_other": 10, "dynamic": 50, "graded_on": "2026-11-01"})
        future = await li.post(f"{SITE}/gradings", json={"static_other": 1, "dynamic": 5, "graded_on": "2026-11-25"})
        told = (await li.get(f"{SITE}/gradings")).json()
        site = (await li.get(SITE)).json()
    assert (first.status_code, first.json()["grade"], first.json()["points"]) == (201, "B", 34)
    assert (second.json()["grade"], site["grade"], site["graded_on"]) == ("D", "D", "2026-11-01")
    assert (future.status_code, errors_of(future)[0]["field"]) == (422, "graded_on")
    assert [each["number"] for each in told["items"]] == [2, 1]
    assert told["rule"]["verified"] is False
    assert [row["action"] for row in world.rows(audit)] == ["site.changed", "site.graded", "site.graded"]
    assert len(world.rows(gradings)) == 2


async def test_penalty_evidence_follows_from_the_device_s_review(world: World) -> None:
    desk = Desk(world)
    async with world.person(LI) as li:
        assert (await li.get(REVIEWS)).json() == {"items": [], "next": None, "holds": False}
        refused = await li.post(REVIEWS, json={**PASSED, "signs": False})
        assert (refused.status_code, refused.json()["passed"]) == (201, False)
        assert (await li.get(REVIEWS)).json()["holds"] is False
        assert (await li.post(REVIEWS, json={**PASSED, "document": "沪市监审 2026-7"})).status_code == 201
        assert (await li.get(REVIEWS)).json()["holds"] is True
    started_at = "2026-11-24T08:00:00.000000Z"
    await desk.judge("hat", clause=[CLAUSE], started_at=started_at)
    await desk.act(LI, "order")
    world.clock.pass_by(days=30)
    case = await desk.get(f"/v1/cases/{(await desk.get('/v1/cases', LI))['items'][0]['id']}", LI)
    assert (case["usable_as_penalty_evidence"], case["penalty_evidence_lacks"]) == (True, [])
    assert all(not event["usable_as_penalty_evidence"] for event in case["events"])
    async with desk.person("admin-north") as admin:
        zones = [{"name": "door", "type": "serving"}]
        moved = await admin.patch("/v1/cameras/north-camera", json={"zones": zones}, headers={"If-Match": '"1"'})
        assert moved.status_code == 200
        assert (await admin.get(REVIEWS)).json()["holds"] is False
    case = await desk.get(f"/v1/cases/{case['id']}", COOK)
    assert case["penalty_evidence_lacks"] == ["device_review"], "it looks elsewhere now"
    assert len(world.rows(device_reviews)) == 2


async def test_a_review_speaks_for_nothing_that_was_filmed_before_it_or_after_its_end(world: World) -> None:
    desk = Desk(world)
    await desk.judge("before", started_at="2026-11-24T07:59:59.000000Z", clause=[CLAUSE])
    async with world.person(LI) as li:
        assert (await li.post(REVIEWS, json={**PASSED, "valid_until": "2026-11-25"})).status_code == 201
    await desk.judge("after", started_at="2026-11-26T08:00:00.000000Z", kind="smoking", clause=[CLAUSE])
    world.clock.pass_by(days=9)
    for each in (await desk.get("/v1/cases", LI))["items"]:
        case = await desk.get(f"/v1/cases/{each['id']}", LI)
        assert "device_review" in case["penalty_evidence_lacks"], each["kind"]


async def test_telephone_numbers_are_for_those_who_call(world: World) -> None:
    chef = {"role": "principal", "name": "张三", "phone": "13800005678"}
    async with world.person("admin-north") as admin:
        put = await admin.patch(SITE, json={"contacts": [chef]}, headers={"If-Match": '"1"'})
        assert put.json()["contacts"] == [chef]
        hidden = {**chef, "phone": "138****5678", "name": "张三丰"}
        kept = await admin.patch(SITE, json={"contacts": [hidden]}, headers={"If-Match": '"2"'})
        assert kept.json()["contacts"] == [{**hidden, "phone": "13800005678"}], "the masked number is the stored one"
        wrong = await admin.patch(
            SITE, json={"contacts": [{**hidden, "phone": "139****0000"}]}, headers={"If-Match": '"3"'}
        )
        assert (wrong.status_code, errors_of(wrong)[0]["field"]) == (422, "contacts.phone")
        no_number = await admin.patch(
            SITE, json={"contacts": [{**chef, "phone": "call me"}]}, headers={"If-Match": '"3"'}
        )
        assert (no_number.status_code, errors_of(no_number)[0]["field"]) == (422, "contacts.0.phone")
    async with world.person("analyst-north") as analyst:
        assert (await analyst.get(SITE)).json()["contacts"][0]["phone"] == "138****5678"
    async with world.key("sites:read") as key:
        assert (await key.get(SITE)).json()["contacts"][0]["phone"] == "138****5678"
    async with world.person(COOK) as cook:
        assert (await cook.get(SITE)).json()["contacts"][0]["phone"] == "13800005678"
    assert "13800005678" not in "".join(row["detail"] for row in world.rows(audit))
