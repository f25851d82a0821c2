"""One command per model: index or crops are made where they are missing, then the fixed course is followed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.detectors.manifest import load_manifest, model_folder
from vision.errors import ConfigError
from vision.training.build import build
from vision.training.clothing import train as fit_clothing
from vision.training.course import Course
from vision.training.evaluate import evaluate
from vision.training.export import bounded, export_detector
from vision.training.feed import Drawing, read_index
from vision.training.heads import write_patches
from vision.training.lessons import of_detector, of_wear
from vision.training.teacher import Teacher
from vision.training.train import Start
from vision.training.train import train as train_detector
from vision.training.wear import Start as WearStart
from vision.training.wear import train as train_wear

COCO, FACES = "weights/yolo11n-coco-recovered.pt", "peers/aizoo/face_mask_detection.tflite"
SEED = 20261124
RATE, FINE_RATE = 1.2e-3, 3e-4
"""Learning rate of a wear model from the beginning, and of one that goes on."""
REVIEWED_SHARE = 6
"""A fine-tuning takes one step in so many of a whole training."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a training finds and leaves things."""

    manifests: Path
    data: Path
    work: Path
    """Index, crops and kept states stay here, outside the repository; an interrupted run goes on from them."""
    reviewed: Sequence[Path] = ()
    """Folders of `dataset export --format coco`: the shipped weights go on from them, beside the labelled sets."""

    def out(self, name: str) -> Path:
        """Return the folder of a training; a fine-tuning has one of its own, lest it go on from the wrong state."""
        return self.work / "reviewed" / name if self.reviewed else self.work / name

    def shipped(self, name: str) -> Path:
        """Return the weights of a shipped model."""
        manifest = load_manifest(model_folder(name))
        return manifest.folder / manifest.file


def detector(bench: Bench, steps: int) -> Path:
    """Train the detector in two parts, small mosaics first, then large single pictures; return its model folder.

    With reviewed events the shipped weights go on for the second part alone.
    """
    index, out = bench.work / "index.json", bench.out("detector")
    if not index.exists():
        build(bench.manifests, bench.data, bench.data / COCO, index)
    first, last = out / "first.pt", out / "last.pt"
    if bench.reviewed:
        indices = [index, of_detector(bench.reviewed, bench.work / "reviewed.json")]
        begin = Start(bench.data / COCO, bench.shipped("detector"))
    else:
        indices, begin = [index], Start(first)
        train_detector(indices, Start(bench.data / COCO), Course(steps, 8e-4, SEED), Drawing(512, 12, 0.5), first)
    train_detector(indices, begin, Course(max(1, steps // 2), 4e-4, SEED + 1), Drawing(640, 8, 0.3), last)
    report = evaluate(read_index(index, "val"), Teacher(last))
    (out / "val.json").write_text(json.dumps(report, indent=1), "utf-8")
    export_detector(last, out, bounded(report))
    return out


def wear(bench: Bench, steps: int) -> Path:
    """Train the wear model on crops of heads, or with reviewed events the shipped one further; return its folder."""
    start = WearStart(bench.data / COCO, bench.shipped("wear") if bench.reviewed else None)
    course = Course(steps, FINE_RATE if bench.reviewed else RATE, SEED, weight_decay=0.02)
    out = bench.out("wear")
    train_wear(_crops(bench, "head", out), start, "head", course, out)
    return out


def clothing(bench: Bench, _: int) -> Path:
    """Fit the clothing model on crops of persons, reviewed ones beside them; return its folder."""
    out = bench.out("clothing")
    fit_clothing(_crops(bench, "person", out), out, SEED)
    return out


def _crops(bench: Bench, region: str, out: Path) -> list[Path]:
    """Return the files of crops, those of the labelled sets made where they are missing."""
    crops = bench.work / f"{region}.pkl"
    out.mkdir(parents=True, exist_ok=True)
    if not crops.exists():
        write_patches(bench.manifests, bench.data, bench.data / FACES, region, crops)
    told = [of_wear(bench.reviewed, region, bench.work / f"reviewed.{region}.pkl")] if bench.reviewed else []
    return [crops, *told]


RECIPES: dict[str, tuple[int, Callable[[Bench, int], Path]]] = {
    "detector": (3000, detector),
    "wear": (2800, wear),
    "clothing": (1, clothing),
}
"""Name of the model -> steps that it needs (clothes are fitted in one), and what makes it."""


def train(name: str, bench: Bench, steps: int | None = None) -> Path:
    """Train a shipped model by its name and return the folder that `model promote` takes."""
    if name not in RECIPES:
        raise ConfigError("model", name, ", ".join(RECIPES))
    usual, recipe = RECIPES[name]
    bench.work.mkdir(parents=True, exist_ok=True)
    return recipe(bench, steps or max(1, usual // REVIEWED_SHARE if bench.reviewed else usual))


def described(folder: Path) -> dict[str, Any]:
    """Return the records that a training left in its folder."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
