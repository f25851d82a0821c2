"""The drill of those who are told: an hour of traffic, compressed; consumers, API and broker are killed at random."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

from tests.e2e.stack import ROOT, Stack, eventually, free_port
from tests.servers.mosquitto import Mosquitto, running_mosquitto

WAYS = ("sse", "pull", "webhook", "mqtt")
START = datetime(2026, 11, 26, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    """How much happens."""

    messages: int
    """Told to the intake, openings and closings together."""
    over_s: float
    simulated: timedelta = timedelta(hours=1)
    cameras: int = 24
    pause_s: float = 1.2
    """Between two kills, on average."""
    api_kills: int = 1
    broker_stops: int = 1
    seed: int = 1


@dataclass
class Result:
    """What was told and what arrived, and by which way what did not."""

    logged: int
    kills: dict[str, int]
    ways: dict[str, dict[str, int]]
    took_s: float

    @property
    def faults(self) -> list[str]:
        """Return what must not be: lost, unexplained or out of order."""
        bad = ("missing", "unexplained", "out_of_order")
        return [f"{way}: {told[name]} {name}" for way, told in self.ways.items() for name in bad if told[name]]


@dataclass
class Drill:
    """One API, one broker, four consumers and somebody who kills them."""

    folder: Path
    plan: Plan
    database_url: str = ""
    stack: Stack = field(init=False)
    kills: Counter[str] = field(default_factory=Counter)
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    hook_port: int = field(default_factory=free_port)

    def run(self) -> Result:
        """Let everything happen and return what arrived."""
        began_s = time.monotonic()
        with running_mosquitto(self.folder / "broker") as broker, self._served(broker):
            self._subscribe(broker)
            told = threading.Thread(target=self._traffic)
            told.start()
            self._chaos(broker, told)
            told.join()
            self._all_run(broker)
            lines = self._log()
            eventually(lambda: self._arrived(lines), within_s=300, every_s=0.5)
        return Result(len(lines), dict(self.kills), self._judged(lines), time.monotonic() - began_s)

    @contextmanager
    def _served(self, broker: Mosquitto) -> Iterator[None]:
        data = self.folder / "data"
        data.mkdir()
        environment = {
            "MINGCHU_MQTT_URL": broker.url,
            "MINGCHU_WEBHOOK_NETWORKS": "127.0.0.0/8",
            "MINGCHU_HOLD_S": "15",
            "MINGCHU_REQUESTS_PER_MIN": "0",
            "MINGCHU_DATABASE_URL": self.database_url,
        }
        self.stack = Stack(data, environment)
        with ExitStack() as ends:
            ends.callback(self.stack.close)
            ends.callback(self._end_consumers)
            self.stack.serve()
            self.stack.cli("site", "add", "main")
            self.key = self.stack.new_key("events:read", "events:write", "webhooks")
            yield

    def _subscribe(self, broker: Mosquitto) -> None:
        for way in WAYS:
            self._start(way, broker)
        body = {"url": f"http://127.0.0.1:{self.hook_port}/", "after": 0}
        made = httpx.post(f"{self.stack.url}/v1/webhooks", json=body, headers=self.headers, timeout=20)
        assert made.status_code == 201, made.text
        log = broker.folder / "log"
        eventually(lambda: b"as consumer" in log.read_bytes() and b"as mingchu-mingchu" in log.read_bytes())
        time.sleep(0.5)  # the subscription follows the connection

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def _start(self, way: str, broker: Mosquitto) -> None:
        ports = {"PORT": str(self.hook_port), "BROKER": str(broker.port)}
        env = os.environ | {"API": self.stack.url, "KEY": self.key, "PYTHONPATH": str(ROOT)} | ports
        command = [sys.executable, str(Path(__file__).with_name("consumer.py")), way, str(self._book(way))]
        with (self.folder / f"{way}.err").open("ab") as errors:
            self.running[way] = subprocess.Popen(command, env=env, stderr=errors)

    def _book(self, way: str) -> Path:
        return self.folder / f"{way}.txt"

    def _kill(self, way: str) -> None:
        process = self.running.pop(way)
        process.kill()
        process.wait()
        self.kills[way] += 1

    def _end_consumers(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()

    def _traffic(self) -> None:
        """Tell the intake of one message after another; what it does not take is told again."""
        dice, plan = random.Random(self.plan.seed), self.plan  # noqa: S311 - it plays fate
        waiting: list[dict[str, Any]] = []
        began_s = time.monotonic()
        with httpx.Client(headers=self.headers, timeout=10) as client:
            for number in range(plan.messages):
                at = START + plan.simulated * (number / plan.messages)
                closing = bool(waiting) and dice.random() < 0.45
                message = closed(waiting.pop(dice.randrange(len(waiting))), at) if closing else self._opened(number, at)
                if not closing:
                    waiting.append(message)
                self._told(client, message)
                time.sleep(max(0.0, began_s + plan.over_s * (number + 1) / plan.messages - time.monotonic()))

    def _opened(self, number: int, at: datetime) -> dict[str, Any]:
        event = str(uuid5(NAMESPACE_URL, f"drill/{self.plan.seed}/{number}"))
        data = {
            "id": event,
            "site": "main",
            "camera": f"camera-{number % self.plan.cameras}",
            "zone": {"name": "main", "type": "cooking"},
            "kind": "no_hat",
            "tier": "II",
            "binding": "mandatory",
            "started_at": at.isoformat(),
            "probability": 0.9,
        }
        type_ = "cn.mingchu.violation.opened"
        return {
            "specversion": "1.0",
            "id": f"{event}/opened",
            "source": "drill",
            "type": type_,
            "time": at.isoformat(),
            "data": data,
        }

    def _told(self, client: httpx.Client, message: dict[str, Any]) -> None:
        deadline_s = time.monotonic() + 300  # a loaded machine starts slowly
        while time.monotonic() < deadline_s:
            try:
                answer = client.put(f"{self.stack.url}/v1/events/{message['data']['id']}", json=message)
                if answer.status_code in {200, 201}:
                    return
                assert answer.status_code == 503, answer.text
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the API did not come back")

    def _chaos(self, broker: Mosquitto, told: threading.Thread) -> None:
        """Kill somebody, let them lie for a moment, start them again; until all is told."""
        dice, plan = random.Random(self.plan.seed + 1), self.plan  # noqa: S311 - it plays fate
        began_s = time.monotonic()
        rare = [("api", plan.api_kills), ("broker", plan.broker_stops)]
        turns = [(name, turn / count, plan.over_s / count) for name, count in rare for turn in range(count)]
        planned = sorted((plan.over_s * share + each_s * dice.uniform(0.3, 0.7), name) for name, share, each_s in turns)
        while told.is_alive():
            due = planned and time.monotonic() - began_s >= planned[0][0]
            victim = planned.pop(0)[1] if due else dice.choice(WAYS)
            self._strike(victim, broker, dice.uniform(0.05, 1.0))
            told.join(dice.uniform(0.2, 2 * plan.pause_s))

    def _strike(self, victim: str, broker: Mosquitto, lies_s: float) -> None:
        if victim == "api":
            self.stack.kill("serve")
            self.kills["api"] += 1
            time.sleep(lies_s)
            self.stack.serve()
        elif victim == "broker":
            broker.stop()
            self.kills["broker"] += 1
            time.sleep(lies_s)
            broker.start()
        else:
            self._kill(victim)
            time.sleep(lies_s)
            self._start(victim, broker)

    def _all_run(self, broker: Mosquitto) -> None:
        for way in WAYS:
            if way not in self.running or self.running[way].poll() is not None:
                self._start(way, broker)

    def _log(self) -> list[tuple[str, int]]:
        """Return camera and number of every line of the log."""
        lines: list[tuple[str, int]] = []
        after = 0
        with httpx.Client(headers=self.headers, timeout=20) as client:
            while True:
                body = client.get(f"{self.stack.url}/v1/log", params={"after": after, "limit": 1000}).json()
                lines += [(line["data"]["camera"], line["sequence"]) for line in body["items"]]
                if not body["items"]:
                    return lines
                after = body["next"]

    def got(self, way: str) -> list[tuple[str, int]]:
        """Return what a consumer has written down, whole lines only."""
        path = self._book(way)
        text = path.read_text("utf-8") if path.exists() else ""
        lines = [line.split() for line in text[: text.rfind("\n") + 1].splitlines()]
        return [(camera, int(number)) for camera, number in lines]

    def _arrived(self, lines: list[tuple[str, int]]) -> bool:
        return all(set(lines) <= set(self.got(way)) for way in WAYS)

    def _judged(self, lines: list[tuple[str, int]]) -> dict[str, dict[str, int]]:
        return {way: judged(lines, self.got(way)) for way in WAYS}


def closed(opened: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return the closing of an opening."""
    event = opened["data"]["id"]
    data = {**opened["data"], "ended_at": at.isoformat()}
    type_ = "cn.mingchu.violation.closed"
    return {**opened, "id": f"{event}/closed", "type": type_, "time": at.isoformat(), "data": data}


def judged(lines: list[tuple[str, int]], got: list[tuple[str, int]]) -> dict[str, int]:
    """Return how many arrived, more than once, never, from nowhere, and before an earlier one of their camera."""
    first: dict[str, list[int]] = defaultdict(list)
    seen: set[tuple[str, int]] = set()
    for camera, number in got:
        if (camera, number) not in seen:
            seen.add((camera, number))
            first[camera].append(number)
    behind = sum(one > next_ for numbers in first.values() for one, next_ in pairwise(numbers))
    return {
        "received": len(got),
        "again": len(got) - len(seen),
        "missing": len(set(lines) - seen),
        "unexplained": len(seen - set(lines)),
        "out_of_order": behind,
    }
