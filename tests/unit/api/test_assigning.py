"""Who answers for a case: given by name, counted for as long as the officer is there and the site is theirs."""

import json
from typing import Any

import httpx

from api.store import users
from api.store.schema import audit
from api.store.schema import users as accounts
from tests.unit.api.test_cases import COOK, LI, WANG, Desk, desk  # noqa: F401 - a fixture
from tests.unit.api.test_transfer import sent
from tests.unit.api.world import START, errors_of


async def given(desk: Desk, officer: str | None, who: str = LI, etag: str = "") -> httpx.Response:  # noqa: F811
    (item,) = (await desk.get("/v1/cases"))["items"]
    headers = {"If-Match": etag or item["etag"]}
    async with desk.person(who) as person:
        return await person.put(f"/v1/cases/{item['id']}/assignee", json={"officer": officer}, headers=headers)


async def listed(desk: Desk, query: str) -> int:  # noqa: F811
    return len((await desk.get(f"/v1/cases?{query}"))["items"])


async def test_a_case_is_given_to_one_officer_and_to_another(desk: Desk) -> None:  # noqa: F811
    await desk.judge("hat")
    assert (await desk.only())["assignee"] is None
    assert [await listed(desk, "assigned=false"), await listed(desk, "assigned=true")] == [1, 0]
    told = (await given(desk, "Wang")).json()
    assert (told["assignee"], WANG in told["officers"], LI in told["officers"]) == (WANG, True, True)
    assert [await listed(desk, f"assignee={WANG}"), await listed(desk, f"assignee={LI}")] == [1, 0]
    assert [await listed(desk, "assigned=false"), await listed(desk, "assigned=true")] == [0, 1]
    assert (await given(desk, WANG)).json()["etag"] == told["etag"], "nothing has changed"
    assert (await given(desk, None)).json()["assignee"] is None
    acts = [row for row in desk.world.rows(audit) if row["action"] == "case.assigned"]
    assert [(row["actor"], json.loads(row["detail"])) for row in acts] == [
        (f"user:{LI}", {"assignee": WANG, "before": None}),
        (f"user:{LI}", {"assignee": None, "before": WANG}),
    ]
    assert desk.told()[-2:] == ["assigned", "assigned"]


async def test_the_officer_gets_a_copy_of_the_order(desk: Desk) -> None:  # noqa: F811
    with desk.world.database.write() as connection:
        row = {"id": "chief", "name": "chief", "role": "supervisor", "region_id": "root", "site_id": None}
        users.add(connection, {**row, "password_hash": "", "language": "zh", "created_at": START})
    await desk.judge("hat")
    case = await desk.act(LI, "order")
    assert (await desk.get("/v1/notices", "chief"))["items"] == []
    assert (await given(desk, "chief")).status_code == 200
    assert [each["case"] for each in (await desk.get("/v1/notices", "chief"))["items"]] == [case["id"]]


async def test_nobody_else_can_answer_for_it(desk: Desk) -> None:  # noqa: F811
    await desk.judge("hat")
    for name in (COOK, "supervisor-south", "analyst-north", "nobody"):
        refused = await given(desk, name)
        assert (refused.status_code, errors_of(refused)[0]["field"]) == (422, "officer"), name
        assert WANG in errors_of(refused)[0]["allowed"]
    assert (await given(desk, WANG, COOK)).status_code == 403
    assert (await given(desk, WANG, "supervisor-south")).status_code == 404
    assert (await given(desk, WANG, etag='"99"')).status_code == 412
    assert (await desk.get("/v1/cases", COOK))["items"][0]["assignee"] is None
    await desk.act(LI, "withdraw", reason="no cook at all")
    assert (await given(desk, WANG)).status_code == 409


async def test_it_counts_while_the_officer_is_there(desk: Desk) -> None:  # noqa: F811
    await desk.judge("hat")
    await given(desk, WANG)
    for change in ({"region_id": "south"}, {"role": "analyst"}, {"disabled_at": START}):
        with desk.world.database.write() as connection:
            before: Any = users.by_id(connection, WANG)
            connection.execute(accounts.update().where(accounts.c.id == WANG).values(change))
        assert ((await desk.only())["assignee"], await listed(desk, "assigned=false")) == (None, 1), change
        with desk.world.database.write() as connection:
            back = {name: before[name] for name in change}
            connection.execute(accounts.update().where(accounts.c.id == WANG).values(back))
        assert (await desk.only())["assignee"] == WANG


async def test_a_site_that_moves_by_an_import_hands_its_open_cases_over(desk: Desk) -> None:  # noqa: F811
    with desk.world.database.write() as connection:
        for name, role, region in (("zhao", "supervisor", "south"), ("boss", "admin", "root")):
            row = {"id": name, "name": name, "role": role, "region_id": region, "site_id": None}
            users.add(connection, {**row, "password_hash": "", "language": "zh", "created_at": START})
    await desk.judge("hat")
    await given(desk, WANG)
    before = await desk.act(LI, "order")
    answer = await sent(desk.world, "id,name,region\nnorth-site,north site,south\n", "boss", table="sites")
    assert answer.json()["tables"]["sites"]["changed"] == 1, answer.text
    after = await desk.only("zhao")
    assert (after["id"], after["clocks"], after["assignee"]) == (before["id"], before["clocks"], None)
    assert [item["case"] for item in (await desk.get("/v1/notices?unread=true", "zhao"))["items"]] == [after["id"]]
    assert desk.told()[-1] == "handed_over"
    (act,) = [row for row in desk.world.rows(audit) if row["action"] == "site.handed_over"]
    told = json.loads(act["detail"])
    assert (act["actor"], told["from"], told["to"], told["cases"]) == ("user:boss", "north", "south", [after["id"]])
