"""Claim: `POST /v1/detect` looks at 90 % of the pictures per second that bare ONNX Runtime does on the same cores.

Ours is all of it: HTTP, key, JPEG decoding, letterbox, detector, pairing heads, crops, wear models, JSON; the load is
made on the same cores, too. The floor is ONNX Runtime running the same networks with the same settings on as many
pictures and crops, whose tensors were made beforehand, one call after the other. Both take turns; a ratio is of two
neighbouring passes.

    python benchmarks/api.py [--rounds N] [--pictures N] [--out FILE]

The pictures are rendered kitchens at 1280x720 as JPEG. `ratio` is of wall time, which is the claim and which a busy
machine spoils; `ratio_cpu` is of CPU time, which it hardly touches, but which also counts against us what would run
while ONNX Runtime's own threads wait for each other. Under overload (more clients than are let in) it also tells how
long those wait who are served and how fast the others hear 429.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from machine import described
from passes import Inputs, inputs_of

from vision.commands.composing import load_sight
from vision.demo.random_frames import write_frames
from vision.detectors.manifest import ModelManifest, find_models, trusted_weights
from vision.frames import Image

LEAST_RATIO = 0.9
CLIENTS = (1, 8, 64)
OVERLOAD = 256
HOST = "127.0.0.1"
SEED, FRAMES = 11, 16


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked: whole HTTP requests, made beforehand."""

    process: int
    """Id of the server's process."""
    port: int
    requests: list[bytes]


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass of many requests gave."""

    per_s: float
    """Of pictures that were looked at."""
    cpu_ms: float
    """Of the process that looks, per picture."""
    served_ms: list[float]
    refused_ms: list[float]


def main() -> int:
    """Measure, print a table, write the results; fail where the claim does not hold."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server ends with us
    with tempfile.TemporaryDirectory() as folder:
        pictures = kitchens(Path(folder, "frames"))
        looks = inputs(pictures)
        with serving(Path(folder)) as (process, port, key):
            load = Load(process, port, [request(picture, key) for picture in pictures])
            results = measured(load, looks, asked)
    results |= {"claim": __doc__.splitlines()[0].removeprefix("Claim: "), "machine": described()}
    results["command"] = " ".join(["python", "benchmarks/api.py", *sys.argv[1:]])
    asked.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    tell(results)
    return 0 if results["holds"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pictures", type=int, default=96, help="in one pass")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "api.json")
    return parser.parse_args()


def measured(load: Load, looks: list[Inputs], asked: argparse.Namespace) -> dict[str, Any]:
    """Return all figures; the first turn only warms up."""
    floor = Bare(looks)
    turns: list[tuple[Pass, dict[int, Pass]]] = []
    for turn in range(asked.rounds + 1):
        ours = {clients: asyncio.run(drive(load, clients, asked.pictures)) for clients in CLIENTS}
        turns += [(floor.run(asked.pictures), ours)] if turn else []
    levels = [_level(clients, turns) for clients in CLIENTS]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg()[0],
        "niceness": os.nice(0),
        "rounds": asked.rounds,
        "pictures_per_pass": asked.pictures,
        "persons_judged_per_picture": round(sum(_crops(look) for look in looks) / len(looks), 2),
        "bare_per_s": _spread([bare.per_s for bare, _ in turns]),
        "bare_cpu_ms": _spread([bare.cpu_ms for bare, _ in turns]),
        "levels": levels,
        "overload": _overload(asyncio.run(drive(load, OVERLOAD, 4 * OVERLOAD))),
        "least_ratio": LEAST_RATIO,
        "holds": all(level["ratio"]["median"] >= LEAST_RATIO for level in levels),
    }


def _crops(look: Inputs) -> int:
    return sum(len(tensor) for name, tensor in look.items() if name != "detector")


def _level(clients: int, turns: list[tuple[Pass, dict[int, Pass]]]) -> dict[str, Any]:
    passes = [ours[clients] for _, ours in turns]
    waits = [wait for each in passes for wait in each.served_ms]
    return {
        "clients": clients,
        "ratio": _spread([ours[clients].per_s / bare.per_s for bare, ours in turns]),
        "ratio_cpu": _spread([bare.cpu_ms / ours[clients].cpu_ms for bare, ours in turns]),
        "cpu_ms": _spread([each.cpu_ms for each in passes]),
        "per_s": _spread([each.per_s for each in passes]),
        "served_ms": _percentiles(waits),
        "refused": sum(len(each.refused_ms) for each in passes),
    }


def _overload(over: Pass) -> dict[str, Any]:
    return {
        "clients": OVERLOAD,
        "per_s": round(over.per_s, 2),
        "served": len(over.served_ms),
        "served_ms": _percentiles(over.served_ms),
        "refused": len(over.refused_ms),
        "refused_ms": _percentiles(over.refused_ms or [0.0]),
    }


