"""The second factor: enrolled, asked for, used once, lost, ended, and required by role."""

from typing import Any

import httpx
import pytest

from api.auth import totp
from api.auth.gate import COOKIE, CSRF_HEADER
from api.store.account_schema import recovery_codes, second_factors
from api.store.schema import audit
from tests.unit.api.world import PASSWORD, World, errors_of

FACTOR = "/v1/session/second-factor"


async def login(world: World, name: str = "admin-north", **more: str) -> httpx.Response:
    async with world.client() as client:
        return await client.post("/v1/session", json={"name": name, "password": PASSWORD, **more})


def now_shown(world: World, secret: str, steps_later: int = 0) -> str:
    return totp.code_at(secret, totp.step_at(world.clock.now()) + steps_later)


async def enrolled(world: World, name: str = "admin-north") -> tuple[str, list[str]]:
    """Enrol and confirm; return the secret and the recovery codes. The present code is used up."""
    async with world.person(name) as person:
        secret = (await person.post(FACTOR, json={"current": PASSWORD})).json()["secret"]
        confirmed = await person.put(FACTOR, json={"code": now_shown(world, secret)})
        assert confirmed.status_code == 200, confirmed.text
        return secret, confirmed.json()["recovery_codes"]


async def test_enrolling_shows_secret_address_and_picture(world: World) -> None:
    async with world.person("admin-north") as person:
        answer = await person.post(FACTOR, json={"current": PASSWORD})
    body = answer.json()
    assert answer.status_code == 201
    assert body["uri"] == totp.uri(body["secret"], "admin-north", "Mingchu")
    assert body["qr_svg"].startswith("<svg")


async def test_enrolling_needs_the_password_and_counts_only_when_confirmed(world: World) -> None:
    async with world.person("admin-north") as person:
        refused = await person.post(FACTOR, json={"current": "a guess at it"})
        assert (refused.status_code, errors_of(refused)[0]["field"]) == (403, "current")
        assert (await person.put(FACTOR, json={"code": "123456"})).status_code == 404
        secret = (await person.post(FACTOR, json={"current": PASSWORD})).json()["secret"]
        wrong = f"{(int(now_shown(world, secret)) + 1) % 10**6:06}"
        assert (await person.put(FACTOR, json={"code": wrong})).status_code == 403
    assert (await login(world)).status_code == 200, "not confirmed yet"


async def test_a_login_asks_for_the_code_and_takes_each_once(world: World) -> None:
    secret, _ = await enrolled(world)
    asked = await login(world)
    assert (asked.status_code, asked.json()["type"]) == (401, "urn:mingchu:problem:second-factor-needed")
    assert COOKIE not in asked.cookies
    used = await login(world, second_factor=now_shown(world, secret))
    assert used.status_code == 401, "it confirmed the enrolment"
    fresh = now_shown(world, secret, 1)
    right = await login(world, second_factor=f"{fresh[:3]} {fresh[3:]}")
    assert right.status_code == 200
    assert right.json()["user"]["second_factor"] == "on"
    assert (await login(world, second_factor=fresh)).status_code == 401, "replayed"
    assert (await login(world, second_factor=now_shown(world, secret))).status_code == 401, "older than the last"


async def test_a_wrong_password_does_not_tell_that_there_is_a_second_factor(world: World) -> None:
    secret, _ = await enrolled(world)
    async with world.client() as client:
        wrong = {"name": "admin-north", "password": "a guess at it", "second_factor": now_shown(world, secret, 1)}
        answer = await client.post("/v1/session", json=wrong)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:mingchu:problem:unauthorized")


async def test_guessing_codes_is_slowed(world: World) -> None:
    await enrolled(world)
    told = [(await login(world, second_factor="000000")).status_code for _ in range(8)]
    assert told == [401] * 6 + [429] * 2


