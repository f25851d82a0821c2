"""Webhooks on each kind of database, to a real receiver, with a clock that the test moves."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from prometheus_client import CollectorRegistry
from standardwebhooks.webhooks import Webhook

from api.addresses import AddressRules, parse_networks
from api.bell import Bell
from api.dialling import Dialler
from api.notify import signing
from api.notify import webhook as delivering
from api.notify.figures import new_figures
from api.notify.ladder import MOST_LETTERS, STEPS_S
from api.notify.webhook import Post, Webhooks, new_hold
from api.store import followers, log, webhooks
from api.store.database import Database
from api.store.scope import WHOLE
from tests.contract.world import NOW, furnish, take, told
from tests.servers.receiver import Got, Receiver, running_receiver

SECRET = signing.new_secret()
HOUR = timedelta(hours=1)


@dataclass
class Clock:
    """Stands still until the test moves it, but for what signatures need."""

    at: datetime = NOW
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def sleep(self, duration_s: float) -> None:
        self.at += timedelta(seconds=duration_s)


@dataclass
class City:
    """A database with a log, and processes that deliver from it."""

    database: Database
    receiver: Receiver
    clock: Clock = field(default_factory=Clock)
    bell: Bell = field(default_factory=Bell)

    def post(self, networks: str = "127.0.0.0/8", clock: Clock | None = None) -> Post:
        dialler = Dialler(AddressRules(parse_networks(networks)))
        figures = new_figures(CollectorRegistry())
        return Post(self.database, clock or self.clock, self.bell, dialler, figures, new_hold())

    def tell(self, *numbers: int, site: str = "main", **data: Any) -> None:
        with self.database.write() as connection:
            for number in numbers:
                take(connection, told(number, site=site, **data))

    def add(self, name: str = "wh_1", region: str = "root", after: int = 0, **values: Any) -> None:
        known = signing.rotated((), SECRET, NOW, timedelta())
        row = {"id": name, "region_id": region, "name": "", "url": self.receiver.url, "types": [], "kinds": []}
        with self.database.write() as connection:
            webhooks.add(connection, {**row, "secrets": known, "state": "active", **values}, after, NOW)

    def row(self, name: str = "wh_1") -> dict[str, Any]:
        with self.database.read() as connection:
            return dict(webhooks.find(connection, WHOLE, name) or {})

    def letters(self) -> list[dict[str, Any]]:
        with self.database.read() as connection:
            return [dict(row) for row in webhooks.letters(connection, "wh_1", 0, 100)]

    def tries(self, name: str = "wh_1") -> list[dict[str, Any]]:
        with self.database.read() as connection:
            return [dict(row) for row in webhooks.deliveries(connection, name, 1 << 53, 200)][::-1]

    async def until(self, probe: Callable[[], Any]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + 20
        while not probe():
            assert time.monotonic() < deadline, (self.row(), self.tries()[-3:], self.receiver.got[-3:])
            await asyncio.sleep(0.01)

    async def settled(self, cursor: int, name: str = "wh_1") -> None:
        await self.until(lambda: self.row(name)["cursor"] == cursor and self.row(name)["holder"] == "")

    @asynccontextmanager
    async def delivering(self, *posts: Post) -> AsyncIterator[list[Webhooks]]:
        processes = [Webhooks(post) for post in posts or (self.post(),)]
        tasks = [asyncio.create_task(process.run()) for process in processes]
        try:
            yield processes
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for process in processes:
                process.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def city(database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr(delivering, "POLL_S", 0.02)
    with database.write() as connection:
        furnish(connection)
    return City(database, receiver)


async def test_everything_is_told_in_order_exactly_as_it_is_logged(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(*range(30))
    async with city.delivering():
        await city.settled(30)
        city.tell(30)
        await city.settled(31)
    assert receiver.numbers() == list(range(1, 32))
    with city.database.read() as connection:
        logged = [line.body.encode() for line in log.after(connection, WHOLE, 0, 100)]
    assert [got.body for got in receiver.got] == logged
    assert receiver.most_at_once == 1
    assert {(row["outcome"], row["status"], row["attempt"]) for row in city.tries()} == {("taken", 204, 1)}


async def test_foreign_libraries_read_and_verify_what_we_send(city: City, receiver: Receiver) -> None:
    city.clock.at = datetime.now(NOW.tzinfo)
    city.add()
    city.tell(1)
    async with city.delivering():
        await city.settled(1)
    (got,) = receiver.got
    Webhook(SECRET).verify(got.body, got.headers)
    event = from_structured(HTTPMessage(got.headers, got.body), JSONFormat())
    assert (event.get_type(), event.get_specversion()) == ("cn.mingchu.violation.opened", "1.0")
    assert event.get_subject() == "site/main/camera/main-1"
    assert event.get_data()["sequence"] == 1


async def test_only_the_own_region_and_what_is_wanted_is_told(city: City, receiver: Receiver) -> None:
    city.add("wh_north", "north")
    city.add("wh_kind", kinds=["no_mask"])
    city.add("wh_type", types=["cn.mingchu.violation.c*"])
    city.tell(1, site="grill")
    city.tell(2, site="hall")
    city.tell(3, site="bar", kind="no_mask")
    with city.database.write() as connection:
        take(connection, told(1, "closed", site="grill"))
    async with city.delivering():
        for name in ("wh_north", "wh_kind", "wh_type"):
            await city.settled(4, name)
    assert {name: [row["sequence"] for row in city.tries(name)] for name in ("wh_north", "wh_kind", "wh_type")} == {
        "wh_north": [2],
        "wh_kind": [3],
        "wh_type": [4],
    }


async def test_who_is_away_is_tried_again_and_misses_nothing(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(*range(3))
    receiver.answer = lambda _: (503, {})
    async with city.delivering():
        for step_s in STEPS_S:
            seen = len(receiver.got)
            await city.until(lambda seen=seen: len(receiver.got) > seen and city.row()["holder"] == "")
            city.clock.sleep(1.3 * step_s)
        receiver.answer = lambda _: (204, {})
        city.clock.sleep(3600)
        await city.settled(3)
    taken = receiver.numbers()[-3:]
    assert taken == [1, 2, 3]
    assert set(receiver.numbers()[:-3]) == {1}
    assert city.row()["failures"] == 0


async def test_it_waits_as_long_as_it_is_asked_to(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(1)
    receiver.answer = lambda _: (429, {"Retry-After": "900"})
    async with city.delivering():
        await city.until(lambda: receiver.got and city.row()["holder"] == "")
    assert city.row()["due_at"] >= NOW + timedelta(seconds=900)


async def test_what_is_refused_becomes_a_dead_letter_and_the_next_gets_through(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(1, 2)
    bad = {"msg_1"}
    receiver.answer = lambda got: (422 if got.headers["webhook-id"] in bad else 204, {})
    async with city.delivering():
        for _ in STEPS_S:
            seen = len(receiver.got)
            await city.until(lambda seen=seen: len(receiver.got) > seen or city.row()["cursor"] == 2)
            await city.until(lambda: city.row()["holder"] == "")
            city.clock.sleep(3600)
        await city.settled(2)
        assert [(row["sequence"], row["state"], row["status"]) for row in city.letters()] == [(1, "dead", 422)]
        queue(city)
        await city.until(lambda: city.letters()[0]["state"] == "dead")  # refused once more: dead again, no ladder
        bad.clear()
        queue(city)
        await city.until(lambda: not city.letters())
    assert receiver.numbers() == [1] * 6 + [2, 1, 1]
    assert city.row()["cursor"] == 2


def queue(city: City) -> None:
    with city.database.write() as connection:
        assert webhooks.queue(connection, "wh_1", ()) == 1
    city.bell.ring()


async def test_gone_is_switched_off_and_goes_on_where_it_stopped(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(1, 2, 3)
    receiver.answer = lambda got: (410 if got.headers["webhook-id"] == "msg_2" else 204, {})
    async with city.delivering():
        await city.until(lambda: city.row()["state"] == "disabled" and city.row()["holder"] == "")
        city.clock.sleep(86400)
        await asyncio.sleep(0.2)
        assert receiver.numbers() == [1, 2]
        assert (city.row()["cursor"], city.row()["reason"]) == (1, "it answered 410: gone")
        receiver.answer = lambda _: (200, {})
        with city.database.write() as connection:
            webhooks.change(connection, "wh_1", city.row()["version"], {"state": "active", "reason": ""})
            followers.move(connection, "wh_1", city.clock.now())
        await city.settled(3)
    assert receiver.numbers() == [1, 2, 2, 3]


async def test_who_refuses_everything_is_switched_off_with_all_letters_kept(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(*range(MOST_LETTERS + 2))
    receiver.answer = lambda _: (500, {})
    with city.database.write() as connection:
        values = {"refusals": len(STEPS_S), "letters": MOST_LETTERS - 1, "failures": 9, "failing_since": NOW}
        row = followers.find(connection, "wh_1")
        assert row
        hold = new_hold()
        assert followers.claim(connection, ["wh_1"], hold, NOW)
        assert followers.settle(connection, row, hold, values, NOW)
        followers.release(connection, "wh_1", hold, NOW)
    async with city.delivering():
        await city.until(lambda: city.row()["state"] == "disabled" and city.row()["holder"] == "")
    assert city.row()["cursor"] == 1
    assert [letter["sequence"] for letter in city.letters()] == [1]


async def test_replay_tells_everything_again(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(1, 2, 3)
    async with city.delivering():
        await city.settled(3)
        with city.database.write() as connection:
            followers.move(connection, "wh_1", NOW, 1)
        await city.settled(3)
        await city.until(lambda: len(receiver.got) == 5)
    assert receiver.numbers() == [1, 2, 3, 2, 3]


async def test_several_processes_deliver_each_message_once(city: City, receiver: Receiver) -> None:
    for number in range(4):
        city.add(f"wh_{number}")
    async with city.delivering(*(city.post() for _ in range(3))):
        for number in range(25):
            city.tell(number)
            await asyncio.sleep(0.005)
        for number in range(4):
            await city.settled(25, f"wh_{number}")
    for number in range(4):
        assert [row["sequence"] for row in city.tries(f"wh_{number}")] == list(range(1, 26))
    assert len(receiver.got) == 100


async def test_one_slow_receiver_holds_nobody_else_up(city: City, receiver: Receiver) -> None:
    release = threading.Event()
    with running_receiver() as slow:
        slow.answer = lambda _: (204 if release.wait(10) else 500, {})
        city.add("wh_slow", url=slow.url)
        city.add()
        city.tell(*range(20))
        async with city.delivering():
            await city.settled(20)
            assert city.row("wh_slow")["cursor"] == 0
            release.set()
            await city.settled(20, "wh_slow")


async def test_a_process_that_died_is_taken_over_when_its_time_has_run_out(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(1)
    with city.database.write() as connection:
        assert followers.claim(connection, ["wh_1"], new_hold(20), NOW) == ["wh_1"]
    async with city.delivering():
        await asyncio.sleep(0.2)
        assert receiver.got == []
        city.clock.sleep(20)
        await city.settled(1)
    assert receiver.numbers() == [1]


async def test_who_slept_too_long_moves_nothing_any_more(city: City, receiver: Receiver) -> None:
    """A process stops while its message is on its way; another takes over; the first one's answer counts no more."""
    city.add()
    city.tell(1, 2)
    asleep = Clock()
    arrived, release = threading.Event(), threading.Event()

    def answer(got: Got) -> tuple[int, dict[str, str]]:
        if not arrived.is_set():
            arrived.set()
            release.wait(10)
        return 204, {}

    receiver.answer = answer
    async with city.delivering(city.post(clock=asleep)):
        await city.until(arrived.is_set)
        city.clock.sleep(30)
        async with city.delivering():
            await city.until(lambda: city.row()["cursor"] == 2)
            release.set()
            await city.settled(2)
            await city.until(lambda: len(receiver.got) == 3)
    assert sorted(receiver.numbers()) == [1, 1, 2]
    assert city.row()["cursor"] == 2


