"""A whole API in this process: two districts, everybody who may come, and a client that speaks ASGI to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from pwdlib.hashers.argon2 import Argon2Hasher

from api.addresses import AddressRules, parse_networks
from api.app import create_app
from api.auth.backoff import Backoff
from api.auth.gate import COOKIE, CSRF_HEADER
from api.auth.pace import Pace
from api.auth.secrets import Passwords, code_digest, csrf_of, digest, new_key, new_token
from api.bell import Bell
from api.dialling import Dialler
from api.notify.figures import new_figures
from api.notify.webhook import Post, Webhooks
from api.objects.disk import DiskStore
from api.probing import Probes
from api.services import Services
from api.settings import Settings
from api.showing import Showcase
from api.store import cameras, keys, regions, sites, users
from api.store.database import Database
from api.store.scope import WHOLE
from tests.documented import Contract
from vision.config import CameraConfig
from vision.errors import SourceUnavailableError
from vision.ports import Source
from vision.sources.faults import MUTE

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
QUICK = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2 at its cheapest: what is tested here is not its strength."""
PASSWORD = "correct horse battery"
WORLD = "http://mingchu.test"


@dataclass
class Clock:
    """Stands still until a test moves it."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return (self.at - START).total_seconds()

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@lru_cache(maxsize=4)
def contract_of(app: FastAPI) -> Contract:
    """Return the app's contract, read once."""
    return Contract(app)


@dataclass
class World:
    """One API and its inhabitants: `north` is where the tests look, `south` is somebody else's."""

    app: FastAPI
    services: Services
    tokens: dict[str, str] = field(default_factory=dict)
    held_to_contract: bool = True
    """False where a test has put something else in place of the models, which answers anything."""

    def __post_init__(self) -> None:
        self.app.state.services = self.services

    def change(self, **services: Any) -> None:
        """Put other services in."""
        self.app.state.services = self.services = replace(self.services, **services)

    @property
    def clock(self) -> Clock:
        assert isinstance(self.services.clock, Clock)
        return self.services.clock

    @property
    def database(self) -> Database:
        return self.services.database

    def client(self, headers: Mapping[str, str] | None = None, address: str = "192.0.2.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(address, 1), raise_app_exceptions=False)
        hooks = {"response": [self._keeps_the_contract]}
        return httpx.AsyncClient(transport=transport, base_url=WORLD, headers=headers, event_hooks=hooks)

    async def _keeps_the_contract(self, answer: httpx.Response) -> None:
        """Hold every answer of every test to the OpenAPI document; a route that is not described fails here."""
        await answer.aread()
        faults = contract_of(self.app).faults(answer) if self.held_to_contract else []
        assert faults == [], f"{answer.request.method} {answer.request.url.path} {answer.status_code}: {faults}"

    def person(self, name: str) -> httpx.AsyncClient:
        """Return a client with this user's session and CSRF token."""
        token = self.tokens.get(name) or self._session(name)
        self.tokens[name] = token
        return self.client({"Cookie": f"{COOKIE}={token}", CSRF_HEADER: csrf_of(token)})

    def key(self, *scopes: str, region: str = "north") -> httpx.AsyncClient:
        return self.client({"Authorization": f"Bearer {self.new_key(*scopes, region=region)}"})

    def new_key(self, *scopes: str, region: str = "north", key_id: str = "") -> str:
        fresh = new_key()
        row = {
            "id": key_id or fresh.prefix,
            "prefix": fresh.prefix,
            "digest": fresh.digest,
            "name": "test",
            "region_id": region,
        }
        with self.database.write() as connection:
            keys.add(connection, {**row, "scopes": list(scopes), "created_at": self.clock.now()})
        return fresh.text

    def code(self, text: str = "ABCD-EFGH-JKMN", hours: float = 24) -> str:
        with self.database.write() as connection:
            now = self.clock.now()
            users.replace_code(connection, code_digest(text), now, now + timedelta(hours=hours))
        return text

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(table.select()).mappings()]

    def _session(self, name: str) -> str:
        token = new_token()
        with self.database.write() as connection:
            row = users.by_name(connection, name)
            assert row is not None
            session = {"digest": digest(token), "user_id": row["id"], "by_code": False}
            users.add_session(
                connection, {**session, "expires_at": self.clock.now() + timedelta(hours=12)}, self.clock.now()
            )
        return token


def found(folder: Path) -> World:
    """Return an API on a fresh SQLite file, peopled; `again` makes copies of it much faster."""
    app = create_app(Settings(data_dir=folder))
    services = replace(app.state.services, clock=Clock(), passwords=Passwords(QUICK))
    world = World(app, services)
    _people(world)
    world.database.close()
    return world


def again(founded: World, folder: Path) -> World:
    """Return the world as it was founded, in a folder of its own."""
    origin = Path(str(founded.database.engine.url.database))
    copyfile(origin, folder / origin.name)
    copytree(origin.parent / "objects", folder / "objects")
    (folder / "incoming").mkdir()
    rules = AddressRules(parse_networks("192.168.0.0/16"))
    database, dialler = Database(f"sqlite:///{folder / origin.name}", founded.database.keyring), Dialler(rules)
    services = replace(
        founded.services,
        database=database,
        objects=DiskStore(folder / "objects"),
        clock=Clock(),
        log_bell=Bell(),
        camera_bell=Bell(),
        showcase=Showcase(),
        backoff=Backoff(database),
        pace=Pace("caller", 0),
        login_pace=Pace("login", 0),
        addresses=rules,
        dialler=dialler,
        webhooks=Webhooks(Post(database, Clock(), Bell(), dialler, new_figures(CollectorRegistry()))),
        probes=Probes(rules, folder, nobody_there),
        incoming=folder / "incoming",
    )
    return World(founded.app, services)


