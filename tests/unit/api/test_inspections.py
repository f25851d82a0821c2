"""Inspections over HTTP: begun, filled in, concluded; what they admit a supplier to, and where that shows."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.insight.scoring import rescore_due
from api.photos.challenge import Subject
from api.store.schema import audit
from tests.proofs import proof_about
from tests.unit.api.visits import begun, concluded, filled
from tests.unit.api.world import World, errors_of

LI, COOK = "supervisor-north", "kitchen-north"


async def got(world: World, path: str, who: str = LI) -> Any:
    async with world.person(who) as person:
        answer = await person.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def supply_of(world: World) -> tuple[bool | None, list[tuple[str, str]]]:
    """Return what the site's answer says, which must be what the list says, too."""
    site = await got(world, "/v1/sites/north-site")
    (listed,) = [each for each in (await got(world, "/v1/sites"))["items"] if each["id"] == "north-site"]
    assert (listed["may_supply"], listed["admissions"]) == (site["may_supply"], site["admissions"])
    return site["may_supply"], [(each["list"], each["state"]) for each in site["admissions"]]


async def reason_of(world: World) -> str | None:
    """Return what the worklist says about supplying."""
    rescore_due(world.services)
    (target,) = [each for each in (await got(world, "/v1/targets"))["items"] if each["site"] == "north-site"]
    return next((each["state"] for each in target["reasons"] if each["why"] == "supply"), None)


async def inspected(world: World, name: str, *faults: str) -> dict[str, Any]:
    async with world.person(LI) as li:
        return await concluded(li, "north-site", name, *faults)


async def test_a_supplier_is_admitted_for_as_long_as_its_result_holds(world: World) -> None:
    assert await supply_of(world) == (None, [])
    async with world.person(LI) as li:
        await begun(li, "north-site", "canteen_supplier")
    assert await supply_of(world) == (False, [("canteen_supplier", "pending")])
    assert await reason_of(world) == "pending"
    async with world.person(LI) as li:
        (waiting,) = (await li.get("/v1/inspections?state=open")).json()["items"]
        inspection = await filled(li, waiting)
        assert inspection["gaps"] == []
        answer = await li.post(
            f"/v1/inspections/{inspection['id']}/conclude", json={}, headers={"If-Match": inspection["etag"]}
        )
    assert (answer.json()["outcome"], answer.json()["ended_by"]) == ("passed", LI)
    assert await supply_of(world) == (True, [("canteen_supplier", "admitted")])
    assert await reason_of(world) is None
    world.clock.pass_by(days=365)
    world.tokens.clear()
    assert await supply_of(world) == (False, [("canteen_supplier", "expired")])
    assert await reason_of(world) == "expired"


@pytest.mark.parametrize(
    ("faults", "outcome", "may", "state"),
    [
        ((), "passed", True, "admitted"),
        (("premises",), "to_correct", True, "to_correct"),
        (("premises", "pests"), "failed", False, "refused"),
    ],
)
async def test_the_outcome_follows_from_the_lines(
    world: World, faults: tuple[str, ...], outcome: str, *, may: bool, state: str
) -> None:
    inspection = await inspected(world, "canteen_supplier", *faults)
    assert inspection["outcome"] == outcome
    assert await supply_of(world) == (may, [("canteen_supplier", state)])
    assert await reason_of(world) == (None if state == "admitted" else state)
    told = next(json.loads(row["detail"]) for row in world.rows(audit) if row["action"] == "inspection.concluded")
    assert (told["outcome"], set(told["faults"])) == (outcome, set(faults))


async def test_what_was_to_be_corrected_runs_out_sooner_and_the_newest_result_counts(world: World) -> None:
    await inspected(world, "canteen_supplier", "premises")
    world.clock.pass_by(days=30)
    world.tokens.clear()
    assert await supply_of(world) == (False, [("canteen_supplier", "expired")])
    await inspected(world, "canteen_supplier")
    assert await supply_of(world) == (True, [("canteen_supplier", "admitted")])
    await inspected(world, "canteen_supplier", "licence")
    assert await supply_of(world) == (False, [("canteen_supplier", "refused")])


async def test_a_spot_check_gates_nothing(world: World) -> None:
    assert (await inspected(world, "spot_check", "pests"))["outcome"] == "failed"
    assert await supply_of(world) == (None, [])


async def test_suppliers_are_found_among_all_sites(world: World) -> None:
    async def ids(wanted: str) -> list[str]:
        return [each["id"] for each in (await got(world, f"/v1/sites?supplier={wanted}"))["items"]]

    everywhere = [each["id"] for each in (await got(world, "/v1/sites"))["items"]]
    assert (await ids("true"), await ids("false")) == ([], everywhere)
    async with world.person(LI) as li:
        await begun(li, "north-site", "canteen_supplier")
    assert await ids("true") == ["north-site"]
    assert "north-site" not in await ids("false")


async def test_a_list_is_for_its_types_of_site(world: World) -> None:
    async with world.person(LI) as li:
        refused = await li.post("/v1/inspections", json={"site": "north-site", "list": "hospital_supplier"})
        unknown = await li.post("/v1/inspections", json={"site": "north-site", "list": "no-such"})
    for answer in (refused, unknown):
        assert (answer.status_code, errors_of(answer)[0]["field"]) == (422, "list")
        assert "canteen_supplier" in errors_of(answer)[0]["allowed"]
    lists = (await got(world, "/v1/inspections/lists", COOK))["items"]
    assert [each["id"] for each in lists] == ["spot_check", "canteen_supplier", "hospital_supplier"]
    assert all(each["lines"] and any(line["key"] for line in each["lines"]) for each in lists)


