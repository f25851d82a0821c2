"""One real worker over many cameras, as `mingchu work` composes it, that tells what it did and what that cost.

    python benchmarks/worker_probe.py URL --cameras N --seconds S [--mode patrol] [--gate] [--burst]

Runs in a process of its own, pinned by `cameras.py`; prints one JSON line.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

from vision.catalogue import load_catalogue
from vision.clock import SystemClock
from vision.commands.composing import load_sight
from vision.config import CameraConfig, ZoneConfig
from vision.crew import Crew
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

P, T = ParamSpec("P"), TypeVar("T")
SPENT: Counter[str] = Counter()
"""CPU seconds by stage, each measured on the thread that does it."""


def booked(stage: str, step: Callable[P, T]) -> Callable[P, T]:
    """Return a step that books its CPU time to a stage."""

    def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        began_s = time.thread_time()
        try:
            return step(*args, **kwargs)
        finally:
            SPENT[stage] += time.thread_time() - began_s

    return timed


def read(packets: Iterator[T]) -> Iterator[T]:
    """Yield packets, booking what it costs to get them out of the stream."""
    following = booked("read the stream", packets.__next__)
    while True:
        try:
            yield following()
        except StopIteration:
            return


def main() -> int:
    """Let every camera connect and be looked at once, then measure."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        crew = Crew()
        worker = Worker(_seams(Path(folder)), crew)
        before_mib = _now_mib()
        worker.assign(_camera(number, asked) for number in range(asked.cameras))
        crew.start("models", worker.look)
        _settle(worker, asked)
        before = _figures(worker)
        time.sleep(asked.seconds)
        after = _figures(worker)
        each_mib = (_now_mib() - before_mib) / asked.cameras
        worker.stop()
        crew.join(5)
    told = {key: after[key] - before.get(key, 0) for key in after}
    print(json.dumps(told | {"peak_mib": _peak_mib(), "mib_per_camera": each_mib}))
    # A connection may still hang in its library; nothing is left to be saved.
    sys.stdout.flush()
    os._exit(0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--cameras", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--mode", choices=["watch", "patrol"], default="watch")
    parser.add_argument("--gate", action="store_true", help="spare the models unchanged pictures")
    parser.add_argument("--burst", action="store_true", help="look closely at what is suspected")
    return parser.parse_args()


def _camera(number: int, asked: argparse.Namespace) -> CameraConfig:
    return CameraConfig(
        id=f"camera-{number}",
        source=asked.url,
        zones=(ZoneConfig(type=ZoneType.DINING),),
        mode=asked.mode,
        spare_unchanged=asked.gate,
        burst=asked.burst,
    )


def _seams(folder: Path) -> Seams:
    clock, sight = SystemClock(), load_sight(threads=1)
    (folder / "staging").mkdir()
    chain = ManifestChain(folder / "chain.json", "probe")
    models = (sight.detector.model, *sight.wear.models)
    outbox = FolderOutbox(folder / "out", lambda _: None)
    desk = Desk("probe", outbox, load_catalogue(), models, chain, folder / "staging")

    def open_(camera: CameraConfig) -> Source:
        source = open_source(camera, clock=clock, policy=AddressPolicy())
        packets = source.packets
        _replace(source, "packets", lambda: read(packets()))
        _replace(source, "decode", booked("decode", source.decode))
        return source

    def path(camera: CameraConfig, source: Source, tally: Tally) -> CameraPath:
        made = CameraPath(camera, source, line_for(camera, desk.catalogue, sight.abilities), desk, tally)
        _replace(made, "packet", booked("keep packets, decode", made.packet))
        _replace(made, "known", booked("change gate", made.known))
        _replace(made, "decide", booked("health, track, rules", made.decide))
        return made

    _replace(sight.detector, "detect", booked("detector", sight.detector.detect))
    _replace(sight.wear, "judge", booked("wear", sight.wear.judge))

    def vigil(camera: CameraConfig, tally: Tally) -> Vigil:
        line = presence_line(camera, desk.catalogue, sight.abilities)
        return Vigil(Pulse(line, clock.now()), Bystander(camera, desk, tally))

    return Seams(clock, sight.eyes, open_, path, vigil)


def _replace(thing: object, name: str, step: object) -> None:
    setattr(thing, name, step)


def _settle(worker: Worker, asked: argparse.Namespace) -> None:
    """Wait until every camera has been looked at; on patrol that is a whole round."""
    until_s = time.monotonic() + (35 if asked.mode == "patrol" else 20 + asked.cameras)
    while time.monotonic() < until_s and not all(status.tally.looks for status in worker.status().values()):
        time.sleep(0.5)


def _figures(worker: Worker) -> dict[str, float]:
    statuses = worker.status().values()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall_s": time.monotonic(),
        "cpu_s": used.ru_utime + used.ru_stime,
        "looks": sum(status.tally.looks for status in statuses),
        "spared": sum(status.tally.spared for status in statuses),
        "late": sum(status.drops[REPLACED] for status in statuses),
        "packets": sum(status.tally.packets for status in statuses),
        "opened": sum(status.tally.opened for status in statuses),
        "bursts": sum(status.tally.bursts for status in statuses),
        "connections": sum(status.connections for status in statuses),
        **{f"cpu_s: {stage}": spent_s for stage, spent_s in SPENT.items()},
    }


def _now_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
