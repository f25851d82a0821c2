"""One command fine-tunes the detector on the index and keeps the averaged weights."""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vision.training.course import Course, follow, record
from vision.training.device import device, narrowed, served
from vision.training.feed import Batch, Drawing, Feed, read_index
from vision.training.masked_loss import MaskedLoss
from vision.training.network import inherited, learning
from vision.training.shipped import take_over, without_statistics

FROZEN = 5
"""Layers of YOLO11n up to stride 8 that keep COCO's eyes: a third of the time for nothing lost on validation."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a training begins."""

    weights: Path
    """A COCO checkpoint, or one of ours to go on from."""
    shipped: Path | None = None
    """A shipped ``detector.onnx`` whose weights are taken over."""
    frozen: int = FROZEN
    """So many of the first layers stay as they are."""

    def network(self) -> Any:
        """Return the network, set to learn."""
        network = inherited(self.weights)
        if self.shipped is None:
            return learning(network, self.frozen)
        take_over(network, self.shipped, torch.zeros(1, 3, 64, 64))
        return without_statistics(learning(network, self.frozen))

    def files(self) -> list[Path]:
        """Return the files that the weights come from."""
        return [self.weights, *([self.shipped] if self.shipped else [])]


@dataclass(frozen=True, slots=True)
class DetectorLearner:
    """A `course.Learner` over mosaics."""

    feed: Feed
    loss_of: MaskedLoss

    def batches(self, first: int) -> Iterator[Batch]:
        """Yield the batches from a step on, made in processes of their own."""
        self.feed.first = first
        self.feed.read_all()
        return served(self.feed)

    def loss(self, network: Any, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        """Return the sum of box, class and distribution loss."""
        pictures = batch["img"].float().div_(255).to(memory_format=torch.channels_last)
        with narrowed():
            answers = network(pictures)
        loss, items = self.loss_of(answers, batch)
        return loss.sum(), {name: float(value) for name, value in items.items()}


def train(indices: Sequence[Path], start: Start, course: Course, drawing: Drawing, out: Path) -> dict[str, Any]:
    """Fine-tune, write the moving average to `out` and what was done beside it, and return that record."""
    entries = [entry for index in indices for entry in read_index(index, "train")]
    network = start.network().to(device())  # the loss asks it where it is
    learner = DetectorLearner(Feed(entries, drawing, seed=course.seed), MaskedLoss(network))
    average, seconds = follow(course, network, learner, out.with_suffix(".kept"))
    save(average, out)
    told = {"drawing": drawing.told(), **record(course, seconds, [*start.files(), *indices])}
    out.with_suffix(".json").write_text(json.dumps(told, indent=1), "utf-8")
    return told


def save(network: Any, out: Path) -> None:
    """Write the weights as Ultralytics checkpoints are, so that any of its tools reads them."""
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": network, "train_args": {}}, out)


def main(argv: list[str] | None = None) -> int:
    """Train and write the checkpoint and, beside it, a record of the run; run again to go on after an interruption."""
    parser = argparse.ArgumentParser("vision.training.train", description=main.__doc__)
    parser.add_argument("--index", type=Path, nargs="+", required=True)
    parser.add_argument("--weights", type=Path, required=True, help="COCO checkpoint, or one of ours to go on from")
    parser.add_argument("--shipped", type=Path, help="a shipped detector.onnx, to go on from its weights")
    parser.add_argument("--frozen", type=int, default=FROZEN, help="so many of the first layers stay as they are")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--mosaics", type=float, default=0.5, help="share of pictures pasted together from four")
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--seed", type=int, default=20261124)
    told = parser.parse_args(argv)
    course = Course(told.steps, told.rate, told.seed)
    start = Start(told.weights, told.shipped, told.frozen)
    train(told.index, start, course, Drawing(told.side, told.batch, told.mosaics), told.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
