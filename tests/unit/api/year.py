"""A district lives through a year: 300 kitchens, what cameras tell, and people who are late, appeal, give up and lie.

Everything goes through the HTTP API with a simulated clock. Only the proofs of the honest are written as the photo
route writes them (`tests/proofs.py`); those who lie go through the route, with a real phone's key.
"""

import heapq
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx

from api.auth.secrets import digest, new_token
from api.insight.scoring import rescore_due
from api.store import users
from api.ticker import tick
from tests.proofs import proof_of
from tests.unit.api.photos.phone import HERE, Phone, kitchen
from tests.unit.api.visits import visited
from tests.unit.api.world import START, World, event_id, message
from vision.frames import Image

SITES, EVENTS, DAYS = 300, 150, 365
KINDS = {"rodent": "I", "smoking": "II", "no_mask": "II", "no_hat": "III", "bin_open": "II"}
VERDICTS = ("confirmed",) * 7 + ("dismissed",) * 2 + ("unsure",)
HABITS = ("prompt",) * 5 + ("late", "late", "silent", "appeals", "lies")
LI, WANG = "supervisor-north", "wang"
Deed = Callable[[], Awaitable[None]]


class Handset(Phone):
    """A phone whose session lasts the year."""

    def client(self) -> httpx.AsyncClient:
        return self.world.person(self.who)


