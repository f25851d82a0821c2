"""One consumer of the log as an integrator would write it: appends what it got to a file, and may be killed any time.

    consumer.py sse|pull|webhook|mqtt FILE        with API, KEY, PORT (webhook) and BROKER (mqtt) in the environment

Each line of the file is one message: camera and number in the log. Where to go on, sse and pull read from that file; a
webhook's and a subscriber's place is kept by those who send.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

API, KEY = os.environ.get("API", ""), os.environ.get("KEY", "")
DAY_S = 86_400


class Book:
    """The file: a line counts when it ends, so that a kill in the middle of one loses nothing."""

    def __init__(self, path: Path) -> None:
        whole = path.read_bytes().rpartition(b"\n") if path.exists() else (b"", b"", b"")
        path.write_bytes(whole[0] + whole[1])
        self.last = int(whole[0].rsplit(b"\n", 1)[-1].split()[1]) if whole[0] else 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def keep(self, text: str | bytes) -> None:
        """Write one message down before anybody hears that we have it."""
        body = json.loads(text)
        self.last = body["sequence"]
        os.write(self._file, f"{body['data']['camera']} {self.last}\n".encode())


def pull(book: Book) -> None:
    with httpx.Client(headers={"Authorization": f"Bearer {KEY}"}, timeout=10) as client:
        while True:
            lines = client.get(f"{API}/v1/log", params={"after": book.last}).raise_for_status().json()["items"]
            for line in lines:
                book.keep(json.dumps(line))
            if not lines:
                time.sleep(0.2)


def sse(book: Book) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Last-Event-ID": str(book.last)}
    with httpx.stream("GET", f"{API}/v1/stream", headers=headers, timeout=30) as answer:
        answer.raise_for_status()
        for data in _data(answer.iter_lines()):
            book.keep(data)


def _data(lines: Iterator[str]) -> Iterator[str]:
    return (line.removeprefix("data: ") for line in lines if line.startswith("data: "))


def webhook(book: Book) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            book.keep(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()


def mqtt(book: Book) -> None:
    def keep(client: Client, _: Any, message: MQTTMessage) -> None:
        book.keep(message.payload)
        client.ack(message.mid, message.qos)

    client = Client(
        CallbackAPIVersion.VERSION2, client_id="consumer", protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
    )
    client.on_message = keep
    client.on_connect = lambda *_: client.subscribe("mingchu/+/+/events", qos=1)
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = DAY_S
    client.connect("127.0.0.1", int(os.environ["BROKER"]), clean_start=False, properties=properties)
    client.loop_forever(retry_first_connection=True)


WAYS = {"sse": sse, "pull": pull, "webhook": webhook, "mqtt": mqtt}


def main() -> None:
    way, book = WAYS[sys.argv[1]], Book(Path(sys.argv[2]))
    while True:
        try:
            way(book)
        except (httpx.HTTPError, OSError):
            time.sleep(0.2)


if __name__ == "__main__":
    main()
