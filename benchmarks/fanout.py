"""Claim: 1,000 listeners of `GET /v1/stream` hear of an event within a second (p99), and each hears of every one.

One API process on SQLite, 1,000 kept connections with keys of their own accounts, 16 streams each, and one box that
tells of an event at a steady pace. A delay is from the first byte of the box's `PUT` to the line's arrival at a
listener. The floor is a bare asyncio server that writes the same bytes to as many connections when it is told to, with
the same listeners, in the same run: no HTTP, no log, no rights. Listeners and servers share the cores.

    python benchmarks/fanout.py [--clients N] [--events N] [--every S] [--out FILE]
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import intake
from machine import described
from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parent.parent))

from api.commands import new_stored_key
from api.settings import Settings

HOST = "127.0.0.1"
MOST_MS = 1000
STREAMS_EACH = 16
PACKAGES = ("fastapi", "sqlalchemy", "starlette", "uvicorn")


@dataclass
class Crowd:
    """Listeners, and when each heard of which line."""

    heard: list[dict[int, float]] = field(default_factory=list)
    """For each listener: number of the line → instant."""
    lines: list[asyncio.StreamWriter] = field(default_factory=list)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def join(self, port: int, greeting: bytes) -> None:
        """Connect one more listener, and wait until it is welcome."""
        reader, writer = await asyncio.open_connection(HOST, port, limit=1 << 20)
        writer.write(greeting)
        await reader.readuntil(b": welcome\n\n")
        self.heard.append({})
        self.lines.append(writer)
        self.tasks.append(asyncio.create_task(_listen(reader, self.heard[-1])))

    async def leave(self) -> None:
        """Hang up."""
        for task in self.tasks:
            task.cancel()
        for line in self.lines:
            line.close()

    def delays_ms(self, sent: Sequence[float]) -> list[float]:
        """Return every delay; the n-th line was sent at the n-th instant."""
        return [(at - sent[number - 1]) * 1e3 for one in self.heard for number, at in one.items()]


async def _listen(reader: asyncio.StreamReader, heard: dict[int, float]) -> None:
    async for line in reader:
        if line.startswith(b"id: "):
            heard.setdefault(int(line.split()[1]), time.perf_counter())


def main() -> int:
    """Measure both, print, write the results; fail where the claim does not hold."""
    asked = _arguments()
    results = asyncio.run(_measured(asked))
    results["claim"] = __doc__.splitlines()[0].removeprefix("Claim: ")
    results["command"] = " ".join(["python", "benchmarks/fanout.py", *sys.argv[1:]])
    results["machine"] = described(PACKAGES)
    results["load_average"] = os.getloadavg()
    asked.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({name: results[name] for name in ("ours", "floor", "ratio_p99", "holds")}, indent=1))
    return 0 if results["holds"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--events", type=int, default=40)
    parser.add_argument("--every", type=float, default=0.5, help="seconds between events")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "fanout.json")
    return parser.parse_args()


async def _measured(asked: argparse.Namespace) -> dict[str, Any]:
    ours = await _ours(asked)
    floor = await _floor(asked)
    return {
        "clients": asked.clients,
        "events": asked.events,
        "every_s": asked.every,
        "ours": ours,
        "floor": floor,
        "ratio_p99": round(ours["delay_ms"]["p99"] / floor["delay_ms"]["p99"], 2),
        "most_ms": MOST_MS,
        "holds": ours["delay_ms"]["p99"] <= MOST_MS and ours["missing"] == 0,
    }


async def _ours(asked: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=SecretStr(""))
        free = {"MINGCHU_REQUESTS_PER_MIN": "0", "MINGCHU_STREAM_CLIENTS": str(asked.clients + 8)}
        env = os.environ | {"MINGCHU_DATA_DIR": folder} | free
        intake.mingchu(env, "site", "add", intake.SITE)
        accounts = -(-asked.clients // STREAMS_EACH)
        keys = [new_stored_key(settings, f"listener {number}", ["events:read"]) for number in range(accounts)]
        box = new_stored_key(settings, "box", ["events:write"])
        with intake.serving(env) as (port, process):
            crowd = Crowd()
            for number in range(asked.clients):
                await crowd.join(port, _hello(keys[number % accounts]))
            before = intake.cpu_s(process.pid)
            sent = await _told_of(port, box, asked)
            cpu_ms = (intake.cpu_s(process.pid) - before) / len(sent) * 1e3
            await crowd.leave()
    return _figures(crowd, sent) | {"server_cpu_ms_per_event": round(cpu_ms, 1)}


def _hello(key: str) -> bytes:
    return f"GET /v1/stream?after=0 HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


async def _told_of(port: int, key: str, asked: argparse.Namespace) -> list[float]:
    """Tell of events at a steady pace; return when each was sent."""
    reader, writer = await asyncio.open_connection(HOST, port)
    sent = []
    for number in range(asked.events):
        event, body = intake.body_of(number)
        sent.append(time.perf_counter())
        writer.write(intake.request_of(key, event, body))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201"), head
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
        await asyncio.sleep(max(0.0, sent[-1] + asked.every - time.perf_counter()))
    await asyncio.sleep(3)
    writer.close()
    return sent


async def _floor(asked: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, "-c", _BARE]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    crowd, sent = Crowd(), []
    for _ in range(asked.clients):
        await crowd.join(port, b"listen\n")
    _, writer = await asyncio.open_connection(HOST, port)
    text = intake.body_of(0)[1] * 2
    for number in range(1, asked.events + 1):
        sent.append(time.perf_counter())
        writer.write(b"id: %d data: %b\n" % (number, text))
        await asyncio.sleep(asked.every)
    await asyncio.sleep(1)
    await crowd.leave()
    process.terminate()
    await process.wait()
    return _figures(crowd, sent)


_BARE = """
import asyncio
lines = []
async def come(reader, writer):
    async for line in reader:
        if line == b"listen\\n":
            writer.write(b": welcome\\n\\n")
            lines.append(writer)
        else:
            for each in lines:
                each.write(line)
async def main():
    server = await asyncio.start_server(come, "127.0.0.1", 0, limit=1 << 20, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def _figures(crowd: Crowd, sent: Sequence[float]) -> dict[str, Any]:
    delays = sorted(crowd.delays_ms(sent))
    shares = {f"p{share}": delays[min(len(delays) - 1, len(delays) * share // 100)] for share in (50, 99, 100)}
    return {
        "missing": len(crowd.heard) * len(sent) - len(delays),
        "delay_ms": {name: round(value, 1) for name, value in shares.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
