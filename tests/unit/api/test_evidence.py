"""Evidence over HTTP: packages that verify, holds, roots of days, retention, registers that show what was changed."""

import csv
import json
import zipfile
from datetime import timedelta
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, insert, select, update

from api.check import findings
from api.dossier.keeper import seal_days
from api.dossier.retention import load_policy
from api.dossier.sweeping import sweep
from api.dossier.verifying import verify
from api.store.keeping_schema import day_seals, legal_holds
from api.store.schema import audit, media, users, viewing_register
from tests.unit.api.test_cases import COOK, LI, Desk
from tests.unit.api.world import World, send_media


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def checked(desk: Desk) -> list[str]:
    services = desk.world.services
    return list(findings(services.database, services.objects, services.clock.now(), repair=False))


async def told_case(desk: Desk) -> dict[str, Any]:
    """Give an ordered case with its evidence: an original, a blurred copy, and a manifest that names both."""
    event = await desk.judge("hat")
    pieces = {"snapshot": b"the original", "snapshot_blurred": b"the blurred copy"}
    for name, content in pieces.items():
        await send_media(desk.world, event, name, content)
    told = {name: {"sha256": sha256(content).hexdigest()} for name, content in pieces.items()}
    manifest = json.dumps({"objects": told}).encode()
    headers = {"Content-Type": "application/json", "X-Content-SHA256": sha256(manifest).hexdigest()}
    async with desk.world.key("events:write") as box:
        answer = await box.put(f"/v1/events/{event}/media/manifest", content=manifest, headers=headers)
    assert answer.status_code == 201, answer.text
    return await desk.act(LI, "order")


async def export(desk: Desk, case: str, who: str = LI, reason: str = "hearing") -> httpx.Response:
    async with desk.person(who) as person:
        return await person.post(f"/v1/cases/{case}/evidence", json={"reason": reason})


async def test_a_package_holds_everything_and_verifies_offline(desk: Desk, tmp_path: Path) -> None:
    case = await told_case(desk)
    async with desk.person(COOK) as cook:
        await cook.post(f"/v1/cases/{case['id']}/messages", json={"text": "马上改"})
    desk.world.clock.pass_by(days=2)
    assert seal_days(desk.world.services) == 2
    answer = await export(desk, case["id"])
    assert answer.status_code == 200, answer.text
    path = tmp_path / "package.zip"
    path.write_bytes(answer.content)
    key = await desk.get("/v1/evidence/key")
    verdict = verify(path, key["fingerprint"])
    assert verdict.problems == ()
    with zipfile.ZipFile(BytesIO(answer.content)) as package:
        event = case["events"][0]["id"]
        names = set(package.namelist())
        assert {"index.json", "signature.txt", "summary.pdf", "case.json", "order.json", "thread.json"} <= names
        assert package.read(f"events/{event}/snapshot.jpg") == b"the original"
        assert package.read(f"events/{event}/snapshot_blurred.jpg") == b"the blurred copy"
        assert f"events/{event}/manifest.json" in names
        assert json.loads(package.read("thread.json"))[0]["text"] == "马上改"
        assert json.loads(package.read("reviews.json"))[event][0]["verdict"] == "confirmed"
        assert json.loads(package.read("order.json"))["receipts"]
        chain = json.loads(package.read("chain.json"))
    assert {row["action"] for row in chain["audit"]} >= {"event.confirmed", "case.order", "order.sent", "case.message"}
    assert chain["not_sealed_yet"] == []
    assert f"the manifest of {event}" in {each["of"] for each in chain["proofs"]}
    published = {day["day"]: day["root"] for day in (await desk.get("/v1/evidence/days"))["items"]}
    assert {day["day"]: day["root"] for day in chain["days"]}.items() <= published.items()


async def test_the_originals_in_a_package_are_in_the_register_and_the_export_in_the_trail(desk: Desk) -> None:
    case = await told_case(desk)
    assert (await export(desk, case["id"])).status_code == 200
    (view,) = desk.world.rows(viewing_register)
    assert (view["user_id"], view["name"], view["reason"]) == (LI, "snapshot", "hearing")
    assert "evidence.exported" in {row["action"] for row in desk.world.rows(audit)}
    assert checked(desk) == []


@pytest.mark.parametrize(("who", "reason", "status"), [(COOK, "x", 403), ("analyst-north", "x", 403), (LI, "", 422)])
async def test_who_may_not_see_originals_or_gives_no_reason_gets_no_package(
    desk: Desk, who: str, reason: str, status: int
) -> None:
    case = await told_case(desk)
    assert (await export(desk, case["id"], who, reason)).status_code == status
    assert desk.world.rows(viewing_register) == []


