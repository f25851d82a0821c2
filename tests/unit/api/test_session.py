"""Coming in: codes, passwords, back-off, sessions that end, and writes that a page of ours must have sent."""

import httpx
import pytest

from api.audit import breaks
from api.auth import secrets
from api.auth.backoff import Backoff
from api.auth.gate import COOKIE, CSRF_HEADER
from api.auth.secrets import Passwords, csrf_of, digest, prefix_of, same
from api.errors import ProblemError
from api.store import keys, users
from api.store.schema import audit, login_codes, sessions
from tests.unit.api.world import PASSWORD, QUICK, START, World, errors_of

CODE = "ABCD-EFGH-JKMN"


async def login(world: World, address: str = "192.0.2.1", **body: str) -> httpx.Response:
    async with world.client(address=address) as client:
        return await client.post("/v1/session", json=body)


async def test_a_code_lets_in_once_however_it_is_typed(world: World) -> None:
    world.code(CODE)
    first = await login(world, code="abcd efgh jkmn")
    again = await login(world, code=CODE)
    assert (first.status_code, again.status_code) == (200, 401)
    admin = {"name": "admin", "role": "admin", "language": "zh", "may_set_password": True, "second_factor": "off"}
    assert first.json()["user"] == admin
    assert world.rows(login_codes) == []


async def test_a_code_that_is_too_old_lets_nobody_in(world: World) -> None:
    world.code(CODE, hours=1)
    world.clock.pass_by(hours=1)
    assert (await login(world, code=CODE)).status_code == 401


async def test_codes_and_tokens_are_stored_as_digests_only(world: World) -> None:
    world.code(CODE)
    stored = str(world.rows(login_codes))
    answer = await login(world, code=CODE)
    token = answer.cookies[COOKIE]
    stored += str(world.rows(sessions)) + str(world.rows(audit))
    assert digest(token) in stored
    for secret in (CODE, CODE.replace("-", ""), token, answer.json()["csrf"]):
        assert secret not in stored


async def test_the_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    answer = await login(world, name="Admin-North", password=PASSWORD)
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"))
    world.change(secure_cookies=True)
    assert "Secure" in (await login(world, name="admin-north", password=PASSWORD)).headers["Set-Cookie"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "admin-north", "password": "wrong password"},
        {"name": "nobody", "password": PASSWORD},
        {"name": "admin-north", "password": ""},
        {"code": "AAAA-AAAA-AAAA"},
        {"code": "Ä"},
    ],
)
async def test_wrong_and_unknown_sound_alike(world: World, body: dict[str, str]) -> None:
    answer = await login(world, **body)
    assert (answer.status_code, errors_of(answer)) == (401, [])
    assert answer.json()["detail"] == "this code or password is wrong, used up or too old"


async def test_nothing_at_all_is_told_what_to_send(world: World) -> None:
    answer = await login(world)
    assert answer.status_code == 422
    assert errors_of(answer)[0]["field"] == "code"


async def test_who_guesses_waits_and_the_owner_does_not(world: World) -> None:
    for _ in range(6):
        assert (await login(world, name="admin-north", password="a guess")).status_code == 401
    haste = await login(world, name="ADMIN-north", password=PASSWORD)
    assert (haste.status_code, haste.headers["Retry-After"]) == (429, "3")
    owner = await login(world, address="198.51.100.9", name="admin-north", password=PASSWORD)
    assert owner.status_code == 200
    other = await login(world, name="analyst-north", password=PASSWORD)
    assert other.status_code == 200, "an office behind one address is not locked out either"
    world.clock.pass_by(seconds=2)
    assert (await login(world, name="admin-north", password=PASSWORD)).status_code == 200
    assert (await login(world, name="admin-north", password="a slip")).status_code == 401, "forgotten after success"


def test_waits_double_up_to_five_minutes(world: World) -> None:
    backoff, waits = Backoff(world.database), []
    for _ in range(16):
        backoff.failed("a", "x", START)
        waits.append(backoff.wait_s("a", "x", START))
    assert waits == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert backoff.wait_s("a", "y", START) == backoff.wait_s("b", "x", START) == 0


def test_only_so_many_logins_wait_for_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_WAITING", 0)
    passwords = Passwords(QUICK, at_once=1)
    with passwords._turn(), pytest.raises(ProblemError, match="too many") as refused:
        passwords.verify(PASSWORD, "")
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "2"})
    assert passwords.verify(PASSWORD, passwords.hash(PASSWORD))


def test_a_stored_hash_that_is_none_opens_nothing() -> None:
    passwords = Passwords(QUICK)
    stored = passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert stored != passwords.hash(PASSWORD)
    assert [passwords.verify(PASSWORD, each) for each in (stored, "", PASSWORD, "!" + stored)] == [
        True,
        False,
        False,
        False,
    ]


def test_digests_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(secrets.hmac, "compare_digest", lambda a, b: asked.append((a, b)) or a == b)
    assert same("ä", "ä")
    assert not same("a", "b")
    assert asked == [("ä".encode(), "ä".encode()), (b"a", b"b")]


async def test_a_session_ends_by_time_by_logout_and_by_a_disabled_user(world: World) -> None:
    async with world.person("analyst-north") as analyst:
        assert (await analyst.get("/v1/session")).status_code == 200
        world.clock.pass_by(hours=12)
        assert (await analyst.get("/v1/session")).status_code == 401
    world.tokens.clear()
    async with world.person("analyst-north") as analyst:
        assert (await analyst.delete("/v1/session")).status_code == 204
        assert (await analyst.get("/v1/session")).status_code == 401
    async with world.person("kitchen-north") as chef:
        assert (await chef.get("/v1/events")).status_code == 200
        with world.database.write() as connection:
            users.disable(connection, "kitchen-north", world.clock.now())
        assert (await chef.get("/v1/events")).status_code == 401
    assert (await login(world, name="kitchen-north", password=PASSWORD)).status_code == 401


