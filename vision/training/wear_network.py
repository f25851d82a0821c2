"""The detector's first layers look at one crop and answer about every item."""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from ultralytics.nn.tasks import load_checkpoint

from vision.training.vocabulary import STATES

LAYERS = 9
"""Of YOLO11n, up to stride 32."""
MIDDLE = 6
"""The layer of stride 16 whose details are kept."""
MARGIN = 1 / 16
"""Share of a side by which the nearer view is cut, and the farther one framed, on each side."""
PAD = 114
PLACE = 24
"""Channels that are kept cell by cell."""


class WearNetwork(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(n, 3, h, w) RGB in 0..1 to one (n, states) tensor of logits per item."""

    def __init__(self, weights: Path, items: Sequence[str], hw: tuple[int, int]) -> None:
        super().__init__()
        self.hw = hw
        layers: Any = load_checkpoint(str(weights))[0].float().model[:LAYERS]
        self.layers = copy.deepcopy(torch.nn.Sequential(*layers))
        for parameter in self.layers.parameters():
            parameter.requires_grad_(True)
        self.place = torch.nn.Conv2d(128, PLACE, 1)
        self.grid = torch.nn.AvgPool2d(2)
        self.drop = torch.nn.Dropout(0.25)
        seen = 128 + 2 * 256 + PLACE * hw[0] * hw[1] // 32**2
        self.answers = torch.nn.ModuleList(torch.nn.Linear(seen, len(STATES[item])) for item in items)

    def shift(self, by: Sequence[float], index: int) -> None:
        """Add to the logits of an item's states."""
        with torch.no_grad():
            self.answers[index].bias += torch.tensor(by)

    def fresh(self) -> list[torch.nn.Module]:
        """Return the layers that begin from nothing and learn faster."""
        return [self.place, self.answers]

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits of each item; a network that learns sees one view, one that judges the mean of four."""
        if self.training:
            return self.seen(images)
        answers = [
            self.seen(view)
            for view in (images, images.flip(3), nearer(images, self.hw), farther(images.flip(3), self.hw))
        ]
        return [torch.stack(same).mean(0) for same in zip(*answers, strict=True)]

    def seen(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits of each item for the pictures as they are."""
        middle = images
        for layer in self.layers[: MIDDLE + 1]:
            middle = layer(middle)
        deep = middle
        for layer in self.layers[MIDDLE + 1 :]:
            deep = layer(deep)
        where = self.grid(torch.relu(self.place(middle))).flatten(1)  # a mask under the chin is a mask elsewhere
        pooled = torch.cat([middle.mean((2, 3)), deep.mean((2, 3)), deep.amax((2, 3)), where], dim=1)
        return [answer(self.drop(pooled)) for answer in self.answers]


def nearer(images: torch.Tensor, hw: tuple[int, int]) -> torch.Tensor:
    """Return what a crop seven eighths as large would show."""
    (height, width), (top, left) = hw, (round(side * MARGIN) for side in hw)
    return _resized(images[:, :, top : height - top, left : width - left], hw)


def farther(images: torch.Tensor, hw: tuple[int, int]) -> torch.Tensor:
    """Return what a larger crop would show, were there nothing but grey around."""
    (height, width), (top, left) = hw, (round(side * MARGIN) for side in hw)
    small = _resized(images, (height - 2 * top, width - 2 * left))
    return torch.nn.functional.pad(small, (left, left, top, top), value=PAD / 255)


def _resized(images: torch.Tensor, hw: tuple[int, int]) -> torch.Tensor:
    return torch.nn.functional.interpolate(images, size=hw, mode="bilinear", align_corners=False)
