"""Makes an exported YOLO network quicker without changing what it sees: any size in, fewer detours on the way.

Three steps, each exact but for rounding: height and width become free; a convolution whose answer is cut in halves
becomes two, so that no half must be copied out of its blocked layout; the softmax over the bins of a box side runs over
neighbours in memory. `python -m vision.training.slim models/detector` does it to a shipped model, proves that the
answers are the same, and renews the manifest's hash. Doing it again changes nothing.
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from vision.demo.random_frames import write_frames
from vision.detectors.letterbox import Letterbox
from vision.detectors.manifest import ModelManifest, load_manifest
from vision.picture_file import read_picture

SIDES = ("height", "width")
SEED, TRIED = 5, 6
"""Rendered kitchens on which old and new are compared."""
ALSO = ("640x448", "640x544", "448x640", "544x640")
"""Sizes for 16:9 and 4:3, lying and upright, in multiples of the network's coarsest stride. They leave a border of a
stride or more: at 640x384 heads at the edge of a 16:9 picture were boxed otherwise, and the acceptance clip had a false
alarm that 640x640 and 640x448 do not have."""
MOST_PX, MOST_SCORE = 0.01, 1e-4
"""So far may a box or a score move by rounding."""

Array = NDArray[np.float32]


class Graph:
    """A network under the knife: who makes and who reads each value."""

    def __init__(self, model: ModelProto) -> None:
        self.graph = model.graph
        self.weights = {each.name: each for each in self.graph.initializer}

    def maker(self, value: str) -> NodeProto | None:
        """Return the node that makes a value; None for inputs and weights."""
        return next((node for node in self.graph.node if value in node.output), None)

    def readers(self, value: str) -> list[NodeProto]:
        """Return the nodes that read a value."""
        return [node for node in self.graph.node if value in node.input]

    def constant(self, value: str) -> NDArray[np.generic] | None:
        """Return what a value always is; None where it depends on the input."""
        if value in self.weights:
            return numpy_helper.to_array(self.weights[value])
        node = self.maker(value)
        if node is None or node.op_type != "Constant":
            return None
        return numpy_helper.to_array(node.attribute[0].t)

    def add_weight(self, name: str, values: NDArray[np.generic]) -> str:
        """Add a constant and return its name."""
        self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def replace(self, old: list[NodeProto], new: list[NodeProto]) -> None:
        """Put nodes in the place of the first of others."""
        nodes = list(self.graph.node)
        at = min(nodes.index(node) for node in old)
        kept = [node for node in nodes if node not in old]
        del self.graph.node[:]
        self.graph.node.extend([*kept[:at], *new, *kept[at:]])

    def rename(self, old: str, new: str) -> None:
        """Let every reader of one value read another."""
        for node in self.graph.node:
            for place, name in enumerate(node.input):
                if name == old:
                    node.input[place] = new

    def sweep(self) -> None:
        """Leave out what nobody reads any more."""
        wanted = {each.name for each in self.graph.output}
        kept = []
        for node in reversed(self.graph.node):
            if wanted & set(node.output):
                kept.append(node)
                wanted |= set(node.input)
        del self.graph.node[:]
        self.graph.node.extend(reversed(kept))
        weights = [each for each in self.graph.initializer if each.name in wanted]
        del self.graph.initializer[:]
        self.graph.initializer.extend(weights)


def slimmed(model: ModelProto) -> ModelProto:
    """Return a quicker network that answers the same."""
    copy = ModelProto()
    copy.CopyFrom(model)
    del copy.graph.value_info[:]
    _free_sides(copy)
    graph = Graph(copy)
    for made in [node.output[0] for node in copy.graph.node if node.op_type == "Mul"]:
        _halve(graph, made)
    _turn_softmax(graph)
    graph.sweep()
    onnx.checker.check_model(copy)
    return copy


def _free_sides(model: ModelProto) -> None:
    for place, name in zip((2, 3), SIDES, strict=True):
        model.graph.input[0].type.tensor_type.shape.dim[place].dim_param = name


def _halve(graph: Graph, made: str) -> None:
    """Make two convolutions of one whose activated answer is read in two halves of its channels."""
    halves = _halves(graph, made)
    product = graph.maker(made)
    parts = _activated(graph, product) if halves and product is not None else None
    if parts is None:
        return
    convolution, sigmoid = parts
    others = [node for node in graph.readers(made) if node.op_type not in {"Slice", "Split", "Shape"}]
    if others:
        return
    new = [node for row in range(2) for node in _half(graph, convolution, row)]
    graph.replace([convolution, sigmoid, product], new)  # type: ignore[list-item]  # it was found above
    for row, half in enumerate(halves):
        graph.rename(half, f"{convolution.name}/half_{row}/Mul_output_0")


def _halves(graph: Graph, made: str) -> list[str]:
    """Return the names of the lower and the upper half of a value's channels; empty where it is not read so."""
    readers = [node for node in graph.readers(made) if node.op_type in {"Slice", "Split"}]
    if [node.op_type for node in readers] == ["Split"]:
        sizes = graph.constant(readers[0].input[1])
        return list(readers[0].output) if sizes is not None and len(sizes) == 2 and sizes[0] == sizes[1] else []
    if [node.op_type for node in readers] != ["Slice", "Slice"]:
        return []
    low, high = readers
    axes = [graph.constant(node.input[3]) for node in readers]
    begins = graph.constant(low.input[1])
    sound = all(axis is not None and axis.tolist() == [1] for axis in axes) and begins is not None and not begins.any()
    # The upper half begins where the lower one ends.
    return [low.output[0], high.output[0]] if sound and high.input[1] == low.input[2] else []