def _spread(values: list[float]) -> dict[str, float]:
    low, _, high = quantiles(values, n=4) if len(values) > 1 else (values * 3)
    return {"median": round(median(values), 3), "q1": round(low, 3), "q3": round(high, 3)}


def _percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {f"p{share}": round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 1) for share in (50, 99)}


class Bare:
    """The networks alone, on tensors that were made beforehand."""

    def __init__(self, looks: list[Inputs]) -> None:
        self._networks = {manifest.name: _bare(manifest) for manifest in find_models()}
        self._inputs = {manifest.name: manifest.input.name for manifest in find_models()}
        self._turns = cycle(looks)

    def run(self, count: int) -> Pass:
        """Look at so many pictures, one after the other."""
        began_s, cpu_s = time.perf_counter(), time.process_time()
        for tensors in islice(self._turns, count):
            for name, tensor in tensors.items():
                self._networks[name].run(None, {self._inputs[name]: tensor})
        per_s = count / (time.perf_counter() - began_s)
        return Pass(per_s, (time.process_time() - cpu_s) / count * 1e3, [], [])


def _bare(manifest: ModelManifest) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as ours; spinning burns the neighbours
    return ort.InferenceSession(trusted_weights(manifest), options, providers=["CPUExecutionProvider"])


def kitchens(folder: Path) -> list[bytes]:
    """Return rendered kitchens with people as JPEG files."""
    write_frames(folder, SEED, FRAMES)
    images = (cv2.imread(str(path)) for path in sorted((folder / "images").glob("*.jpg")))
    return [_jpeg(cv2.resize(image, (1280, 720))) for image in images if image is not None]


def _jpeg(image: Image) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def inputs(pictures: list[bytes]) -> list[Inputs]:
    """Return what the networks are fed for each picture, as a single look feeds them."""
    sight = load_sight()
    images = [cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR) for picture in pictures]
    return [inputs_of(image, sight)[0] for image in images]


def request(picture: bytes, key: str) -> bytes:
    """Return one whole HTTP request."""
    head = (
        f"POST /v1/detect?zone=cooking HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
    )
    return head.encode() + picture


async def drive(load: Load, clients: int, count: int) -> Pass:
    """Ask so many times from so many clients at once, each with a connection of its own."""
    left = iter(list(islice(cycle(load.requests), count)))
    served: list[float] = []
    refused: list[float] = []
    began_s, cpu_s = time.perf_counter(), _cpu_s(load.process)
    await asyncio.gather(*(_client(load.port, left, served, refused) for _ in range(clients)))
    spent_s = time.perf_counter() - began_s
    return Pass(len(served) / spent_s, (_cpu_s(load.process) - cpu_s) / len(served) * 1e3, served, refused)


def _cpu_s(process: int) -> float:
    """Return the CPU seconds of a process and all its threads (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _client(port: int, left: Iterator[bytes], served: list[float], refused: list[float]) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    for each in left:
        began_s = time.perf_counter()
        writer.write(each)
        status = await _answer(reader)
        {200: served, 429: refused}[status].append((time.perf_counter() - began_s) * 1e3)
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(" ", 2)[1])


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int, str]]:
    """Start `mingchu serve` on an empty store; give its process, its port and a key."""
    mingchu, port = Path(sys.executable).with_name("mingchu"), _free_port()
    env = os.environ | {"MINGCHU_DATA_DIR": str(folder / "data"), "MINGCHU_PORT": str(port)}
    (folder / "data").mkdir()
    told = subprocess.run(
        [mingchu, "key", "add", "benchmark", "--scope", "detect"], env=env, capture_output=True, text=True, check=True
    )
    with subprocess.Popen([mingchu, "serve"], env=env, stdout=subprocess.DEVNULL) as process:
        try:
            asyncio.run(_ready(port))
            yield process.pid, port, told.stdout.split()[-1]
        finally:
            process.terminate()


async def _ready(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection(HOST, port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


def _free_port() -> int:

    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def tell(results: dict[str, Any]) -> None:
    """Print what was found."""
    bare = results["bare_per_s"]["median"], results["bare_cpu_ms"]["median"]
    print(f"bare ONNX Runtime: {bare[0]} pictures/s, {bare[1]} ms of CPU each, on {results['cores']} cores")
    for level in results["levels"]:
        ratio, waits = level["ratio"], level["served_ms"]
        speed = f"{level['per_s']['median']} pictures/s, {level['cpu_ms']['median']} ms of CPU each"
        print(f"{level['clients']:4} clients: {speed}")
        print(f"     ratio {ratio['median']} ({ratio['q1']} to {ratio['q3']}), of CPU {level['ratio_cpu']['median']}")
        print(f"     p50 {waits['p50']} ms, p99 {waits['p99']} ms, {level['refused']} refused")
    over = results["overload"]
    print(f"{over['clients']:4} clients: served {over['served']} {over['served_ms']}")
    print(f"     refused {over['refused']} {over['refused_ms']}")


if __name__ == "__main__":
    sys.exit(main())
