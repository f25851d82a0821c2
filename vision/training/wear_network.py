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
PLACE = 24
"""Channels that are kept cell by cell."""


class WearNetwork(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(n, 3, h, w) RGB in 0..1 to one (n, states) tensor of logits per item."""

    def __init__(self, weights: Path, items: Sequence[str], hw: tuple[int, int]) -> None:
        super().__init__()
        layers: Any = load_checkpoint(str(weights))[0].float().model[:LAYERS]
        self.layers = copy.deepcopy(torch.nn.Sequential(*layers))
        for parameter in self.layers.parameters():
            parameter.requires_grad_(True)
        self.place = torch.nn.Conv2d(128, PLACE, 1)
        self.grid = torch.nn.AvgPool2d(2)
        self.drop = torch.nn.Dropout(0.25)
        seen = 128 + 2 * 256 + PLACE * hw[0] * hw[1] // 32**2
        self.answers = torch.nn.ModuleList(torch.nn.Linear(seen, len(STATES[item])) for item in items)

    def fresh(self) -> list[torch.nn.Module]:
        """Return the layers that begin from nothing and learn faster."""
        return [self.place, self.answers]

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits of each item; those that learn see one side, those that judge see both sides."""
        if self.training:
            return self.seen(images)
        return [(one + other) / 2 for one, other in zip(self.seen(images), self.seen(images.flip(3)), strict=True)]

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