async def test_no_package_is_made_of_evidence_that_is_lost(desk: Desk) -> None:
    case = await told_case(desk)
    desk.world.services.objects.delete(desk.world.rows(media)[0]["key"])
    answer = await export(desk, case["id"])
    assert (answer.status_code, "mingchu check" in answer.text) == (409, True)


async def test_a_changed_package_says_what_was_changed(desk: Desk, tmp_path: Path) -> None:
    case = await told_case(desk)
    content = (await export(desk, case["id"])).content
    path = tmp_path / "package.zip"
    path.write_bytes(content.replace(b"the original", b"the forgery!"))
    event = case["events"][0]["id"]
    (line,) = verify(path).problems
    assert line.startswith(f"events/{event}/snapshot.jpg: was changed")


async def test_days_are_sealed_once_in_order_and_a_changed_row_breaks_its_day(desk: Desk) -> None:
    await told_case(desk)
    services = desk.world.services
    assert seal_days(services) == 0, "today is not over"
    desk.world.clock.pass_by(days=3)
    assert seal_days(services) == 3
    assert seal_days(services) == 0
    days = desk.world.rows(day_seals)
    assert [day["day"].isoformat() for day in days] == ["2026-11-24", "2026-11-25", "2026-11-26"]
    assert (days[0]["first_audit"], days[0]["manifests"], days[1]["manifests"]) == (1, 1, 0)
    assert days[1]["last_audit"] == days[1]["first_audit"] - 1
    page = await desk.get("/v1/evidence/days?limit=2")
    rest = await desk.get(f"/v1/evidence/days?limit=2&before={page['next']}")
    assert len(page["items"]) + len(rest["items"]) == 3
    assert checked(desk) == []
    with desk.world.database.write() as connection:
        connection.execute(update(audit).where(audit.c.sequence == 1).values(digest="0" * 64))
    assert any(line.startswith("day 2026-11-24") for line in checked(desk))


@pytest.mark.parametrize("change", ["reason", "at", "gone", "slipped in"])
async def test_a_viewing_that_was_tampered_with_is_named(desk: Desk, change: str) -> None:
    case = await told_case(desk)
    await export(desk, case["id"])
    (view,) = desk.world.rows(viewing_register)
    with desk.world.database.write() as connection:
        if change == "reason":
            connection.execute(update(viewing_register).values(reason="curiosity"))
        elif change == "at":
            connection.execute(update(viewing_register).values(at=view["at"] + timedelta(seconds=1)))
        elif change == "gone":
            connection.execute(delete(viewing_register))
        else:
            connection.execute(insert(viewing_register).values({**view, "id": "slipped"}))
    (line,) = checked(desk)
    assert ("slipped" if change == "slipped in" else view["id"]) in line


async def test_what_is_over_goes_with_a_proof_and_the_store_stays_in_order(desk: Desk) -> None:
    event = await desk.judge("hat", "dismissed")
    for name in ("snapshot", "snapshot_blurred"):
        await send_media(desk.world, event, name, name.encode())
    world, policy = desk.world, load_policy()
    services = world.services

    def swept() -> int:
        return sweep(services.database, services.objects, policy, services.clock.now())

    desk.world.clock.pass_by(days=29, hours=23)
    assert swept() == 0
    desk.world.clock.pass_by(hours=2)
    assert swept() == 1
    assert swept() == 0
    assert [row["name"] for row in world.rows(media)] == ["snapshot_blurred"]
    assert len(list(services.objects.walk())) == 1
    (gone,) = (await desk.get("/v1/deletions"))["items"]
    assert (gone["name"], gone["rule"], gone["sha256"]) == (
        "snapshot",
        "dismissed-original",
        sha256(b"snapshot").hexdigest(),
    )
    assert checked(desk) == []
    async with desk.person(LI) as person:
        assert (await person.get(f"/v1/events/{event}/media/snapshot?reason=x")).status_code == 404


