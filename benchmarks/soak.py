"""Claim: when ten of 100 cameras die, stall, flap, send rubbish or never answer, no other notices and nothing leaks.

One worker, composed as `mingchu work` composes it, looks at 90 healthy cameras and ten bad ones over real RTSP on
loopback. The faults begin after a quarter of the time and end after a half; the rest shows that all comes back.
Held: each healthy camera's looks within 1 % of what was wanted; a `camera_offline` for each camera that went silent,
within the stated time, closed after its return, and none for any other camera; threads, files and sockets as many as
before the faults; the slope of the memory. The cameras send 640×360 at 10 fps with a key frame every 2 s, so that two
cores carry server and worker together: how many 1080p cameras a core carries is told by `cameras.py`.

    python benchmarks/soak.py [--minutes N] [--out FILE]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from machine import described

from vision.catalogue import load_catalogue
from vision.clock import SystemClock
from vision.commands.composing import load_sight
from vision.config import CameraConfig, ZoneConfig
from vision.crew import Crew
from vision.demo.random_frames import write_frames
from vision.path import Bystander, CameraPath, line_for, presence_line
from vision.ports import Source
from vision.recording.folder import FolderOutbox
from vision.recording.manifest import ManifestChain
from vision.recording.recorder import Desk
from vision.runtime import REPLACED, Seams, Worker
from vision.scene import ZoneType
from vision.sources.address import AddressPolicy
from vision.sources.opening import open_source
from vision.tally import Tally
from vision.vigil import Pulse, Vigil

HERE = Path(__file__).parent
RTSP = HERE.parent / "tests" / "servers" / "rtsp.py"
HEALTHY = 90
FAULTS = ("die", "die", "stall", "stall", "mute", "mute", "garbage", "flap", "flap", "resolution")
SILENT = frozenset({"die", "stall", "mute", "garbage"})
"""Those that send no picture while they are ill."""
LOOK_S, FPS = 2.0, 10
SETTLE_S = 40.0
LEAST_MINUTES = 4
"""A quarter of them is peace, and the first `SETTLE_S` of that are not counted."""
SAMPLE_S = 5.0
OFFLINE_WITHIN_S = 75.0
"""`camera_offline` opens 45 s after the last sign of life (catalogue); else a library waits for an answer."""
MOST_OFF = 0.01
MOST_MIB_PER_HOUR = 20.0


@dataclass(slots=True)
class Diary:
    """What was seen of the worker's process, moment by moment."""

    at_s: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def note(self, at_s: float) -> None:
        """Write down how large the process is now."""
        self.at_s.append(at_s)
        self.mib.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / (1 << 20))
        self.threads.append(sum(1 for _ in Path("/proc/self/task").iterdir()))
        self.files.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))

    def slope_mib_per_hour(self, from_s: float) -> float:
        """Return how fast memory grows since then (least squares)."""
        chosen = [(at, mib) for at, mib in zip(self.at_s, self.mib, strict=True) if at >= from_s]
        return float(np.polyfit(*np.array(chosen).T, 1)[0] * 3600)


@dataclass(frozen=True, slots=True)
class Course:
    """When what happens, in seconds since the first camera was assigned."""

    ends_s: float

    @property
    def ill_s(self) -> tuple[float, float]:
        """Return from when until when the bad cameras are bad."""
        return self.ends_s * 0.25, self.ends_s * 0.5


def main() -> int:
    """Run, judge, write; fail where the claim does not hold."""
    asked = _arguments()
    course = Course(60 * asked.minutes)
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as servers:
        folder = Path(scratch)
        usual = servers.enter_context(_server(_film(folder / "usual.h264", [(640, 360)])))
        changing = servers.enter_context(_server(_film(folder / "changing.h264", [(640, 360), (480, 270)])))
        began = time.monotonic()
        ports = servers.enter_context(_proxies(usual, course))
        urls = {f"bad-{number}-{mode}": port for number, (mode, port) in enumerate(zip(FAULTS, ports, strict=True))}
        urls = {name: changing if "resolution" in name else port for name, port in urls.items()}
        urls |= {f"good-{number}": usual for number in range(HEALTHY)}
        told = _watched(urls, folder, course, began)
    results = {"claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "), "machine": described(), **told}
    print(json.dumps(results, indent=1))
    asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0 if results["holds"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=12.0, help="of which the first quarter is peace")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "soak.json")
    asked = parser.parse_args()
    if asked.minutes < LEAST_MINUTES:
        parser.error(f"--minutes {asked.minutes:g}: at least {LEAST_MINUTES}, or there is no peace to compare with")
    return asked


