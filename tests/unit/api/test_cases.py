"""Cases over HTTP, from the detection to the closed case: the whole story, the appeal, the silence, every refusal."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.check import findings
from api.store import users
from api.store.case_schema import case_clocks, case_events, case_steps, cases
from api.store.schema import audit, log
from api.ticker import Ticker, tick
from tests.proofs import photo_id, proof_of
from tests.unit.api.visits import concluded
from tests.unit.api.world import START, World, errors_of, event_id, tell

CLAUSE = {
    "id": "cn-fsl-33-1-8",
    "jurisdiction": "CN",
    "instrument": "as the box calls it",
    "article": "?",
    "text": {"zh": "盒子的话", "en": "the box's words"},
    "source_url": "",
    "verified": True,
}


class Desk:
    """People of one district and what they do to cases."""

    def __init__(self, world: World) -> None:
        self.world = world

    def person(self, who: str) -> httpx.AsyncClient:
        """Log somebody in anew: stories last longer than sessions."""
        self.world.tokens.pop(who, None)
        return self.world.person(who)

    async def judge(self, name: str, verdict: str = "confirmed", who: str = "supervisor-north", **data: Any) -> str:
        """Tell of an event and let somebody judge it; return its id."""
        event = await tell(self.world, name, **{"clause": [CLAUSE], **data})
        reason = {"reason": "not_a_violation"} if verdict == "dismissed" else {}
        async with self.person(who) as person:
            answer = await person.post(f"/v1/events/{event}/review", json={"verdict": verdict, **reason})
        assert answer.status_code == 200, answer.text
        return event

    async def undo(self, event: str, who: str = "supervisor-north") -> httpx.Response:
        async with self.person(who) as person:
            return await person.delete(f"/v1/events/{event}/review")

    async def get(self, path: str, who: str = "supervisor-north") -> Any:
        async with self.person(who) as person:
            answer = await person.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def only(self, who: str = "supervisor-north") -> dict[str, Any]:
        """Return the one case that there is, with its story."""
        (item,) = (await self.get("/v1/cases", who))["items"]
        return dict(await self.get(f"/v1/cases/{item['id']}", who))

    async def ask(self, who: str, action: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        """Take a step in the one case, having looked at it just before."""
        (row,) = self.world.rows(cases)
        seen = {"If-Match": f'"{row["version"]}"', **(headers or {})}
        async with self.person(who) as person:
            return await person.post(f"/v1/cases/{row['id']}/{action}", json=body, headers=seen)

    async def act(self, who: str, action: str, **body: Any) -> dict[str, Any]:
        answer = await self.ask(who, action, **body)
        assert answer.status_code == 200, answer.text
        self.world.clock.pass_by(minutes=10)
        return dict(answer.json())

    async def visit(self, *faults: str) -> str:
        """Return a concluded spot check of the one site."""
        async with self.person(LI) as person:
            return str((await concluded(person, "north-site", "spot_check", *faults))["id"])

    def photo(self, name: str, outcome: str = "passed") -> str:
        """Return a five-fixed proof of the one case."""
        (row,) = self.world.rows(cases)
        with self.world.database.write() as connection:
            return proof_of(connection, row, name, self.world.clock.now(), outcome)

    def told(self) -> list[str]:
        """Return what the log says of cases."""
        types = [row["type"] for row in self.world.rows(log)]
        return [kind.rpartition("case.")[2] for kind in types if ".case." in kind]


@pytest.fixture
def desk(world: World) -> Desk:
    with world.database.write() as connection:
        row = {"id": "wang", "name": "wang", "role": "supervisor", "region_id": "north", "site_id": None}
        users.add(connection, {**row, "password_hash": "", "language": "zh", "created_at": START})
    return Desk(world)


LI, WANG, COOK = "supervisor-north", "wang", "kitchen-north"


async def test_a_proof_in_doubt_closes_nothing_until_somebody_says_why_it_is_enough(desk: Desk) -> None:
    await desk.judge("hat")
    await desk.act(LI, "order")
    sure, doubted = desk.photo("1"), desk.photo("2", "doubtful")
    case = await desk.act(COOK, "rectify", proof=[sure, doubted])
    assert (case["stage"], case["turn"]) == ("rectified", "supervisor")
    offered = {each["action"]: each["needs"] for each in (await desk.only())["permitted"]}
    assert offered["accept"] == ["reason"]
    for reason in ("", " \n"):
        refused = await desk.ask(LI, "accept", reason=reason)
        assert refused.status_code == 422
        (error,) = errors_of(refused)
        assert error["field"] == "reason"
        assert doubted in error["allowed"]
        assert sure not in error["allowed"]
    await desk.act(LI, "return", reason="not this corner")
    await desk.act(COOK, "rectify", proof=[desk.photo("3")])
    offered = {each["action"]: each["needs"] for each in (await desk.only())["permitted"]}
    assert offered["accept"] == [], "the doubted proof was returned; the one shown last passed every check"
    await desk.act(LI, "return", reason="too dark")
    await desk.act(COOK, "rectify", proof=[desk.photo("4", "doubtful")])
    closed = await desk.act(LI, "accept", reason="compared with the camera's picture: the same basin, clean")
    assert closed["stage"] == "closed"
    assert closed["story"][-1]["reason"].startswith("compared")


async def test_the_whole_story(desk: Desk) -> None:
    event = await desk.judge("hat")
    case = await desk.only()
    assert (case["stage"], case["turn"], case["kind"], case["day"]) == (
        "confirmed",
        "supervisor",
        "no_hat",
        "2026-11-24",
    )
    assert [entry["action"] for entry in case["permitted"]] == ["order", "withdraw"]
    case = await desk.act(LI, "order")
    assert (case["stage"], case["turn"]) == ("ordered", "kitchen")
    assert "食品安全法" in case["order"]["zh"]["body"]
    assert "as the box calls it" not in case["order"]["en"]["body"], "our catalogue speaks, not the sender"
    assert {clock["name"]: clock["party"] for clock in case["clocks"] if clock["running"]}["fix"] == "kitchen"
    await desk.act(COOK, "acknowledge")
    await desk.act(COOK, "plan", reason="New hats for everybody.\nBy noon.")
    await desk.act(COOK, "rectify", proof=[desk.photo("1")])
    returned = await desk.act(LI, "return", reason="the photo shows another kitchen")
    assert returned["stage"] == "returned"
    await desk.act(COOK, "rectify", proof=[desk.photo("2")])
    case = await desk.act(LI, "accept")
    assert (case["stage"], case["turn"], case["permitted"], case["due_at"]) == ("closed", "none", [], None)
    assert [entry["what"] for entry in case["story"]] == [
        *("joined", "order", "acknowledge", "plan", "rectify", "return", "rectify", "accept")
    ]
    assert case["story"][4]["proof"] == [photo_id(case["id"], "1")]
    assert [clock["name"] for clock in case["clocks"] if not clock["stopped_at"]] == ["appeal"]
    assert all(bool(clock["stopped_at"]) == bool(clock["stopped_by"]) for clock in case["clocks"])
    assert desk.told() == [entry["what"].replace("joined", "began") for entry in case["story"]]
    assert [each["id"] for each in case["events"]] == [event]
    assert case["usable_as_penalty_evidence"] is False
    assert "device_review" in case["penalty_evidence_lacks"]


async def test_an_order_is_previewed_as_it_would_be_sent_now(desk: Desk) -> None:
    await desk.judge("hat")
    path = f"/v1/cases/{(await desk.only())['id']}/order"
    preview = await desk.get(path)
    assert preview["sent"] is False
    assert (await desk.only())["order"] is None, "looking sends nothing"
    ordered = await desk.act(LI, "order")
    assert await desk.get(path) == {"sent": True, "order": ordered["order"]} == {**preview, "sent": True}


async def test_a_withdrawn_case_has_no_order_to_preview(desk: Desk) -> None:
    await desk.judge("hat")
    case = await desk.act(LI, "withdraw", reason="a test card")
    async with desk.person(LI) as person:
        answer = await person.get(f"/v1/cases/{case['id']}/order")
    assert answer.status_code == 409


async def test_an_order_for_a_sender_that_names_no_clause_names_the_catalogue_s(desk: Desk) -> None:
    await desk.judge("hat", clause=[])
    case = await desk.act(LI, "order")
    assert "《食品安全法》33(1)(8)" in case["order"]["zh"]["body"]


async def test_a_clause_that_only_the_sender_knows_is_quoted_as_unverified(desk: Desk) -> None:
    await desk.judge("hat", clause=[{**CLAUSE, "id": "their-own"}])
    case = await desk.act(LI, "order")
    assert "the box's words" in case["order"]["en"]["body"]
    assert "has not been held against the official text" in case["order"]["en"]["body"]
    assert "verified_clause" in case["penalty_evidence_lacks"]


async def test_every_step_is_an_audit_row_and_the_chains_hold(desk: Desk) -> None:
    await desk.judge("hat")
    await desk.act(LI, "order")
    await desk.act(COOK, "appeal", reason="it was a guest")
    acts = [(row["actor"], row["action"]) for row in desk.world.rows(audit) if row["action"].startswith("case.")]
    assert acts == [
        ("user:supervisor-north", "case.began"),
        ("user:supervisor-north", "case.order"),
        ("user:kitchen-north", "case.appeal"),
    ]
    assert list(findings(desk.world.database, desk.world.services.objects, desk.world.clock.now(), repair=False)) == []


async def test_the_log_tells_the_case_beside_its_event(desk: Desk) -> None:
    event = await desk.judge("hat")
    await desk.act(LI, "order")
    body = json.loads(desk.world.rows(log)[-1]["body"])
    assert body["type"] == "cn.mingchu.violation.case.order"
    assert body["subject"] == "site/north-site/camera/north-camera"
    assert (body["data"]["id"], body["data"]["usable_as_penalty_evidence"]) == (event, False)
    told = body["data"]["case"]
    assert (told["stage"], told["by"], told["events"]) == ("ordered", "user:supervisor-north", [event])
    assert "Order" in told["order"]["en"]["title"]
    assert {"acknowledge", "fix", "appeal"} <= {clock["name"] for clock in told["clocks"]}


async def test_an_appeal_is_decided_by_somebody_else(desk: Desk) -> None:
    await desk.judge("hat")
    await desk.act(LI, "order")
    case = await desk.act(COOK, "appeal", reason="it was a guest")
    assert {clock["name"] for clock in case["clocks"] if clock["running"]} == {"decide"}
    refused = await desk.ask(LI, "uphold", reason="yes")
    assert refused.status_code == 409
    assert errors_of(refused) == [{"field": "action", "value": "'uphold'", "allowed": "withdraw"}]
    mine = await desk.only(WANG)
    assert {"uphold", "reject"} <= {entry["action"] for entry in mine["permitted"]}
    case = await desk.act(WANG, "uphold", reason="it was a guest indeed")
    assert (case["stage"], case["appeal"]) == ("withdrawn", "upheld")


async def test_whoever_confirmed_any_of_its_events_decides_no_appeal(desk: Desk) -> None:
    await desk.judge("hat")
    await desk.judge("hat again", who=WANG)
    await desk.act(LI, "order")
    await desk.act(COOK, "appeal", reason="no")
    assert (await desk.ask(WANG, "reject", reason="yes")).status_code == 409


async def test_a_rejected_appeal_lets_the_clocks_go_on(desk: Desk) -> None:
    await desk.judge("hat")
    before = await desk.act(LI, "order")
    await desk.act(COOK, "appeal", reason="no")
    desk.world.clock.pass_by(hours=3)
    case = await desk.act(WANG, "reject", reason="the picture is clear")
    due = {clock["name"]: clock["due_at"] for clock in case["clocks"] if clock["running"]}
    was = {clock["name"]: clock["due_at"] for clock in before["clocks"] if clock["running"]}
    assert due["fix"] > was["fix"]
    assert (await desk.ask(COOK, "appeal", reason="again")).status_code == 409


async def test_a_silent_kitchen_goes_from_yellow_to_red_to_the_inspector(desk: Desk) -> None:
    await desk.judge("hat")
    case = await desk.act(LI, "order")
    plan = min(clock["due_at"] for clock in case["clocks"] if clock["name"] in {"acknowledge", "plan", "fix"})
    for _ in range(24 * 9):
        desk.world.clock.pass_by(hours=1)
        tick(desk.world.services)
    case = await desk.only()
    assert (case["card"], case["turn"]) == ("on_site", "supervisor")
    cards = [entry for entry in case["story"] if entry["role"] == "system"]
    assert [entry["what"] for entry in cards] == ["warn_yellow", "warn_red", "send_inspector"]
    assert cards[0]["at"] == plan
    assert all(entry["by"] is None and entry["stored_at"] >= entry["at"] for entry in cards)
    told = Counter(desk.told())
    assert told["warn_yellow"] == told["warn_red"] == told["send_inspector"] == 1
    assert told["reminded"] == 2 * len([c for c in case["clocks"] if c["party"] == "kitchen"])
    visit = await desk.visit()
    case = await desk.act(LI, "inspect", reason="seen on the spot", proof=[visit])
    assert case["stage"] == "closed"


async def test_a_supervisor_goes_there_without_being_sent_and_shows_what_was_found(desk: Desk) -> None:
    old = await desk.visit()
    desk.world.clock.pass_by(minutes=1)
    await desk.judge("hat")
    await desk.act(LI, "order")
    refused = await desk.ask(LI, "inspect", reason="seen", proof=[old])
    assert (refused.status_code, errors_of(refused)[0]["field"]) == (422, "proof.0"), "a visit before the case began"
    assert (await desk.ask(LI, "inspect", reason="seen", proof=["record-1"])).status_code == 422
    visit = await desk.visit()
    assert (await desk.ask(LI, "find_unfixed", reason="seen", proof=[visit])).status_code == 409, "its time is not over"
    twice = await desk.ask(LI, "inspect", reason="seen", proof=[visit, visit])
    assert errors_of(twice)[0]["field"] == "proof.1"
    case = await desk.act(LI, "inspect", reason="hats for all", proof=[visit])
    assert (case["stage"], case["story"][-1]["proof"]) == ("closed", [visit])


async def test_what_is_found_not_put_right_on_the_spot_shows_the_yellow_card(desk: Desk) -> None:
    await desk.judge("hat")
    await desk.act(LI, "order")
    await desk.act(COOK, "rectify", proof=[desk.photo("1")])
    case = await desk.act(LI, "find_unfixed", reason="no hats at all", proof=[await desk.visit("put_right")])
    assert (case["stage"], case["card"], case["turn"]) == ("returned", "yellow", "kitchen")
    running = {clock["name"] for clock in case["clocks"] if clock["running"]}
    assert {"red", "appeal"} <= running
    assert "recheck" not in running
    desk.world.clock.pass_by(days=9)
    tick(desk.world.services)
    assert (await desk.only())["card"] == "on_site"
    again = await desk.act(LI, "find_unfixed", reason="still none", proof=[await desk.visit("put_right")])
    assert (again["stage"], again["card"]) == ("returned", "yellow")
    await desk.act(COOK, "rectify", proof=[desk.photo("2")])
    assert (await desk.act(LI, "accept"))["stage"] == "closed"


async def test_a_decision_that_is_accepted_leaves_the_window_to_appeal_open(desk: Desk) -> None:
    await desk.judge("hat")
    await desk.act(LI, "order")
    await desk.act(COOK, "rectify", proof=[desk.photo("1")])
    case = await desk.act(LI, "accept")
    assert (case["stage"], case["turn"], [c["name"] for c in case["clocks"] if c["running"]]) == (
        "closed",
        "none",
        ["appeal"],
    )
    assert (await desk.get("/v1/cases?open=true"))["items"] == []
    mine = await desk.only(COOK)
    assert [each["action"] for each in mine["permitted"]] == ["appeal"]
    await desk.act(COOK, "appeal", reason="it was a guest")
    (due,) = (await desk.get("/v1/cases?open=true&sort=due"))["items"]
    assert (due["stage"], due["turn"], due["appeal"]) == ("closed", "supervisor", "filed")
    (score,) = (await desk.get("/v1/sites/north-site/score"))["lines"]
    assert (score["why"], score["points"]) == ("appeal_filed", 0)
    case = await desk.act(WANG, "uphold", reason="it was")
    assert (case["stage"], case["appeal"]) == ("withdrawn", "upheld")


async def test_after_the_window_a_closed_case_is_closed(desk: Desk) -> None:
    await desk.judge("hat")
    await desk.act(LI, "order")
    await desk.act(COOK, "rectify", proof=[desk.photo("1")])
    await desk.act(LI, "accept")
    desk.world.clock.pass_by(days=12)
    told = len(desk.told())
    tick(desk.world.services)
    assert len(desk.told()) == told, "nobody is reminded of a window behind a closed case"
    (item,) = (await desk.get("/v1/cases?open=false"))["items"]
    assert item["clocks"] == []
    assert (await desk.ask(COOK, "appeal", reason="too late")).status_code == 409


async def test_a_site_handed_over_takes_its_cases_with_it_and_no_clock_is_touched(desk: Desk) -> None:
    with desk.world.database.write() as connection:
        row = {"id": "zhao", "name": "zhao", "role": "supervisor", "region_id": "south", "site_id": None}
        users.add(connection, {**row, "password_hash": "", "language": "zh", "created_at": START})
        place = {"id": "boss", "name": "boss", "role": "admin", "region_id": "root", "site_id": None}
        users.add(connection, {**place, "password_hash": "", "language": "zh", "created_at": START})
    await desk.judge("hat")
    before = await desk.act(LI, "order")
    body = {"region": "south", "reason": "the street belongs to the south now"}
    async with desk.person("admin-north") as admin:
        refused = await admin.post("/v1/sites/north-site/handover", json=body, headers={"If-Match": "*"})
        assert refused.status_code == 422, "an administrator of one region gives nothing to another"
    async with desk.person("boss") as boss:
        etag = (await boss.get("/v1/sites/north-site")).json()["etag"]
        answer = await boss.post("/v1/sites/north-site/handover", json=body, headers={"If-Match": etag})
        assert (answer.status_code, answer.json()["region"]) == (200, "south"), answer.text
        stale = await boss.post("/v1/sites/north-site/handover", json=body, headers={"If-Match": etag})
        assert stale.status_code == 412
    after = await desk.only("zhao")
    assert after["clocks"] == before["clocks"]
    assert after["stage"] == "ordered"
    async with desk.person(LI) as li:
        assert (await li.get(f"/v1/cases/{after['id']}")).status_code == 404
    assert [item["case"] for item in (await desk.get("/v1/notices?unread=true", "zhao"))["items"]] == [after["id"]]
    assert desk.told()[-1] == "handed_over"
    (act,) = [row for row in desk.world.rows(audit) if row["action"] == "site.handed_over"]
    assert (act["actor"], act["target"]) == ("user:boss", "north-site")
    await desk.act(COOK, "acknowledge")
    assert (await desk.only("zhao"))["stage"] == "acknowledged"


async def test_after_a_week_away_the_same_story_is_written(world: World, desk: Desk) -> None:
    """The log differs only in when it was written: what fell due keeps its instants."""
    await desk.judge("hat")
    await desk.act(LI, "order")
    world.clock.pass_by(days=9)
    assert tick(world.services) > 3
    assert tick(world.services) == 0
    lines = [json.loads(row["body"]) for row in world.rows(log) if ".case." in row["type"]]
    late = [line["time"] for line in lines[2:]]
    assert late == sorted(late)
    assert len(set(late)) > 3
    case = await desk.only()
    assert case["card"] == "on_site"


async def test_who_acts_late_finds_what_fell_due_before(desk: Desk) -> None:
    """Nobody ticks here: the step itself lets the cards be shown first, each at its instant."""
    await desk.judge("hat")
    await desk.act(LI, "order")
    desk.world.clock.pass_by(days=2)
    case = await desk.act(COOK, "rectify", proof=[desk.photo("1")])
    assert [entry["what"] for entry in case["story"]][-2:] == ["warn_yellow", "rectify"]
    assert case["card"] == "none"


async def test_two_processes_let_each_thing_happen_once(desk: Desk) -> None:
    for number in range(3):
        await desk.judge(f"event {number}", kind=("no_hat", "no_mask", "smoking")[number])
    desk.world.clock.pass_by(days=3)
    await asyncio.gather(*(asyncio.to_thread(tick, desk.world.services) for _ in range(4)))
    assert Counter(desk.told()) == {"began": 3, "reminded": 6, "overdue": 3}
    ids = [row["message_id"] for row in desk.world.rows(log)]
    assert len(ids) == len(set(ids))


async def test_the_ticker_runs_by_itself(desk: Desk) -> None:
    await desk.judge("hat")
    desk.world.clock.pass_by(days=3)
    ticker = Ticker(desk.world.services, every_s=0.01)
    ticker.start()
    for _ in range(500):
        if "overdue" in desk.told():
            break
        await asyncio.sleep(0.01)
    ticker.stop()
    assert Counter(desk.told()) == {"began": 1, "reminded": 2, "overdue": 1}


async def test_events_of_one_site_day_and_kind_are_one_case(desk: Desk) -> None:
    first = await desk.judge("hat")
    second = await desk.judge("hat again", started_at="2026-11-24T15:59:59Z")  # one second before midnight there
    await desk.judge("hat tomorrow", started_at="2026-11-24T16:00:00Z")
    await desk.judge("mask", kind="no_mask")
    rows = {(row["kind"], str(row["day"])): row["id"] for row in desk.world.rows(cases)}
    assert set(rows) == {("no_hat", "2026-11-24"), ("no_hat", "2026-11-25"), ("no_mask", "2026-11-24")}
    members = [
        row["event_id"] for row in desk.world.rows(case_events) if row["case_id"] == rows["no_hat", "2026-11-24"]
    ]
    assert sorted(members) == sorted([first, second])
    assert desk.told() == ["began", "joined", "began", "began"]


async def test_an_event_says_which_case_it_is_in(desk: Desk) -> None:
    event = await desk.judge("hat")
    other = await desk.judge("doubt", "unsure")
    case = await desk.only()
    items = {item["id"]: item["case"] for item in (await desk.get("/v1/events"))["items"]}
    assert items == {event: {"id": case["id"], "stage": "confirmed"}, other: None}


async def test_what_is_no_finding_makes_no_case(desk: Desk) -> None:
    await desk.judge("advice", binding="recommended")
    await desk.judge("doubt", "unsure")
    await desk.judge("mistake", "dismissed")
    await tell(desk.world, "nobody has looked")
    assert desk.world.rows(cases) == []


async def test_a_graver_event_makes_the_case_graver(desk: Desk) -> None:
    await desk.judge("hat", tier="III")
    before = await desk.only()
    await desk.judge("hat in the cold room", tier="I")
    case = await desk.only()
    assert case["tier"] == "I"
    assert case["clocks"][0]["due_at"] < before["clocks"][0]["due_at"]


async def test_a_graver_event_shortens_what_was_ordered_and_the_site_is_told(desk: Desk) -> None:
    await desk.judge("hat", tier="III")
    before = await desk.act(LI, "order")
    await desk.judge("hat in the cold room", tier="I")
    case = await desk.only()
    due = {clock["name"]: clock["due_at"] for clock in case["clocks"] if clock["running"]}
    was = {clock["name"]: clock["due_at"] for clock in before["clocks"] if clock["running"]}
    assert due["acknowledge"] < was["acknowledge"]
    assert due["appeal"] == was["appeal"]
    assert {"plan", "fix"} <= set(due)
    notes = (await desk.get("/v1/notices", COOK))["items"]
    assert [note["kind"] for note in notes] == ["warning", "order"]
    assert case["id"] in notes[0]["texts"]["zh"]["body"]
    desk.world.clock.pass_by(minutes=31)
    tick(desk.world.services)
    assert (await desk.only())["card"] == "yellow"


async def test_again_within_a_year_is_a_repeat(desk: Desk) -> None:
    await desk.judge("hat", started_at="2025-11-24T02:00:00Z")
    await desk.judge("long ago", started_at="2025-11-22T02:00:00Z")
    desk.world.clock.pass_by(hours=1)
    await desk.judge("hat again")
    items = {item["day"]: item for item in (await desk.get("/v1/cases"))["items"]}
    repeats = {day: item["repeats"] for day, item in items.items()}
    assert repeats == {"2025-11-22": 0, "2025-11-24": 1, "2026-11-24": 1}
    async with desk.world.person(LI) as person:
        first = items["2025-11-24"]
        await person.post(
            f"/v1/cases/{first['id']}/withdraw", json={"reason": "mistake"}, headers={"If-Match": first["etag"]}
        )
    again = await desk.get(f"/v1/cases/{items['2026-11-24']['id']}")
    assert again["repeats"] == 0, "what was withdrawn counts for nothing"


async def test_a_confirmation_taken_back_withdraws_what_nobody_was_told_of(desk: Desk) -> None:
    event = await desk.judge("hat")
    assert (await desk.undo(event)).status_code == 200
    case = await desk.only()
    assert (case["stage"], case["event_count"]) == ("withdrawn", 0)
    assert case["story"][-1]["reason"] == "the confirmation was taken back"
    await desk.judge("hat")
    stages = sorted(row["stage"] for row in desk.world.rows(cases))
    assert stages == ["confirmed", "withdrawn"]
    assert len([row for row in desk.world.rows(case_events) if row["left_at"] is None]) == 1


async def test_one_of_two_confirmations_taken_back_leaves_the_case_standing(desk: Desk) -> None:
    first = await desk.judge("hat")
    second = await desk.judge("hat again")
    assert (await desk.undo(first)).status_code == 200
    case = await desk.only()
    assert (case["stage"], case["event"], case["event_count"]) == ("confirmed", second, 1)
    assert desk.told() == ["began", "joined", "left"]
    await desk.judge("hat")
    assert (await desk.only())["event_count"] == 2


async def test_an_order_is_not_pulled_away_by_an_undo(desk: Desk) -> None:
    event = await desk.judge("hat")
    await desk.act(LI, "order")
    refused = await desk.undo(event)
    assert refused.status_code == 409
    assert "withdraw the case first" in refused.json()["detail"]
    async with desk.world.person(LI) as person:
        assert (await person.get(f"/v1/events/{event}")).json()["status"] == "confirmed"


async def test_an_illegal_step_says_what_is_permitted_and_changes_nothing(desk: Desk) -> None:
    await desk.judge("hat")
    await desk.act(LI, "order")
    before = [desk.world.rows(table) for table in (cases, case_steps, case_clocks, audit, log)]
    refused = await desk.ask(LI, "accept")
    assert refused.status_code == 409
    assert errors_of(refused) == [{"field": "action", "value": "'accept'", "allowed": "extend, inspect, withdraw"}]
    assert (await desk.ask(LI, "acknowledge")).status_code == 403
    assert (await desk.ask(COOK, "order")).status_code == 403
    for action in ("warn_yellow", "dance"):
        assert (await desk.ask(LI, action)).status_code == 422
    assert [desk.world.rows(table) for table in (cases, case_steps, case_clocks, audit, log)] == before


@pytest.mark.parametrize(
    ("who", "action", "body", "field"),
    [
        (COOK, "rectify", {}, "proof"),
        (COOK, "appeal", {"reason": " \n "}, "reason"),
        (COOK, "plan", {"reason": "a\x00b"}, "reason"),
        (LI, "extend", {"reason": "holiday"}, "until"),
        (LI, "extend", {"reason": "holiday", "until": "2026-11-01T00:00:00Z"}, "until"),
        (LI, "extend", {"reason": "holiday", "until": "soon"}, "until"),
        (LI, "withdraw", {"because": "x"}, "because"),
        (COOK, "rectify", {"proof": [""]}, "proof.0"),
    ],
)
async def test_what_is_missing_or_wrong_is_named(desk: Desk, who: str, action: str, body: Any, field: str) -> None:
    await desk.judge("hat")
    await desk.act(LI, "order")
    refused = await desk.ask(who, action, **body)
    assert refused.status_code == 422
    assert errors_of(refused)[0]["field"] == field
    assert len(desk.world.rows(case_steps)) == 1


async def test_who_looked_too_long_ago_is_told(desk: Desk) -> None:
    await desk.judge("hat")
    stale = await desk.ask(LI, "order", {"If-Match": '"7"'})
    assert stale.status_code == 412
    assert (await desk.ask(LI, "order", {"If-Match": ""})).status_code == 428
    (row,) = desk.world.rows(cases)
    assert (await desk.get(f"/v1/cases/{row['id']}"))["etag"] == f'"{row["version"]}"'


async def test_a_step_that_is_sent_again_is_one_step(desk: Desk) -> None:
    await desk.judge("hat")
    seen = {"Idempotency-Key": "k1", "If-Match": '"1"'}
    first, second = await desk.ask(LI, "order", seen), await desk.ask(LI, "order", seen)
    assert (first.status_code, second.json()) == (200, first.json())
    assert len(desk.world.rows(case_steps)) == 1
    assert (await desk.ask(LI, "withdraw", seen, reason="no")).status_code == 409


async def test_a_kitchen_knows_its_own_duties_only(desk: Desk) -> None:
    await desk.judge("hat")
    await tell(desk.world, "south", region="south")
    async with desk.world.person("supervisor-south") as person:
        await person.post(f"/v1/events/{event_id('south')}/review", json={"verdict": "confirmed"})
    south = next(row["id"] for row in desk.world.rows(cases) if row["site_id"] == "south-site")
    async with desk.world.person(COOK) as cook:
        assert (await cook.get(f"/v1/cases/{south}")).status_code == 404
        step = await cook.post(f"/v1/cases/{south}/acknowledge", json={}, headers={"If-Match": '"1"'})
        assert step.status_code == 404
    (mine,) = (await desk.get("/v1/my/cases", COOK))["items"]
    assert (mine["site"], mine["permitted"], mine["kind_names"]["en"]) == (
        "north-site",
        [],
        "no hat, or hair not covered",
    )
    async with desk.world.person(LI) as person:
        assert (await person.get("/v1/my/cases")).status_code == 403
        await person.post(f"/v1/cases/{mine['id']}/order", json={}, headers={"If-Match": mine["etag"]})
    (mine,) = (await desk.get("/v1/my/cases", COOK))["items"]
    assert [entry["action"] for entry in mine["permitted"]] == ["acknowledge", "state", "appeal", "plan", "rectify"]
    assert mine["order"]["zh"]["title"]


async def test_lists_are_filtered_and_read_page_by_page(desk: Desk) -> None:
    kinds = ("no_hat", "no_mask", "smoking", "rodent", "phone_use")
    for number, kind in enumerate(kinds):
        await desk.judge(kind, kind=kind, tier="I" if kind == "rodent" else "II", who=WANG if number % 2 else LI)
        desk.world.clock.pass_by(minutes=1)

    async def found(query: str) -> list[str]:
        return [item["kind"] for item in (await desk.get(f"/v1/cases?{query}"))["items"]]

    assert await found("") == list(reversed(kinds))
    assert (await found("sort=due"))[0] == "rodent"
    assert await found("tier=I") == ["rodent"]
    assert await found("kind=no_hat&kind=no_mask") == ["no_mask", "no_hat"]
    assert await found("mine=true") == ["phone_use", "smoking", "no_hat"]
    assert await found("overdue=true") == []
    desk.world.clock.pass_by(hours=1)
    assert await found("overdue=true") == ["rodent"]
    assert await found("stage=ordered") == await found("site=elsewhere") == await found("open=false") == []
    assert len(await found("turn=supervisor&card=none&appeal=none&open=true")) == 5
    for sort in ("newest", "due"):
        seen, cursor = [], ""
        while True:
            part = await desk.get(f"/v1/cases?sort={sort}&limit=2&cursor={cursor}")
            seen += [item["kind"] for item in part["items"]]
            cursor = part["next"]
            if cursor is None:
                break
        assert seen == await found(f"sort={sort}")
    async with desk.world.person(LI) as person:
        for query in ("stage=lost", "tier=IV", "sort=oldest", "cursor=x", "color=red"):
            assert (await person.get(f"/v1/cases?{query}")).status_code == 422


async def test_a_site_that_says_it_never_works_has_deadlines_all_the_same(desk: Desk) -> None:
    async with desk.world.person("admin-north") as admin:
        hours: dict[str, Any] = {"hours": {"weekdays": []}}
        answer = await admin.patch("/v1/sites/north-site", json=hours, headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
    await desk.judge("hat")
    case = await desk.act(LI, "order")
    assert case["due_at"] < (START + timedelta(days=3)).isoformat()
