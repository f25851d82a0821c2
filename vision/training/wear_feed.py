"""Patches become crops as the runtime cuts them, spoilt as cameras spoil heads, rare answers drawn oftener."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from vision.detectors.crops import cut, windows
from vision.training.degrade import degraded, recoloured
from vision.training.device import own_steps
from vision.training.labels import TEACHABLE
from vision.training.patch import Patch
from vision.training.pulled import Pulled
from vision.training.vocabulary import STATES

ITEMS = {"head": ("hat", "mask"), "person": ("uniform",)}
TAUGHT = {"head": ("hat", "mask", "hat_type"), "person": ("clothing",)}
"""Items that are learnt: the kind of hat only sharpens the eyes, clothes are grouped into the uniform's states."""
SCALES = {"head": 1.55, "person": 1.1}
SIZES_HW = {"head": (128, 128), "person": (224, 128)}
PAD = 114
SILENT = -1
"""Target of an item that is not labelled."""
NOTHING = 0.05
"""Share of crops that show no head at all: every answer about them is unknown."""
SMALLEST_PX = 14
PULLED = 0.3
"""Share of the bare faces on which another face's lower half is laid."""
OCCLUDED = 0.12
EDGED = 0.25
RENDERED = "rendered"
"""The set of our own rendered frames: learnt from, never measured on."""
RENDERED_SHARE = 0.3
IMPROPER_TIMES = 2.5
"""Masks worn wrongly are few, and each shows another way."""
FROM_BEHIND_TIMES = 8.0
"""The few heads that we boxed by eye teach that a neck is no mask under a chin."""

Crops = tuple[torch.Tensor, torch.Tensor]
"""(b, 3, side, side) u8 RGB and (b, items) indices of states."""


class WearFeed(IterableDataset[Crops]):  # type: ignore[misc]  # torch is untyped here
    """Endless batches of spoilt crops; batch i depends on the seed and i alone."""

    def __init__(self, patches: Sequence[Patch], region: str, *, batch: int, seed: int) -> None:
        self._patches, self._region, self._items = patches, region, TAUGHT[region]
        self._batch, self._seed = batch, seed
        self._shares = shares(patches)
        self._pulled = Pulled(patches)
        self.first = 0

    def __iter__(self) -> Iterator[Crops]:
        """Yield the batches from step `first` on."""
        for step in own_steps(self.first):
            dice = random.Random(f"{self._seed} {step}")  # noqa: S311  # draws pictures, guards no secret
            drawn = dice.choices(self._patches, self._shares, k=self._batch)
            yield stacked([self._spoilt(patch, dice) for patch in drawn])

    def _spoilt(self, patch: Patch, dice: random.Random) -> tuple[NDArray[np.uint8], list[int]]:
        nothing = dice.random() < NOTHING
        if dice.random() < PULLED and self._pulled.takes(patch):
            patch = self._pulled.laid(patch, dice)
        if dice.random() < EDGED:
            patch = _edged(patch, dice)
        box = _elsewhere(patch, dice) if nothing else _jittered(patch, self._region, dice)
        crop = warped(patch.bgr, box, self._region, dice)
        crop = _as_seen_from_afar(crop, box, dice)
        crop = degraded(recoloured(crop, dice), dice, strength=dice.choice((0.25, 0.8)))
        if dice.random() < OCCLUDED:
            crop = _occluded(crop, dice)
        return crop, [STATES[item].index("unknown") for item in self._items] if nothing else targets(patch, self._items)

    def beside(self, patch: Patch, dice: random.Random) -> NDArray[np.uint8]:
        """Return a crop that shows what is beside the box."""
        return warped(patch.bgr, _elsewhere(patch, dice), self._region, dice)


def shares(patches: Sequence[Patch]) -> list[float]:
    """Return how often each patch is drawn: rare combinations of set and states more often than their number says."""
    keys = [(patch.origin, tuple(sorted(patch.states.items()))) for patch in patches]
    number = Counter(keys)
    return [number[key] ** -0.5 * _weight(patch) for key, patch in zip(keys, patches, strict=True)]


def _weight(patch: Patch) -> float:
    """Return more for heads from behind and for masks worn wrongly, less for rendered crops."""
    if patch.origin == RENDERED:
        return RENDERED_SHARE
    if "hat" in patch.states and not patch.face and patch.origin not in TEACHABLE:
        return FROM_BEHIND_TIMES
    return IMPROPER_TIMES if patch.states.get("mask") == "improper" else 1.0


def targets(patch: Patch, items: tuple[str, ...]) -> list[int]:
    """Return the index of each item's state, SILENT where it is not labelled."""
    return [STATES[item].index(patch.states[item]) if item in patch.states else SILENT for item in items]


def crop_of(bgr: NDArray[np.uint8], box: NDArray[np.float32], region: str) -> NDArray[np.uint8]:
    """Cut as the runtime does."""
    canvas = np.empty((*SIZES_HW[region], 3), np.uint8)
    cut(bgr, windows(box[None], SCALES[region], SIZES_HW[region])[0], canvas, PAD)
    return canvas


