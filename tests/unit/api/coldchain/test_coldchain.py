"""Papers and batches over HTTP: coded once, sold with a code and papers only, recalled everywhere, traced in a day."""

from datetime import timedelta
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from api.coldchain.machine import new_code
from api.store.coldchain_schema import batch_scans, batches
from api.store.schema import audit
from tests.unit.api.world import World, errors_of

NEW = {
    "product": "冻虾 frozen prawns",
    "origin": "Ecuador",
    "producer": "x",
    "amount": "100",
    "unit": "kg",
    "made_on": "2026-10-01",
    "expires_on": "2027-09-30",
}
LICENCE = {"kind": "licence", "number": "1"}
FOUR = ("quarantine_certificate", "test_report", "disinfection_certificate", "traceability_certificate")


class Chain:
    """What people do with batches."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def post(self, who: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        self.world.tokens.pop(who, None)
        async with self.world.person(who) as person:
            return await person.post(path, json=body, headers=headers)

    async def get(self, who: str, path: str, **params: str) -> httpx.Response:
        self.world.tokens.pop(who, None)
        async with self.world.person(who) as person:
            return await person.get(path, params=params)

    async def coded(self, **changes: Any) -> str:
        answer = await self.post("kitchen-north", "/v1/batches", {**NEW, **changes})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["code"])

    async def papers(self, code: str, **changes: Any) -> None:
        for kind in FOUR:
            body = {"kind": kind, "number": f"{kind}-1", "batch": code, "expires_on": "2027-09-30", **changes}
            answer = await self.post("kitchen-north", "/v1/documents", body)
            assert answer.status_code == 201, answer.text

    async def scan(self, code: str, direction: str, amount: str, who: str = "kitchen-north") -> httpx.Response:
        return await self.post(who, f"/v1/batches/{code}/scans", {"direction": direction, "amount": amount})


@pytest.fixture
def chain(world: World) -> Chain:
    return Chain(world)


async def test_no_code_no_sale_and_no_papers_no_sale(chain: Chain) -> None:
    for code in ("FROM-A-FRIEND", new_code()):
        refused = await chain.scan(code, "sale", "1")
        assert (refused.status_code, refused.json()["refused"]) == (422, "uncoded")
        assert refused.json()["type"] == "urn:mingchu:problem:scan-refused"
    code = await chain.coded()
    assert (await chain.scan(code, "sale", "1")).json()["refused"] == "papers"
    await chain.papers(code)
    sold = await chain.scan(code, "sale", "30.5")
    assert (sold.status_code, sold.json()["stock"]) == (201, "69.5")
    assert (await chain.scan(code, "out", "70")).json()["refused"] == "amount"
    listed = (await chain.get("supervisor-north", "/v1/batches/refusals")).json()["items"]
    assert [each["refused"] for each in listed] == ["amount", "papers", "uncoded", "uncoded"]
    assert listed[0]["says"]["zh"]
    assert (await chain.get("supervisor-south", "/v1/batches/refusals")).json()["items"] == []
    body = (await chain.get("analyst-north", f"/v1/batches/{code}")).json()
    assert (body["sellable"], body["lacks"], len(body["papers"])) == (True, [], 4)


async def test_a_recalled_batch_stays_where_it_is(chain: Chain) -> None:
    code = await chain.coded()
    await chain.papers(code)
    assert (await chain.scan(code, "out", "40")).status_code == 201
    assert (await chain.scan(code, "in", "40", "kitchen-south")).status_code == 201
    recall = f"/v1/batches/{code}/recall"
    assert (await chain.post("kitchen-north", recall, {"reason": "x"})).status_code == 403
    recalled = await chain.post("supervisor-north", recall, {"reason": "positive sample"})
    assert (recalled.status_code, recalled.json()["sellable"]) == (200, False)
    assert (await chain.post("supervisor-north", recall, {"reason": "again"})).status_code == 409
    for who in ("kitchen-north", "kitchen-south"):
        for direction in ("in", "out", "sale"):
            assert (await chain.scan(code, direction, "1", who)).json()["refused"] == "recalled"


async def test_a_suspicious_batch_is_traced_with_the_clock_shown(chain: Chain) -> None:
    code = await chain.coded()
    await chain.scan(code, "out", "40")
    await chain.scan(code, "in", "40", "kitchen-south")
    asked = await chain.post("supervisor-north", f"/v1/batches/{code}/traces", {"reason": "positive sample"})
    assert asked.status_code == 201, asked.text
    body = asked.json()
    assert [(place["site"], place["stock"]) for place in body["places"]] == [("north-site", "60")]
    assert (body["sites_elsewhere"], body["left_s"], body["overdue"]) == (1, 24 * 3600.0, False)
    assert "south" not in asked.text, "another region's site is counted, not named"
    path = f"/v1/batches/traces/{body['id']}"
    chain.world.clock.at += timedelta(hours=25)
    late = (await chain.get("supervisor-north", path)).json()
    assert (late["left_s"], late["overdue"]) == (-3600.0, True)
    there = (await chain.get("supervisor-south", path)).json()
    assert [place["site"] for place in there["places"]] == ["south-site"]
    done = await chain.post("supervisor-north", path, {"answer": "60 kg sealed here, 40 kg in the south"})
    assert (done.json()["left_s"], done.json()["overdue"]) == (None, True)
    assert (await chain.post("supervisor-north", path, {"answer": "again"})).status_code == 409
    actions = {row["action"] for row in chain.world.rows(audit)}
    assert actions >= {"batch.coded", "batch.traced", "batch.trace_answered"}


async def test_the_label_is_read_as_the_code(chain: Chain) -> None:
    code = await chain.coded()
    label = await chain.get("kitchen-north", f"/v1/batches/{code}/label", format="png")
    image = cv2.imdecode(np.frombuffer(label.content, np.uint8), cv2.IMREAD_COLOR)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(image)
    assert text == code
    drawn = await chain.get("kitchen-north", f"/v1/batches/{code}/label")
    assert drawn.headers["Content-Type"] == "image/svg+xml"
    assert (await chain.get("kitchen-south", f"/v1/batches/{code}/label")).status_code == 404


async def test_what_is_sent_twice_is_done_once(chain: Chain) -> None:
    first = await chain.post("kitchen-north", "/v1/batches", NEW, **{"Idempotency-Key": "a"})
    again = await chain.post("kitchen-north", "/v1/batches", NEW, **{"Idempotency-Key": "a"})
    assert first.json() == again.json()
    path, body = f"/v1/batches/{first.json()['code']}/scans", {"direction": "sale", "amount": "1"}
    for _ in range(2):
        refused = await chain.post("kitchen-north", path, body, **{"Idempotency-Key": "b"})
        assert refused.status_code == 422
    assert len(chain.world.rows(batches)) == 1
    assert len(chain.world.rows(batch_scans)) == 2


async def test_papers_say_how_near_their_end_is(chain: Chain) -> None:
    ends = {"health_certificate": "2026-12-01", "licence": "2026-11-01", "other": None}
    for kind, day in ends.items():
        body = {"kind": kind, "number": "1", "holder": "Li", "expires_on": day}
        assert (await chain.post("kitchen-north", "/v1/documents", body)).status_code == 201
    first = (await chain.get("supervisor-north", "/v1/documents", limit="1")).json()
    assert (first["items"][0]["kind"], first["items"][0]["state"]) == ("licence", "expired")
    rest = (await chain.get("supervisor-north", "/v1/documents", cursor=first["next"])).json()["items"]
    assert [(each["state"], each["days_left"]) for each in rest] == [("expiring", 7), ("valid", None)]
    due = (await chain.get("supervisor-north", "/v1/documents", ends_before="2026-12-02")).json()["items"]
    assert len(due) == 2
    async with chain.world.person("kitchen-north") as cook:
        assert (await cook.delete(f"/v1/documents/{due[0]['id']}")).status_code == 204
        assert (await cook.delete(f"/v1/documents/{due[0]['id']}")).status_code == 404
    assert len((await chain.get("supervisor-north", "/v1/documents")).json()["items"]) == 2


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/documents", {"kind": "test_report", "number": "1"}, "batch"),
        ("/v1/documents", {"kind": "licence", "number": "1", "batch": "X"}, "batch"),
        ("/v1/documents", {"kind": "test_report", "number": "1", "batch": "UNKNOWN"}, "batch"),
        ("/v1/documents", {**LICENCE, "issued_on": "2026-01-02", "expires_on": "2026-01-01"}, "expires_on"),
        ("/v1/documents", {**LICENCE, "photos": ["00000000-0000-0000-0000-000000000001"]}, "photos.0"),
        ("/v1/batches", {**NEW, "expires_on": "2026-09-30"}, "expires_on"),
        ("/v1/batches", {**NEW, "amount": "0"}, "amount"),
        ("/v1/batches", {**NEW, "amount": "1.2345"}, "amount"),
    ],
)  # fmt: skip
async def test_rubbish_is_named(chain: Chain, path: str, body: dict[str, Any], field: str) -> None:
    refused = await chain.post("kitchen-north", path, body)
    assert refused.status_code == 422
    assert errors_of(refused)[0]["field"] == field
