"""Orders, notices and warnings over HTTP: who gets them, who has read them, whom to urge and whom to ring."""

import re
from typing import Any

import cv2
import numpy as np
import pytest

from api.check import findings
from api.store import regions, sites, users
from api.store.notice_schema import case_messages, notice_copies, notices
from api.store.schema import audit, viewing_register
from api.store.schema import sites as site_table
from api.store.scope import WHOLE
from api.ticker import tick
from tests.unit.api.test_cases import COOK, LI, WANG, Desk
from tests.unit.api.world import START, World, errors_of, send_media

WARNING = {"kind": "warning", "texts": {"zh": {"title": "高温预警", "body": "请加强冷藏。\n每日自查。"}}}

PICTURE = bytes(cv2.imencode(".jpg", np.full((90, 160, 3), 90, np.uint8))[1].tobytes())


@pytest.fixture
def desk(world: World) -> Desk:
    """Give a district with an inner part: wang is its officer, the site lies there."""
    law = {"type": "school_canteen", "time_zone": "Asia/Shanghai", "jurisdiction": "CN", "hours": {}}
    stamps = {"created_at": START, "updated_at": START}
    with world.database.write() as connection:
        _nest(connection)
        row = {"id": "wang", "name": "wang", "role": "supervisor", "region_id": "inner", "site_id": None}
        users.add(connection, {**row, "password_hash": "", "language": "zh", "created_at": START})
        sites.add(connection, {"id": "school", "name": "School", "region_id": "inner", **law, **stamps})
        connection.execute(_move("north-site", "inner"))
        users.follow_site(connection, "north-site", "inner")
    return Desk(world)


def _nest(connection: Any) -> None:
    above = regions.find(connection, WHOLE, "north")
    assert above
    regions.add(connection, "inner", "Inner", above)


def _move(site: str, region: str) -> Any:
    return site_table.update().where(site_table.c.id == site).values(region_id=region)


async def ordered(desk: Desk, name: str = "hat") -> dict[str, Any]:
    event = await desk.judge(name)
    for part in ("annotated_blurred", "annotated"):
        await send_media(desk.world, event, part, PICTURE)
    return await desk.act(LI, "order")


async def post(desk: Desk, who: str, path: str, body: Any = None, **headers: str) -> Any:
    async with desk.person(who) as person:
        return await person.post(path, json=body, headers=headers)


async def test_an_order_goes_to_the_site_and_to_the_nearest_officers_at_once(desk: Desk) -> None:
    case = await ordered(desk)
    copies = {row["recipient"]: row for row in desk.world.rows(notice_copies)}
    assert set(copies) == {"site:north-site", "user:wang"}, "not the supervisor of the wider region"
    box = await desk.get("/v1/notices", COOK)
    assert box["unread"] == 1
    (got,) = box["items"]
    assert (got["kind"], got["case"], got["read_at"]) == ("order", case["id"], None)
    assert got["texts"]["zh"]["title"] == "责令改正通知"
    assert (await desk.get("/v1/notices", WANG))["unread"] == 1
    assert (await desk.get("/v1/notices", LI))["items"] == []
    assert (await desk.get("/v1/notices", "kitchen-south"))["items"] == []


async def test_whoever_gave_the_order_has_read_it(desk: Desk) -> None:
    await desk.judge("hat")
    await desk.act(WANG, "order")
    assert (await desk.get("/v1/notices", WANG))["unread"] == 0