@dataclass
class District:
    """The script and its books."""

    world: World
    pictures: tuple[Image, ...]
    dice: random.Random = field(default_factory=lambda: random.Random(2026))  # noqa: S311 - a script
    agenda: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    numbers: Any = field(default_factory=count)
    told: dict[str, str] = field(default_factory=dict)
    """Event → what a person said of it last."""
    binding: dict[str, str] = field(default_factory=dict)
    followed: set[str] = field(default_factory=set)
    """Cases that somebody looks after."""
    deeds: Counter[str] = field(default_factory=Counter)
    shown: bool = False
    """Somebody has honestly shown the picture that others will steal."""

    def later(self, deed: Deed, **span: float) -> None:
        self.at(self.world.clock.now() + timedelta(**span), deed)

    def at(self, when: datetime, deed: Deed) -> None:
        heapq.heappush(self.agenda, (when, next(self.numbers), deed))

    async def found(self) -> None:
        """Import the district, and give everybody a session."""
        rows = "".join(f"s{n:03d},{n} 号店,north,{200 + n},{HERE[0]},{HERE[1] + n / 500}\n" for n in range(SITES))
        cameras = "".join(f"c{n:03d},s{n:03d},rtsp://192.168.7.{n % 250}/x\n" for n in range(SITES))
        headers = {"Content-Type": "text/csv"}
        async with self.world.person("admin-north") as admin:
            for table, body in (
                ("sites", f"id,name,region,area_m2,latitude,longitude\n{rows}"),
                ("cameras", f"id,site,source\n{cameras}"),
            ):
                answer = await admin.post(f"/v1/imports?table={table}", content=body, headers=headers)
                assert answer.status_code == 200, answer.text[:500]
        with self.world.database.write() as connection:
            for name, site in [(WANG, None), *((f"cook{n:03d}", f"s{n:03d}") for n in range(SITES))]:
                row: dict[str, Any] = {"id": name, "name": name, "region_id": "north", "site_id": site}
                row |= {"role": "kitchen" if site else "supervisor", "password_hash": "", "language": "zh"}
                users.add(connection, {**row, "created_at": START})
                self._session(connection, name)
            for name in (LI, "admin-north"):
                self._session(connection, name)

    def _session(self, connection: Any, name: str) -> None:
        token = new_token()
        row = {"digest": digest(token), "user_id": name, "by_code": False, "expires_at": START + timedelta(days=900)}
        users.add_session(connection, row, START)
        self.world.tokens[name] = token

    async def live(self) -> None:
        """Let the year pass: each deed at its instant, and the clockwork every other day."""
        self.key = self.world.new_key("events:write")
        for number in range(EVENTS):
            at = START + timedelta(days=self.dice.uniform(0, DAYS), hours=self.dice.uniform(0, 6))
            self.at(at, self._event(number))
        self.at(START + timedelta(days=1), self._night)
        while self.agenda:
            self.world.clock.at, _, deed = heapq.heappop(self.agenda)
            await deed()

    async def _night(self) -> None:
        """The clockwork, and a visit wherever an inspector was sent."""
        tick(self.world.services)
        rescore_due(self.world.services)
        async with self.world.person(LI) as li:
            for case in (await li.get("/v1/cases?card=on_site&open=true&limit=200")).json()["items"]:
                visit = await visited(li, case["site"])
                await self.step(case["id"], LI, "inspect", reason="nobody answered", proof=[visit])
        if self.world.clock.now() < START + timedelta(days=DAYS + 60):
            self.later(self._night, days=2)

    def _event(self, number: int) -> Deed:
        site = int(SITES * self.dice.random() ** 3)  # a few have most of it
        kind, tier = self.dice.choice(list(KINDS.items()))
        again = number % 6 == 5

        async def happen() -> None:
            for name in (f"e{number}", f"e{number}b") if again else (f"e{number}",):
                await self._tell(name, f"s{site:03d}", f"c{site:03d}", kind=kind, tier=tier)

        return happen

    async def _tell(self, name: str, site: str, camera: str, **what: Any) -> None:
        event, now = event_id(name), self.world.clock.now()
        binding = "recommended" if self.dice.random() < 0.08 else "mandatory"
        body = message(name, site=site, camera=camera, binding=binding, started_at=now.isoformat(), **what)
        body |= {"subject": f"site/{site}/camera/{camera}", "time": now.isoformat()}
        async with self.world.client({"Authorization": f"Bearer {self.key}"}) as box:
            answer = await box.put(f"/v1/events/{event}", json=body)
        assert answer.status_code == 201, answer.text
        self.told[event], self.binding[event] = "pending_review", binding
        self.later(lambda: self._judge(event, site), minutes=self.dice.expovariate(1 / 120))

    async def _judge(self, event: str, site: str) -> None:
        verdict = self.dice.choice(VERDICTS)
        reason = {"reason": "not_a_violation"} if verdict == "dismissed" else {}
        async with self.world.person(LI) as li:
            path = f"/v1/events/{event}/review"
            assert (await li.post(path, json={"verdict": verdict, **reason})).status_code == 200
            self.told[event] = verdict
            if verdict == "confirmed" and self.dice.random() < 0.05 and (await li.delete(path)).status_code == 200:
                self.told[event] = "pending_review"
            case = (await li.get(f"/v1/events/{event}")).json()["case"]
        if case and case["id"] not in self.followed:
            self.followed.add(case["id"])
            late = self.dice.random() < 0.1
            self.later(lambda: self._order(case["id"], site), hours=60 if late else self.dice.uniform(0.1, 3))

    async def _order(self, case: str, site: str) -> None:
        if not await self.step(case, LI, "order"):
            return
        habit = self.dice.choice(HABITS)
        self.deeds[habit] += 1
        await getattr(self, f"_{habit}")(case, site)

    async def _prompt(self, case: str, site: str) -> None:
        self.later(lambda: self._does(case, site, "acknowledge"), minutes=10)
        self.later(lambda: self._does(case, site, "plan", reason="new hats for all"), minutes=25)
        self.later(lambda: self._rectify(case, site), minutes=40)

    async def _late(self, case: str, site: str) -> None:
        self.later(lambda: self._does(case, site, "acknowledge"), days=2)
        self.later(lambda: self._does(case, site, "state", reason="our cook was ill"), days=3)
        self.later(lambda: self._rectify(case, site), days=self.dice.uniform(4, 12))

    async def _silent(self, case: str, site: str) -> None:
        """Say nothing until somebody comes."""

    async def _appeals(self, case: str, site: str) -> None:
        self.later(lambda: self._does(case, site, "appeal", reason="that was a guest"), minutes=20)
        upheld = self.dice.random() < 0.5
        self.later(lambda: self._decide(case, site, "uphold" if upheld else "reject"), days=self.dice.uniform(0.2, 3))

    async def _decide(self, case: str, site: str, verdict: str) -> None:
        if await self.step(case, WANG, verdict, reason="looked at it again") and verdict == "reject":
            self.later(lambda: self._rectify(case, site), hours=2)

    async def _lies(self, case: str, site: str) -> None:
        self.later(lambda: self._steal(case, site), minutes=15)
        self.later(lambda: self._rectify(case, site), minutes=45)

    async def _steal(self, case: str, site: str) -> None:
        """Show a picture: the first who does is honest, everybody after takes theirs."""
        number = int(site[1:])
        phone = Handset(self.world, f"cook{number:03d}", f"+86138{number:08d}")
        answer = await phone.register()
        if answer.json().get("state") != "active":
            return  # a second phone waits for a supervisor
        asked = await phone.challenge("case", case)
        assert asked.status_code == 201, asked.text
        claim = phone.answer(asked.json(), kitchen(1), self.pictures[0])
        claim.position = (HERE[0], HERE[1] + number / 500)
        sent = await claim.send()
        self.deeds["stolen pictures refused" if self.shown else "first picture kept"] += 1
        assert sent.status_code == (422 if self.shown else 201), sent.text
        self.shown = True

    async def _does(self, case: str, site: str, action: str, **body: Any) -> None:
        await self.step(case, f"cook{site[1:]}", action, **body)

    async def _rectify(self, case: str, site: str) -> None:
        with self.world.database.write() as connection:
            told = {"id": case, "site_id": site}
            proof = proof_of(connection, told, f"proof {next(self.numbers)}", self.world.clock.now())
        if await self.step(case, f"cook{site[1:]}", "rectify", proof=[proof]):
            self.later(lambda: self._recheck(case, site), hours=self.dice.uniform(1, 90))

    async def _recheck(self, case: str, site: str) -> None:
        if self.dice.random() < 0.12 and await self.step(case, LI, "return", reason="the floor is still wet"):
            self.later(lambda: self._rectify(case, site), hours=self.dice.uniform(1, 40))
            return
        await self.step(case, LI, "withdraw" if self.dice.random() < 0.03 else "accept", reason="seen")

    async def step(self, case: str, who: str, action: str, **body: Any) -> bool:
        """Take a step if it is permitted now; what is not permitted must be refused with the permitted ones."""
        async with self.world.person(who) as person:
            seen = (await person.get(f"/v1/cases/{case}")).json()
            answer = await person.post(f"/v1/cases/{case}/{action}", json=body, headers={"If-Match": seen["etag"]})
        may = action in {each["action"] for each in seen["permitted"]}
        assert answer.status_code == (200 if may else 409), (action, seen["stage"], answer.text)
        self.deeds[action if may else "refused steps"] += 1
        return may
