"""The detector's loss forgets every class where a picture's labels are silent about it."""

from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from ultralytics.utils.loss import v8DetectionLoss


class MaskedLoss(v8DetectionLoss):  # type: ignore[misc]  # Ultralytics is untyped
    """Ultralytics' loss for YOLOv8/11 (box, class, distribution focal) with a mask on the class term per anchor."""

    def __init__(self, network: Any) -> None:
        super().__init__(network)
        self._learnt = torch.ones(1)
        self.bce = self._masked

    def __call__(self, answers: Any, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return (box, class, distribution) losses times the batch size, and their items by name."""
        self._learnt = per_anchor(batch["learnt"], len(self.stride))
        answers = {key: value.float() if torch.is_tensor(value) else value for key, value in answers.items()}
        loss, items = super().__call__(answers, batch)
        return loss, items

    def _masked(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        learnt = torch.maximum(self._learnt, (targets > 0).float())  # a label always speaks
        return cross_entropy(logits, targets, reduction="none") * learnt


def per_anchor(learnt: torch.Tensor, levels: int) -> torch.Tensor:
    """Turn (b, classes, h, w) cells of the finest stride into (b, anchors, classes) over all strides.

    A coarse anchor learns a class only where all its cells do.
    """
    rows = []
    cells = learnt.float()
    for _ in range(levels):
        rows.append(cells.flatten(2).transpose(1, 2))
        cells = -torch.nn.functional.max_pool2d(-cells, 2, ceil_mode=True)
    return torch.cat(rows, dim=1)
