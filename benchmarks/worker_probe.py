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
from pathlib import Path

from vision.catalogue import load_catalogue
from vision.clock import SystemClock
from vision.commands.composing import load_sight
from vision.config import CameraConfig, ZoneConfig
from vision.crew import Crew
from vision.path import Bystander, CameraPath, Tally, line_for, presence_line
from vision.ports import Source
from vision.recording.folder import FolderOutbox
from vision.recording.manifest import ManifestChain
from vision.recording.recorder import Desk
from vision.runtime import REPLACED, Seams, Worker
from vision.scene import ZoneType
from vision.sources.address import AddressPolicy
from vision.sources.opening import open_source
from vision.vigil import Pulse, Vigil


def main() -> int:
    """Let every camera connect and be looked at once, then measure."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        crew = Crew()
        worker = Worker(_seams(Path(folder)), crew)
        worker.assign(_camera(number, asked) for number in range(asked.cameras))
        crew.start("models", worker.look)
        _settle(worker, asked)
        before = _figures(worker)
        time.sleep(asked.seconds)
        after = _figures(worker)
        worker.stop()
        crew.join(5)
    print(json.dumps({key: after[key] - before[key] for key in before} | {"peak_mib": _peak_mib()}))
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
        return open_source(camera, clock=clock, policy=AddressPolicy())

    def path(camera: CameraConfig, source: Source, tally: Tally) -> CameraPath:
        return CameraPath(camera, source, line_for(camera, desk.catalogue, sight.abilities), desk, tally)

    def vigil(camera: CameraConfig, tally: Tally) -> Vigil:
        line = presence_line(camera, desk.catalogue, sight.abilities)
        return Vigil(Pulse(line, clock.now()), Bystander(camera, desk, tally))

    return Seams(clock, sight.eyes, open_, path, vigil)


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
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
