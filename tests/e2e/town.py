"""A small town for the console's journeys: two kitchens, their cameras and people, and whoever acts through the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import update

from api.auth.caller import Role
from api.auth.secrets import Passwords, new_key
from api.commands import put_camera, put_site
from api.opening import open_database
from api.people import OPERATOR, NewUser, add_person
from api.settings import Settings
from api.store import keys
from api.store.schema import sites
from tests.e2e.console_fixtures import Case, Intake, clip
from tests.e2e.stack import Stack
from vision.scene import ZoneType

Json = dict[str, Any]
PASSWORD = "correct horse battery"
HERE = (30.2741, 120.1551)
"""Where every kitchen of the town is."""
SITES = {"local": "红旗路店", "school": "育才小学食堂"}
Cameras = Mapping[str, tuple[str, str, ZoneType]]
CAMERAS: Cameras = {
    "kitchen-1": ("local", "专间一号", ZoneType.SPECIAL_ROOM),
    "kitchen-2": ("local", "热厨灶台", ZoneType.COOKING),
    "store-1": ("local", "仓库夜视", ZoneType.STORAGE),
    "school-1": ("school", "备餐间", ZoneType.SERVING),
}
PEOPLE = {
    "li": Role.SUPERVISOR,
    "wang": Role.SUPERVISOR,
    "cook": Role.KITCHEN,
    "baker": Role.KITCHEN,
    "chen": Role.ANALYST,
    "root": Role.ADMIN,
}


@dataclass(frozen=True)
class Person:
    """Somebody with a session of the API, outside any browser."""

    url: str
    name: str
    client: httpx.Client
    csrf: str

    def get(self, path: str, **query: Any) -> Json:
        answer = self.client.get(path, params=query)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        body: Json = answer.json()
        return body

    def post(self, path: str, body: Mapping[str, Any], **headers: str) -> Json:
        answer = self.client.post(path, json=dict(body), headers={"X-CSRF-Token": self.csrf, **headers})
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        told: Json = answer.json()
        return told

    def act(self, case: str, action: str, **body: Any) -> Json:
        """Take a step in a case, having looked at it just before."""
        seen = self.get(f"/v1/cases/{case}")["etag"]
        return self.post(f"/v1/cases/{case}/{action}", body, **{"If-Match": seen})


@dataclass
class Town:
    """The API with its people; cases are begun through the same doors as in life."""

    stack: Stack
    intake: Intake
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    people: dict[str, Person] = field(default_factory=dict)
    film: bytes = field(default_factory=clip)

    def person(self, name: str) -> Person:
        """Return somebody who is logged in."""
        if name not in self.people:
            client = httpx.Client(base_url=self.stack.url, timeout=20)
            told = client.post("/v1/session", json={"name": name, "password": PASSWORD})
            assert told.is_success, told.text
            self.people[name] = Person(self.stack.url, name, client, told.json()["csrf"])
        return self.people[name]

    def event(self, case: Case, view: NDArray[np.uint8] | None = None) -> str:
        return self.intake.push(case, self.now, self.film, view)

    def begin(self, case: Case, by: str = "li", view: NDArray[np.uint8] | None = None) -> str:
        """Send an event (`view`: what its camera saw), let a supervisor confirm it, and return its case."""
        event = self.event(case, view)
        self.person(by).post(f"/v1/events/{event}/review", {"verdict": "confirmed"})
        home: str = self.person(by).get(f"/v1/events/{event}")["case"]["id"]
        return home

    def close(self) -> None:
        for person in self.people.values():
            person.client.close()
        self.stack.close()


def found_town(
    folder: Path, environment: Mapping[str, str] | None = None, cameras: Mapping[str, str] | None = None
) -> Town:
    """Build sites, cameras (`cameras`: more of them, with their sites) and people, and open the API over it."""
    stack = Stack(folder, dict(environment or {}))
    key = new_key()
    _people(folder, key.prefix, key.digest, {**CAMERAS, **_more(cameras or {})})
    stack.serve()
    return Town(stack, Intake(stack.url, key.text))


def _more(cameras: Mapping[str, str]) -> Cameras:
    return {name: (site, name, ZoneType.OTHER) for name, site in cameras.items()}


def _people(folder: Path, prefix: str, digest: str, cameras: Cameras) -> None:
    database, now = open_database(Settings(data_dir=folder)), datetime.now(UTC)
    hashed = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)).hash(PASSWORD)
    with database.write() as connection:
        for site, name in SITES.items():
            put_site(connection, site, name, now)
        connection.execute(update(sites).values(latitude=HERE[0], longitude=HERE[1]))
        for camera, (site, name, zone) in cameras.items():
            source = f"rtsp://viewer:secret@127.0.0.1:1/{camera}"
            row = {"id": camera, "site_id": site, "name": name, "source": source, "sampling": {}}
            put_camera(connection, row, zone, now)
        for name, role in PEOPLE.items():
            site = "local" if role is Role.KITCHEN else ""
            add_person(connection, NewUser(name=name, role=role, site=site), hashed, OPERATOR, now)
        row = {"id": prefix, "prefix": prefix, "digest": digest, "name": "test", "region_id": "root"}
        scopes = ["events:write", "workers", "events:read"]
        keys.add(connection, {**row, "scopes": scopes, "created_at": now})
    database.close()
