"""One command trains, calibrates, measures and exports a wear model: hats and masks, or clothes."""

import argparse
import json
import math
import pickle
import time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from vision.training.calibration import answer_above, confusion, softmax, temperature_of
from vision.training.export import input_lines, preamble, write_onnx
from vision.training.network import Average
from vision.training.patch import Patch
from vision.training.vocabulary import STATES
from vision.training.wear_feed import ITEMS, SCALES, SIDE_PX, SILENT, WearFeed, crop_of, stacked, targets
from vision.training.wear_network import WearNetwork

SMOOTHING = 0.03
SPLITS = ("train", "val", "test")
RENDERED = "rendered"
"""The set of our own rendered frames: learnt from, never measured on."""
ORIGIN = "Trained by the Mingchu authors; its first layers come from Ultralytics YOLO11n COCO weights; see card.md"


def learn(network: Any, feed: WearFeed, minutes: float, rate: float) -> Any:
    """Train until the time is over and return the averaged network."""
    average, began = Average(network, 0.995), time.monotonic()
    optimiser = torch.optim.AdamW(network.train().parameters(), rate, weight_decay=0.02)
    batches = iter(DataLoader(feed, batch_size=None, num_workers=1, prefetch_factor=4))
    for step in count():
        done = (time.monotonic() - began) / 60 / minutes
        if done >= 1:
            return average.network
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 50) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
        loss = _step(network, next(batches), optimiser)
        average.update(network)
        if step % 50 == 0:
            print(f"step={step} done={done:.3f} loss={loss:.3f}", flush=True)
    return average.network


def _step(network: Any, batch: tuple[torch.Tensor, torch.Tensor], optimiser: torch.optim.Optimizer) -> float:
    images, target = batch
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(images.float().div_(255).to(memory_format=torch.channels_last))
    loss = sum(_loss(answer.float(), target[:, i]) for i, answer in enumerate(logits))
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    return float(loss)


def _loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    total = torch.nn.functional.cross_entropy(
        logits, target, ignore_index=SILENT, label_smoothing=SMOOTHING, reduction="sum"
    )
    return total / max(1, int((target != SILENT).sum()))


def answers(network: Any, patches: list[Patch], items: tuple[str, ...], scale: float) -> tuple[list[Any], Any]:
    """Return the logits of each item for unspoilt crops, and the (n, items) targets."""
    found: list[list[Any]] = [[] for _ in items]
    for start in range(0, len(patches), 64):
        part = patches[start : start + 64]
        images, _ = stacked([(crop_of(p.bgr, np.array(p.xyxy, np.float32), scale), [0]) for p in part])
        with torch.inference_mode():
            for i, logits in enumerate(network(images.float().div_(255))):
                found[i].append(logits.double().numpy())
    return [np.concatenate(part) for part in found], np.array([targets(p, items) for p in patches])


def calibrate(network: Any, patches: list[Patch], items: tuple[str, ...], scale: float) -> dict[str, dict[str, float]]:
    """Return temperature and answer_above of each item, from a validation split."""
    logits, target = answers(network, patches, items, scale)
    chosen = {}
    for i, item in enumerate(items):
        told = target[:, i] != SILENT
        temperature = temperature_of(logits[i][told], target[told, i])
        sure = answer_above(softmax(logits[i][told], temperature), target[told, i], STATES[item].index("unknown"))
        chosen[item] = {"temperature": temperature, "answer_above": sure}
    return chosen


def measure(network: Any, patches: list[Patch], region: str, chosen: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return per item the confusion of a split at the chosen thresholds, and the accuracy of the answers given."""
    items = ITEMS[region]
    logits, target = answers(network, patches, items, SCALES[region])
    report: dict[str, Any] = {}
    for i, item in enumerate(items):
        told = target[:, i] != SILENT
        probability = softmax(logits[i][told], chosen[item]["temperature"])
        table = confusion(probability, target[told, i], chosen[item]["answer_above"], STATES[item])
        right = float((probability.argmax(axis=1) == target[told, i]).mean())
        report[item] = {"n": int(told.sum()), "accuracy": round(right, 4), "confusion": table}
    return report


def export(network: Any, region: str, chosen: dict[str, dict[str, float]], folder: Path) -> None:
    """Write the ONNX file and the manifest."""
    onnx = folder / f"{folder.name}.onnx"
    write_onnx(network, torch.zeros(2, 3, SIDE_PX, SIDE_PX), onnx, list(ITEMS[region]))
    lines = preamble(onnx, "wear", "classifier", ORIGIN) + input_lines(SIDE_PX)
    lines += [f'crop = "{region}"', f"crop_scale = {SCALES[region]}"]
    for item in ITEMS[region]:
        lines += ["", f"[outputs.{item}]", f"states = {json.dumps(list(STATES[item]))}"]
        lines += [f"{key} = {value}" for key, value in chosen[item].items()]
    (folder / "model.toml").write_text("\n".join([*lines, ""]), "utf-8")


def main(argv: list[str] | None = None) -> int:
    """Train on patches, calibrate on val, measure on test, export."""
    parser = argparse.ArgumentParser("vision.training.wear", description=main.__doc__)
    parser.add_argument("--patches", type=Path, nargs="+", required=True)
    parser.add_argument("--weights", type=Path, required=True, help="COCO YOLO11n checkpoint")
    parser.add_argument("--region", choices=tuple(ITEMS), default="head")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=20261124)
    _run(parser.parse_args(argv))
    return 0


def _of_split(patches: list[Patch], split: str) -> list[Patch]:
    return [p for p in patches if p.split == split and (split == "train" or p.origin != RENDERED)]


def _run(told: argparse.Namespace) -> None:
    torch.set_num_threads(2)
    torch.manual_seed(told.seed)
    items, scale = ITEMS[told.region], SCALES[told.region]
    patches: list[Patch] = [p for path in told.patches for p in pickle.loads(path.read_bytes())]  # noqa: S301  # our own
    by_split = {split: _of_split(patches, split) for split in SPLITS}
    network = WearNetwork(told.weights, items).to(memory_format=torch.channels_last)
    feed = WearFeed(by_split["train"], told.region, batch=96, seed=told.seed)
    network = learn(network, feed, told.minutes, told.rate).eval()
    torch.save(network.state_dict(), told.report.with_suffix(".pt"))
    chosen = calibrate(network, by_split["val"], items, scale)
    report = {"chosen": chosen, "test": measure(network, by_split["test"], told.region, chosen)}
    told.report.write_text(json.dumps(report, indent=1), "utf-8")
    export(network, told.region, chosen, told.folder)


if __name__ == "__main__":
    raise SystemExit(main())