@pytest.mark.parametrize("csrf", [None, "", "wrong", csrf_of("another token")])
async def test_a_write_without_the_right_token_of_the_page_is_refused(world: World, csrf: str | None) -> None:
    async with world.person("admin-north") as admin:
        del admin.headers[CSRF_HEADER]
        headers = {} if csrf is None else {CSRF_HEADER: csrf}
        refused = await admin.delete("/v1/session", headers=headers)
        assert (refused.status_code, CSRF_HEADER in refused.json()["detail"]) == (403, True)
        shown = await admin.get("/v1/session")
        assert shown.status_code == 200, "reading needs none, and the session lives"
        right = await admin.delete("/v1/session", headers={CSRF_HEADER: shown.json()["csrf"]})
        assert right.status_code == 204


async def test_a_new_password_needs_the_current_one_and_ends_other_sessions(world: World) -> None:
    new = {"password": "another long password"}
    other = (await login(world, name="admin-north", password=PASSWORD)).cookies[COOKIE]
    async with world.person("admin-north") as admin:
        for current in ({}, {"current": "wrong password"}):
            refused = await admin.post("/v1/session/password", json={**new, **current})
            assert (refused.status_code, errors_of(refused)[0]["field"]) == (403, "current")
        short = await admin.post("/v1/session/password", json={"password": "short", "current": PASSWORD})
        assert (short.status_code, errors_of(short)[0]["field"]) == (422, "password")
        assert (await admin.post("/v1/session/password", json={**new, "current": PASSWORD})).status_code == 204
        assert (await admin.get("/v1/session")).status_code == 200
    async with world.client({"Cookie": f"{COOKIE}={other}"}) as elsewhere:
        assert (await elsewhere.get("/v1/session")).status_code == 401
    assert (await login(world, name="admin-north", password=PASSWORD)).status_code == 401
    assert (await login(world, name="admin-north", password=new["password"])).status_code == 200


async def test_a_code_sets_a_password_without_the_current_one_once(world: World) -> None:
    answer = await login(world, code=world.code(CODE))
    world.code("ZZZZ-ZZZZ-ZZZZ")
    cookie = {"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}", CSRF_HEADER: answer.json()["csrf"]}
    async with world.client(cookie) as admin:
        assert (await admin.post("/v1/session/password", json={"password": PASSWORD})).status_code == 204
        assert world.rows(login_codes) == [], "a code is for whoever has no password"
        assert (await admin.post("/v1/session/password", json={"password": "x" * 12})).status_code == 403


async def test_guessing_the_current_password_from_a_stolen_session_is_slowed(world: World) -> None:
    async with world.person("admin-north") as thief:
        body = {"password": "another long password", "current": "a guess"}
        tried = [(await thief.post("/v1/session/password", json=body)).status_code for _ in range(8)]
    assert tried == [403] * 6 + [429] * 2


async def test_keys_open_their_scopes_until_they_are_revoked(world: World) -> None:
    text = world.new_key("events:read")
    bearer = {"Authorization": f"Bearer {text}"}
    async with world.client(bearer) as program:
        assert (await program.get("/v1/events")).status_code == 200
        assert (await program.get("/v1/sites")).status_code == 403
        with world.database.write() as connection:
            assert keys.revoke(connection, prefix_of(text), world.clock.now())
        gone = await program.get("/v1/events")
    assert (gone.status_code, gone.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "change", ["mck_{prefix}_" + "0" * 48, "mck_{prefix}", "mck_{prefix}_", "{text}x", "", "a_b_c"]
)
async def test_a_key_is_known_by_all_of_it(world: World, change: str) -> None:
    text = world.new_key("events:read")
    wrong = change.format(prefix=prefix_of(text), text=text)
    async with world.client({"Authorization": f"Bearer {wrong}"}) as program:
        assert (await program.get("/v1/events")).status_code == 401


async def test_a_key_needs_no_page_token_and_beats_a_cookie(world: World) -> None:
    async with world.person("admin-north") as both:
        both.headers["Authorization"] = f"Bearer {world.new_key('sites:read')}"
        assert (await both.get("/v1/events")).status_code == 403


async def test_whoever_comes_goes_or_changes_a_password_is_in_the_audit_trail(world: World) -> None:
    world.code(CODE)
    answer = await login(world, code=CODE)
    cookie = {"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}", CSRF_HEADER: answer.json()["csrf"]}
    async with world.client(cookie) as admin:
        await admin.post("/v1/session/password", json={"password": PASSWORD})
        await admin.delete("/v1/session")
    await login(world, name="admin", password=PASSWORD)
    await login(world, name="admin", password="wrong")
    told = [(row["actor"], row["action"], row["target"], row["detail"]) for row in world.rows(audit)]
    assert told == [
        ("code", "user.added", "admin", '{"region": "root", "role": "admin"}'),
        ("user:admin", "session.began", "admin", '{"by": "code"}'),
        ("user:admin", "user.password_set", "admin", "{}"),
        ("user:admin", "session.ended", "admin", "{}"),
        ("user:admin", "session.began", "admin", '{"by": "password"}'),
    ]
    with world.database.read() as connection:
        assert list(breaks(connection)) == []
    with world.database.write() as connection:
        connection.execute(audit.update().where(audit.c.sequence == 3).values(actor="user:other"))
    with world.database.read() as connection:
        assert len(list(breaks(connection))) == 1