async def test_one_of_a_list_is_open_at_a_time_and_one_begun_by_mistake_is_void(world: World) -> None:
    async with world.person(LI) as li:
        inspection = await begun(li, "north-site", "canteen_supplier")
        twice = await li.post("/v1/inspections", json={"site": "north-site", "list": "canteen_supplier"})
        assert twice.status_code == 409
        assert inspection["id"] in twice.json()["detail"]
        path, headers = f"/v1/inspections/{inspection['id']}/void", {"If-Match": inspection["etag"]}
        assert (await li.post(path, json={"reason": "another site"}, headers=headers)).json()["state"] == "void"
        assert (await li.post(path, json={"reason": "again"}, headers={"If-Match": "*"})).status_code == 422
    assert await supply_of(world) == (None, [])
    await inspected(world, "canteen_supplier")
    async with world.person(LI) as li:
        again = await begun(li, "north-site", "canteen_supplier")
        path, headers = f"/v1/inspections/{again['id']}/void", {"If-Match": again["etag"]}
        assert (await li.post(path, json={"reason": "too early"}, headers=headers)).status_code == 200
    assert await supply_of(world) == (True, [("canteen_supplier", "admitted")]), "its result stands"


async def patched(person: httpx.AsyncClient, inspection: dict[str, Any], answers: dict[str, Any]) -> httpx.Response:
    headers = {"If-Match": inspection["etag"]}
    return await person.patch(f"/v1/inspections/{inspection['id']}", json={"answers": answers}, headers=headers)


async def test_nothing_is_concluded_while_lines_are_open_and_nothing_changed_after(world: World) -> None:
    async with world.person(LI) as li:
        inspection = await begun(li, "north-site")
        wrong = await patched(li, inspection, {"no-such": {"result": "ok"}})
        assert (wrong.status_code, errors_of(wrong)[0]["field"]) == (422, "answers")
        told = (await patched(li, inspection, {"pests": {"result": "not_ok"}, "licence": {"result": "ok"}})).json()
        assert "pests" in told["gaps"], "what is not in order needs a word"
        assert "licence" not in told["gaps"]
        assert (await patched(li, inspection, {"pests": {"result": "ok"}})).status_code == 412
        path, headers = f"/v1/inspections/{inspection['id']}/conclude", {"If-Match": told["etag"]}
        early = await li.post(path, json={}, headers=headers)
        assert (early.status_code, told["gaps"][0] in errors_of(early)[0]["value"]) == (422, True)
        done = await filled(li, told)
        assert (await li.post(path, json={}, headers={"If-Match": done["etag"]})).status_code == 200
        late = await li.patch(
            f"/v1/inspections/{inspection['id']}",
            json={"answers": {"pests": {"result": "ok"}}},
            headers={"If-Match": "*"},
        )
        assert (late.status_code, errors_of(late)[0]["field"]) == (422, "state")


async def test_photos_are_five_fixed_ones_of_this_inspection(world: World) -> None:
    async with world.person(LI) as li:
        inspection = await begun(li, "north-site")
        strange = await patched(li, inspection, {"pests": {"result": "ok", "photos": ["photo-1"]}})
        assert (strange.status_code, errors_of(strange)[0]["field"]) == (422, "photos")
        with world.database.write() as connection:
            about = (Subject.INSPECTION, inspection["id"])
            photo = proof_about(connection, "north-site", about, "trap", world.clock.now())
        told = await patched(li, inspection, {"pests": {"result": "ok", "photos": [photo]}})
    assert next(line for line in told.json()["lines"] if line["id"] == "pests")["answer"]["photos"] == [photo]


async def test_lists_are_read_page_by_page_and_by_outcome(world: World) -> None:
    made = []
    for fault in ("pests", "premises", ""):
        made.append((await inspected(world, "spot_check", *([fault] if fault else [])))["id"])
        world.clock.pass_by(minutes=1)
    found, cursor = [], ""
    while cursor is not None:
        page = await got(world, f"/v1/inspections?limit=2&cursor={cursor}")
        found += [each["id"] for each in page["items"]]
        cursor = page["next"]
    assert found == made[::-1]
    assert [each["id"] for each in (await got(world, "/v1/inspections?outcome=failed"))["items"]] == made[:1]
    assert (await got(world, "/v1/inspections", "kitchen-south"))["items"] == []
    async with world.person("supervisor-south") as south:
        assert (await south.get(f"/v1/inspections/{made[0]}")).status_code == 404
        answer = await south.post("/v1/inspections", json={"site": "north-site", "list": "spot_check"})
        assert answer.status_code == 404


async def test_training_is_sent_to_suppliers_and_receipted(world: World) -> None:
    texts = {"zh": {"title": "供餐单位培训", "body": "请于周五前完成学习。"}}
    async with world.person(LI) as li:
        body = {"kind": "training", "texts": texts, "to": {"sites": ["north-site"]}}
        notice = (await li.post("/v1/notices", json=body)).json()
        assert (notice["copies"], notice["read"]) == (1, 0)
    async with world.person(COOK) as cook:
        assert (await cook.post(f"/v1/notices/{notice['id']}/read")).status_code == 204
    (receipt,) = (await got(world, f"/v1/notices/{notice['id']}/receipts"))["items"]
    assert (receipt["site"], receipt["read_by"]) == ("north-site", COOK)


async def test_the_worklist_comes_back_to_a_result_when_it_runs_out(world: World) -> None:
    inspection = await inspected(world, "canteen_supplier")
    rescore_due(world.services)
    score = await got(world, "/v1/sites/north-site/score")
    assert score["changes_at"] <= inspection["valid_until"]
    world.clock.pass_by(seconds=timedelta(days=365).total_seconds())
    world.tokens.clear()
    for _ in range(40):  # other things change by themselves meanwhile
        if not rescore_due(world.services):
            break
    assert await reason_of(world) == "expired"
