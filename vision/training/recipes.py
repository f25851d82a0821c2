"""One command per model: index or crops are made where they are missing, then the fixed course is followed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vision.demo.random_frames import write_frames
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
RATE, FINE_RATE = 1.5e-3, 3e-4
"""Learning rate of a wear model from the beginning, and of one that goes on."""
BATCH, FINE_BATCH = 64, 8
"""Pictures of a step from the beginning (a GPU's morsel; beside a processor it lasts a day) and of one that goes on."""
WEAR_BATCH, WEAR_SHARE = 192, 8
"""Crops of a step from the beginning; the steps with rendered heads are fewer by so much, and smaller."""
RENDERED_FRAMES: Final = (7001, 500)
"""Seed and number of our own frames."""


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
    """Train the detector from COCO's weights, or with reviewed events the shipped one further; return its folder."""
    index, out = _index(bench), bench.out("detector")
    learnt = out / "detector.pt"
    if bench.reviewed:
        indices = [index, of_detector(bench.reviewed, bench.work / "reviewed.json")]
        begin = Start(bench.data / COCO, bench.shipped("detector"))
        train_detector(indices, begin, Course(steps, 4e-4, SEED + 1), Drawing(640, FINE_BATCH, 0.3), learnt)
    else:
        course = Course(steps, 1e-3, SEED, decay=0.9992, warmup=200)
        indices, begin = [index, _rendered_index(bench)], Start(bench.data / COCO, frozen=0)
        train_detector(indices, begin, course, Drawing(640, BATCH, 0.4), learnt)
    report = evaluate(read_index(index, "val"), Teacher(learnt))
    (out / "val.json").write_text(json.dumps(report, indent=1), "utf-8")
    export_detector(learnt, out, bounded(report))
    return out


def wear(bench: Bench, steps: int) -> Path:
    """Train the wear model on crops of heads, then on rendered ones beside them; return its folder.

    With reviewed events the shipped one goes on with them.
    """
    out = bench.out("wear")
    crops = _crops(bench, "head", out)
    if bench.reviewed:
        course = Course(steps, FINE_RATE, SEED, weight_decay=0.02)
        train_wear(crops, WearStart(bench.data / COCO, bench.shipped("wear")), "head", course, out)
        return out
    first = out / "first"
    first.mkdir(exist_ok=True)
    course = Course(steps, RATE, SEED, decay=0.999, weight_decay=0.02, warmup=200)
    train_wear(crops, WearStart(bench.data / COCO), "head", course, first, WEAR_BATCH)
    both = [*crops, _rendered_crops(bench)]
    course = Course(max(1, steps // WEAR_SHARE), FINE_RATE, SEED + 1, weight_decay=0.02)
    train_wear(both, WearStart(bench.data / COCO, first / "head.pt"), "head", course, out)
    return out


def clothing(bench: Bench, _: int) -> Path:
    """Fit the clothing model on crops of persons, reviewed ones beside them; return its folder."""
    out = bench.out("clothing")
    fit_clothing(_crops(bench, "person", out), out, SEED)
    return out


def _index(bench: Bench) -> Path:
    """Return the index of the labelled sets, made where it is missing."""
    index = bench.work / "index.json"
    if not index.exists():
        build(bench.manifests, bench.data, bench.data / COCO, index)
    return index


def _rendered(bench: Bench) -> Path:
    """Return the folder of our own labelled frames, rendered where they are missing."""
    folder = bench.work / "rendered"
    if not (folder / "annotations.json").exists():
        write_frames(folder, *RENDERED_FRAMES)
    return folder


def _rendered_index(bench: Bench) -> Path:
    index = bench.work / "rendered.json"
    if not index.exists():
        build(bench.manifests / "rendered", _rendered(bench), bench.data / COCO, index)
    return index


def _rendered_crops(bench: Bench) -> Path:
    crops = bench.work / "rendered.head.pkl"
    if not crops.exists():
        write_patches(bench.manifests / "rendered", _rendered(bench), bench.data / FACES, "head", crops)
    return crops


def _crops(bench: Bench, region: str, out: Path) -> list[Path]:
    """Return the files of crops, those of the labelled sets made where they are missing."""
    crops = bench.work / f"{region}.pkl"
    out.mkdir(parents=True, exist_ok=True)
    if not crops.exists():
        write_patches(bench.manifests, bench.data, bench.data / FACES, region, crops)
    told = [of_wear(bench.reviewed, region, bench.work / f"reviewed.{region}.pkl")] if bench.reviewed else []
    return [crops, *told]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is made, in how many steps, and in how many it goes on with reviewed events."""

    steps: int
    reviewed_steps: int
    make: Callable[[Bench, int], Path]


RECIPES: Final[dict[str, Recipe]] = {
    "detector": Recipe(3900, 250, detector),
    "wear": Recipe(3400, 467, wear),
    "clothing": Recipe(1, 1, clothing),
}
"""By the model's name; clothes are fitted in one step."""


def train(name: str, bench: Bench, steps: int | None = None) -> Path:
    """Train a shipped model by its name and return the folder that `model promote` takes."""
    if name not in RECIPES:
        raise ConfigError("model", name, ", ".join(RECIPES))
    recipe = RECIPES[name]
    bench.work.mkdir(parents=True, exist_ok=True)
    return recipe.make(bench, steps or (recipe.reviewed_steps if bench.reviewed else recipe.steps))


def described(folder: Path) -> dict[str, Any]:
    """Return the records that a training left in its folder."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
