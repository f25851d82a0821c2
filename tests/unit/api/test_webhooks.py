"""The routes of webhooks: who is told what, the secret that is told once, and what to do where it does not go."""

from typing import Any

import pytest
from httpx import AsyncClient

from api.notify.ladder import Answer
from api.notify.sending import Letter, Try
from api.routes import webhooks as route
from api.store import log, webhooks
from api.store.schema import audit
from tests.unit.api.world import World, errors_of, tell

URL = "https://8.8.8.8/hook"


async def added(admin: AsyncClient, **values: Any) -> dict[str, Any]:
    answer = await admin.post("/v1/webhooks", json={"url": URL, **values})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["ETag"] == body["etag"]
    return body


async def test_a_secret_is_told_once_and_a_webhook_begins_with_what_is_new(world: World) -> None:
    await tell(world, "old")
    async with world.person("admin-north") as admin:
        made = await added(admin, name="城市平台", types=["cn.mingchu.violation.case.*"], kinds=["no_hat"])
        got = (await admin.get(f"/v1/webhooks/{made['id']}")).json()
        (listed,) = (await admin.get("/v1/webhooks")).json()["items"]
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert got == listed == made
    assert (made["region"], made["state"], made["cursor"], made["behind"]) == ("north", "active", 1, 0)
    assert secret not in str([*world.rows(audit), got])


async def test_it_can_begin_in_the_past(world: World) -> None:
    await tell(world, "old")
    async with world.person("admin-north") as admin:
        assert (await added(admin, after=0))["behind"] == 1
        assert (await added(admin, after=99))["cursor"] == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "http://8.8.8.8/"}, "url"),
        ({"url": "ftp://8.8.8.8/"}, "url"),
        ({"url": "https://user:secret@8.8.8.8/"}, "url"),
        ({"url": "https://8.8.8.8/" + "x" * 2048}, "url"),
        ({"url": ""}, "url"),
        ({"types": ["cn.other.*"]}, "types.0"),
        ({"types": ["cn.mingchu.violation.op*"]}, "types.0"),
        ({"kinds": ["No Hat"]}, "kinds.0"),
        ({"region": "south"}, "region"),
        ({"after": -1}, "after"),
        ({"secret": "mine"}, "secret"),
    ],
)
async def test_a_wrong_one_is_refused_with_its_reason(world: World, values: dict[str, Any], field: str) -> None:
    async with world.person("admin-north") as admin:
        answer = await admin.post("/v1/webhooks", json={"url": URL, **values})
        assert (await admin.get("/v1/webhooks")).json()["items"] == []
    assert (answer.status_code, errors_of(answer)[0]["field"]) == (422, field)
    assert "secret@" not in answer.text


async def test_a_network_that_the_operator_has_opened_may_be_plain(world: World) -> None:
    async with world.person("admin-north") as admin:
        await added(admin, url="http://192.168.1.9:8080/hook")


async def test_a_change_needs_the_version_that_was_seen(world: World) -> None:
    async with world.person("admin-north") as admin:
        made = await added(admin)
        path = f"/v1/webhooks/{made['id']}"
        assert (await admin.patch(path, json={"name": "x"})).status_code == 428
        paused = await admin.patch(path, json={"enabled": False}, headers={"If-Match": made["etag"]})
        assert (paused.json()["state"], paused.json()["enabled"]) == ("paused", False)
        stale = await admin.patch(path, json={"enabled": True}, headers={"If-Match": made["etag"]})
        assert stale.status_code == 412
        seen = {"If-Match": paused.headers["ETag"]}
        assert (await admin.patch(path, json={"url": "https://10.0.0.1/"}, headers=seen)).status_code == 422
        assert (await admin.delete(path)).status_code == 428
        assert (await admin.delete(path, headers={"If-Match": paused.headers["ETag"]})).status_code == 204
        assert (await admin.get(path)).status_code == 404


async def test_switching_on_again_forgets_why_it_was_off(world: World) -> None:
    async with world.person("admin-north") as admin:
        made = await added(admin)
        with world.database.write() as connection:
            webhooks.switch_off(connection, made["id"], "it answered 410: gone", world.clock.now())
        off = await admin.get(f"/v1/webhooks/{made['id']}")
        assert (off.json()["state"], off.json()["reason"]) == ("disabled", "it answered 410: gone")
        on = await admin.patch(off.url.path, json={"enabled": True}, headers={"If-Match": off.headers["ETag"]})
    assert (on.json()["state"], on.json()["reason"]) == ("active", "")