async def test_a_step_of_the_kitchen_is_its_receipt(desk: Desk) -> None:
    case = await ordered(desk)
    assert (await desk.get(f"/v1/orders/{case['id']}"))["read"] == 0
    at = desk.world.clock.now()
    await desk.act(COOK, "acknowledge")
    order = await desk.get(f"/v1/orders/{case['id']}")
    assert (order["copies"], order["read"]) == (2, 1)
    site = next(each for each in order["receipts"] if each["site"] == "north-site")
    assert (site["read_by"], site["read_at"][:19]) == (COOK, at.isoformat()[:19])
    listed = await desk.get("/v1/orders", COOK)
    assert [each["case"] for each in listed["items"]] == [case["id"]]
    assert (await desk.get("/v1/orders", "kitchen-south"))["items"] == []


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_order_on_paper_shows_blurred_pictures_to_its_readers(desk: Desk, language: str) -> None:
    case = await ordered(desk)
    for who in (LI, WANG, COOK, "analyst-north"):
        async with desk.person(who) as person:
            answer = await person.get(f"/v1/orders/{case['id']}/paper", params={"language": language})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
        assert len(re.findall(rb"/Subtype /Image", answer.content)) == 1
    assert desk.world.rows(viewing_register) == []


async def test_the_originals_on_paper_need_a_reason_and_enter_the_register(desk: Desk) -> None:
    case = await ordered(desk)
    path = f"/v1/orders/{case['id']}/paper?unblurred=true"
    for who, where in ((COOK, path + "&reason=x"), (LI, path)):
        async with desk.person(who) as person:
            assert (await person.get(where)).status_code == 403
    assert desk.world.rows(viewing_register) == []
    async with desk.person(LI) as person:
        assert (await person.get(f"{path}&reason=hearing")).status_code == 200
    (view,) = desk.world.rows(viewing_register)
    assert (view["user_id"], view["name"], view["reason"]) == (LI, "annotated", "hearing")
    assert list(findings(desk.world.database, desk.world.services.objects, desk.world.clock.now(), repair=False)) == []


async def test_a_picture_that_is_gone_leaves_its_digest_on_paper(desk: Desk) -> None:
    case = await ordered(desk)
    objects = desk.world.services.objects
    for stat in list(objects.walk()):
        objects.delete(stat.key)
    async with desk.person(LI) as person:
        answer = await person.get(f"/v1/orders/{case['id']}/paper")
    assert answer.status_code == 200
    assert b"/Subtype /Image" not in answer.content


async def test_what_was_never_ordered_has_no_paper(desk: Desk) -> None:
    await desk.judge("hat")
    case = await desk.only()
    for path in (f"/v1/orders/{case['id']}", f"/v1/orders/{case['id']}/paper"):
        async with desk.person(LI) as person:
            assert (await person.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ({}, {"site:north-site", "site:school"}),
        ({"region": "inner", "types": ["school_canteen"]}, {"site:school"}),
        ({"sites": ["north-site"]}, {"site:north-site"}),
        ({"officers": True, "sites": ["school"]}, {"site:school", "user:wang", f"user:{LI}"}),
    ],
)
async def test_a_notice_reaches_a_region_a_type_or_a_list(desk: Desk, to: dict[str, Any], expected: set[str]) -> None:
    answer = await post(desk, LI, "/v1/notices", {**WARNING, "to": to})
    assert answer.status_code == 201, answer.text
    assert {row["recipient"] for row in desk.world.rows(notice_copies)} == expected
    assert answer.json()["copies"] == len(expected)


@pytest.mark.parametrize(
    ("to", "field"),
    [
        ({"region": "south"}, "to.region"),
        ({"region": "nowhere"}, "to.region"),
        ({"sites": ["school", "south-site"]}, "to.sites"),
        ({"types": ["school_canteen"], "sites": ["north-site"]}, "to.sites"),
        ({"types": ["producer"]}, "to"),
        ({"city": "x"}, "to.city"),
    ],
)
async def test_a_notice_to_nobody_or_to_others_is_refused_and_leaves_nothing(
    desk: Desk, to: dict[str, Any], field: str
) -> None:
    answer = await post(desk, LI, "/v1/notices", {**WARNING, "to": to})
    assert answer.status_code == 422
    assert [error["field"] for error in errors_of(answer)] == [field]
    assert desk.world.rows(notices) == desk.world.rows(notice_copies) == []


