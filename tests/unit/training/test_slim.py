"""A slimmed network answers as before, at more sizes; slimming twice changes nothing."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from vision.detectors.manifest import load_manifest, model_folder
from vision.training.slim import differences, slimmed

DICE = np.random.default_rng(3)


def weight(name: str, *shape: int) -> TensorProto:
    return numpy_helper.from_array(DICE.normal(0, 0.3, shape).astype(np.float32), name)


def network() -> ModelProto:
    """Return (n, 3, 32, 32) → (n, 6, 256): an activated convolution cut in halves, and a mean over sixteen bins."""
    nodes = [
        helper.make_node("Conv", ["images", "w1", "b1"], ["c1"], "first", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Sigmoid", ["c1"], ["s1"]),
        helper.make_node("Mul", ["c1", "s1"], ["m1"]),
        helper.make_node("Split", ["m1", "sizes"], ["low", "high"], axis=1),
        helper.make_node("Conv", ["high", "w2"], ["c2"], kernel_shape=[1, 1]),
        helper.make_node("Concat", ["low", "c2"], ["all"], axis=1),
        helper.make_node("Conv", ["all", "w3"], ["c3"], kernel_shape=[1, 1]),
        helper.make_node("Reshape", ["c3", "bins"], ["r"]),
        helper.make_node("Transpose", ["r"], ["t"], perm=[0, 2, 1, 3]),
        helper.make_node("Softmax", ["t"], ["p"], "softmax", axis=1),
        helper.make_node("Conv", ["p", "w4"], ["e"], kernel_shape=[1, 1]),
        helper.make_node("Reshape", ["e", "flat"], ["output0"]),
    ]  # fmt: skip
    constants = [("sizes", [8, 8]), ("bins", [0, 6, 16, -1]), ("flat", [0, 6, -1])]
    weights = [weight("w1", 16, 3, 3, 3), weight("b1", 16), weight("w2", 8, 8, 1, 1), weight("w3", 96, 16, 1, 1)]
    weights.append(numpy_helper.from_array(np.arange(16, dtype=np.float32).reshape(1, 16, 1, 1), "w4"))
    weights += [numpy_helper.from_array(np.array(values, np.int64), name) for name, values in constants]
    entry = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, 32, 32])
    result = helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["n", 6, None])
    graph = helper.make_graph(nodes, "tiny", [entry], [result], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def kinds(model: ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def test_the_answers_stay_and_the_detours_go() -> None:
    old = network()
    new = slimmed(old)
    assert max(differences(old, new, DICE.random((2, 3, 32, 32), np.float32))) < 1e-4
    assert "Split" not in kinds(new)
    assert kinds(new).count("Conv") == kinds(old).count("Conv")  # one became two, and one became a product
    (softmax,) = [node for node in new.graph.node if node.op_type == "Softmax"]
    assert softmax.attribute[0].i == -1


def test_any_size_goes_in() -> None:
    new = slimmed(network())
    assert differences(new, new, DICE.random((1, 3, 16, 48), np.float32)) == (0.0, 0.0)


def test_again_changes_nothing() -> None:
    once = slimmed(network())
    assert slimmed(once) == once


def test_a_half_that_somebody_reads_whole_stays_whole() -> None:
    whole = network()
    whole.graph.node.append(helper.make_node("ReduceMean", ["m1"], ["mean"], keepdims=0))
    whole.graph.output.append(helper.make_tensor_value_info("mean", TensorProto.FLOAT, []))
    assert "Split" in kinds(slimmed(whole))


def test_the_shipped_detector_is_slim() -> None:
    """Whoever ships new weights runs `python -m vision.training.slim models/detector`."""
    manifest = load_manifest(model_folder("detector"))
    shipped = onnx.load(Path(manifest.folder, manifest.file))
    assert slimmed(shipped) == shipped
    assert len(manifest.input.shapes) > 1


@pytest.mark.parametrize("hw", [(640, 640), (448, 640)])
def test_the_shipped_detector_takes_the_sizes_that_it_names(hw: tuple[int, int]) -> None:
    assert hw in load_manifest(model_folder("detector")).input.shapes
