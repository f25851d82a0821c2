"""Claim: one API process takes in at least 300 new events per second on SQLite and 1,000 on PostgreSQL, and loses none.

Ours is the whole way, by `POST /v1/events/batch` with 100 events in each request, by which the claim is judged, and by
`PUT /v1/events/{id}` one by one: HTTP, API key, every field checked, the event's row, its line in the log, a durable
commit (SQLite: WAL, synchronous = FULL; PostgreSQL: fsync and synchronous_commit on) before each answer. Each event is
counted when all are in, and each number of the log.

The floor is the bare driver on one connection: the same text into two tables, one such commit for each event: no HTTP,
no checks, no indices. `ratio` is floor by ours; it can fall below 1, because what comes together shares a commit.
Clients send prepared bytes over kept connections from a process of their own; they, and PostgreSQL, run on the same
cores.

    python benchmarks/intake.py [--on sqlite|postgresql] [--events N] [--rounds N] [--clients N] [--out FILE]

Both write into fresh databases, by turns; a ratio is of two neighbouring rounds. Judged is wall time. Beside it stands
what came in for each second of the server's own processor time, which the neighbours on a shared machine hardly touch.
"""

import argparse
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from machine import described

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.servers.postgres import Postgres, running_postgres

ROOT = Path(__file__).parent.parent
MINGCHU = (sys.executable, "-m", "vision.main")
LEAST_RATE = {"sqlite": 300, "postgresql": 1000}
"""Events for each second by the clock."""
SITE = "kitchen"
CAMERAS = 8
WAYS = {"one_by_one": 1, "batches": 100}
"""Events in each request."""
PACKAGES = ("fastapi", "pydantic", "sqlalchemy", "starlette", "uvicorn")


