"""Patches become crops as the runtime cuts them, spoilt as cameras spoil heads, rare answers drawn oftener."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from vision.detectors.crops import cut, windows
from vision.training.degrade import degraded, recoloured
from vision.training.patch import Patch
from vision.training.vocabulary import STATES

SIDE_PX = 112
ITEMS = {"head": ("hat", "mask"), "person": ("uniform",)}
SCALES = {"head": 1.5, "person": 1.1}
PAD = 114
SILENT = -1
"""Target of an item that is not labelled."""
NOTHING = 0.05
"""Share of crops that show no head at all: every answer about them is unknown."""
SMALLEST_PX = 14

Crops = tuple[torch.Tensor, torch.Tensor]
"""(b, 3, side, side) u8 RGB and (b, items) indices of states."""


class WearFeed(IterableDataset[Crops]):  # type: ignore[misc]  # torch is untyped here
    """Endless batches of spoilt crops."""

    def __init__(self, patches: Sequence[Patch], region: str, *, batch: int, seed: int) -> None:
        self._patches, self._items, self._scale = patches, ITEMS[region], SCALES[region]
        self._batch, self._seed = batch, seed
        self._shares = shares(patches)

    def __iter__(self) -> Iterator[Crops]:
        """Yield batches; the same seed yields the same crops."""
        dice = random.Random(self._seed)  # noqa: S311  # draws pictures, guards no secret
        while True:
            drawn = dice.choices(self._patches, self._shares, k=self._batch)
            yield stacked([self._spoilt(patch, dice) for patch in drawn])

    def _spoilt(self, patch: Patch, dice: random.Random) -> tuple[NDArray[np.uint8], list[int]]:
        nothing = dice.random() < NOTHING
        box = _elsewhere(patch, dice) if nothing else _jittered(patch, dice)
        crop = crop_of(patch.bgr, box, self._scale * 2 ** dice.uniform(-0.2, 0.2))
        crop = _as_seen_from_afar(crop, box, dice)
        crop = degraded(recoloured(crop, dice), dice, strength=0.7)
        if dice.random() < 0.5:
            crop = np.ascontiguousarray(crop[:, ::-1])
        return crop, [STATES[item].index("unknown") for item in self._items] if nothing else targets(patch, self._items)


def shares(patches: Sequence[Patch]) -> list[float]:
    """Return how often each patch is drawn: rare combinations of set and states more often than their number says."""
    keys = [(patch.origin, tuple(sorted(patch.states.items()))) for patch in patches]
    number = Counter(keys)
    return [number[key] ** -0.5 for key in keys]


def targets(patch: Patch, items: tuple[str, ...]) -> list[int]:
    """Return the index of each item's state, SILENT where it is not labelled."""
    return [STATES[item].index(patch.states[item]) if item in patch.states else SILENT for item in items]


def crop_of(bgr: NDArray[np.uint8], box: NDArray[np.float32], scale: float) -> NDArray[np.uint8]:
    """Cut as the runtime does."""
    canvas = np.empty((SIDE_PX, SIDE_PX, 3), np.uint8)
    cut(bgr, windows(box[None], scale, (SIDE_PX, SIDE_PX))[0], canvas, PAD)
    return canvas


def stacked(crops: Sequence[tuple[NDArray[np.uint8], list[int]]]) -> Crops:
    """Stack (h, w, 3) BGR crops as RGB planes, and their targets."""
    planes = np.stack([crop[:, :, ::-1].transpose(2, 0, 1) for crop, _ in crops])
    return torch.from_numpy(np.ascontiguousarray(planes)), torch.tensor([target for _, target in crops])


def _jittered(patch: Patch, dice: random.Random) -> NDArray[np.float32]:
    box = np.array(patch.xyxy, np.float32)
    w, h = box[2:] - box[:2]
    shift = np.array([w, h, w, h]) * [dice.uniform(-0.1, 0.1) for _ in range(4)]
    return np.asarray(box + shift, np.float32)


def _elsewhere(patch: Patch, dice: random.Random) -> NDArray[np.float32]:
    """Return a box beside the head: its body, its background or little more than its rim."""
    box = np.array(patch.xyxy, np.float32)
    w, h = box[2:] - box[:2]
    side = dice.choice([(-1.2, 0.0), (1.2, 0.0), (0.0, 1.3), (0.9, 0.9), (-0.9, 0.9)])
    return np.asarray(box + np.array([side[0] * w, side[1] * h] * 2, np.float32), np.float32)


def _as_seen_from_afar(crop: NDArray[np.uint8], box: NDArray[np.float32], dice: random.Random) -> NDArray[np.uint8]:
    native = float((box[2:] - box[:2]).max())
    if native <= SMALLEST_PX or dice.random() < 0.4:
        return crop
    wanted = SMALLEST_PX * (min(native, 90.0) / SMALLEST_PX) ** dice.random()
    small = max(8, round(SIDE_PX * wanted / min(native, SIDE_PX / 1.5)))
    if small >= SIDE_PX:
        return crop
    shrunk = cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR), np.uint8)
