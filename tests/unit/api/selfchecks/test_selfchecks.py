"""Self-checks over HTTP: posts, rounds that open by themselves, what the cameras saw, signatures, misses, records."""

import io
from datetime import timedelta
from typing import Any

import httpx
import openpyxl
import pytest

from api.photos.challenge import Subject
from api.store import users
from api.store.schema import audit
from api.ticker import tick
from tests.proofs import proof_about
from tests.unit.api.world import START, World, errors_of, tell


@pytest.fixture
async def kitchen(world: World) -> World:
    """Give a kitchen of two: Li signs daily, the cook weekly and monthly; the rounds of today are open."""
    with world.database.write() as connection:
        row = {"id": "li", "name": "li", "role": "kitchen", "region_id": "north", "site_id": "north-site"}
        users.add(connection, {**row, "password_hash": "", "language": "zh", "created_at": START})
    assert tick(world.services) == 0, "nobody takes part yet"
    await appoint(world, "li", "officer")
    await appoint(world, "kitchen-north", "director", "principal")
    assert tick(world.services) == 3
    assert tick(world.services) == 0
    return world


async def appoint(world: World, name: str, *posts: str, site: str = "north-site") -> httpx.Response:
    async with world.person("supervisor-north") as supervisor:
        return await supervisor.put(f"/v1/selfchecks/posts/{site}/{name}", json={"posts": list(posts)})