def main() -> int:
    """Measure, print, write the results; fail where the claim does not hold."""
    asked = _arguments()
    server = running_postgres() if asked.on == "postgresql" else nullcontext()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder, server as postgres:
        turns = [_turn(Path(folder, str(turn)), postgres, asked) for turn in range(asked.rounds + 1)][1:]
    results = _results(turns, asked)
    asked.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    for way in WAYS:
        for name in ("events_per_cpu_s", "events_per_s", "ratio", "latency_ms"):
            print(f"{way:10} {name:17}", *(f"{key} {value}" for key, value in results[way][name].items()))
    return 0 if results["holds"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--on", choices=tuple(LEAST_RATE), default="sqlite")
    parser.add_argument("--events", type=int, default=2000, help="events in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--folder", type=Path, default=None, help="where the database lies; default: the system's")
    parser.add_argument("--out", type=Path, help="default: results/intake-DATABASE.json")
    asked = parser.parse_args()
    asked.out = asked.out or Path(__file__).parent / "results" / f"intake-{asked.on}.json"
    return asked


@dataclass(frozen=True)
class Taken:
    """One round of one way."""

    per_s: float
    latencies_ms: list[float]
    """Of each request."""
    cpu_ms: float
    """The server's processor time for each event."""


@dataclass(frozen=True)
class Turn:
    """One round of both ways and one of the floor."""

    floor_per_s: float
    taken: dict[str, Taken]


def _turn(folder: Path, postgres: Postgres | None, asked: argparse.Namespace) -> Turn:
    folder.mkdir()
    bodies = [body_of(number) for number in range(asked.events)]
    env = os.environ | {"MINGCHU_DATA_DIR": str(folder), "MINGCHU_REQUESTS_PER_MIN": "0"}
    if postgres is None:
        floor_per_s = _floor(folder / "floor.sqlite3", bodies)
    else:
        floor_per_s = _floor_on_server(postgres.new_url(), bodies)
        env["MINGCHU_DATABASE_URL"] = postgres.new_url()
    mingchu(env, "site", "add", SITE)
    key = mingchu(env, "key", "add", "benchmark", "--scope", "events:write", "--scope", "events:read").strip()
    with serving(env) as (port, process):
        taken, before = {}, 0
        for way, size in WAYS.items():
            bodies = [body_of(number) for number in range(asked.events * (4 if size > 1 else 1))]
            taken[way] = _measured(port, process.pid, [_request(key, part) for part in _parts(bodies, size)], asked)
            before += len(bodies)
            _require_all(port, key, before)
    return Turn(floor_per_s, taken)


def _measured(port: int, pid: int, requests: list["Request"], asked: argparse.Namespace) -> Taken:
    events, before = sum(request.events for request in requests), cpu_s(pid)
    took_s, latencies = _pushed(port, requests, asked.clients)
    return Taken(events / took_s, [1000 * s for s in latencies], (cpu_s(pid) - before) / events * 1000)


def _parts(bodies: list[tuple[str, bytes]], size: int) -> list[list[tuple[str, bytes]]]:
    return [bodies[start : start + size] for start in range(0, len(bodies), size)]


def _results(turns: list[Turn], asked: argparse.Namespace) -> dict[str, Any]:
    ways = {way: _told([turn.taken[way] for turn in turns], [turn.floor_per_s for turn in turns]) for way in WAYS}
    return {
        "claim": __doc__.splitlines()[0].removeprefix("Claim: "),
        "command": " ".join(["python", "benchmarks/intake.py", *sys.argv[1:]]),
        "machine": described(PACKAGES),
        "database": asked.on,
        "sqlite": sqlite3.sqlite_version,
        "clients": asked.clients,
        "events": asked.events,
        "rounds": asked.rounds,
        "body_bytes": len(body_of(0)[1]),
        "load_average": os.getloadavg(),
        "least_per_s": LEAST_RATE[asked.on],
        "holds": ways["batches"]["events_per_s"]["median"] >= LEAST_RATE[asked.on],
        "floor_per_s": figures([turn.floor_per_s for turn in turns]),
        **ways,
    }


def _told(rounds: list[Taken], floors: list[float]) -> dict[str, Any]:
    latencies = quantiles([each for taken in rounds for each in taken.latencies_ms], n=100)
    return {
        "events_per_s": figures([taken.per_s for taken in rounds]),
        "events_per_cpu_s": figures([1000 / taken.cpu_ms for taken in rounds]),
        "server_cpu_ms": figures([taken.cpu_ms for taken in rounds]),
        "ratio": figures([floor / taken.per_s for taken, floor in zip(rounds, floors, strict=True)]),
        "latency_ms": {"p50": round(latencies[49], 1), "p99": round(latencies[98], 1)},
    }


def figures(values: list[float]) -> dict[str, float]:
    """Return the middle and the quarters of what the rounds gave."""
    low, _, high = quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
    return {"median": round(median(values), 2), "iqr_low": round(low, 2), "iqr_high": round(high, 2)}


_CLAUSE = {
    "id": "cn-fsl-33-1-8",
    "jurisdiction": "CN",
    "instrument": "Food Safety Law of the People's Republic of China",
    "article": "Article 33 (8)",
    "text": {
        "zh": "从业人员应当保持良好个人卫生。" * 4,
        "en": "Food handlers keep clean, in clean outer clothing. " * 4,
    },
    "source_url": "https://example.org/law",
    "verified": True,
}
_SEEN = {
    "zone": {"name": "main", "type": "special_room"},
    "kind": "no_hat",
    "tier": "II",
    "binding": "mandatory",
    "clause": [_CLAUSE],
    "probability": 0.97,
    "box": [10.0, 20.0, 110.0, 220.0],
    "frame_wh": [1920, 1080],
    "subject": "track-1",
    "looks": [{"pts_s": 2.0 * n, "log_odds": 1.25, "total": 1.25 * n} for n in range(8)],
    "model": "detector@2026.11.24+wear@2026.11.24",
    "rule_version": "2026-11-24+0123456789ab",
}


def body_of(number: int) -> tuple[str, bytes]:
    """Return the id and the bytes of one event as the line writes it."""
    event = str(uuid4())
    place = {"id": event, "site": SITE, "camera": f"camera-{number % CAMERAS}"}
    started_at = f"2026-11-24T08:{number // 60 % 60:02d}:{number % 60:02d}Z"
    head = {"specversion": "1.0", "id": f"{event}/opened", "source": "mingchu/worker/benchmark"}
    kind = {"type": "cn.mingchu.violation.opened", "time": "2026-11-24T08:00:00Z"}
    data = {**place, **_SEEN, "started_at": started_at}
    return event, json.dumps({**head, **kind, "data": data}, ensure_ascii=False).encode()


def _floor(path: Path, bodies: list[tuple[str, bytes]]) -> float:
    """Return how many events a second bare SQLite keeps with the same durability."""
    plain = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        plain.execute(f"PRAGMA {pragma}").close()
    plain.execute("CREATE TABLE events (id TEXT PRIMARY KEY, data TEXT)")
    plain.execute("CREATE TABLE log (sequence INTEGER PRIMARY KEY, body TEXT)")
    began = time.perf_counter()
    for number, (event, body) in enumerate(bodies, start=1):
        text = body.decode()
        plain.execute("BEGIN IMMEDIATE")
        plain.execute("INSERT INTO events VALUES (?, ?)", (event, text))
        plain.execute("INSERT INTO log VALUES (?, ?)", (number, text))
        plain.execute("COMMIT")
    took_s = time.perf_counter() - began
    plain.close()
    return len(bodies) / took_s


def _floor_on_server(url: str, bodies: list[tuple[str, bytes]]) -> float:
    """Return the same of a bare connection to PostgreSQL."""
    with psycopg.connect(url.replace("+psycopg", "")) as plain:
        plain.execute("CREATE TABLE events (id text PRIMARY KEY, data text)")
        plain.execute("CREATE TABLE log (sequence bigint PRIMARY KEY, body text)")
        plain.commit()
        began = time.perf_counter()
        for number, (event, body) in enumerate(bodies, start=1):
            text = body.decode()
            plain.execute("INSERT INTO events VALUES (%s, %s)", (event, text))
            plain.execute("INSERT INTO log VALUES (%s, %s)", (number, text))
            plain.commit()
        return len(bodies) / (time.perf_counter() - began)


def mingchu(env: dict[str, str], *arguments: str) -> str:
    """Return what one administration command prints."""
    return subprocess.run([*MINGCHU, *arguments], env=env, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@contextmanager
def serving(env: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run `mingchu serve` on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [*MINGCHU, "serve", "--port", str(port)]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            _await(port)
            yield port, process
        finally:
            process.terminate()


def _await(port: int) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("the API did not become ready")


def cpu_s(pid: int) -> float:
    """Return the processor time of a process and all its threads (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Request:
    """One HTTP request, and how many events it must bring in."""

    events: int
    content: bytes


def _pushed(port: int, requests: list[Request], clients: int) -> tuple[float, list[float]]:
    """Return how long all took together, and each for itself, in seconds."""
    latencies: list[list[float]] = [[] for _ in range(clients)]
    share = [requests[client::clients] for client in range(clients)]
    threads = [
        threading.Thread(target=_push, args=(port, share[client], latencies[client])) for client in range(clients)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, [each for one in latencies for each in one]


def _request(key: str, part: list[tuple[str, bytes]]) -> Request:
    if len(part) == 1:
        return Request(1, request_of(key, *part[0]))
    content = b"[" + b",".join(body for _, body in part) + b"]"
    return Request(len(part), request_to("POST", "/v1/events/batch", key, content))


def request_of(key: str, event: str, body: bytes) -> bytes:
    """Return one whole HTTP request."""
    return request_to("PUT", f"/v1/events/{event}", key, body)


def request_to(method: str, path: str, key: str, body: bytes) -> bytes:
    """Return one whole HTTP request to an address."""
    lines = (
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {key}",
        "Content-Type: application/cloudevents+json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def _push(port: int, requests: list[Request], latencies: list[float]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            began = time.perf_counter()
            line.sendall(request.content)
            _require_created(line, request.events)
            latencies.append(time.perf_counter() - began)


def _require_created(line: socket.socket, events: int) -> None:
    """Read one answer to its end; it must tell that each event is new."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += line.recv(65536)
    head, _, rest = answer.partition(b"\r\n\r\n")
    (length,) = [int(part.split(b":")[1]) for part in head.lower().split(b"\r\n") if part.startswith(b"content-length")]
    while len(rest) < length:
        rest += line.recv(65536)
    new = 1 if head.startswith(b"HTTP/1.1 201") else rest.count(b'"status":201')
    assert new == events, (head, rest[:500])


def _require_all(port: int, key: str, count: int) -> None:
    """Every event must be there: a rate of lost events is none."""
    headers = {"Authorization": f"Bearer {key}"}
    answer = httpx.get(f"http://127.0.0.1:{port}/v1/events/counts", headers=headers, timeout=30)
    kept = sum(answer.json()["kind"].values())
    assert kept == count, f"{kept} of {count} events are there"
    (last,) = httpx.get(f"http://127.0.0.1:{port}/v1/log?after={count - 1}", headers=headers, timeout=30).json()[
        "items"
    ]
    assert last["data"]["sequence"] == count, f"the log ends with {last['data']['sequence']}, not {count}"


if __name__ == "__main__":
    sys.exit(main())