async def test_receipts_and_urging(desk: Desk) -> None:
    sent = (await post(desk, LI, "/v1/notices", WARNING)).json()
    where = f"/v1/notices/{sent['id']}"
    assert (await post(desk, COOK, f"{where}/read")).status_code == 204
    assert (await post(desk, COOK, f"{where}/read")).status_code == 204
    unread = await desk.get(f"{where}/receipts?unread=true")
    assert [each["site"] for each in unread["items"]] == ["school"]
    assert (await post(desk, LI, f"{where}/urge")).json() == {"urged": 1}
    again = await post(desk, LI, f"{where}/urge")
    assert (again.status_code, "10 minutes" in again.text) == (409, True)
    desk.world.clock.pass_by(minutes=10)
    assert (await post(desk, LI, f"{where}/urge")).json() == {"urged": 1}
    told = await desk.get(f"{where}/receipts")
    assert {each["site"]: (each["urged"], each["read_by"]) for each in told["items"]} == {
        "north-site": (0, COOK),
        "school": (2, None),
    }
    actions = [row["action"] for row in desk.world.rows(audit) if row["action"].startswith("notice.")]
    assert actions == ["notice.sent", "notice.read", "notice.urged", "notice.urged"]


async def test_when_everybody_has_read_it_nobody_is_urged(desk: Desk) -> None:
    sent = (await post(desk, LI, "/v1/notices", {**WARNING, "to": {"sites": ["north-site"]}})).json()
    await post(desk, COOK, f"/v1/notices/{sent['id']}/read")
    assert (await post(desk, LI, f"/v1/notices/{sent['id']}/urge")).status_code == 409


async def test_a_notice_that_is_sent_twice_with_one_key_is_one(desk: Desk) -> None:
    first = await post(desk, LI, "/v1/notices", WARNING, **{"Idempotency-Key": "k"})
    assert (await post(desk, LI, "/v1/notices", WARNING, **{"Idempotency-Key": "k"})).json() == first.json()
    assert len(desk.world.rows(notices)) == 1


async def test_lists_are_paged_newest_first(desk: Desk) -> None:
    for number in range(5):
        text = {"zh": {"title": f"{number}", "body": "x"}}
        await post(desk, LI, "/v1/notices", {"texts": text})
        desk.world.clock.pass_by(minutes=number % 2)  # some of one instant
    for who, path in ((COOK, "/v1/notices"), (LI, "/v1/notices/sent")):
        titles: list[str] = []
        cursor = ""
        while True:
            page = await desk.get(f"{path}?limit=2&cursor={cursor}", who)
            titles += [item["texts"]["zh"]["title"] for item in page["items"]]
            if page["next"] is None:
                break
            cursor = page["next"]
        assert sorted(titles) == list("01234"), path


async def test_a_notice_on_paper_and_its_text_for_who_got_it(desk: Desk) -> None:
    sent = (await post(desk, LI, "/v1/notices", {**WARNING, "to": {"sites": ["north-site"]}})).json()
    for who, expected in ((COOK, 200), (LI, 200), (WANG, 404), ("kitchen-south", 404), ("supervisor-south", 404)):
        for path in ("", "/paper?language=en"):
            async with desk.person(who) as person:
                assert (await person.get(f"/v1/notices/{sent['id']}{path}")).status_code == expected, who


@pytest.mark.parametrize(
    "body",
    [
        {"texts": {}},
        {"texts": {"fr": {"title": "x", "body": "y"}}},
        {"texts": {"zh": {"title": "a\nb", "body": "y"}}},
        {"texts": {"zh": {"title": "a", "body": "\x1b[31m"}}},
        {"kind": "order", "texts": {"zh": {"title": "a", "body": "b"}}},
    ],
)
async def test_a_notice_that_is_none_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    assert errors_of(await post(desk, LI, "/v1/notices", body))
    assert desk.world.rows(notices) == []


