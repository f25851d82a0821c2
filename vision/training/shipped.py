"""A shipped ONNX file gives its weights back to the network that it came from, so that anybody can go on from it."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from vision.errors import ModelError

Kernel = tuple[torch.Tensor, torch.Tensor | None]
"""Weight and bias."""
LAYERS = (torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.Linear)


def take_over(network: Any, file: Path, example: torch.Tensor) -> Any:
    """Put the weights of an exported file into `network`, whose pass over `example` meets the same layers in order.

    The file holds each normalisation folded into its convolution: it becomes one that only adds a bias, and must not
    measure statistics again (`without_statistics`). Raises ModelError where the file is of another network.
    """
    layers = _met(network.eval(), example)
    owners = [layer for layer in layers if not isinstance(layer, torch.nn.BatchNorm2d) and not _is_mean(layer.weight)]
    found = [kernel for kernel in _kernels(file) if not _is_mean(kernel[0])]
    kernels = _joined(found, [tuple(layer.weight.shape) for layer in owners])
    if [tuple(layer.weight.shape) for layer in owners] != [tuple(weight.shape) for weight, _ in kernels]:
        raise ModelError(str(file), f"{len(kernels)} layers", f"the {len(owners)} of this network, shape by shape")
    behind = dict(pairwise(layers))
    with torch.no_grad():
        for layer, kernel in zip(owners, kernels, strict=True):
            _put(layer, behind.get(layer), kernel)
    return network


def without_statistics(network: Any) -> Any:
    """Let every normalisation of a network that learns judge by what it knows, not by the batch."""
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.eval()
    return network


def _met(network: Any, example: torch.Tensor) -> list[Any]:
    """Return the layers with weights in the order in which a pass first meets them."""
    met: dict[Any, None] = {}
    hooks = [
        layer.register_forward_hook(lambda layer, _, __: met.setdefault(layer))
        for layer in network.modules()
        if isinstance(layer, LAYERS)
    ]
    with torch.inference_mode():
        network(example)
    for hook in hooks:
        hook.remove()
    return list(met)


def _kernels(file: Path) -> Iterator[Kernel]:
    """Yield weight and bias of each convolution and linear layer in the order of the file's nodes."""
    graph = onnx.load(file).graph
    held = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    same = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"}
    seen: set[str] = set()
    for node in graph.node:
        names = [same.get(name, name) for name in node.input[1:]]
        if node.op_type in {"Conv", "Gemm"} and names[0] not in seen:
            seen.add(names[0])
            weight, *bias = (torch.from_numpy(np.array(held[name])) for name in names)
            yield weight, bias[0] if bias else None


def _is_mean(weight: torch.Tensor) -> bool:
    """Tell whether a kernel is YOLO's mean over the bins of a box side: a constant, which `slim` writes otherwise."""
    return bool(weight.ndim == 4 and weight.shape[0] == 1 and tuple(weight.shape[2:]) == (1, 1))


def _joined(kernels: list[Kernel], shapes: list[tuple[int, ...]]) -> list[Kernel]:
    """Return the kernels with those put together again that `slim` cut in halves, as far as the shapes tell."""
    found: list[Kernel] = []
    left = list(kernels)
    for shape in shapes:
        if len(left) > 1 and tuple(left[0][0].shape) == (shape[0] // 2, *shape[1:]):
            (low, low_bias), (high, high_bias) = left.pop(0), left.pop(0)
            biases = [bias for bias in (low_bias, high_bias) if bias is not None]
            found.append((torch.cat([low, high]), torch.cat(biases) if biases else None))
        elif left:
            found.append(left.pop(0))
    return found + left


def _put(layer: Any, behind: Any, kernel: Kernel) -> None:
    weight, bias = kernel
    layer.weight.copy_(weight)
    if layer.bias is not None:
        layer.bias.copy_(bias)
    elif isinstance(behind, torch.nn.BatchNorm2d):
        behind.weight.fill_(1.0)
        behind.bias.copy_(bias)
        behind.running_mean.zero_()
        behind.running_var.fill_(1.0 - behind.eps)
