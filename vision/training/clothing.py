"""One command teaches what clothes are: what ImageNet's layers see of a person is read by one convex layer.

Labelled persons are few and their labels single opinions: a network that may bend its layers to them learns the
opinions by heart. One layer on fixed features cannot, and has one best answer.
"""

import json
import pickle
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from vision.training.course import THREADS, record_of
from vision.training.lite import DEEP, lite
from vision.training.patch import Patch
from vision.training.vocabulary import STATES, UNIFORMS
from vision.training.wear import calibrate, export, measuring
from vision.training.wear_feed import RENDERED, RENDERED_SHARE, WearFeed, crop_of, stacked

REGION: Final = "person"
CLOTHES: Final = STATES["clothing"]
Names = tuple[str, ...]
NOTHING_EVERY = 5
"""One person in so many also shows a crop beside it: unknown."""
PENALTY, SMOOTHING, ROUNDS = 0.02, 0.05, 60
LEAST: Final = 1e-30
"""Sum of powers below which a state is as good as impossible."""
ORIGIN: Final = "Trained by the Mingchu authors on the layers of EfficientNet-Lite0 (ImageNet); see card.md"


class ClothesNetwork(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(n, 3, h, w) RGB in 0..1, sides by 32, to the logits of the uniform's states."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = lite().requires_grad_(False).to(memory_format=torch.channels_last)
        self.answers = torch.nn.ModuleList([torch.nn.Linear(DEEP, len(CLOTHES))])
        self.eval()

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the (n, states) logits of the uniform, alone in a list."""
        return [grouped(self.answers[0](self.features(images)))]

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Return (n, DEEP) means over the crop of what the last layer sees."""
        return self.layers(images * 2 - 1).mean((2, 3))

    def shift(self, by: Sequence[float], _: int) -> None:
        """Add to the logits of the uniform's states."""
        moved = dict(zip(UNIFORMS, by, strict=True))
        with torch.no_grad():
            self.answers[0].bias += torch.tensor([moved[state] for state, own in UNIFORMS.items() for _ in own])


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What is learnt from: n views of persons."""

    seen: torch.Tensor
    """(n, DEEP)."""
    told: torch.Tensor
    """(n, clothes) bool: what it may be; a reviewed event tells of work clothes, not of which."""
    weight: torch.Tensor
    """(n,), sum 1."""


def grouped(clothes: torch.Tensor) -> torch.Tensor:
    """Turn (n, clothes) logits into (n, states of the uniform): probabilities of clothes add up.

    Written out, because OpenVINO does not read the logarithm of a sum of powers as one operation.
    """
    columns = ([CLOTHES.index(name) for name in group] for group in UNIFORMS.values())
    most = clothes.amax(dim=1, keepdim=True)
    powers = (clothes - most).exp()
    return most + torch.cat([powers[:, own].sum(dim=1, keepdim=True) for own in columns], dim=1).clamp_min(LEAST).log()


def train(files: Sequence[Path], folder: Path, seed: int) -> dict[str, Any]:
    """Fit on patches, calibrate on val, export into `folder` and return the record of the run."""
    torch.set_num_threads(THREADS)
    began = time.monotonic()
    patches: list[Patch] = [p for path in files for p in pickle.loads(path.read_bytes()) if named(p)]  # noqa: S301  # our own
    network = ClothesNetwork()
    fit(network.answers[0], lessons(network, [p for p in patches if p.split == "train"], seed))
    chosen = calibrate(network, measuring(patches), REGION)
    export(network, REGION, chosen, folder, (ORIGIN, "Apache-2.0"))
    told = record_of({"rounds": ROUNDS, "penalty": PENALTY, "seed": seed}, time.monotonic() - began, files)
    (folder / "record.json").write_text(json.dumps(told, indent=1), "utf-8")
    return told


def named(patch: Patch) -> bool:
    """Tell whether somebody could name the clothes: where nobody could, most are plain jackets, not unseen ones."""
    return patch.states.get("uniform", "unknown") != "unknown"


def lessons(network: ClothesNetwork, patches: Sequence[Patch], seed: int) -> Lessons:
    """Show each person plainly and mirrored, now and then what is beside; rare clothes weigh more."""
    feed, seen, rows = WearFeed(patches, REGION, batch=1, seed=seed), [], []
    for number, patch in enumerate(patches):
        views = list(_views(feed, patch, random.Random(f"{seed} {number}"), nothing=number % NOTHING_EVERY == 0))  # noqa: S311  # spoils pictures
        images, _ = stacked([(crop, [0]) for crop, _, _ in views])
        with torch.inference_mode():
            seen.append(network.features(images.float().div_(255).to(memory_format=torch.channels_last)))
        rows += [(names, weight) for _, names, weight in views]
        if number % 100 == 0:
            print(f"seen={number}/{len(patches)}", flush=True)
    number_of = Counter(names for names, _ in rows)
    kinds_of = {name: len(group) for group in UNIFORMS.values() for name in group}
    weight = torch.tensor([weight / number_of[names] ** 0.5 / kinds_of[names[0]] for names, weight in rows])
    told = torch.tensor([[name in names for name in CLOTHES] for names, _ in rows])
    return Lessons(torch.cat(seen), told, weight / weight.sum())


def fit(answer: Any, told: Lessons) -> None:
    """Find the best weights of the last layer (L-BFGS), features scaled to their spread while it looks for them."""
    middle, spread = told.seen.mean(0), told.seen.std(0) + 1e-3
    scaled = ((told.seen - middle) / spread).clone()
    weight = torch.zeros(len(CLOTHES), DEEP, requires_grad=True)
    bias = torch.zeros(len(CLOTHES), requires_grad=True)
    search = torch.optim.LBFGS([weight, bias], max_iter=ROUNDS)

    def loss() -> torch.Tensor:
        search.zero_grad()
        logs = (scaled @ weight.T + bias).log_softmax(dim=1)
        right = logs.masked_fill(~told.told, -torch.inf).logsumexp(dim=1)
        each = (1 - SMOOTHING) * right + SMOOTHING * logs.mean(dim=1)
        total = PENALTY * weight.square().sum() - (each * told.weight).sum()
        total.backward()
        return total

    search.step(loss)
    with torch.no_grad():
        answer.weight.copy_(weight / spread)
        answer.bias.copy_(bias - (weight / spread) @ middle)


def _views(
    feed: WearFeed, patch: Patch, dice: random.Random, *, nothing: bool
) -> Iterator[tuple[NDArray[np.uint8], Names, float]]:
    """Yield crops with what they may show and how much they count."""
    share = RENDERED_SHARE if patch.origin == RENDERED else 1.0
    clothes = (patch.states["clothing"],) if "clothing" in patch.states else UNIFORMS[patch.states["uniform"]]
    plain = crop_of(patch.bgr, np.array(patch.xyxy, np.float32), REGION)
    yield plain, clothes, share
    yield np.ascontiguousarray(plain[:, ::-1]), clothes, share
    if nothing:
        yield feed.beside(patch, dice), ("unknown",), share
