"""`mingchu bridge`: stands between Frigate's broker and the API; what it took from the broker no crash can lose."""

import asyncio
import logging
import os
import signal
import threading
import tomllib
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import Annotated, Any

import httpx
import typer
from paho.mqtt.client import MQTTMessage
from pydantic import ValidationError

from api.boxes.foreign import message
from api.boxes.frigate import FrigateConfig, Told, told
from api.messages import EventMessage, Phase
from api.notify.broker import BrokerError, Connection, Introduction, Place
from vision.clock import SystemClock
from vision.errors import ConfigError, InvalidInputError
from vision.outbox.reporter import Reporter
from vision.outbox.spool import Spool
from vision.outbox.standing import Backoff
from vision.ports import Outgoing

log = logging.getLogger(__name__)
app = typer.Typer(no_args_is_help=True, help="Bring what other vendors' boxes see to the API.")
SESSION_S = 7 * 86_400
"""So long the broker keeps what we have not acknowledged while we are away."""
MOST_MEDIA_BYTES = 64 << 20
FETCH_S = 20.0
FETCHES = 3
"""Tries for a picture or clip; Frigate writes them a moment after it tells."""
PARTS = (("snapshot", "snapshot.jpg", "image/jpeg"), ("clip", "clip.mp4", "video/mp4"))


@app.command()
def frigate(
    config: Annotated[Path, typer.Option(help="TOML: url, broker, labels, cameras.")],
    api: Annotated[str, typer.Option(envvar="MINGCHU_API", help="Address of the API.")],
    key: Annotated[str, typer.Option(envvar="MINGCHU_BRIDGE_KEY", help="API key with the scope events:write.")],
    data_dir: Annotated[Path, typer.Option(envvar="MINGCHU_DATA_DIR", help="The spool lies below it.")] = Path("var"),
) -> None:
    """Follow Frigate's events or reviews over MQTT; user and password in MINGCHU_MQTT_USER, MINGCHU_MQTT_PASSWORD."""
    known = load(config)
    login = os.environ.get("MINGCHU_MQTT_USER", ""), os.environ.get("MINGCHU_MQTT_PASSWORD", "")
    place = Place.parse("broker", known.broker, login, os.environ.get("MINGCHU_MQTT_CA", ""))
    with ExitStack() as ends:
        spool = ends.enter_context(Spool(data_dir / "spool" / "frigate"))
        client = ends.enter_context(httpx.Client(base_url=api, headers={"Authorization": f"Bearer {key}"}, timeout=30))
        stop = threading.Event()
        reporter = threading.Thread(target=Reporter(spool, client, SystemClock()).run, args=(stop,), name="reporter")
        reporter.start()
        ends.callback(reporter.join)
        ends.callback(stop.set)
        asyncio.run(_until_told_to_stop(Bridge(known, place, spool, data_dir)))


def load(path: Path) -> FrigateConfig:
    """Return the configuration; ConfigError says what is wrong."""
    try:
        return FrigateConfig.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("--config", str(path), f"a TOML file that can be read ({error})") from None
    except ValidationError as error:
        wrong = error.errors()[0]
        raise ConfigError(".".join(map(str, wrong["loc"])), wrong.get("input"), str(wrong["msg"])) from None


async def _until_told_to_stop(bridge: "Bridge") -> None:
    task = asyncio.ensure_future(bridge.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Bridge:
    """Takes messages from the broker one by one: spool first, then acknowledge."""

    config: FrigateConfig
    place: Place
    spool: Spool
    folder: Path

    async def run(self) -> None:
        """Follow until cancelled; an outage of the broker is waited out."""
        backoff, failures = Backoff(), 0
        while True:
            try:
                await self._run_once()
            except BrokerError as error:
                log.warning("event=bridge-waits host=%s reason=%s", self.place.host, error)
                await asyncio.sleep(backoff.wait_s(failures))
                failures += 1

    async def _run_once(self) -> None:
        said = Introduction("mingchu-bridge-frigate", session_s=SESSION_S, manual_ack=True)
        connection, waiting = Connection(self.place, said), asyncio.Queue[MQTTMessage]()
        connection.on_message = waiting.put_nowait
        try:
            await connection.open()
            await connection.subscribe(f"{self.config.topic}/{self.config.follow}")
            log.info("event=bridge-connected host=%s", self.place.host)
            async with httpx.AsyncClient(base_url=self.config.url, trust_env=False, timeout=FETCH_S) as client:
                while True:
                    await self._take(client, connection, await _next(waiting, connection))
        finally:
            await connection.close()

    async def _take(self, client: httpx.AsyncClient, connection: Connection, received: MQTTMessage) -> None:
        """Spool what a message says, fetch what belongs to it, then let the broker forget it."""
        try:
            for each in told(self.config, bytes(received.payload)):
                await self._keep(client, each)
        except (InvalidInputError, ValidationError) as error:
            log.warning("event=bridge-refuses reason=%s", error)
        connection.ack(received)

    async def _keep(self, client: httpx.AsyncClient, each: Told) -> None:
        body = EventMessage.model_validate(message(each.seen, each.phase)).model_dump_json(exclude_none=True)
        outgoing = Outgoing(each.seen.id, "event", each.phase.value, body.encode())
        await asyncio.to_thread(self.spool.put, outgoing)
        if each.phase is not Phase.CLOSED:
            return
        for name, file, media_type in PARTS:
            content = await self._fetched(client, f"/api/events/{each.detection}/{file}")
            if content is not None:
                await asyncio.to_thread(self._spool_media, each, name, media_type, content)

    async def _fetched(self, client: httpx.AsyncClient, address: str) -> bytes | None:
        """Return a file of Frigate's; None where there is none. It comes from the configured host, or not at all."""
        for turn in range(FETCHES):
            try:
                return await _fetch(client, address)
            except httpx.HTTPError as error:
                log.warning("event=bridge-fetch address=%s reason=%s", address, type(error).__name__)
                await asyncio.sleep(turn + 1)
        return None

    def _spool_media(self, each: Told, name: str, media_type: str, content: bytes) -> None:
        handle, path = mkstemp(dir=self.folder, prefix="bridge-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        digest = sha256(content).hexdigest()
        self.spool.put(Outgoing(each.seen.id, "media", name, b"", Path(path), media_type, digest))


async def _fetch(client: httpx.AsyncClient, address: str) -> bytes:
    content = bytearray()
    async with client.stream("GET", address, follow_redirects=False) as answer:
        if answer.status_code != httpx.codes.OK:
            raise httpx.HTTPStatusError("not there", request=answer.request, response=answer)
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > MOST_MEDIA_BYTES:
                raise httpx.ReadError("too large")
    return bytes(content)


async def _next(waiting: "asyncio.Queue[MQTTMessage]", connection: Connection) -> MQTTMessage:
    """Return the next message; BrokerError when the connection breaks first."""
    take = asyncio.ensure_future(waiting.get())
    either: set[asyncio.Future[Any]] = {take, connection.broken}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if take.done():
        return take.result()
    take.cancel()
    raise BrokerError(connection.broken.result())
