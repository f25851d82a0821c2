"""One command trains, calibrates and exports the wear model for hats and masks; clothes have `clothing`."""

import argparse
import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vision.training.calibration import Calibrated, calibrated
from vision.training.course import Course, follow, record
from vision.training.device import narrowed, served
from vision.training.export import input_lines, preamble, write_onnx
from vision.training.patch import Patch
from vision.training.shipped import take_over, without_statistics
from vision.training.vocabulary import STATES
from vision.training.wear_feed import (
    ITEMS,
    RENDERED,
    SCALES,
    SILENT,
    SIZES_HW,
    TAUGHT,
    Crops,
    WearFeed,
    crop_of,
    stacked,
    targets,
)
from vision.training.wear_network import WearNetwork

SMOOTHING = 0.03
ASIDE = 0.4
"""Weight of what is learnt but not exported."""
BATCH = 96
CALIBRATED_PX = 24
"""Smaller boxes do not calibrate: there the answer mostly is unknown."""
ORIGIN = "Trained by the Mingchu authors; its first layers come from Ultralytics YOLO11n COCO weights; see card.md"
DESCENT = (ORIGIN, "AGPL-3.0")
"""Origin and licence."""


@dataclass(frozen=True, slots=True)
class WearLearner:
    """A `course.Learner` over crops."""

    feed: WearFeed
    region: str

    def batches(self, first: int) -> Iterator[Crops]:
        """Yield the batches from a step on, made in processes of their own."""
        self.feed.first = first
        return served(self.feed)

    def loss(self, network: Any, batch: Crops) -> tuple[torch.Tensor, dict[str, float]]:
        """Return the sum of the items' losses."""
        images, target = batch
        with narrowed():
            logits = network(images.float().div_(255).to(memory_format=torch.channels_last))
        losses = {
            item: _loss(answer.float(), target[:, i])
            for i, (item, answer) in enumerate(zip(TAUGHT[self.region], logits, strict=True))
        }
        weights = {item: 1.0 if item in ITEMS[self.region] else ASIDE for item in losses}
        total = sum((weights[item] * loss for item, loss in losses.items()), images.new_zeros((), dtype=torch.float32))
        return total, {item: float(loss.detach()) for item, loss in losses.items()}


def _loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    total = torch.nn.functional.cross_entropy(
        logits, target, ignore_index=SILENT, label_smoothing=SMOOTHING, reduction="sum"
    )
    return total / max(1, int((target != SILENT).sum()))


def logits_of(network: Any, patches: Sequence[Patch], region: str) -> tuple[list[Any], Any]:
    """Return the logits of each item for unspoilt crops, and the (n, items) targets."""
    items = ITEMS[region]
    found: list[list[Any]] = [[] for _ in items]
    for start in range(0, len(patches), 64):
        part = patches[start : start + 64]
        images, _ = stacked([(crop_of(p.bgr, np.array(p.xyxy, np.float32), region), [0]) for p in part])
        with torch.inference_mode():
            for i, logits in enumerate(network(images.float().div_(255))[: len(items)]):
                found[i].append(logits.double().numpy())
    return [np.concatenate(part) for part in found], np.array([targets(p, items) for p in patches])


def calibrate(network: Any, patches: Sequence[Patch], region: str) -> dict[str, Calibrated]:
    """Fit every item on a validation split, and move the shifts into the network's last layer."""
    logits, target = logits_of(network, patches, region)
    chosen = {}
    for i, item in enumerate(ITEMS[region]):
        told = target[:, i] != SILENT
        chosen[item] = calibrated(logits[i][told], target[told, i], STATES[item])
        network.shift(chosen[item].shift, i)
    return chosen


