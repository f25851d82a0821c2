"""Users by HTTP: invited, changed, shut out, listed, each within the administrator's own region."""

import pytest

from api.auth.gate import COOKIE, CSRF_HEADER
from api.store.account_schema import invitations
from api.store.schema import audit
from tests.unit.api.world import PASSWORD, World, errors_of

ANNA = {"name": "anna", "role": "supervisor", "region": "north"}


async def test_an_invited_user_comes_in_sets_a_password_and_stays_in_the_region(world: World) -> None:
    async with world.person("admin-north") as admin:
        made = await admin.post("/v1/users", json=ANNA)
        assert made.status_code == 201, made.text
        told = made.json()
        assert {name: told[name] for name in ANNA} == ANNA
        assert (told["has_password"], told["disabled"], told["second_factor"]) == (False, False, False)
    code = told["first_login"]["code"]
    assert code.replace("-", "") not in str(world.rows(invitations)) + str(world.rows(audit))
    async with world.client() as anna:
        begun = await anna.post("/v1/session", json={"code": code})
        assert begun.json()["user"]["may_set_password"] is True
        assert (await anna.post("/v1/session", json={"code": code})).status_code == 401, "used up"
        headers = {"Cookie": f"{COOKIE}={begun.cookies[COOKIE]}", CSRF_HEADER: begun.json()["csrf"]}
        assert (
            await anna.post("/v1/session/password", json={"password": PASSWORD}, headers=headers)
        ).status_code == 204
        sites = (await anna.get("/v1/sites", headers=headers)).json()["items"]
        assert [site["id"] for site in sites] == ["north-site"]
        assert (await anna.post("/v1/session", json={"name": "anna", "password": PASSWORD})).status_code == 200


async def test_an_invitation_runs_out_and_a_new_one_ends_it(world: World) -> None:
    async with world.person("admin-north") as admin, world.client() as anna:
        user = (await admin.post("/v1/users", json=ANNA)).json()
        second = (await admin.post(f"/v1/users/{user['id']}/code")).json()["code"]
        assert (await anna.post("/v1/session", json={"code": user["first_login"]["code"]})).status_code == 401
        world.clock.pass_by(hours=24)
        assert (await anna.post("/v1/session", json={"code": second})).status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"region": "root"}, "region"),
        ({"region": "south"}, "region"),
        ({"role": "kitchen", "site": "south-site"}, "site"),
        ({"role": "kitchen"}, "body"),
        ({"name": "Ärger"}, "name"),
        ({"role": "owner"}, "role"),
        ({"password": "x"}, "password"),
    ],
)
async def test_an_administrator_of_a_district_makes_nobody_beyond_it(
    world: World, change: dict[str, str], field: str
) -> None:
    async with world.person("admin-north") as admin:
        refused = await admin.post("/v1/users", json={**ANNA, **change})
    assert (refused.status_code, errors_of(refused)[0]["field"]) == (422, field)


async def test_a_name_is_taken_everywhere(world: World) -> None:
    async with world.person("admin-north") as admin:
        assert (await admin.post("/v1/users", json={**ANNA, "name": "admin-south"})).status_code == 409


async def test_a_change_needs_the_version_and_stays_in_the_region(world: World) -> None:
    place = "/v1/users/analyst-north"
    async with world.person("admin-north") as admin:
        seen = (await admin.get(place)).headers["ETag"]
        assert (await admin.patch(place, json={"role": "supervisor"})).status_code == 428
        beyond = await admin.patch(place, json={"region": "root"}, headers={"If-Match": seen})
        assert (beyond.status_code, errors_of(beyond)[0]["field"]) == (422, "region")
        cook = await admin.patch(place, json={"role": "kitchen", "site": "north-site"}, headers={"If-Match": seen})
        assert (cook.status_code, cook.json()["role"], cook.json()["site"]) == (200, "kitchen", "north-site")
        assert (await admin.patch(place, json={"language": "zh"}, headers={"If-Match": seen})).status_code == 412
        forged = await admin.patch(place, json={"name": "boss"}, headers={"If-Match": cook.headers["ETag"]})
        assert forged.status_code == 422


async def test_whoever_is_shut_out_is_out_at_once_and_can_come_back(world: World) -> None:
    place = "/v1/users/analyst-north"
    async with world.person("admin-north") as admin, world.person("analyst-north") as analyst:
        out = await admin.patch(place, json={"disabled": True}, headers={"If-Match": "*"})
        assert (out.status_code, out.json()["disabled"]) == (200, True)
        assert (await analyst.get("/v1/session")).status_code == 401
        assert (await admin.post(f"{place}/code")).status_code == 409
        again = await admin.patch(place, json={"disabled": False}, headers={"If-Match": "*"})
        assert again.json()["disabled"] is False
        assert (await analyst.post("/v1/session", json={"name": "analyst-north", "password": PASSWORD})).is_success


async def test_nobody_shuts_the_door_behind_themselves(world: World) -> None:
    place = "/v1/users/admin-north"
    async with world.person("admin-north") as admin:
        assert (await admin.patch(place, json={"disabled": True}, headers={"If-Match": "*"})).status_code == 409
        assert (await admin.post(f"{place}/code")).status_code == 409


async def test_lists_are_paged_by_name_and_hold_the_own_region(world: World) -> None:
    async with world.person("admin-north") as admin:
        names, cursor = [], ""
        while cursor is not None:
            page = (await admin.get("/v1/users", params={"limit": 3, "cursor": cursor})).json()
            names += [user["name"] for user in page["items"]]
            cursor = page["next"]
        assert names == [f"{role}-north" for role in ("admin", "analyst", "kitchen", "supervisor")]
        assert (await admin.get("/v1/users", params={"cursor": "rubbish"})).status_code == 422


async def test_sessions_are_listed_and_ended_one_by_one_or_all(world: World) -> None:
    async with world.person("admin-north") as here, world.client({"User-Agent": "A phone\x7f"}) as phone:
        entered = await phone.post("/v1/session", json={"name": "admin-north", "password": PASSWORD})
        phone.headers[CSRF_HEADER] = entered.json()["csrf"]
        items = (await here.get("/v1/session/all")).json()["items"]
        assert sorted(item["is_this"] for item in items) == [False, True]
        other = next(item for item in items if not item["is_this"])
        assert (other["agent"], other["address"]) == ("A phone", "192.0.2.1")
        assert (await here.delete(f"/v1/session/all/{other['id']}")).status_code == 204
        assert (await phone.get("/v1/session")).status_code == 401
        assert (await here.delete(f"/v1/session/all/{other['id']}")).status_code == 404
    async with world.person("admin-north") as admin, world.person("analyst-north") as analyst:
        mine = (await analyst.get("/v1/session/all")).json()["items"][0]["id"]
        assert (await admin.delete(f"/v1/session/all/{mine}")).status_code == 404, "somebody else's"
        assert (await admin.delete("/v1/users/analyst-north/sessions")).status_code == 204
        assert (await analyst.get("/v1/session")).status_code == 401