async def test_both_sides_talk_and_see_what_was_read(desk: Desk) -> None:
    case = await ordered(desk)
    path = f"/v1/cases/{case['id']}/messages"
    assert (await post(desk, COOK, path, {"text": "帽子今天下午送到。\nIs that in time?"})).json() == {"number": 1}
    assert (await post(desk, LI, path, {"text": "可以"})).json() == {"number": 2}
    thread = await desk.get(path, COOK)
    assert [(each["party"], each["read_by_other_side"]) for each in thread["items"]] == [
        ("kitchen", True),
        ("supervisor", False),
    ]
    assert thread["read_up_to"] == 1
    async with desk.person(COOK) as person:
        assert (await person.put(f"{path}/read", json={"number": 2})).status_code == 204
        assert (await person.put(f"{path}/read", json={"number": 1})).status_code == 204
        assert errors_of(await person.put(f"{path}/read", json={"number": 3}))[0]["field"] == "number"
    thread = await desk.get(path, LI)
    assert thread["items"][1]["read_by_other_side"]
    assert desk.told()[-2:] == ["message", "message"]
    assert (await desk.only())["etag"] == case["etag"], "talking makes nobody's step stale"


async def test_a_thread_is_paged(desk: Desk) -> None:
    case = await ordered(desk)
    path = f"/v1/cases/{case['id']}/messages"
    for number in range(3):
        await post(desk, COOK, path, {"text": str(number)})
    first = await desk.get(f"{path}?limit=2")
    rest = await desk.get(f"{path}?limit=2&after={first['next']}")
    assert [each["text"] for each in (*first["items"], *rest["items"])] == ["0", "1", "2"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "   "},
        {"text": "x", "outcome": "reached"},
        {"kind": "call", "text": "x"},
        {"kind": "call", "outcome": "reached"},
        {"text": "x" * 4001},
    ],
)
async def test_a_message_that_is_none_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    case = await ordered(desk)
    assert (await post(desk, LI, f"/v1/cases/{case['id']}/messages", body)).status_code == 422
    assert desk.world.rows(case_messages) == []


async def test_a_kitchen_neither_urges_nor_rings(desk: Desk) -> None:
    case = await ordered(desk)
    for body in ({"kind": "urge"}, {"kind": "call", "outcome": "reached", "contact_role": "officer"}):
        assert (await post(desk, COOK, f"/v1/cases/{case['id']}/messages", body)).status_code == 403
    assert (await post(desk, LI, f"/v1/cases/{case['id']}/messages", {"kind": "urge"})).status_code == 201


async def test_who_answers_nothing_is_rung_and_then_left_alone_for_a_while(desk: Desk) -> None:
    case = await ordered(desk)
    assert (await desk.get("/v1/calls"))["items"] == []
    desk.world.clock.pass_by(hours=30)
    tick(desk.world.services)
    (call,) = (await desk.get("/v1/calls"))["items"]
    assert (call["case"], call["card"], call["calls"]) == (case["id"], "yellow", [])
    assert (await desk.get("/v1/calls", "supervisor-south"))["items"] == []
    rung = {"kind": "call", "contact_role": "officer", "text": "rang twice"}
    path = f"/v1/cases/{case['id']}/messages"
    await post(desk, LI, path, {**rung, "outcome": "no_answer"})
    assert (await desk.get("/v1/calls"))["items"] == []
    desk.world.clock.pass_by(hours=1)
    (call,) = (await desk.get("/v1/calls"))["items"]
    assert [each["outcome"] for each in call["calls"]] == ["no_answer"]
    await post(desk, LI, path, {**rung, "outcome": "reached"})
    desk.world.clock.pass_by(hours=23)
    assert (await desk.get("/v1/calls"))["items"] == []
    desk.world.clock.pass_by(hours=1)
    assert len((await desk.get("/v1/calls"))["items"]) == 1
    await desk.act(COOK, "rectify", proof=[desk.photo("1")])
    assert (await desk.get("/v1/calls"))["items"] == []
