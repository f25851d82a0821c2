"""Tiny ONNX networks, built here, whose answers a reader can compute in the head."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[np.float32]


def constant_network(path: Path, outputs: Mapping[str, Array], input_hw: tuple[int, int]) -> Path:
    """Write a network (1, 3, h, w) that answers the same arrays whatever it sees."""
    nodes = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.ascontiguousarray(value, np.float32)))
        for name, value in outputs.items()
    ]
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape) for name, value in outputs.items()]
    entry = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, *input_hw])
    return _write(path, nodes, entry, results)


def colour_network(path: Path, outputs: Mapping[str, Array], input_hw: tuple[int, int]) -> Path:
    """Write a network (n, 3, h, w) whose logits are `weights` (states, 3) times the mean of each colour plane."""
    nodes = [helper.make_node("ReduceMean", ["images"], ["mean"], axes=[2, 3], keepdims=0)]
    results = []
    for name, weights in outputs.items():
        matrix = numpy_helper.from_array(np.ascontiguousarray(weights.T, np.float32))
        nodes.append(helper.make_node("Constant", [], [f"{name}_w"], value=matrix))
        nodes.append(helper.make_node("MatMul", ["mean", f"{name}_w"], [name]))
        results.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", len(weights)]))
    entry = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, *input_hw])
    return _write(path, nodes, entry, results)


def spot_network(path: Path) -> Path:
    """Write a network (n, 3, h, w) that boxes (4 px) the brightest px of the first plane, as class 0 of 2."""
    constants = {
        "flat": np.array([0, 0, -1], np.int64), "plane": np.array([0], np.int64), "last": np.array([3], np.int64),
        "four": np.full((1, 1, 1), 4, np.float32), "sure": np.full((1, 1, 1), 0.9, np.float32),
        "none": np.zeros((1, 1, 1), np.float32), "half": np.full((1, 1, 1), 0.5, np.float32),
    }  # fmt: skip
    nodes = [
        helper.make_node("Gather", ["images", "plane"], ["first"], axis=1),
        helper.make_node("Reshape", ["first", "flat"], ["row"]),
        helper.make_node("ArgMax", ["row"], ["at"], axis=2, keepdims=1),
        helper.make_node("Shape", ["images"], ["shape"]),
        helper.make_node("Gather", ["shape", "last"], ["width"], axis=0),
        helper.make_node("Div", ["at", "width"], ["y"]),
        helper.make_node("Mod", ["at", "width"], ["x"]),
        helper.make_node("Cast", ["x"], ["xf"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["y"], ["yf"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["xf", "none"], ["zeros"]),
        *(helper.make_node("Add", ["zeros", name], [f"{name}s"]) for name in ("four", "sure")),
        *(helper.make_node("Add", [name, "half"], [f"{name}m"]) for name in ("xf", "yf")),
        helper.make_node("Concat", ["xfm", "yfm", "fours", "fours", "sures", "zeros"], ["output0"], axis=1),
    ]
    entry = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, "h", "w"])
    result = helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["n", 6, 1])
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    return _write(path, nodes, entry, [result], weights)


def _write(
    path: Path,
    nodes: list[onnx.NodeProto],
    entry: onnx.ValueInfoProto,
    results: list[onnx.ValueInfoProto],
    weights: Sequence[TensorProto] = (),
) -> Path:
    graph = helper.make_graph(nodes, "tiny", [entry], results, list(weights))
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def detector_toml(weights: Path, *, classes: Sequence[str] = ("person", "head"), **changes: str) -> str:
    """Return the manifest of a detector; `changes` replace whole lines by their key."""
    lines = {
        "name": '"tiny"', "version": '"1"', "task": '"detect"', "file": f'"{weights.name}"',
        "sha256": f'"{sha256(weights)}"',
        "licence": '"Apache-2.0"', "origin": '"made by this test"', "head": '"yolo11"',
        "[input]": "", "input.name": '"images"', "width": "64", "height": "64", "layout": '"nchw"', "colour": '"rgb"',
        "scale": "255.0", "[classes]": "", **{str(i): f'"{name}"' for i, name in enumerate(classes)},
        "[thresholds]": "", "person": "0.30", "[nms]": "", "iou": "0.55",
    }  # fmt: skip
    return _toml(lines | changes)


def wear_toml(weights: Path, item: str, of: Sequence[str], **changes: str) -> str:
    """Return the manifest of a wear model with one output."""
    lines = {
        "name": f'"wear-{item}"', "version": '"1"', "task": '"wear"', "file": f'"{weights.name}"',
        "sha256": f'"{sha256(weights)}"', "licence": '"Apache-2.0"', "origin": '"made by this test"',
        "head": '"classifier"',
        "[input]": "", "input.name": '"images"', "width": "32", "height": "32", "colour": '"rgb"', "crop": '"head"',
        "crop_scale": "1.0", f"[outputs.{item}]": "", "states": str(list(of)), "temperature": "1.0",
        "answer_above": "0.8",
    }  # fmt: skip
    return _toml(lines | changes)


def sha256(path: Path) -> str:
    """Return a file's hash."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _toml(lines: Mapping[str, str]) -> str:
    pairs = ((key.removeprefix("input."), value) for key, value in lines.items())
    return "\n".join(
        key if key.startswith("[") else f"{key} = {value}" for key, value in pairs if value or key.startswith("[")
    )
