"""Coming in by an organisation's login, against a real provider on loopback: who gets in, and what is not believed."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from api.app import create_app
from api.auth.backoff import Backoff
from api.auth.gate import CSRF_HEADER
from api.auth.oidc import Provider
from api.auth.totp import new_secret
from api.settings import Settings
from api.store import factors, identities, users
from api.store.database import Database
from tests.contract.world import NOW, user_row
from tests.documented import Contract
from tests.servers.oidc import CLIENT, SECRET, OpenId, running_provider
from vision.errors import ConfigError

HOME = "http://mingchu.test"


@dataclass
class House:
    """A Mingchu with one account, and the provider of its organisation."""

    app: Any
    provider: OpenId
    database: Database
    contract: Contract

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=HOME)

    async def get(self, browser: httpx.AsyncClient, path: str) -> httpx.Response:
        answer = await browser.get(path)
        assert self.contract.faults(answer) == []
        return answer

    async def come_in(self, browser: httpx.AsyncClient) -> str:
        """Go to the provider and back as a browser does; return where it ends."""
        away = await self.get(browser, "/v1/session/organisation")
        assert away.status_code == 303
        there = await self.at_the_provider(away.headers["Location"])
        back = await self.get(browser, there)
        assert back.status_code == 303
        return back.headers["Location"]

    async def at_the_provider(self, place: str) -> str:
        async with httpx.AsyncClient() as client:
            return (await client.get(place)).headers["Location"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Build the API once, which takes longer than a test."""
    with running_provider() as provider:
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("house"),
            public_url=HOME,
            logins_per_min=0,
            oidc_issuer=provider.url,
            oidc_client_id=CLIENT,
            oidc_client_secret=SecretStr(SECRET),
        )
        app = create_app(settings)
        app.state.services.database.close()
        yield House(app, provider, app.state.services.database, Contract(app))


@pytest.fixture
def house(built: House, tmp_path: Path, migrated_sqlite: Path) -> Iterator[House]:
    """Give a database with two accounts, and a provider that tells the truth."""
    path = shutil.copy(migrated_sqlite, tmp_path / "mingchu.sqlite3")
    built.provider.claims = {"sub": "subject-1", "preferred_username": "anna"}
    built.provider.signs_with, built.provider.is_away = None, False
    with closing(Database(f"sqlite:///{path}", built.database.keyring)) as database:
        with database.write() as connection:
            users.add(connection, user_row("anna"))
            users.add(connection, user_row("bert"))
        built.app.state.services = replace(built.app.state.services, database=database, backoff=Backoff(database))
        yield replace(built, database=database)


async def test_who_has_an_account_comes_in_and_goes_on_as_everybody(house: House) -> None:
    async with house.browser() as browser:
        assert (await house.get(browser, "/v1/session/organisation/ways")).json() == {"organisation": True}
        assert await house.come_in(browser) == "/"
        assert "mingchu_ticket" not in browser.cookies
        me = (await house.get(browser, "/v1/session")).json()
        assert (me["user"]["name"], me["user"]["may_set_password"]) == ("anna", False)
        assert (await browser.delete("/v1/session", headers={CSRF_HEADER: me["csrf"]})).status_code == 204


async def test_an_account_stays_with_the_subject_whatever_the_name_becomes(house: House) -> None:
    async with house.browser() as browser:
        assert await house.come_in(browser) == "/"
    house.provider.claims = {"sub": "subject-1", "preferred_username": "bert"}
    async with house.browser() as browser:
        assert await house.come_in(browser) == "/"
        assert (await house.get(browser, "/v1/session")).json()["user"]["name"] == "anna"
    house.provider.claims = {"sub": "subject-2", "preferred_username": "anna"}
    async with house.browser() as browser:
        assert await house.come_in(browser) == "/#refused=account", "the name now belongs to another person there"
    with house.database.write() as connection:
        assert identities.unbind(connection, "user-anna") == 1
    async with house.browser() as browser:
        assert await house.come_in(browser) == "/"


@pytest.mark.parametrize("name", ["nobody", "", None, 7])
async def test_nobody_gets_an_account_here(house: House, name: object) -> None:
    house.provider.claims = {"sub": "subject-1", "preferred_username": name}
    async with house.browser() as browser:
        assert await house.come_in(browser) == "/#refused=account"
        assert (await house.get(browser, "/v1/session")).status_code == 401


async def test_who_was_shut_out_stays_out(house: House) -> None:
    async with house.browser() as browser:
        assert await house.come_in(browser) == "/"
        with house.database.write() as connection:
            users.disable(connection, "user-anna", NOW)
        assert await house.come_in(browser) == "/#refused=account"


async def test_a_second_factor_here_is_not_gone_round(house: House) -> None:
    with house.database.write() as connection:
        factors.begin_factor(connection, "user-anna", new_secret(), NOW)
        factors.confirm_factor(connection, "user-anna", ["digest"], NOW)
    async with house.browser() as browser:
        assert await house.come_in(browser) == "/#refused=second-factor"
        house.provider.claims["amr"] = ["pwd", "mfa"]
        assert await house.come_in(browser) == "/"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"aud": "another client"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
    ],
)
async def test_a_token_that_does_not_fit_is_not_believed(house: House, claims: dict[str, Any]) -> None:
    house.provider.claims |= claims
    async with house.browser() as browser:
        assert await house.come_in(browser) == "/#refused=provider"
        assert (await house.get(browser, "/v1/session")).status_code == 401


async def test_a_token_by_another_key_is_not_believed(house: House) -> None:
    house.provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    async with house.browser() as browser:
        assert await house.come_in(browser) == "/#refused=provider"


async def test_only_the_browser_that_left_comes_back_and_only_once(house: House) -> None:
    async with house.browser() as browser, house.browser() as other:
        away = await house.get(browser, "/v1/session/organisation")
        there = await house.at_the_provider(away.headers["Location"])
        stolen = await house.get(other, there)
        assert stolen.headers["Location"] == "/#refused=provider"
        forged = await house.get(browser, there.partition("state=")[0] + "state=other")
        assert forged.headers["Location"] == "/#refused=provider"
        assert (await house.get(browser, there)).headers["Location"] == "/#refused=provider", "the ticket is gone"
        again = await house.get(browser, "/v1/session/organisation")
        code = await house.at_the_provider(again.headers["Location"])
        cookies = dict(browser.cookies)
        assert (await house.get(browser, code)).headers["Location"] == "/"
        browser.cookies.update(cookies)
        assert (await house.get(browser, code)).headers["Location"] == "/#refused=provider", "a code works once"


async def test_a_provider_that_is_away_is_told(house: House) -> None:
    house.provider.is_away = True
    async with house.browser() as browser:
        assert (await house.get(browser, "/v1/session/organisation")).headers["Location"] == "/#refused=provider"


async def test_without_a_provider_there_is_no_way(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOME) as browser:
        assert (await browser.get("/v1/session/organisation")).status_code == 404
        assert (await browser.get("/v1/session/organisation/back")).status_code == 404
        assert (await browser.get("/v1/session/organisation/ways")).json() == {"organisation": False}
    app.state.services.database.close()


def test_settings_that_cannot_be_right_are_refused() -> None:
    with pytest.raises(ConfigError, match="OIDC_ISSUER"):
        Provider("http://login.example", CLIENT, SECRET, "sub")
    with pytest.raises(ConfigError, match="OIDC_CLIENT_ID"):
        Provider("https://login.example", "", SECRET, "sub")
    assert SECRET not in repr(Provider("https://login.example", CLIENT, SECRET, "sub"))