async def test_a_new_secret_leaves_the_old_one_for_a_while(world: World) -> None:
    async with world.person("admin-north") as admin:
        made = await added(admin)
        path = f"/v1/webhooks/{made['id']}"
        changed = (await admin.post(f"{path}/secret", json={"overlap_h": 1})).json()
        assert changed["secret"] != made["secret"]
        assert len((await admin.get(path)).json()["secrets"]) == 2
        world.clock.pass_by(hours=1)
        assert len((await admin.get(path)).json()["secrets"]) == 1
        at_once = (await admin.post(f"{path}/secret", json={"overlap_h": 0})).json()
        assert len(at_once["secrets"]) == 1


async def test_the_test_button_tells_what_was_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Letter] = []

    async def answered(letter: Letter) -> Try:
        sent.append(letter)
        return Try(Answer(503, "it answered 503"), 12)

    monkeypatch.setattr(world.services.webhooks, "try_out", answered)
    async with world.person("admin-north") as admin:
        made = await added(admin)
        told = (await admin.post(f"/v1/webhooks/{made['id']}/test")).json()
        (noted,) = (await admin.get(f"/v1/webhooks/{made['id']}/deliveries")).json()["items"]
        assert (await admin.get(f"/v1/webhooks/{made['id']}")).json()["failures"] == 0
    assert told == {"verdict": "away", "status": 503, "reason": "it answered 503", "took_ms": 12}
    assert (noted["type"], noted["sequence"], noted["status"], noted["outcome"]) == (
        "cn.mingchu.test",
        None,
        503,
        "away",
    )
    assert sent[0].headers["webhook-id"] in sent[0].body


async def test_deliveries_and_letters_are_paged(world: World) -> None:
    async with world.person("admin-north") as admin:
        made = await added(admin)
        now, path = world.clock.now(), f"/v1/webhooks/{made['id']}"
        with world.database.write() as connection:
            for number in range(1, 6):
                line = log.Logged(number, "cn.mingchu.violation.opened", "")
                webhooks.note(connection, route.settling.note(made["id"], line, 1, Try(Answer(204), 3), now))
                webhooks.bury(connection, made["id"], number, {"status": 422, "reason": "no", "at": now})
        first = (await admin.get(f"{path}/deliveries?limit=3")).json()
        rest = (await admin.get(f"{path}/deliveries?limit=3&before={first['next']}")).json()
        assert [each["sequence"] for each in first["items"] + rest["items"]] == [5, 4, 3, 2, 1]
        assert rest["next"] is None
        first = (await admin.get(f"{path}/letters?limit=3")).json()
        rest = (await admin.get(f"{path}/letters?limit=3&after={first['next']}")).json()
        assert [each["sequence"] for each in first["items"] + rest["items"]] == [1, 2, 3, 4, 5]
        told = await admin.post(f"{path}/replay", json={"letters": [2, 4, 99]})
        assert (told.status_code, told.json()["letters"]) == (202, 2)
        states = [each["state"] for each in (await admin.get(f"{path}/letters")).json()["items"]]
        assert states == ["dead", "queued", "dead", "queued", "dead"]
        assert (await admin.get(path)).json()["dead_letters"] == 5


async def test_a_replay_goes_back_and_never_forward(world: World) -> None:
    for number in range(3):
        await tell(world, str(number))
    async with world.person("admin-north") as admin:
        path = f"/v1/webhooks/{(await added(admin))['id']}"
        for wrong in ({}, {"after": 1, "letters": []}, {"after": 4}, {"letters": [0]}):
            assert (await admin.post(f"{path}/replay", json=wrong)).status_code == 422, wrong
        assert (await admin.post(f"{path}/replay", json={"after": 1})).json()["after"] == 1
        assert (await admin.get(path)).json()["behind"] == 2


async def test_there_is_an_end_to_their_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "MOST_WEBHOOKS", 1)
    async with world.person("admin-north") as admin:
        await added(admin)
        assert (await admin.post("/v1/webhooks", json={"url": URL})).status_code == 409
