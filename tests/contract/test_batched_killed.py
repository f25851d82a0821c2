"""A server that is killed while it takes batches in: whatever it has acknowledged is there when it is back."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.accounts import new_stored_key
from api.shell import writing
from api.store import sites
from tests.contract.test_http import settings_of
from tests.contract.world import body_of, site_row
from tests.e2e.stack import Stack, eventually
from tests.servers.postgres import Postgres

BATCH = 25


class Sender:
    """Sends batch after batch until the line breaks, and remembers what was acknowledged."""

    def __init__(self, url: str, key: str, first: int) -> None:
        self._url, self._first = f"{url}/v1/events/batch", first
        self._headers = {"Authorization": f"Bearer {key}"}
        self.acknowledged: dict[str, int] = {}
        self.thread = threading.Thread(target=self._send)
        self.thread.start()

    def _send(self) -> None:
        with suppress(httpx.TransportError), httpx.Client(headers=self._headers, timeout=30) as client:
            for start in range(self._first, self._first + 100_000, BATCH):
                batch = [dict(body_of(number)) for number in range(start, start + BATCH)]
                items = client.post(self._url, json=batch).raise_for_status().json()["items"]
                self.acknowledged |= {item["id"]: item["sequence"] for item in items}


def log_of(stack: Stack, key: str) -> dict[str, int]:
    """Return the number of every event in the log; the numbers have no gap and no event comes twice."""
    found: list[Any] = []
    with httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        while page := client.get("/v1/log", params={"after": len(found), "limit": 200}).json()["items"]:
            found += [(line["data"]["id"], line["data"]["sequence"]) for line in page]
    assert [number for _, number in found] == list(range(1, len(found) + 1))
    assert len(dict(found)) == len(found)
    return dict(found)


def lose_nothing(folder: Path, environment: dict[str, str]) -> None:
    """Kill the server in the middle of batches of three senders."""
    stack = Stack(folder, {**environment, "MINGCHU_REQUESTS_PER_MIN": "0"})
    with writing(settings_of(stack)) as (connection, _):
        sites.add(connection, site_row("main"))
    key = new_stored_key(settings_of(stack), "box", ["events:write", "events:read"])
    acknowledged: dict[str, int] = {}
    try:
        stack.start("serve", "serve")
        eventually(stack.ready, within_s=120)
        senders = [Sender(stack.url, key, 100_000 * number) for number in range(3)]
        eventually(lambda: all(len(sender.acknowledged) >= 4 * BATCH for sender in senders))
        stack.kill("serve")
        for sender in senders:
            sender.thread.join(60)
            acknowledged |= sender.acknowledged
        stack.start("serve", "serve")
        eventually(stack.ready, within_s=120)
        kept = log_of(stack, key)
    finally:
        stack.close()
    assert len(acknowledged) >= 12 * BATCH
    assert acknowledged.items() <= kept.items()
    assert len(kept) % BATCH == 0, "a batch went in by halves"


def test_nothing_acknowledged_is_lost_on_sqlite(tmp_path: Path) -> None:
    lose_nothing(tmp_path, {})


@pytest.mark.server("postgresql")
def test_nothing_acknowledged_is_lost_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.new_url()
    lose_nothing(tmp_path, {"MINGCHU_DATABASE_URL": url})
    postgres.drop(url)