def export(
    network: Any, region: str, chosen: dict[str, Calibrated], folder: Path, descent: tuple[str, str] = DESCENT
) -> None:
    """Write the ONNX file and the manifest; what is not asked for at run time is left out."""
    onnx, (height, width) = folder / f"{folder.name}.onnx", SIZES_HW[region]
    network.answers = network.answers[: len(ITEMS[region])]
    write_onnx(network, torch.zeros(2, 3, height, width), onnx, list(ITEMS[region]))
    lines = preamble(onnx, "wear", "classifier", *descent) + input_lines((height, width))
    lines += [f'crop = "{region}"', f"crop_scale = {SCALES[region]}"]
    for item, told in chosen.items():
        lines += ["", f"[outputs.{item}]", f"states = {json.dumps(list(STATES[item]))}"]
        lines += [f"temperature = {told.temperature}", f"answer_above = {told.answer_above}"]
    (folder / "model.toml").write_text("\n".join([*lines, ""]), "utf-8")


@dataclass(frozen=True, slots=True)
class Start:
    """Where a training begins."""

    weights: Path
    """COCO YOLO11n checkpoint, for the first layers."""
    learnt: Path | None = None
    """What an earlier training left (``head.pt``), or a shipped ``.onnx``, to go on from."""

    def network(self, region: str) -> Any:
        """Return the network, set to learn."""
        network = WearNetwork(self.weights, TAUGHT[region], SIZES_HW[region])
        network.to(memory_format=torch.channels_last).train()
        if self.learnt and self.learnt.suffix == ".onnx":
            return _shipped(network, self.learnt, region)
        if self.learnt:
            network.load_state_dict(torch.load(self.learnt, weights_only=True))
        return network


def _shipped(network: Any, file: Path, region: str) -> Any:
    """Return the network with a shipped file's weights; what is not exported begins from nothing."""
    answers = network.answers
    network.answers = answers[: len(ITEMS[region])]
    take_over(network, file, torch.zeros(1, 3, *SIZES_HW[region]))
    network.answers = answers
    return without_statistics(network.train())


def train(
    files: Sequence[Path], start: Start, region: str, course: Course, folder: Path, batch: int = BATCH
) -> dict[str, Any]:
    """Train on patches, calibrate on val, export into `folder` and return the record of the run."""
    patches: list[Patch] = [p for path in files for p in pickle.loads(path.read_bytes())]  # noqa: S301  # our own
    network = start.network(region)
    feed = WearFeed([p for p in patches if p.split == "train"], region, batch=batch, seed=course.seed)
    average, seconds = follow(course, network, WearLearner(feed, region), folder / f"{region}.kept")
    torch.save(average.state_dict(), folder / f"{region}.pt")
    chosen = calibrate(average.eval(), measuring(patches), region)
    export(average, region, chosen, folder)
    told = record(course, seconds, [start.weights, *([start.learnt] if start.learnt else []), *files])
    (folder / "record.json").write_text(json.dumps(told, indent=1), "utf-8")
    return told


def measuring(patches: Sequence[Patch]) -> list[Patch]:
    """Return what calibrates: the larger boxes of val, none of them drawn."""
    large = [p for p in patches if min(p.xyxy[2] - p.xyxy[0], p.xyxy[3] - p.xyxy[1]) >= CALIBRATED_PX]
    return [p for p in large if p.split == "val" and p.origin != RENDERED]


def main(argv: list[str] | None = None) -> int:
    """Train, calibrate on val, export; run again to go on after an interruption."""
    parser = argparse.ArgumentParser("vision.training.wear", description=main.__doc__)
    parser.add_argument("--patches", type=Path, nargs="+", required=True)
    parser.add_argument("--weights", type=Path, required=True, help="COCO YOLO11n checkpoint")
    parser.add_argument("--start", type=Path, help="what an earlier training left, to go on from")
    parser.add_argument("--region", choices=tuple(ITEMS), default="head")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=20261124)
    told = parser.parse_args(argv)
    told.folder.mkdir(parents=True, exist_ok=True)
    course = Course(told.steps, told.rate, told.seed, decay=0.998, weight_decay=0.02)
    print(train(told.patches, Start(told.weights, told.start), told.region, course, told.folder))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