def nobody_there(camera: CameraConfig, **_: Any) -> Source:
    """Stand in for the adapters, which would ask the network: every camera is mute."""
    raise SourceUnavailableError(str(camera.source), MUTE)


def _people(world: World) -> None:
    now = world.clock.now()
    law = {"type": "restaurant", "time_zone": "Asia/Shanghai", "jurisdiction": "CN", "hours": {}}
    stamps = {"created_at": now, "updated_at": now}
    with world.database.write() as connection:
        root = regions.find(connection, WHOLE, "root")
        assert root is not None
        for region in ("north", "south"):
            regions.add(connection, region, region.title(), root)
            site = {"id": f"{region}-site", "name": f"{region} site", "region_id": region, **law, **stamps}
            sites.add(connection, site)
            camera = {**cameras.UNREGISTERED, "id": f"{region}-camera", "site_id": f"{region}-site", "name": ""}
            address = {
                "source": f"rtsp://user:secret@198.51.100.7/{region}",
                "enabled": True,
                "zones": [{"type": "cooking"}],
            }
            cameras.add(connection, {**camera, **address, **stamps})
            for role in ("admin", "supervisor", "analyst", "kitchen"):
                _add_user(world, connection, role, region)


def _add_user(world: World, connection: Any, role: str, region: str) -> None:
    name = f"{role}-{region}"
    site = f"{region}-site" if role == "kitchen" else None
    hashed = world.services.passwords.hash(PASSWORD)
    row = {"id": name, "name": name, "role": role, "region_id": region, "site_id": site, "password_hash": hashed}
    users.add(connection, {**row, "language": "en", "created_at": world.clock.now()})


def event_id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def message(name: str, phase: str = "opened", region: str = "north", **data: Any) -> dict[str, Any]:
    """Return the body of an event as a worker sends it."""
    event = event_id(name)
    ended = "2026-11-24T08:00:30.000000Z" if phase == "closed" else None
    body = {
        "id": event,
        "site": f"{region}-site",
        "camera": f"{region}-camera",
        "zone": {"name": "main", "type": "cooking"},
        "kind": "no_hat",
        "tier": "II",
        "binding": "mandatory",
        "clause": [],
        "started_at": "2026-11-24T08:00:00.000000Z",
        "ended_at": ended,
        "probability": 0.97,
        "looks": [{"pts_s": 7.0, "log_odds": 3.1, "total": 3.1}],
        **data,
    }
    return {
        "specversion": "1.0",
        "id": f"{event}/{phase}",
        "source": "mingchu/worker/w1",
        "type": f"cn.mingchu.violation.{phase}",
        "time": "2026-11-24T08:00:01.000000Z",
        "subject": f"site/{region}-site/camera/{region}-camera",
        "datacontenttype": "application/json",
        "data": body,
    }


async def tell(world: World, name: str, phase: str = "opened", region: str = "north", **data: Any) -> str:
    """Push one event in and return its id."""
    async with world.key("events:write", region=region) as box:
        answer = await box.put(f"/v1/events/{event_id(name)}", json=message(name, phase, region, **data))
    assert answer.status_code in {200, 201}, answer.text
    return event_id(name)


async def send_media(world: World, event: str, name: str, body: bytes = b"picture", region: str = "north") -> None:
    """Push one piece of evidence in."""
    headers = {"Content-Type": "image/jpeg", "X-Content-SHA256": sha256(body).hexdigest()}
    async with world.key("events:write", region=region) as box:
        answer = await box.put(f"/v1/events/{event}/media/{name}", content=body, headers=headers)
    assert answer.status_code == 201, answer.text


def errors_of(answer: httpx.Response) -> list[dict[str, str]]:
    """Return the `errors` of a problem, checked for its form."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    body = answer.json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["status"] == answer.status_code
    for entry in body.get("errors", []):
        assert {"field", "value", "allowed"} == entry.keys()
        assert entry["allowed"]
    return list(body.get("errors", []))


class Channel:
    """One ASGI request whose answer is read while it is being made: what a plain client cannot show of SSE."""

    def __init__(self) -> None:
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._asked = False

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self._sent.put(dict(message))

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._sent.get(), 10)

    def hang_up(self) -> None:
        self._gone.set()


@asynccontextmanager
async def streaming(world: World, path: str, headers: Mapping[str, str]) -> AsyncIterator[Channel]:
    """Open a streamed answer and hang up at the end."""
    channel = Channel()
    place, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": place,
        "raw_path": place.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 1),
        "server": ("mingchu.test", 80),
        "state": {},
    }
    task = asyncio.ensure_future(world.app(scope, channel.receive, channel.send))
    try:
        yield channel
    finally:
        channel.hang_up()
        await asyncio.wait_for(task, 10)


def parsed(chunk: bytes) -> dict[str, Any]:
    """Return the fields of one server-sent event, its data as JSON."""
    lines = dict(line.split(": ", 1) for line in chunk.decode().strip().splitlines())
    return {**lines, "data": json.loads(lines["data"])} if "data" in lines else dict(lines)