def _watched(urls: dict[str, int], folder: Path, course: Course, began: float) -> dict[str, Any]:
    """Let the worker look at all cameras for the whole time; return what came of it."""
    bodies: list[dict[str, Any]] = []
    crew, diary = Crew(), Diary()
    worker = Worker(_seams(folder, bodies), crew)
    worker.assign(_camera(name, port) for name, port in urls.items())
    crew.start("models", worker.look)
    looks: dict[str, int] = {}
    counted_at = 0.0
    while (now_s := time.monotonic() - began) < course.ends_s:
        diary.note(now_s)
        if not looks and now_s >= SETTLE_S:
            counted_at, looks = now_s, {name: status.tally.looks for name, status in worker.status().items()}
        time.sleep(SAMPLE_S)
    spell_s = time.monotonic() - began - counted_at
    after = worker.status()
    rates = {str(name): (after[name].tally.looks - count) * LOOK_S / spell_s for name, count in looks.items()}
    drops = sum(status.drops[REPLACED] for status in after.values())
    spared = sum(status.tally.spared for status in after.values())
    worker.stop()
    crew.join(5)
    started = datetime.now(UTC).timestamp() - (time.monotonic() - began)
    return _judged(rates, _offline(bodies, started), diary, course) | {"replaced": drops, "spared": spared}


def _judged(
    rates: dict[str, float], offline: dict[str, list[dict[str, float | None]]], diary: Diary, course: Course
) -> dict[str, Any]:
    good = {name: rate for name, rate in rates.items() if name.startswith("good")}
    silent = [name for name in rates if name.rpartition("-")[2] in SILENT]
    first_s, last_s = course.ill_s
    took = {name: offline[name][0]["opened_s"] - first_s for name in silent if offline.get(name)}  # type: ignore[operator]
    back = {name: offline[name][0]["closed_s"] - last_s for name in took if offline[name][0]["closed_s"]}  # type: ignore[operator]
    before = [index for index, at_s in enumerate(diary.at_s) if SETTLE_S <= at_s < first_s]
    leaks = {
        name: diary_of[-1] - max(diary_of[index] for index in before)
        for name, diary_of in (("threads", diary.threads), ("files and sockets", diary.files))
    }
    slope = diary.slope_mib_per_hour(course.ends_s * 0.65)
    judged = {
        "healthy_rate_lowest": round(min(good.values()), 4),
        "healthy_rate_highest": round(max(good.values()), 4),
        "offline_within_s": {name: round(value, 1) for name, value in sorted(took.items())},
        "back_within_s": {name: round(value, 1) for name, value in sorted(back.items())},
        "offline_of_others": sorted(set(offline) - set(silent)),
        "more_than_before": leaks,
        "mib": {"settled": round(diary.mib[before[0]], 1), "at_the_end": round(diary.mib[-1], 1)},
        "mib_per_hour_after_the_faults": round(slope, 1),
        "rate_of_bad_ones": {name: round(rate, 3) for name, rate in sorted(rates.items()) if name.startswith("bad")},
    }
    holds = {
        "rates": all(abs(1 - rate) <= MOST_OFF for rate in good.values()),
        "found": len(took) == len(silent) and all(value <= OFFLINE_WITHIN_S for value in took.values()),
        "back": len(back) == len(silent),
        "no others": not judged["offline_of_others"],
        "leaks": all(more <= 0 for more in leaks.values()),
        "memory": slope <= MOST_MIB_PER_HOUR,
    }
    return {"minutes": course.ends_s / 60, "cameras": len(rates), "holds": all(holds.values()), "held": holds} | judged


