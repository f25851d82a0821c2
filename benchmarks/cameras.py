"""Claim: one core carries at least 30 cameras (1080p25, a key frame every 2 s) at one look in 2 s, every look inferred.

A real RTSP server on loopback plays one film, to each of our cameras for itself, as real ones do: who shares a film
gets every packet in the same millisecond as all others. It runs on another core, and only the CPU time of the process
that looks is counted. The peers look at one such camera in the same run, with the same weights, as their
documentation shows it. What they spend on one look, divided by what we spend, is how many times more cameras a core
carries with us.

    python benchmarks/cameras.py [--seconds N] [--peer-python PATH] [--day FILM] [--full N] [--out FILE]

The floor is bare PyAV and ONNX Runtime: reading the stream, decoding the key frame, running the network on a tensor.
`--day FILM` plays a second film (`kitchen_film.write_day` makes one of the demo site's scenes) to our worker with its
change gate, and to the peer that looks equally often. Roboflow's InferencePipeline was not run: its package is 7 GB.
`--full N` adds a run with N cameras on one core and counts the looks that came too late; it needs a quiet machine.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
from kitchen_film import write_kitchen
from machine import described

HERE = Path(__file__).parent
MODEL = HERE.parent / "models" / "detector" / "detector.onnx"
FPS, LOOK_S, PATROL_S = 25, 2.0, 30.0
STRIDE = round(FPS * LOOK_S)
FEW = 8
"""Cameras of the run that tells the cost of a look: enough to share what is shared, few enough for a busy machine."""
PATROLLED = 30
LEAST_CAMERAS, LEAST_PATROLLED = 30, 300


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the film plays, and on which cores who runs."""

    film: Path
    seconds: float
    peer_python: str

    def watch(self, cameras: int) -> dict[str, float]:
        """Run our worker over so many watched cameras and return its figures."""
        return self._run([*self._probe(cameras, self.seconds)], "--private")

    def gated(self, cameras: int) -> dict[str, float]:
        """The same with the change gate: the models rest while nothing changes, a minute at most."""
        return self._run([*self._probe(cameras, self.seconds), "--gate"], "--private")

    def patrol(self, cameras: int) -> dict[str, float]:
        """The same on patrol, for two rounds; the film begins with a key frame for each visitor."""
        return self._run([*self._probe(cameras, 2 * PATROL_S), "--mode", "patrol"], "--private")

    def peer(self, name: str) -> dict[str, Any]:
        """Run one peer and return its figures; empty where its package is not there."""
        command = [self.peer_python, str(HERE / "peers.py"), name, "{url}", "--model", str(MODEL)]
        return self._run([*command, "--seconds", str(self.seconds), "--stride", str(STRIDE)])

    def _probe(self, cameras: int, seconds: float) -> list[str]:
        probe = [sys.executable, str(HERE / "worker_probe.py"), "{url}"]
        return [*probe, "--cameras", str(cameras), "--seconds", str(seconds)]

    def _run(self, command: list[str], *server: str) -> dict[str, Any]:
        with _rtsp(self.film, *server) as url:
            told = [part.format(url=url) for part in command]
            done = subprocess.run(["taskset", "-c", "0", *told], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{command[1]} {command[2]} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            return {}
        figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return figures | {"cpu_ms_per_look": 1000 * figures["cpu_s"] / figures["looks"]}


def main() -> int:
    """Measure, write the results, print a table; fail where the claim does not hold."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(_film(Path(folder)), asked.seconds, asked.peer_python)
        watch = bench.watch(FEW)
        peers = {name: bench.peer(name) for name in ("floor", "opencv", "ultralytics", "ultralytics-all")}
        patrol = bench.patrol(PATROLLED)
        full = bench.watch(asked.full) if asked.full else {}
        day = _day(replace(bench, film=asked.day)) if asked.day else {}
    results = _results(watch, patrol, _late(full, asked.full), peers) | {"day": day}
    asked.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    _tell(results)
    return 0 if results["holds"] else 1


def _results(
    watch: dict[str, float], patrol: dict[str, float], full: dict[str, float], peers: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    cameras = 1000 * LOOK_S / watch["cpu_ms_per_look"]
    patrolled = 1000 * PATROL_S / patrol["cpu_ms_per_look"]
    frames = {"ultralytics-all": STRIDE}  # this peer spends so many looks where we spend one
    ratios = {
        name: figures["cpu_ms_per_look"] * frames.get(name, 1) / watch["cpu_ms_per_look"]
        for name, figures in peers.items()
        if figures
    }
    return {
        "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
        "command": " ".join(["python", "benchmarks/cameras.py", *sys.argv[1:]]),
        "machine": described(),
        "watched_cameras_per_core": round(cameras, 1),
        "patrolled_cameras_per_core": round(patrolled),
        "times_the_floor": round(1 / ratios.pop("floor"), 2) if "floor" in ratios else None,
        "times_more_cameras_than": {name: round(ratio, 1) for name, ratio in ratios.items()},
        "cpu_ms_per_look": _split(watch),
        "holds": cameras >= LEAST_CAMERAS and patrolled >= LEAST_PATROLLED,
        "watch": watch,
        "patrol": patrol,
        "full": full,
        "peers": peers,
    }


def _day(bench: Bench) -> dict[str, Any]:
    """Compare on a film in which little happens."""
    gated, peer = bench.gated(FEW), bench.peer("ultralytics")
    if not peer:
        return {"gated": gated}
    return {
        "gated": gated,
        "ultralytics": peer,
        "times_more_cameras_than_ultralytics": round(peer["cpu_ms_per_look"] / gated["cpu_ms_per_look"], 1),
    }


def _split(watch: dict[str, float]) -> dict[str, float]:
    """Return where the CPU time of a look goes, in ms; what is left is the interpreter, its threads and the server."""
    spent = {key.removeprefix("cpu_s: "): spent for key, spent in watch.items() if key.startswith("cpu_s: ")}
    spent["keep packets"] = spent.pop("keep packets, decode", 0.0) - spent.get("decode", 0.0)
    spent["other"] = watch["cpu_s"] - sum(spent.values())
    return {stage: round(1000 * spent_s / watch["looks"], 2) for stage, spent_s in spent.items()}


def _late(full: dict[str, float], cameras: int) -> dict[str, float]:
    """Count as late what was wanted and not had: replaced unread, or not taken because rates were stretched."""
    wanted = cameras * full.get("wall_s", 0) / LOOK_S
    return full | {"cameras": cameras, "late_share": max(0.0, 1 - full["looks"] / wanted)} if wanted else full


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--day", type=Path, help="also compare on this film, with the change gate")
    parser.add_argument("--full", type=int, default=0, help="also run so many cameras on one core and count late looks")
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter that has Ultralytics")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "cameras.json")
    return parser.parse_args()


def _film(folder: Path) -> Path:
    """Return four minutes of a camera: the rendered kitchens again and again, packets copied."""
    once, film = write_kitchen(folder / "once.mp4"), folder / "film.mp4"
    with av.open(film, "w") as target:
        stream, shift = None, 0
        for _ in range(6):
            with av.open(once) as source:
                video = source.streams.video[0]
                stream = stream or target.add_stream_from_template(video)
                for packet in source.demux(video):
                    if packet.pts is not None and packet.dts is not None:
                        packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                        target.mux(packet)
                shift += video.duration or 0
    return film


@contextmanager
def _rtsp(film: Path, *options: str) -> Iterator[str]:
    """Play a film as a camera, on the last core."""
    script = HERE.parent / "tests" / "servers" / "rtsp.py"
    last = str((os.cpu_count() or 1) - 1)
    command = ["taskset", "-c", last, "/usr/bin/python3", str(script), str(film), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = server.stdout.readline().strip() if server.stdout else ""
            yield f"rtsp://127.0.0.1:{port}/camera"
        finally:
            server.kill()


def _tell(results: dict[str, Any]) -> None:
    print(f"watch: {results['watch']['cpu_ms_per_look']:.1f} ms of CPU a look, ", end="")
    print(f"{results['watched_cameras_per_core']} cameras per core at one look in {LOOK_S:g} s")
    print(f"patrol: {results['patrol']['cpu_ms_per_look']:.1f} ms of CPU a visit, ", end="")
    print(f"{results['patrolled_cameras_per_core']} cameras per core at one look in {PATROL_S:g} s")
    print(f"{results['times_the_floor']} times the floor; {results['cpu_ms_per_look']}")
    if results["day"]:
        print(f"with the change gate: {results['day']['gated']['cpu_ms_per_look']:.1f} ms a look, ", end="")
        print(f"{results['day'].get('times_more_cameras_than_ultralytics')} times the cameras of ultralytics")
    for name, ratio in results["times_more_cameras_than"].items():
        print(f"{ratio:.1f} times the cameras of {name} ({results['peers'][name]['version']})")
    if results["full"]:
        print(f"on one full core {100 * results['full']['late_share']:.2f} % of the looks came too late")


if __name__ == "__main__":
    sys.exit(main())