def _activated(graph: Graph, product: NodeProto) -> tuple[NodeProto, NodeProto] | None:
    """Return the convolution and the sigmoid whose product this is."""
    makers = [graph.maker(value) for value in product.input]
    kinds = {node.op_type: node for node in makers if node is not None}
    if set(kinds) != {"Conv", "Sigmoid"} or kinds["Sigmoid"].input[0] != kinds["Conv"].output[0]:
        return None
    return kinds["Conv"], kinds["Sigmoid"]


def _half(graph: Graph, convolution: NodeProto, row: int) -> Iterator[NodeProto]:
    stem = f"{convolution.name}/half_{row}"
    names = [
        graph.add_weight(f"{name}.half_{row}", np.split(numpy_helper.to_array(graph.weights[name]), 2)[row])
        for name in convolution.input[1:]
    ]
    half = NodeProto()
    half.CopyFrom(convolution)
    half.name = stem
    half.input[1:] = names
    half.output[0] = f"{stem}/Conv_output_0"
    yield half
    yield helper.make_node("Sigmoid", [half.output[0]], [f"{stem}/Sigmoid_output_0"], f"{stem}/Sigmoid")
    yield helper.make_node("Mul", [half.output[0], f"{stem}/Sigmoid_output_0"], [f"{stem}/Mul_output_0"], f"{stem}/Mul")


def _turn_softmax(graph: Graph) -> None:
    """Let the softmax over a box side's bins run along the last axis, where they lie beside each other."""
    for softmax in [node for node in graph.graph.node if node.op_type == "Softmax"]:
        turn, readers = graph.maker(softmax.input[0]), graph.readers(softmax.output[0])
        if turn is None or turn.op_type != "Transpose" or [node.op_type for node in readers] != ["Conv"]:
            continue
        if list(turn.attribute[0].ints) != [0, 2, 1, 3]:
            continue
        expect = readers[0]
        bins = numpy_helper.to_array(graph.weights[expect.input[1]]).reshape(-1, 1)
        weight = graph.add_weight(f"{expect.input[1]}.column", bins)
        turned, shares = f"{softmax.name}/turned", f"{softmax.name}/shares"
        new = [
            helper.make_node("Transpose", [turn.input[0]], [turned], f"{softmax.name}/Turn", perm=[0, 1, 3, 2]),
            helper.make_node("Softmax", [turned], [shares], f"{softmax.name}/Last", axis=-1),
            helper.make_node("MatMul", [shares, weight], [expect.output[0]], f"{softmax.name}/Mean"),
        ]
        graph.replace([turn, softmax, expect], new)


def differences(old: ModelProto, new: ModelProto, tensors: Array) -> tuple[float, float]:
    """Return by how much boxes (px) and scores differ at most, on the same (n, 3, h, w) pictures."""
    name = old.graph.input[0].name
    sessions = [ort.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"]) for m in (old, new)]
    before, after = (
        np.concatenate([session.run(None, {name: row[None]})[0] for row in tensors]) for session in sessions
    )
    moved = np.abs(before - after)
    return float(moved[:, :4].max()), float(moved[:, 4:].max())


def slim(folder: Path) -> tuple[float, float]:
    """Slim the network of a model folder and renew its manifest; ValueError where the answers would change."""
    manifest = load_manifest(folder)
    weights = folder / manifest.file
    old = onnx.load(weights)
    new = slimmed(old)
    told = differences(old, new, _kitchens(manifest))
    if told[0] > MOST_PX or told[1] > MOST_SCORE:
        raise ValueError(f"{weights}: boxes moved by {told[0]} px and scores by {told[1]}")
    data = new.SerializeToString()
    weights.write_bytes(data)
    _renew(folder / "model.toml", manifest, hashlib.sha256(data).hexdigest())
    return told


def _kitchens(manifest: ModelManifest) -> Array:
    """Return pictures with people in them as the network gets them at its own size."""
    with tempfile.TemporaryDirectory() as folder:
        write_frames(Path(folder), SEED, TRIED)
        pictures = [read_picture(path.read_bytes()) for path in sorted(Path(folder, "images").glob("*.jpg"))]
    return Letterbox(manifest.input, TRIED).fill(pictures)[0]


def _renew(path: Path, manifest: ModelManifest, sha256: str) -> None:
    """Write the new hash, and the sizes that the network takes now."""
    text = path.read_text("utf-8").replace(manifest.sha256, sha256)
    if not manifest.input.also_hw:
        height = f"height = {manifest.input.height}\n"
        text = text.replace(height, f"{height}also = {json.dumps(ALSO)}\n", 1)
    path.write_text(text, "utf-8")


def main(argv: list[str] | None = None) -> int:
    """Slim one model folder and say how far its answers moved."""
    parser = argparse.ArgumentParser("vision.training.slim", description=main.__doc__)
    parser.add_argument("folder", type=Path)
    box_px, score = slim(parser.parse_args(argv).folder)
    print(f"the same answers: boxes within {box_px:.5f} px, scores within {score:.2e}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
