"""YOLO11n keeps what COCO taught it and gets a last layer for our classes."""

import copy
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from ultralytics.nn.tasks import load_checkpoint

from vision.training.vocabulary import CLASSES, COCO_PARENTS

RARE = math.log(0.01 / 0.99)
"""Logit of a class that nothing speaks for yet."""
GAINS = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)
"""Ultralytics' default gains of the three losses."""


def inherited(weights: Path) -> Any:
    """Return a network for our classes, every layer but the last as in the COCO checkpoint."""
    network = load_checkpoint(str(weights))[0].float()
    detect = network.model[-1]
    if network.names != dict(enumerate(CLASSES)):  # else it is one of ours to go on from
        for branch in detect.cv3:
            branch[-1] = _last(branch[-1])
    detect.nc, detect.no = len(CLASSES), len(CLASSES) + 4 * detect.reg_max
    network.names, network.nc, network.args = dict(enumerate(CLASSES)), len(CLASSES), GAINS
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    return network.to(memory_format=torch.channels_last)


def learning(network: Any, frozen: int) -> Any:
    """Return the network set to learn, but for its first `frozen` layers: what they see is the same in a kitchen."""
    network.train()
    for layer in network.model[:frozen]:
        layer.eval().requires_grad_(False)
    return network


def _last(old: torch.nn.Conv2d) -> torch.nn.Conv2d:
    new = torch.nn.Conv2d(old.in_channels, len(CLASSES), 1)
    with torch.no_grad():
        new.weight.normal_(0, 0.01)
        new.bias.fill_(RARE)
        for index, name in enumerate(CLASSES):
            if name in COCO_PARENTS:
                new.weight[index] = old.weight[COCO_PARENTS[name]]
                new.bias[index] = old.bias[COCO_PARENTS[name]]
    return new


class Average:
    """The exponential moving average of a network's weights: what is kept in the end."""

    def __init__(self, network: Any, decay: float = 0.998) -> None:
        self.network = copy.deepcopy(network).eval()
        self._decay, self.steps = decay, 0

    @torch.no_grad()  # type: ignore[untyped-decorator]  # torch is untyped here
    def update(self, network: Any) -> None:
        """Take one step towards `network`, longer ones in the beginning."""
        self.steps += 1
        decay = self._decay * (1 - math.exp(-self.steps / 200))
        own, new = self.network.state_dict(), network.state_dict()
        moving = [name for name, value in own.items() if value.is_floating_point()]
        torch._foreach_lerp_(
            [own[name] for name in moving], [new[name] for name in moving], 1 - decay
        )  # one call, not five hundred
        for name in own.keys() - set(moving):
            own[name].copy_(new[name])