def _offline(bodies: Sequence[dict[str, Any]], started: float) -> dict[str, list[dict[str, float | None]]]:
    """Return for each camera when it was told to be off-line, in seconds since the start."""
    last = {body["data"]["id"]: body["data"] for body in bodies if body["data"]["kind"] == "camera_offline"}
    found: dict[str, list[dict[str, float | None]]] = {}
    for data in sorted(last.values(), key=lambda data: data["opened_at"]):
        opened_s = datetime.fromisoformat(data["opened_at"]).timestamp() - started
        ended = data.get("ended_at")
        closed_s = datetime.fromisoformat(ended).timestamp() - started if ended else None
        found.setdefault(data["camera"], []).append({"opened_s": opened_s, "closed_s": closed_s})
    return found


def _camera(name: str, port: int) -> CameraConfig:
    zones = (ZoneConfig(type=ZoneType.DINING),)
    return CameraConfig(id=name, source=f"rtsp://127.0.0.1:{port}/camera", zones=zones, spare_unchanged=True)


def _seams(folder: Path, bodies: list[dict[str, Any]]) -> Seams:
    clock, sight = SystemClock(), load_sight(threads=1)
    (folder / "staging").mkdir()
    chain = ManifestChain(folder / "chain.json", "soak")
    models = (sight.detector.model, *sight.wear.models)
    desk = Desk(
        "soak", FolderOutbox(folder / "out", bodies.append), load_catalogue(), models, chain, folder / "staging"
    )

    def open_(camera: CameraConfig) -> Source:
        return open_source(camera, clock=clock, policy=AddressPolicy())

    def path(camera: CameraConfig, source: Source, tally: Tally) -> CameraPath:
        return CameraPath(camera, source, line_for(camera, desk.catalogue, sight.abilities), desk, tally)

    def vigil(camera: CameraConfig, tally: Tally) -> Vigil:
        line = presence_line(camera, desk.catalogue, sight.abilities)
        return Vigil(Pulse(line, clock.now()), Bystander(camera, desk, tally))

    return Seams(clock, sight.eyes, open_, path, vigil)


def _film(path: Path, sizes: list[tuple[int, int]]) -> Path:
    """Encode half a minute of a quiet kitchen in each size, one after the other, as an elementary stream."""
    with tempfile.TemporaryDirectory() as folder:
        write_frames(Path(folder), 7, 1)
        kitchen = np.asarray(cv2.imread(str(next((Path(folder) / "images").glob("*.jpg")))), np.uint8)
    noise = np.random.default_rng(7).normal(0, 2, (5, *kitchen.shape)).astype(np.int8)
    with path.open("wb") as film:
        for width, height in sizes:
            codec = av.CodecContext.create("libx264", "w")
            codec.width, codec.height, codec.pix_fmt, codec.framerate = width, height, "yuv420p", FPS
            codec.options = {"preset": "veryfast", "x264-params": "scenecut=0:keyint=20:bframes=0:repeat-headers=1"}
            for number in range(30 * FPS):
                grain = cv2.add(kitchen, noise[number % len(noise)], dtype=cv2.CV_8U)
                picture = av.VideoFrame.from_ndarray(cv2.resize(grain, (width, height)), format="bgr24")
                picture.pts = number
                film.writelines(bytes(packet) for packet in codec.encode(picture))
            film.writelines(bytes(packet) for packet in codec.encode(None))
    return path


@contextmanager
def _server(film: Path) -> Iterator[int]:
    """Play a film to everybody for ever; give the port."""
    # Each camera plays for itself, as real ones do: sharing, all would send in the same millisecond.
    command = ["/usr/bin/python3", str(RTSP), str(film), "--elementary", "--private"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int(server.stdout.readline()) if server.stdout else 0
        finally:
            server.kill()


@contextmanager
def _proxies(upstream: int, course: Course) -> Iterator[list[int]]:
    """Put one bad camera for each fault in front of the server; give their ports."""
    first_s, last_s = course.ill_s
    told = [f"{mode}:{first_s}:{last_s}" for mode in FAULTS]
    command = [sys.executable, str(HERE / "faulty.py"), str(upstream), *told]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxies:
        try:
            yield [int(proxies.stdout.readline()) for _ in FAULTS] if proxies.stdout else []
        finally:
            proxies.kill()


if __name__ == "__main__":
    code = main()
    # A connection may still hang in its library; nothing is left to be saved.
    sys.stdout.flush()
    os._exit(code)