def warped(bgr: NDArray[np.uint8], box: NDArray[np.float32], region: str, dice: random.Random) -> NDArray[np.uint8]:
    """Cut as the runtime does, but from a camera that hangs askew and looks down: turned, squeezed, in perspective."""
    height, width = SIZES_HW[region]
    x0, y0, x1, y1 = windows(box[None], SCALES[region] * 2 ** dice.uniform(-0.3, 0.3), SIZES_HW[region])[0]
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
    middle, half = corners.mean(axis=0), (corners[2] - corners[0]) / 2
    unit = (corners - middle) / half * [2 ** dice.uniform(-0.15, 0.15), 2 ** dice.uniform(-0.15, 0.25)]
    unit += np.array([dice.gauss(0, 0.04) for _ in range(8)]).reshape(4, 2)
    turn = np.radians(dice.gauss(0, 10))
    spun = unit @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    source = (spun * half + middle).astype(np.float32)
    if dice.random() < 0.5:
        source = source[[1, 0, 3, 2]]
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    view = cv2.getPerspectiveTransform(source, target)
    found = cv2.warpPerspective(bgr, view, (width, height), flags=cv2.INTER_LINEAR, borderValue=(PAD,) * 3)
    return np.asarray(found, np.uint8)


def stacked(crops: Sequence[tuple[NDArray[np.uint8], list[int]]]) -> Crops:
    """Stack (h, w, 3) BGR crops as RGB planes, and their targets."""
    planes = np.stack([crop[:, :, ::-1].transpose(2, 0, 1) for crop, _ in crops])
    return torch.from_numpy(np.ascontiguousarray(planes)), torch.tensor([target for _, target in crops])


def _jittered(patch: Patch, region: str, dice: random.Random) -> NDArray[np.float32]:
    """Return the box as a detector may err about it; a person may stand behind a counter."""
    box = np.array(patch.xyxy, np.float32)
    w, h = box[2:] - box[:2]
    shift = np.array([w, h, w, h]) * [dice.uniform(-0.12, 0.12) for _ in range(4)]
    if region == "person" and h > w:
        shift[3] -= max(h - w, 0) * dice.choice((0.0, dice.uniform(0.0, 0.8)))
    return np.asarray(box + shift, np.float32)


def _edged(patch: Patch, dice: random.Random) -> Patch:
    """Return the patch as if the picture ended just beyond the box: else grey above a head would mean a tall hat."""
    bgr = patch.bgr.copy()
    x0, y0, x1, y1 = patch.xyxy
    room = dice.uniform(-0.04, 0.2) * (y1 - y0)
    side = dice.choice(("top", "top", "left", "right"))
    if side == "top":
        bgr[: max(0, int(y0 - room))] = PAD
    elif side == "left":
        bgr[:, : max(0, int(x0 - room))] = PAD
    else:
        bgr[:, int(x1 + room) :] = PAD
    return replace(patch, bgr=bgr)


def _occluded(crop: NDArray[np.uint8], dice: random.Random) -> NDArray[np.uint8]:
    """Hide a rim of the crop behind something: a pot, a shelf, a shoulder."""
    height, width = crop.shape[:2]
    reach, along = dice.uniform(0.08, 0.28), sorted((dice.random(), dice.random()))
    y0, y1, x0, x1 = dice.choice(
        [(0, reach, *along), (1 - reach, 1, *along), (*along, 0, reach), (*along, 1 - reach, 1)]
    )
    rows, columns = slice(int(y0 * height), int(y1 * height)), slice(int(x0 * width), int(x1 * width))
    crop[rows, columns] = [dice.randrange(256) for _ in range(3)]
    return crop


def _elsewhere(patch: Patch, dice: random.Random) -> NDArray[np.float32]:
    """Return a box beside the head: its body, its background or little more than its rim."""
    box = np.array(patch.xyxy, np.float32)
    w, h = box[2:] - box[:2]
    side = dice.choice([(-1.2, 0.0), (1.2, 0.0), (0.0, 1.3), (0.9, 0.9), (-0.9, 0.9)])
    return np.asarray(box + np.array([side[0] * w, side[1] * h] * 2, np.float32), np.float32)


def _as_seen_from_afar(crop: NDArray[np.uint8], box: NDArray[np.float32], dice: random.Random) -> NDArray[np.uint8]:
    """Shrink to what a head of some size down to SMALLEST_PX would give, and enlarge again."""
    native = float((box[2:] - box[:2]).max())
    if native <= SMALLEST_PX or dice.random() < 0.35:
        return crop
    height, width = crop.shape[:2]
    share = (SMALLEST_PX / min(native, 90.0)) ** dice.random() * min(native, 90.0) * 1.5 / height
    if share >= 1:
        return crop
    small = (max(8, round(width * share)), max(8, round(height * share)))
    shrunk = cv2.resize(crop, small, interpolation=dice.choice((cv2.INTER_AREA, cv2.INTER_LINEAR)))
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
