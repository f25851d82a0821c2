"""The log over MQTT 5, to a real broker: in order, at least once, whatever dies in between."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from prometheus_client import CollectorRegistry

from api.addresses import AddressRules
from api.bell import Bell
from api.dialling import Dialler
from api.notify import mqtt
from api.notify.broker import Place
from api.notify.figures import new_figures
from api.notify.mqtt import FOLLOWER, Publisher, Publishing
from api.notify.webhook import Post, new_hold
from api.store import followers
from api.store.database import Database
from tests.contract.world import furnish, take, told
from tests.servers.mosquitto import Mosquitto, running_mosquitto
from vision.clock import SystemClock
from vision.errors import ConfigError
from vision.outbox.standing import Backoff

pytestmark = pytest.mark.server("mosquitto")
SETTING = "MINGCHU_MQTT_URL"


@dataclass
class Listener:
    """A subscriber of everything."""

    got: list[MQTTMessage] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)

    def numbers(self) -> list[int]:
        return [json.loads(m.payload)["sequence"] for m in self.got if m.topic.endswith("/events")]

    def status(self) -> list[bytes]:
        return [m.payload for m in self.got if m.topic.endswith("/status")]


@contextmanager
def listening(broker: Mosquitto, password: str = "") -> Iterator[Listener]:
    listener = Listener()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_message = lambda _, __, message: listener.got.append(message)
    client.on_connect = lambda *_: client.subscribe("#", qos=1)
    client.on_subscribe = lambda *_: listener.ready.set()
    if password:
        client.username_pw_set("mingchu", password)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    assert listener.ready.wait(10)
    try:
        yield listener
    finally:
        client.disconnect()
        client.loop_stop()


@dataclass
class City:
    """A database with a log."""

    database: Database
    bell: Bell = field(default_factory=Bell)

    def tell(self, *numbers: int) -> None:
        with self.database.write() as connection:
            for number in numbers:
                take(connection, told(number))
        self.bell.ring()

    def cursor(self) -> int:
        with self.database.read() as connection:
            row = followers.find(connection, FOLLOWER)
        return -1 if row is None else int(row["cursor"])

    @asynccontextmanager
    async def publishing(self, url: str, login: tuple[str, str] = ("", "")) -> AsyncIterator[Publisher]:
        figures, dialler = new_figures(CollectorRegistry()), Dialler(AddressRules())
        post = Post(self.database, SystemClock(), self.bell, dialler, figures, new_hold())
        publisher = Publisher(post, Publishing(Place.parse(SETTING, url, login)))
        publisher._backoff = Backoff(first_s=0.05, longest_s=0.2)
        task = asyncio.create_task(publisher.run())
        try:
            yield publisher
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            publisher.close()
            dialler.close()


async def until(probe: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not probe():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_mosquitto(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def city(database: Database, monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr(mqtt, "POLL_S", 0.05)
    with database.write() as connection:
        furnish(connection)
    return City(database)


async def test_it_begins_today_and_tells_everything_in_order(city: City, broker: Mosquitto) -> None:
    city.tell(0)
    with listening(broker) as listener:
        async with city.publishing(broker.url):
            await until(lambda: listener.status() == [b"online"])
            city.tell(*range(1, 121))
            await until(lambda: city.cursor() == 121)
        await until(lambda: listener.status() == [b"online", b"offline"])
    assert listener.numbers() == list(range(2, 122))
    message = listener.got[1]
    assert (message.topic, message.qos, message.retain) == ("mingchu/main/main-1/events", 1, False)
    assert message.properties.ContentType == "application/cloudevents+json; charset=utf-8"
    assert json.loads(message.payload)["specversion"] == "1.0"


async def test_an_outage_of_the_broker_is_made_up_for(city: City, broker: Mosquitto) -> None:
    async with city.publishing(broker.url):
        await until(lambda: city.cursor() == 0)
        city.tell(1)
        await until(lambda: city.cursor() == 1)
        broker.stop(signal.SIGKILL)
        city.tell(2, 3)
        await asyncio.sleep(0.3)
        assert city.cursor() == 1
        broker.start()
        with listening(broker) as listener:
            city.tell(4)
            await until(lambda: city.cursor() == 4)
            await until(lambda: listener.numbers()[-1:] == [4])
    first = sorted(set(listener.numbers()), key=listener.numbers().index)
    assert first == sorted(first)


async def test_another_process_goes_on_where_the_last_one_was(city: City, broker: Mosquitto) -> None:
    with listening(broker) as listener:
        async with city.publishing(broker.url):
            await until(lambda: city.cursor() == 0)
            city.tell(1, 2)
            await until(lambda: city.cursor() == 2)
        city.tell(3)
        async with city.publishing(broker.url), city.publishing(broker.url):
            city.tell(4)
            await until(lambda: city.cursor() == 4)
        await until(lambda: listener.numbers() == [1, 2, 3, 4])


async def test_a_message_that_the_broker_refuses_is_not_told(city: City, tmp_path: Path) -> None:
    """With MQTT 5 a broker says so in its acknowledgement; whoever does not look loses the event in silence."""
    acl = "topic write mingchu/status\ntopic read #\n"
    with running_mosquitto(tmp_path / "strict", acl) as broker:
        async with city.publishing(broker.url):
            await until(lambda: city.cursor() == 0)
            city.tell(1)
            await asyncio.sleep(1.0)
            assert city.cursor() == 0
            broker.stop()
            broker.acl = "topic readwrite #\n"
            broker.start()
            with listening(broker) as listener:
                await until(lambda: city.cursor() == 1)
                await until(lambda: listener.numbers()[-1:] == [1])


async def test_a_password_is_needed_where_the_broker_wants_one(city: City, tmp_path: Path) -> None:
    with (
        running_mosquitto(tmp_path / "closed", password="s3cret/@:") as broker,
        listening(broker, "s3cret/@:") as heard,
    ):
        async with city.publishing(broker.url, ("mingchu", "wrong")):
            await asyncio.sleep(0.5)
            assert heard.status() == []
        async with city.publishing(broker.url, ("mingchu", "s3cret/@:")):
            await until(lambda: heard.status() == [b"online"])


async def test_the_last_will_tells_of_a_sudden_death(city: City, broker: Mosquitto) -> None:
    with listening(broker) as listener:
        async with city.publishing(broker.url):
            await until(lambda: listener.status() == [b"online"])
            taken_over = Client(
                CallbackAPIVersion.VERSION2, client_id="mingchu-mingchu", protocol=MQTTProtocolVersion.MQTTv5
            )
            taken_over.connect("127.0.0.1", broker.port)  # the broker cuts the line of whoever had this name
            taken_over.loop_start()
            await until(lambda: b"offline" in listener.status())
            taken_over.disconnect()
            taken_over.loop_stop()
            await until(lambda: listener.status()[-1] == b"online")


@pytest.mark.parametrize(
    "url", ["http://broker", "mqtt://", "mqtt://u:p@broker", "mqtt://broker/topic", "mqtt://broker:x", "broker"]
)
def test_a_wrong_address_is_refused_and_no_password_shown(url: str) -> None:
    with pytest.raises(ConfigError) as error:
        Place.parse(SETTING, url)
    assert "u:p" not in str(error.value)


def test_a_place_keeps_its_password_to_itself() -> None:
    place = Place.parse(SETTING, "mqtts://broker.example", ("mingchu", "secret"))
    assert (place.port, place.tls) == (8883, True)
    assert "secret" not in repr(Publishing(place))


@pytest.mark.parametrize("prefix", ["", "/a", "a/", "a//b", "a/+", "#", "厨房"])
def test_a_wrong_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigError, match="MINGCHU_MQTT_PREFIX"):
        Publishing(Place.parse(SETTING, "mqtt://broker"), prefix)
