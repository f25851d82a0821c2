"""A worker draws pictures from the index by their set's share and serves batches of mosaics without end."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from vision.training.device import makers, own_steps
from vision.training.mosaic import Canvas, finished, mosaic, single
from vision.training.vocabulary import CLASS_INDEX

Batch = dict[str, torch.Tensor]
LONGEST_PX = 640
RARE: Final = frozenset(CLASS_INDEX[name] for name in ("phone", "cat", "dog"))
RARE_TIMES: Final = 4.0
"""Pictures with classes that our sets hardly show are drawn this much more often, lest COCO's knowledge fade."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How batches are drawn."""

    side_px: int
    batch: int
    mosaics: float = 0.5
    """Share of pictures that are pasted together from four; the others show one, larger."""

    def told(self) -> dict[str, float]:
        """Return the fields for a record."""
        return asdict(self)


class Feed(IterableDataset[Batch]):  # type: ignore[misc]  # torch is untyped here
    """Endless batches for the detector; batch i depends on the seed and i alone.

    ``img`` u8 (b, 3, s, s) RGB, ``learnt`` u8 (b, classes, s/8, s/8), and boxes as Ultralytics wants them.
    """

    def __init__(self, entries: list[dict[str, Any]], drawing: Drawing, *, seed: int) -> None:
        self._entries = entries
        self._shares = [entry["share"] * (RARE_TIMES if _has_rare(entry) else 1.0) for entry in entries]
        self._drawing, self._seed = drawing, seed
        self.first = 0
        self._cache: dict[str, NDArray[np.uint8]] = {}
        self._scales: dict[str, float] = {}

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches from step `first` on."""
        for step in own_steps(self.first):
            dice = random.Random(f"{self._seed} {step}")  # noqa: S311  # draws pictures, guards no secret
            yield collated([self._drawn(dice) for _ in range(self._drawing.batch)])

    def read_all(self) -> None:
        """Read every picture before processes that share them begin; a single one reads what it draws."""
        if makers() > 1:
            with ThreadPool() as pool:
                pool.map(self._read, self._entries)

    def _drawn(self, dice: random.Random) -> Canvas:
        several = dice.random() < self._drawing.mosaics
        side_px = self._drawing.side_px
        drawn = [self._read(entry) for entry in dice.choices(self._entries, self._shares, k=4 if several else 1)]
        return finished(mosaic(drawn, side_px, dice) if several else single(*drawn[0], side_px, dice), dice)

    def _read(self, entry: dict[str, Any]) -> tuple[dict[str, Any], NDArray[np.uint8]]:
        path = entry["path"]
        if path not in self._cache:
            bgr = np.asarray(cv2.imread(path), np.uint8)
            scale = min(1.0, LONGEST_PX / max(bgr.shape[:2]))
            self._scales[path] = scale
            self._cache[path] = np.asarray(
                cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
            )
        return _rescaled(entry, self._scales[path]), self._cache[path]


def read_index(index: Path, split: str) -> list[dict[str, Any]]:
    """Return the pictures of one split of a built index."""
    entries: list[dict[str, Any]] = json.loads(index.read_text("utf-8"))["pictures"]
    return [entry for entry in entries if entry["split"] == split]


def collated(canvases: list[Canvas]) -> Batch:
    """Stack canvases; boxes become centre boxes in shares of the side."""
    side = canvases[0].bgr.shape[0]
    rows = [(i, *row) for i, canvas in enumerate(canvases) for row in canvas.boxes]
    table = torch.tensor(rows, dtype=torch.float32).reshape(-1, 6)
    low, high = table[:, 2:4] / side, table[:, 4:6] / side
    pictures = np.stack([canvas.bgr[:, :, ::-1].transpose(2, 0, 1) for canvas in canvases])
    return {
        "img": torch.from_numpy(np.ascontiguousarray(pictures)),
        "learnt": torch.from_numpy(np.stack([canvas.learnt for canvas in canvases])),
        "batch_idx": table[:, 0],
        "cls": table[:, 1],
        "bboxes": torch.cat([(low + high) / 2, high - low], dim=1),
    }


def _has_rare(entry: dict[str, Any]) -> bool:
    return any(row[0] in RARE for row in entry["boxes"])


def _rescaled(entry: dict[str, Any], scale: float) -> dict[str, Any]:
    if scale == 1.0:
        return entry
    scaled = {
        key: [[row[0], *(side * scale for side in row[1:])] for row in entry[key]] for key in ("boxes", "ignored")
    }
    return {**entry, **scaled}
