"""Claim: a look costs at most 1.25 times what bare decoding and bare inference cost on the same frames.

Ours is everything from packet to rules: demux, ring, sampler, decoding and colour, letterbox, detector, reading its
numbers, pairing heads, crops, wear models, camera health, tracker and rules. The floor is PyAV decoding the very same
key frames (no colour conversion) and ONNX Runtime running the same networks on as many pictures and crops, whose
tensors were made beforehand. Both have one thread. Evidence is no part of a look: it is made per event.

    python benchmarks/line.py [CLIP …] [--rounds N] [--out FILE]

A film of rendered kitchens is generated and always measured. The main figure is the CPU time of the whole process,
because wall time on a shared machine measures the neighbours too. Ours and floor take turns look by look, and a ratio
is of one pass of both through the film.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from kitchen_film import write_kitchen
from machine import described
from passes import Figures, Floor, OurLine, by_turns, inputs_of

from vision.commands.composing import Sightedness, load_sight

THREADS = 1
MOST_RATIO = 1.25


def main() -> int:
    """Measure, print a table, write the results; fail where the claim does not hold."""
    asked = _arguments()
    sight = load_sight(threads=THREADS)
    with tempfile.TemporaryDirectory() as folder:
        films = [write_kitchen(Path(folder, "rendered-kitchens.mp4")), *asked.clips]
        clips = [_measured(film, sight, asked.rounds) for film in films]
    results = {
        "claim": __doc__.splitlines()[0].removeprefix("Claim: "),
        "command": " ".join(["python", "benchmarks/line.py", *sys.argv[1:]]),
        "threads": THREADS,
        "rounds": asked.rounds,
        "machine": described(),
        "most_ratio": MOST_RATIO,
        "holds": all(clip["ratio_cpu"]["median"] <= MOST_RATIO for clip in clips),
        "clips": clips,
    }
    asked.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    for clip in clips:
        _tell(clip)
    return 0 if results["holds"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "line.json")
    return parser.parse_args()


def _measured(film: Path, sight: Sightedness, rounds: int) -> dict[str, Any]:
    """Return all figures of one film: ours and floor by turns, the first turn only to warm up."""
    ours = OurLine(film, sight)
    looks, persons, heads, frame_hw = {}, 0, 0, (0, 0)
    for pts, frame in ours.frames():
        looks[pts], people = inputs_of(frame.image, sight)
        persons += len(people.persons)
        heads += int((people.head_xyxy[:, 0] == people.head_xyxy[:, 0]).sum())  # NaN where no head is seen
        frame_hw = frame.hw
    floor = Floor(film, looks, THREADS)
    turns = [by_turns(ours, floor) for _ in range(rounds + 1)][1:]
    return {
        "clip": film.name,
        "frame_hw": frame_hw,
        "looks": len(looks),
        "persons": persons,
        "heads": heads,
        "ratio_cpu": _spread([our["cpu"] / bare["cpu"] for our, bare in turns]),
        "ratio_wall": _spread([our["wall"] / bare["wall"] for our, bare in turns]),
        "ours_ms_per_look": _medians([our for our, _ in turns]),
        "floor_ms_per_look": _medians([bare for _, bare in turns]),
    }


def _spread(values: list[float]) -> dict[str, float]:
    low, _, high = quantiles(values, n=4)
    return {"median": round(median(values), 3), "q1": round(low, 3), "q3": round(high, 3)}


def _medians(passes: list[Figures]) -> Figures:
    return {stage: round(median(each[stage] for each in passes), 3) for stage in passes[0]}


def _tell(clip: dict[str, Any]) -> None:
    ratio = clip["ratio_cpu"]
    print(f"{clip['clip']} {clip['frame_hw']}: {clip['looks']} looks, {clip['persons']} persons, {clip['heads']} heads")
    for stage, ours_ms in clip["ours_ms_per_look"].items():
        floor_ms = clip["floor_ms_per_look"].get(stage, 0.0)
        print(f"  {stage:16} {ours_ms:8.3f} ms  floor {floor_ms:8.3f} ms  more {ours_ms - floor_ms:+7.3f} ms")
    print(f"  ratio of CPU {ratio['median']} ({ratio['q1']} to {ratio['q3']}), of wall {clip['ratio_wall']['median']}")


if __name__ == "__main__":
    sys.exit(main())
