"""Publishes the log to an MQTT 5 broker, in order and at least once; one process at a time, where the last one was."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from api.notify.broker import ACK_S, BrokerError, Connection, Introduction, Place
from api.notify.webhook import Post
from api.store import followers, log
from api.store.scope import WHOLE
from vision.errors import ConfigError, StorageError
from vision.outbox.standing import Backoff

_log = logging.getLogger(__name__)
T = TypeVar("T")
FOLLOWER = "mqtt"
POLL_S = 2.0
PAGE = 100
"""Messages that may be on their way at once; what the broker has not acknowledged is sent again after an outage."""
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")


@dataclass(frozen=True, slots=True)
class Publishing:
    """Where to publish, and under which beginning of all topics."""

    place: Place
    prefix: str = "mingchu"

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.prefix):
            raise ConfigError("MINGCHU_MQTT_PREFIX", self.prefix, "letters, digits, . _ - in levels between slashes")

    @property
    def status_topic(self) -> str:
        """Holds `online` or, by the last will, `offline`; retained."""
        return f"{self.prefix}/status"

    def topic(self, body: str) -> str:
        """Return where a line of the log is published: by site and camera."""
        data = json.loads(body)["data"]
        return f"{self.prefix}/{data['site']}/{data['camera']}/events"

    def introduction(self) -> Introduction:
        """Return who we are: every process of an installation the same, so that the broker lets one publish."""
        return Introduction("mingchu-" + self.prefix.replace("/", "-"), will_topic=self.status_topic)


class Publisher:
    """Follows the log for one broker."""

    def __init__(self, post: Post, publishing: Publishing) -> None:
        self._post, self._publishing = post, publishing
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="mqtt")
        self._backoff = Backoff()
        self._failures = 0

    async def run(self) -> None:
        """Publish until cancelled; an outage of broker or store is waited out."""
        while True:
            try:
                if await self._in_thread(self._claimed):
                    await self._run_once()
                await self._post.bell.wait(POLL_S)
            except (BrokerError, StorageError) as error:
                _log.warning("event=mqtt-waits host=%s reason=%s", self._publishing.place.host, error)
                self._failures += 1
                await asyncio.sleep(self._backoff.wait_s(self._failures - 1))

    def close(self) -> None:
        """Give the thread back; only after `run` has ended."""
        self._threads.shutdown()

    def _claimed(self) -> bool:
        """Take the place of MQTT in the log, where no other process has it; it begins where the log ends today."""
        post, now = self._post, self._post.clock.now()
        with post.database.write() as connection:
            if followers.find(connection, FOLLOWER) is None:
                followers.add(connection, FOLLOWER, log.head(connection), now)
            return bool(followers.claim(connection, [FOLLOWER], post.hold, now))

    async def _run_once(self) -> None:
        """Connect, publish as long as we hold the place and the connection, let go."""
        try:
            async with self._connected() as connection:
                while await self._published_some(connection):
                    pass
        finally:
            await asyncio.shield(self._in_thread(self._release))

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        connection = Connection(self._publishing.place, self._publishing.introduction())
        try:
            await connection.open()
            await self._taken([connection.publish(self._publishing.status_topic, "online", retain=True)])
            _log.info("event=mqtt-connected host=%s", self._publishing.place.host)
            self._failures = 0
            yield connection
        finally:
            await connection.close()

    async def _published_some(self, connection: Connection) -> bool:
        """Publish what is new; False when another process has taken our place. BrokerError when the broker is lost."""
        place, lines = await self._in_thread(self._news)
        if place is None:
            return False
        acks = [connection.publish(self._publishing.topic(line.body), line.body) for line in lines]
        try:
            await self._taken(acks)
        finally:
            taken = _in_order(acks)
            settled = await asyncio.shield(self._in_thread(lambda: self._settled(place, lines[:taken])))
            self._post.figures.mqtt.inc(taken)
        if connection.broken.done():
            raise BrokerError(connection.broken.result())
        if len(lines) < PAGE:
            await self._post.bell.wait(POLL_S)
        return settled

    @staticmethod
    async def _taken(acks: "list[asyncio.Future[None]]") -> None:
        """Wait until the broker has taken all; BrokerError as soon as it has not."""
        try:
            async with asyncio.timeout(ACK_S):
                await asyncio.gather(*acks)
        except TimeoutError:
            raise BrokerError(f"it did not acknowledge within {ACK_S:g} s") from None

    def _news(self) -> tuple[Any, list[log.Logged]]:
        """Return our place, None when it is another's, and the lines behind it."""
        with self._post.database.read() as connection:
            place = followers.find(connection, FOLLOWER)
            if place is None or place["holder"] != self._post.hold.holder:
                return None, []
            self._post.figures.mqtt_behind.set(log.head(connection) - place["cursor"])
            return place, log.after(connection, WHOLE, place["cursor"], PAGE)

    def _settled(self, place: Any, lines: list[log.Logged]) -> bool:
        now, hold = self._post.clock.now(), self._post.hold
        if not lines and place["held_until"] - now > hold.span / 2:
            return True  # nothing to write, and we have time
        values = {"cursor": lines[-1].sequence} if lines else {}
        with self._post.database.write() as connection:
            return followers.settle(connection, place, hold, values, now)

    def _release(self) -> None:
        try:
            with self._post.database.write() as connection:
                followers.release(connection, FOLLOWER, self._post.hold, self._post.clock.now())
        except StorageError as error:  # then it is free when our time has run out
            _log.warning("event=mqtt-held reason=%s", error)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _in_order(acks: "list[asyncio.Future[None]]") -> int:
    """Return how many were taken before the first that was not."""
    for number, ack in enumerate(acks):
        if not ack.done() or ack.cancelled() or ack.exception() is not None:
            return number
    return len(acks)
