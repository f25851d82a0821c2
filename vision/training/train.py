"""One command fine-tunes the detector on the index and keeps the averaged weights."""

import argparse
import json
import math
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader

from vision.training.feed import Batch, Feed, read_index
from vision.training.masked_loss import MaskedLoss
from vision.training.network import Average, inherited

WARMUP_STEPS = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn."""

    minutes: float
    side_px: int
    batch: int
    rate: float
    seed: int


def train(entries: list[dict[str, Any]], network: Any, plan: Plan, out: Path) -> dict[str, float]:
    """Fine-tune `network`, write its moving average to `out`, and return what was done."""
    torch.manual_seed(plan.seed)
    feed = Feed(entries, side_px=plan.side_px, batch=plan.batch, seed=plan.seed)
    average, began = Average(network), time.monotonic()
    optimiser, loss_of = _optimiser(network, plan.rate), MaskedLoss(network.train())
    batches = iter(DataLoader(feed, batch_size=None, num_workers=1, prefetch_factor=6))
    for step in count():
        done = (time.monotonic() - began) / 60 / plan.minutes
        if done >= 1:
            break
        _set_rates(optimiser, plan.rate, step, done)
        items = _step(network, next(batches), loss_of, optimiser)
        average.update(network)
        if step % 25 == 0:
            print(f"step={step} done={done:.3f} " + " ".join(f"{k}={v:.3f}" for k, v in items.items()), flush=True)
        if step % 300 == 299:
            save(average.network, out)
    save(average.network, out)
    return {"steps": step, "pictures": step * plan.batch, "seconds": time.monotonic() - began}


def save(network: Any, out: Path) -> None:
    """Write the weights as Ultralytics checkpoints are, so that any of its tools reads them."""
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": network, "train_args": {}}, out)


def _optimiser(network: Any, rate: float) -> torch.optim.Optimizer:
    last = {id(p) for branch in network.model[-1].cv3 for p in branch[-1].parameters()}
    groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
    for parameter in (p for p in network.parameters() if p.requires_grad):
        groups.setdefault((id(parameter) in last, parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        {"params": found, "lr": rate, "share": 2.0 if new else 1.0, "weight_decay": 5e-4 * decays}
        for (new, decays), found in groups.items()
    )


def _set_rates(optimiser: torch.optim.Optimizer, rate: float, step: int, done: float) -> None:
    now = rate * min(1.0, (step + 1) / WARMUP_STEPS) * (0.03 + 0.97 * (1 + math.cos(math.pi * done)) / 2)
    for group in optimiser.param_groups:
        group["lr"] = now * group["share"]


def _step(network: Any, batch: Batch, loss_of: MaskedLoss, optimiser: torch.optim.Optimizer) -> dict[str, float]:
    pictures = batch["img"].float().div_(255).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        answers = network(pictures)
    loss, items = loss_of(answers, batch)
    optimiser.zero_grad(set_to_none=True)
    loss.sum().backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimiser.step()
    return {name: float(value) for name, value in items.items()}


def _prepared(told: argparse.Namespace) -> Any:
    network = inherited(told.weights)
    for layer in network.model[:-1] if told.last_only else ():
        layer.requires_grad_(False)
    return network


def main(argv: list[str] | None = None) -> int:
    """Train and write the checkpoint and, beside it, a record of the run."""
    parser = argparse.ArgumentParser("vision.training.train", description=main.__doc__)
    parser.add_argument("--index", type=Path, nargs="+", required=True)
    parser.add_argument("--weights", type=Path, required=True, help="COCO checkpoint, or one of ours to go on from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--last-only", action="store_true", help="teach only the detection layers, the rest stays")
    told = parser.parse_args(argv)
    torch.set_num_threads(2)
    plan = Plan(told.minutes, told.side, told.batch, told.rate, told.seed)
    entries = [entry for index in told.index for entry in read_index(index, "train")]
    record = train(entries, _prepared(told), plan, told.out)
    told.out.with_suffix(".json").write_text(json.dumps({**vars(told), **record}, default=str, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