async def rounds(world: World, **wanted: str) -> list[dict[str, Any]]:
    async with world.person("supervisor-north") as person:
        answer = await person.get("/v1/selfchecks", params=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def answers_of(world: World, check: dict[str, Any]) -> dict[str, Any]:
    """Return answers to every line, with a five-fixed photo where one is asked for."""
    told: dict[str, Any] = {}
    for line in check["lines"]:
        told[line["id"]] = {"result": "ok"}
        if line["photo"]:
            with world.database.write() as connection:
                about = (Subject.SELFCHECK, check["id"])
                photo = proof_about(connection, "north-site", about, line["id"], world.clock.now())
            told[line["id"]]["photos"] = [photo]
    return told


async def fill(world: World, who: str, check: dict[str, Any], answers: dict[str, Any]) -> httpx.Response:
    async with world.person(who) as cook:
        seen = {"If-Match": check["etag"]}
        return await cook.patch(f"/v1/selfchecks/{check['id']}", json={"answers": answers}, headers=seen)


async def sign(world: World, who: str, check: dict[str, Any]) -> httpx.Response:
    async with world.person(who) as cook:
        seen = {"If-Match": check["etag"]}
        return await cook.post(f"/v1/selfchecks/{check['id']}/sign", headers=seen)


async def test_a_day_is_filled_in_and_signed_by_its_officer(kitchen: World) -> None:
    await tell(kitchen, "hat")
    (daily,) = await rounds(kitchen, round="daily")
    assert (daily["state"], daily["starts_on"], daily["post"]) == ("open", "2026-11-24", "officer")
    seen = {line["id"]: line["seen"] for line in daily["lines"]}
    assert seen["dress"] == {"no_hat": 1, "no_mask": 0, "no_uniform": 0, "bare_torso": 0}
    assert seen["conduct"] == {"smoking": 0, "phone_use": 0}, "no finding is said, too"
    assert seen["health"] is None
    half = await fill(kitchen, "li", daily, {"health": {"result": "ok"}})
    early = await sign(kitchen, "li", half.json())
    assert errors_of(early)[0]["field"] == "answers"
    whole = await fill(kitchen, "li", half.json(), answers_of(kitchen, daily))
    assert whole.json()["gaps"] == []
    assert (await sign(kitchen, "kitchen-north", whole.json())).status_code == 403, "not the officer"
    done = await sign(kitchen, "li", whole.json())
    assert (done.status_code, done.json()["state"], done.json()["signed_by"]) == (200, "signed", "li")
    await tell(kitchen, "another")
    (kept,) = await rounds(kitchen, round="daily")
    assert {line["id"]: line["seen"] for line in kept["lines"]}["dress"]["no_hat"] == 1, "what was signed stays"
    assert (await sign(kitchen, "li", kept)).status_code == 422
    assert kitchen.rows(audit)[-1]["action"] == "selfcheck.signed"


async def test_what_nobody_signs_is_reminded_of_then_late_then_missed(kitchen: World) -> None:
    (daily,) = await rounds(kitchen, round="daily")
    kitchen.clock.at = START.replace(hour=13)  # 21:00 in Shanghai
    assert tick(kitchen.services) == 1
    (reminded,) = await rounds(kitchen, round="daily")
    assert reminded["reminded_at"] == "2026-11-24T12:00:00.000000Z"
    kitchen.clock.at += timedelta(hours=6)
    tick(kitchen.services)
    today, late = await rounds(kitchen, round="daily")
    assert (today["starts_on"], late["state"]) == ("2026-11-25", "open")
    whole = await fill(kitchen, "li", late, answers_of(kitchen, daily))
    done = await sign(kitchen, "li", whole.json())
    assert done.json()["signed_late"] is True
    kitchen.clock.at += timedelta(days=3)
    kitchen.tokens.clear()
    while tick(kitchen.services):
        pass
    missed = await rounds(kitchen, round="daily", state="missed")
    assert [each["starts_on"] for each in missed] == ["2026-11-26", "2026-11-25"]
    assert {row["action"] for row in kitchen.rows(audit)} >= {"selfcheck.missed", "posts.given"}
    assert len(await rounds(kitchen, round="daily")) == 5


async def test_only_photos_of_this_round_count(kitchen: World) -> None:
    (daily,) = await rounds(kitchen, round="daily")
    (weekly,) = await rounds(kitchen, round="weekly")
    other = answers_of(kitchen, weekly)["shelf_life"]
    refused = await fill(kitchen, "li", daily, {"waste": other})
    assert errors_of(refused)[0]["field"] == "photos"
    stale = await fill(kitchen, "li", {**daily, "etag": '"9"'}, {"health": {"result": "ok"}})
    assert stale.status_code == 412
    unknown = await fill(kitchen, "li", daily, {"nothing": {"result": "ok"}})
    assert errors_of(unknown)[0]["value"] == "'nothing'"


async def test_records_are_sheets_and_papers(kitchen: World) -> None:
    (daily,) = await rounds(kitchen, round="daily")
    bad = {"pests": {"result": "not_ok", "note": "=1+1"}}
    whole = await fill(kitchen, "li", daily, {**answers_of(kitchen, daily), **bad})
    await sign(kitchen, "li", whole.json())
    async with kitchen.person("analyst-north") as analyst:
        sheet = await analyst.get("/v1/selfchecks/record", params={"round": "daily"})
        paper = await analyst.get("/v1/selfchecks/record", params={"format": "pdf", "language": "en"})
    page = openpyxl.load_workbook(io.BytesIO(sheet.content)).worksheets[0]
    rows = list(page.iter_rows(values_only=True))
    assert rows[0][0] == "场所"
    assert len(rows) == 1 + len(daily["lines"])
    pests = next(row for row in rows[1:] if row[5])
    assert (pests[4], pests[5]) == ("不符合", "'=1+1"), "a spreadsheet calculates nothing"
    assert "未发现" in {row[6] for row in rows}
    assert paper.content.startswith(b"%PDF")


async def test_posts_are_of_the_own_site(kitchen: World) -> None:
    assert (await appoint(kitchen, "analyst-north", "officer")).status_code == 404
    assert (await appoint(kitchen, "kitchen-south", "officer", site="south-site")).status_code == 404
    ended = await appoint(kitchen, "li")
    assert ended.json()["items"] == [
        {"name": "kitchen-north", "post": "director"},
        {"name": "kitchen-north", "post": "principal"},
    ]