async def test_a_hold_stops_every_rule_until_it_is_lifted(desk: Desk) -> None:
    event = await desk.judge("hat", "dismissed")
    await send_media(desk.world, event, "snapshot")
    services = desk.world.services
    async with desk.person(LI) as person:
        placed = await person.post("/v1/holds", json={"event": event, "reason": "lawsuit"})
    assert placed.status_code == 201, placed.text
    desk.world.clock.pass_by(days=4000)
    assert sweep(services.database, services.objects, load_policy(), services.clock.now()) == 0
    where = f"/v1/holds/{placed.json()['id']}/lift"
    async with desk.person(LI) as person:
        assert (await person.post(where, json={"reason": "settled"})).status_code == 200
        assert (await person.post(where, json={"reason": "settled"})).status_code == 409
    assert (await desk.get("/v1/holds"))["items"] == []
    assert len((await desk.get("/v1/holds?standing=false"))["items"]) == 1
    assert sweep(services.database, services.objects, load_policy(), services.clock.now()) == 1
    actions = [row["action"] for row in desk.world.rows(audit)]
    assert actions[-3:] == ["hold.placed", "hold.lifted", "media.deleted"]


async def test_a_hold_on_a_proof_is_placed_by_its_id(desk: Desk) -> None:
    event = await desk.judge("hat")
    photo = desk.photo("1")
    async with desk.person(LI) as person, desk.person("supervisor-south") as other:
        assert (await other.post("/v1/holds", json={"photo": photo, "reason": "lawsuit"})).status_code == 404
        placed = await person.post("/v1/holds", json={"photo": photo, "reason": "lawsuit"})
        both = {"photo": photo, "event": event, "reason": "lawsuit"}
        assert (await person.post("/v1/holds", json=both)).status_code == 422
    assert placed.status_code == 201, placed.text
    assert (placed.json()["photo"], placed.json()["case"], placed.json()["event"]) == (photo, None, None)


async def test_an_open_case_keeps_everything_and_a_closed_one_for_its_time(desk: Desk) -> None:
    case = await told_case(desk)
    services, policy = desk.world.services, load_policy()
    desk.world.clock.pass_by(days=4000)
    assert sweep(services.database, services.objects, policy, services.clock.now()) == 0
    await desk.act(LI, "withdraw", reason="a mistake")
    desk.world.clock.pass_by(days=179)
    assert sweep(services.database, services.objects, policy, services.clock.now()) == 0
    desk.world.clock.pass_by(days=2)
    assert sweep(services.database, services.objects, policy, services.clock.now()) == 1
    answer = await export(desk, case["id"])
    with zipfile.ZipFile(BytesIO(answer.content)) as package:
        (proof,) = json.loads(package.read("deletions.json"))
    assert (proof["name"], proof["rule"]) == ("snapshot", "withdrawn")
    assert checked(desk) == []


@pytest.mark.parametrize("body", [{}, {"reason": "x"}, {"case": "no", "reason": "x"}, {"event": None, "reason": "x"}])
async def test_a_hold_on_nothing_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    async with desk.person(LI) as person:
        assert (await person.post("/v1/holds", json=body)).status_code == 422
    assert desk.world.rows(legal_holds) == []


async def test_the_policy_is_there_to_be_read(desk: Desk) -> None:
    told = await desk.get("/v1/retention")
    assert told["edition"] == load_policy().edition
    assert all(rule["why"]["zh"] and rule["why"]["en"] for rule in told["rules"])


async def test_the_register_is_exported_as_csv_and_json(desk: Desk) -> None:
    case = await told_case(desk)
    await export(desk, case["id"], reason="=cmd|' /C calc'!A0, \"复核\"")
    async with desk.person(LI) as person:
        table = (await person.get("/v1/access-log/export")).text
        rows = (await person.get("/v1/access-log/export?format=json")).json()
    (line,) = csv.DictReader(StringIO(table.removeprefix("\ufeff")))
    assert (line["user"], line["site"], line["name"]) == (LI, "north-site", "snapshot")
    assert line["reason"].startswith("'=cmd"), "no formula for a spreadsheet"
    (row,) = rows
    assert row["reason"].startswith("=cmd")
    async with desk.person("supervisor-south") as other:
        assert (await other.get("/v1/access-log/export?format=json")).json() == []


async def test_the_audit_trail_is_for_who_has_the_whole_tree(desk: Desk) -> None:
    await told_case(desk)
    async with desk.person("admin-north") as person:
        assert (await person.get("/v1/audit")).status_code == 403
    with desk.world.database.write() as connection:
        connection.execute(update(users).where(users.c.id == "admin-north").values(region_id="root"))
        count = len(connection.execute(select(audit.c.sequence)).all())
    first = await desk.get("/v1/audit?limit=2", "admin-north")
    assert [row["sequence"] for row in first["items"]] == [1, 2]
    assert first["next"] == 2
    async with desk.person("admin-north") as person:
        rows = (await person.get("/v1/audit/export?format=json")).json()
        table = (await person.get("/v1/audit/export")).text
    assert len(rows) == count
    assert table.count("\r\n") == count + 1
