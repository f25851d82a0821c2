"""One connection to an MQTT 5 broker, seen from an event loop: whoever publishes hears what the broker made of it.

Paho itself and not aiomqtt, which neither tells the reason of an acknowledgement (a refused message would count as
told) nor lets a receiver acknowledge after it has stored.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import MQTT_ERR_SUCCESS, Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from vision.errors import ConfigError, MingchuError

PORTS = {"mqtt": 1883, "mqtts": 8883}
KEEPALIVE_S = 15
CONNECT_S = 10.0
ACK_S = 10.0
"""So long a broker may take to acknowledge what it was sent."""


class BrokerError(MingchuError):
    """The broker is away, refuses us, or refuses a message."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a broker is, and how to get in."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    """Certificates to trust; empty = the system's."""

    @classmethod
    def parse(cls, setting: str, url: str, login: tuple[str, str] = ("", ""), ca_file: str = "") -> Self:
        """Return the place that `mqtt://HOST[:PORT]` or `mqtts://HOST[:PORT]` names; ConfigError otherwise."""
        allowed = "mqtt://HOST[:PORT] or mqtts://HOST[:PORT], without user and password"
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError:
            raise ConfigError(setting, "***", allowed) from None
        if parts.scheme not in PORTS or not parts.hostname or parts.path not in {"", "/"} or "@" in parts.netloc:
            raise ConfigError(setting, "***" if "@" in url else url, allowed)
        return cls(unquote(parts.hostname), port, parts.scheme == "mqtts", *login, ca_file)


@dataclass(frozen=True, slots=True)
class Introduction:
    """How a client presents itself."""

    client_id: str
    will_topic: str = ""
    """Retained `offline` is published here when the connection breaks; empty = nothing."""
    session_s: int = 0
    """So long the broker keeps what it has for a subscriber who is away."""
    manual_ack: bool = False


class Connection:
    """A client that is connected once: when it breaks, make another one."""

    def __init__(self, place: Place, introduction: Introduction) -> None:
        self._place, self._introduction = place, introduction
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self.broken: asyncio.Future[str] = self._loop.create_future()
        """Set when the connection is gone, with the reason."""
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self.on_message: Callable[[MQTTMessage], None] = lambda _: None
        self._client = self._new_client()

    def _new_client(self) -> Client:
        said = self._introduction
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=said.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=said.manual_ack,
        )
        client.connect_timeout = CONNECT_S / 2
        client.max_inflight_messages_set(200)
        if self._place.user:
            client.username_pw_set(self._place.user, self._place.password)
        if said.will_topic:
            client.will_set(said.will_topic, "offline", qos=1, retain=True)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish, client.on_message = self._on_publish, self._on_message
        client.on_subscribe = self._on_subscribe
        return client

    async def open(self) -> None:
        """Connect; BrokerError when nobody is there in time or we may not come in."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._loop.run_in_executor(None, self._connect)
                self._client.loop_start()
                await self._opened
        except TimeoutError:
            raise BrokerError(f"it did not let us in within {CONNECT_S:g} s") from None
        except (OSError, ValueError) as error:
            raise BrokerError(f"it cannot be reached ({type(error).__name__})") from None

    def _connect(self) -> None:
        if self._place.tls:
            self._client.tls_set_context(ssl.create_default_context(cafile=self._place.ca_file or None))
        session_s = self._introduction.session_s
        properties = _properties(PacketTypes.CONNECT, SessionExpiryInterval=session_s)
        self._client.connect(
            self._place.host,
            self._place.port,
            KEEPALIVE_S,
            clean_start=not session_s,
            properties=properties,
        )

    def publish(self, topic: str, body: str, *, retain: bool = False) -> asyncio.Future[None]:
        """Send with QoS 1; the future is done when the broker has taken it, and fails with BrokerError."""
        content_type = "text/plain" if retain else "application/cloudevents+json; charset=utf-8"
        properties = _properties(PacketTypes.PUBLISH, ContentType=content_type)
        told = self._client.publish(topic, body.encode(), qos=1, retain=retain, properties=properties)
        return self._awaited(told.rc, told.mid)

    async def subscribe(self, topic: str) -> None:
        """Ask for a topic with QoS 1; BrokerError when we may not have it."""
        code, mid = self._client.subscribe(topic, qos=1)
        try:
            await asyncio.wait_for(self._awaited(code, mid or 0), ACK_S)
        except TimeoutError:
            raise BrokerError(f"it did not answer within {ACK_S:g} s") from None

    def _awaited(self, code: int, mid: int) -> asyncio.Future[None]:
        future: asyncio.Future[None] = self._loop.create_future()
        if code != MQTT_ERR_SUCCESS:
            self._settle(future, "the connection is gone")
        else:
            self._waiting[mid] = future  # the answer comes by the loop, so not before we are back in it
        return future

    def ack(self, message: MQTTMessage) -> None:
        """Tell the broker that a message is stored and need not come again."""
        self._client.ack(message.mid, message.qos)

    async def close(self) -> None:
        """Say goodbye where there is still somebody, and give the thread back."""
        # An orderly goodbye would keep the last will back, and nobody would hear that we are off.
        self._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
        await self._loop.run_in_executor(None, self._client.loop_stop)
        self._end("closed by us")

    def _on_connect(self, _: Client, __: Any, ___: ConnectFlags, reason: ReasonCode, ____: Properties | None) -> None:
        self._call(self._settle, self._opened, f"it refuses us: {reason}" if reason.is_failure else "")

    def _on_publish(self, _: Client, __: Any, mid: int, reason: ReasonCode, ___: Properties) -> None:
        self._call(self._answer, mid, f"it refuses the message: {reason}" if reason.is_failure else "")

    def _on_subscribe(self, _: Client, __: Any, mid: int, reasons: list[ReasonCode], ___: Properties | None) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        self._call(self._answer, mid, f"it refuses the subscription: {refused[0]}" if refused else "")

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        self._call(self.on_message, message)

    def _on_disconnect(self, _: Client, __: Any, ___: DisconnectFlags, reason: ReasonCode, ____: Any) -> None:
        self._call(self._end, f"the connection broke: {reason}")

    def _call(self, work: Callable[..., None], *arguments: object) -> None:
        """Go over from Paho's thread into the loop."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work, *arguments)

    def _answer(self, mid: int, trouble: str) -> None:
        future = self._waiting.pop(mid, None)
        if future is not None:
            self._settle(future, trouble)

    @staticmethod
    def _settle(future: "asyncio.Future[None]", trouble: str) -> None:
        if future.done():
            return
        if trouble:
            future.set_exception(BrokerError(trouble))
            future.exception()  # somebody may have stopped waiting; then nobody needs to hear of it
        else:
            future.set_result(None)

    def _end(self, reason: str) -> None:
        if not self.broken.done():
            self.broken.set_result(reason)
        self._settle(self._opened, reason)
        for mid in list(self._waiting):
            self._answer(mid, reason)


def _properties(packet: int, **values: str | int) -> Properties:
    """Return properties of MQTT 5 for one kind of packet."""
    properties = Properties(packet)  # type: ignore[no-untyped-call] # Paho gives this one class no types
    for name, value in values.items():
        setattr(properties, name, value)
    return properties
