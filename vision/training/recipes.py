"""One command per model: index or crops are made where they are missing, then the fixed course is followed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.errors import ConfigError
from vision.training.build import build
from vision.training.course import Course
from vision.training.evaluate import evaluate
from vision.training.export import bounded, export_detector
from vision.training.feed import Drawing, read_index
from vision.training.heads import write_patches
from vision.training.teacher import Teacher
from vision.training.train import train as train_detector
from vision.training.wear import Start
from vision.training.wear import train as train_wear

COCO, FACES = "weights/yolo11n-coco-recovered.pt", "peers/aizoo/face_mask_detection.tflite"
SEED = 20261124


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a training finds and leaves things."""

    manifests: Path
    data: Path
    work: Path
    """Index, crops and kept states stay here, outside the repository; an interrupted run goes on from them."""
    extra: Sequence[Path] = ()
    """Further indices or crops, such as those made from reviewed events."""


def detector(bench: Bench, steps: int) -> Path:
    """Train the detector in two parts, small mosaics first, then large single pictures; return its model folder."""
    index, out = bench.work / "index.json", bench.work / "detector"
    if not index.exists():
        build(bench.manifests, bench.data, bench.data / COCO, index)
    first, last = out / "first.pt", out / "last.pt"
    indices = [index, *bench.extra]
    half = Course(steps, 8e-4, SEED)
    train_detector(indices, bench.data / COCO, half, Drawing(512, 12, 0.5), first)
    train_detector(indices, first, Course(steps // 2, 4e-4, SEED + 1), Drawing(640, 8, 0.3), last)
    report = evaluate(read_index(index, "val"), Teacher(last))
    (out / "val.json").write_text(json.dumps(report, indent=1), "utf-8")
    export_detector(last, out, bounded(report))
    return out


def wear(bench: Bench, steps: int, region: str, name: str) -> Path:
    """Train a wear model on the crops of a region; return its model folder."""
    crops, out = bench.work / f"{region}.pkl", bench.work / name
    out.mkdir(parents=True, exist_ok=True)
    if not crops.exists():
        write_patches(bench.manifests, bench.data, bench.data / FACES, region, crops)
    course = Course(steps, 1.2e-3, SEED, weight_decay=0.02)
    train_wear([crops, *bench.extra], Start(bench.data / COCO), region, course, out)
    return out


RECIPES: dict[str, tuple[int, Callable[[Bench, int], Path]]] = {
    "detector": (3000, detector),
    "wear": (2800, lambda bench, steps: wear(bench, steps, "head", "wear")),
    "clothing": (900, lambda bench, steps: wear(bench, steps, "person", "clothing")),
}
"""Name of the model -> steps that it needs, and what makes it."""


def train(name: str, bench: Bench, steps: int | None = None) -> Path:
    """Train a shipped model by its name and return the folder that `model promote` takes."""
    if name not in RECIPES:
        raise ConfigError("model", name, ", ".join(RECIPES))
    usual, recipe = RECIPES[name]
    bench.work.mkdir(parents=True, exist_ok=True)
    return recipe(bench, steps or usual)


def described(folder: Path) -> dict[str, Any]:
    """Return the records that a training left in its folder."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
