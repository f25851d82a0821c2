"""Frigate's words through `mingchu bridge`: a real broker, a real API, and somebody who serves Frigate's files."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.e2e.stack import Stack, eventually
from tests.servers.mosquitto import Mosquitto, running_mosquitto

pytestmark = pytest.mark.server("mosquitto")
EVENT = "1764144000.5-mxklsc"
FILES = {f"/api/events/{EVENT}/snapshot.jpg": b"\xff\xd8 a picture", f"/api/events/{EVENT}/clip.mp4": b"a clip"}


@pytest.fixture
def frigate() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = FILES.get(self.path)
            self.send_response(200 if body else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_mosquitto(tmp_path / "broker") as broker:
        yield broker


def publish(broker: Mosquitto, type_: str, **change: Any) -> None:
    after = {"id": EVENT, "camera": "kitchen", "label": "rat", "top_score": 0.9, "start_time": 1764144000.5, **change}
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    body = json.dumps({"type": type_, "before": {}, "after": {"end_time": None, **after}})
    client.publish("frigate/events", body, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def test_frigate_s_objects_arrive_with_pictures_whoever_was_away(
    tmp_path: Path, broker: Mosquitto, frigate: str
) -> None:
    config = tmp_path / "frigate.toml"
    spot = '{ site = "canteen", camera = "canteen-1", zone = "cooking" }'
    config.write_text(
        f'url = "{frigate}"\nbroker = "{broker.url}"\n[labels]\nrat = "rodent"\n[cameras]\nkitchen = {spot}\n', "utf-8"
    )
    stack = Stack(tmp_path / "data")
    stack.folder.mkdir()
    try:
        stack.serve()
        stack.cli("site", "add", "canteen")
        key = stack.new_key("events:write", "events:read")
        stack.environment |= {"MINGCHU_API": stack.url, "MINGCHU_BRIDGE_KEY": key}
        log = broker.folder / "log"
        start(stack, config, log, 1)
        publish(broker, "new")
        with httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {key}"}, timeout=20) as client:
            assert eventually(lambda: types(client)) == ["opened"]
            stack.kill("bridge")  # what is told now waits in the broker
            publish(broker, "end", end_time=1764144009.0)
            stack.kill("serve")
            start(stack, config, log, 2)
            time.sleep(1)  # and what the bridge takes while the API is away waits in its spool
            stack.serve()
            event = eventually(lambda: whole(client))
            assert types(client)[:2] == ["opened", "closed"]
            told = {name: each["size_bytes"] for name, each in event["evidence"].items()}
            assert told == {"snapshot": len(b"\xff\xd8 a picture"), "clip": len(b"a clip")}
            assert (event["kind"], event["camera"], event["ended_at"][:19]) == (
                "rodent",
                "canteen-1",
                "2025-11-26T08:00:09",
            )
        assert stack.stop("bridge") == 0
    finally:
        stack.close()


def start(stack: Stack, config: Path, log: Path, times: int) -> None:
    stack.start("bridge", "bridge", "frigate", "--config", str(config))
    eventually(lambda: log.read_text("utf-8", "replace").count("as mingchu-bridge-frigate") >= times)
    time.sleep(0.5)  # the subscription follows the connection


def types(client: httpx.Client) -> list[str]:
    return [line["type"].rpartition(".")[2] for line in client.get("/v1/log").json()["items"]]


def whole(client: httpx.Client) -> dict[str, Any] | None:
    """Return the one event once both files of it are there."""
    items: list[dict[str, Any]] = client.get("/v1/events").json()["items"]
    return items[0] if items and len(items[0]["evidence"]) == 2 else None