async def test_recovery_codes_work_once_and_are_stored_hashed(world: World) -> None:
    _, codes = await enrolled(world)
    assert len(set(codes)) == 10
    stored = str(world.rows(recovery_codes)) + str(world.rows(audit))
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)
    assert (await login(world, second_factor=codes[0].lower())).status_code == 200
    assert (await login(world, second_factor=codes[0])).status_code == 401
    assert len(world.rows(recovery_codes)) == 9
    assert (await login(world, "admin-south", second_factor=codes[1])).status_code == 200, "has none to be asked for"
    assert len(world.rows(recovery_codes)) == 9, "another's codes stay"


async def test_giving_it_up_needs_a_code(world: World) -> None:
    secret, _ = await enrolled(world)
    async with world.person("admin-north") as person:
        assert (await person.post(FACTOR, json={"current": PASSWORD})).status_code == 409, "enrolled already"
        assert (await person.post(f"{FACTOR}/end", json={"code": "000000"})).status_code == 403
        code = now_shown(world, secret, 1)
        assert (await person.post(f"{FACTOR}/end", json={"code": code})).status_code == 204
        assert (await person.post(f"{FACTOR}/end", json={"code": code})).status_code == 404
    assert world.rows(second_factors) == world.rows(recovery_codes) == []
    assert (await login(world)).status_code == 200


async def test_a_role_that_needs_one_may_do_nothing_else_before(world: World) -> None:
    world.change(second_factor_roles=frozenset({"admin"}))
    assert (await login(world)).json()["user"]["second_factor"] == "to_enrol"
    async with world.person("admin-north") as admin, world.person("analyst-north") as analyst:
        refused = await admin.get("/v1/events")
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:mingchu:problem:second-factor-to-enrol")
        assert (await analyst.get("/v1/events")).status_code == 200
        secret, _ = await enrolled(world)
        assert (await admin.get("/v1/events")).status_code == 200
        ended = await admin.post(f"{FACTOR}/end", json={"code": now_shown(world, secret, 1)})
        assert ended.status_code == 409


async def test_who_comes_by_a_code_and_has_an_app_needs_both(world: World) -> None:
    secret, _ = await enrolled(world, "analyst-north")
    async with world.person("admin-north") as admin, world.client() as newcomer:
        code = (await admin.post("/v1/users/analyst-north/code")).json()["code"]
        asked = await newcomer.post("/v1/session", json={"code": code})
        assert asked.json()["type"] == "urn:mingchu:problem:second-factor-needed"
        right: dict[str, Any] = {"code": code, "second_factor": now_shown(world, secret, 1)}
        assert (await newcomer.post("/v1/session", json=right)).status_code == 200, "asking has not used the code up"


async def test_an_administrator_ends_a_lost_one_but_not_the_own(world: World) -> None:
    await enrolled(world, "analyst-north")
    async with world.person("analyst-north") as analyst, world.person("admin-north") as admin:
        assert (await admin.delete("/v1/users/analyst-north/second-factor")).status_code == 204
        assert (await analyst.get("/v1/session")).status_code == 401, "sessions end"
        assert (await admin.delete("/v1/users/admin-north/second-factor")).status_code == 409
    assert (await login(world, "analyst-north")).status_code == 200


async def test_a_new_app_is_confirmed_by_a_page_of_ours_only(world: World) -> None:
    async with world.person("admin-north") as person:
        del person.headers[CSRF_HEADER]
        assert (await person.post(FACTOR, json={"current": PASSWORD})).status_code == 403


@pytest.mark.parametrize("place", ["/v1/session", FACTOR])
async def test_a_page_of_another_site_begins_nothing(world: World, place: str) -> None:
    body = {"name": "admin-north", "password": PASSWORD} if place == "/v1/session" else {"current": PASSWORD}
    async with world.person("admin-north") as person:
        for site in ("cross-site", "same-site"):
            refused = await person.post(place, json=body, headers={"Sec-Fetch-Site": site})
            assert (refused.status_code, refused.json()["type"]) == (403, "urn:mingchu:problem:cross-site")
        ours = await person.post(place, json=body, headers={"Sec-Fetch-Site": "same-origin"})
        assert ours.status_code in {200, 201}
