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


class WearNetwork(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(n, 3, 112, 112) RGB in 0..1 to one (n, states) tensor of logits per item."""

    def __init__(self, weights: Path, items: Sequence[str]) -> None:
        super().__init__()
        layers: Any = load_checkpoint(str(weights))[0].float().model[:LAYERS]
        self.layers = copy.deepcopy(torch.nn.Sequential(*layers))
        for parameter in self.layers.parameters():
            parameter.requires_grad_(True)
        self.drop = torch.nn.Dropout(0.2)
        self.answers = torch.nn.ModuleList(torch.nn.Linear(128 + 2 * 256, len(STATES[item])) for item in items)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits of each item."""
        middle = images
        for layer in self.layers[: MIDDLE + 1]:
            middle = layer(middle)
        deep = middle
        for layer in self.layers[MIDDLE + 1 :]:
            deep = layer(deep)
        pooled = torch.cat([middle.mean((2, 3)), deep.mean((2, 3)), deep.amax((2, 3))], dim=1)
        return [answer(self.drop(pooled)) for answer in self.answers]