@pytest.mark.parametrize("networks", ["", "10.0.0.0/8"])
async def test_an_address_that_leads_inside_is_never_called(city: City, receiver: Receiver, networks: str) -> None:
    city.add()
    city.tell(1)
    async with city.delivering(city.post(networks)):
        await city.until(lambda: len(city.tries()) == 1)
    assert receiver.got == []
    (row,) = city.tries()
    assert (row["outcome"], row["status"]) == ("away", 0)
    assert "loopback" in row["reason"]


async def test_a_redirect_is_not_followed(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(1)
    receiver.answer = lambda _: (302, {"Location": "http://169.254.169.254/"})
    async with city.delivering():
        await city.until(lambda: len(city.tries()) == 1)
    (row,) = city.tries()
    assert (row["outcome"], row["reason"]) == ("refused", "it redirects; name the address where it leads")


async def test_a_change_counts_from_the_next_message_on(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(*range(6))

    def answer(got: Got) -> tuple[int, dict[str, str]]:
        if got.headers["webhook-id"] == "msg_3":
            with city.database.write() as connection:
                webhooks.change(connection, "wh_1", 1, {"state": "paused"})
        return 204, {}

    receiver.answer = answer
    async with city.delivering():
        await city.settled(3)
        await asyncio.sleep(0.2)
    assert receiver.numbers() == [1, 2, 3]


async def test_a_message_names_its_event_as_the_rest_of_the_api_does(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(1)
    async with city.delivering():
        await city.settled(1)
    body = json.loads(receiver.got[0].body)
    assert body["data"]["sequence"] == body["sequence"] == 1
    assert receiver.got[0].headers["content-type"] == signing.CONTENT_TYPE


async def test_nobody_is_lost_while_the_database_does_not_answer(city: City, receiver: Receiver) -> None:
    city.add()
    city.tell(1)
    post = city.post()
    broken = replace(post, database=Database("postgresql://nobody:x@127.0.0.1:9/none"))
    async with city.delivering(broken):
        await asyncio.sleep(0.1)
    broken.database.close()
    async with city.delivering():
        await city.settled(1)
    assert receiver.numbers() == [1]
