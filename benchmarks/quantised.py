"""Claim: INT8 weights are measured beside FP32 before anybody chooses them.

Quantises every shipped model to INT8 (static, per channel, calibrated on training pictures; the layers behind the last
convolution of a detector stay FP32), and measures speed on one core and accuracy on val for both. Wants the package
onnx (extra `dev`) and the labelled sets.

    python benchmarks/quantised.py [--data DIR] [--out FILE] [--pictures N]
"""

import argparse
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from machine import described
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from vision.detectors.letterbox import Letterbox
from vision.detectors.manifest import ModelManifest, find_models, load_manifest
from vision.measuring.comparison import figures_of
from vision.measuring.held_out import HeldOut, held_out
from vision.measuring.speed import measure_speed
from vision.measuring.wearing import boxes_of, tensor_of

ROOT = Path(__file__).parents[1]


class Pictures(CalibrationDataReader):
    """Feeds the tensors that the runtime would make of training pictures."""

    def __init__(self, manifest: ModelManifest, held: list[HeldOut]) -> None:
        self._tensors = _tensors(manifest, held)
        self._name = manifest.input.name

    def get_next(self) -> dict[str, Any] | None:
        """Return the next input, None at the end."""
        tensor = next(self._tensors, None)
        return None if tensor is None else {self._name: tensor}


def main() -> int:
    """Quantise, measure, write, print."""
    asked = _arguments()
    train = held_out(ROOT / "datasets", asked.data, "train")
    chosen = [train[i] for i in np.random.default_rng(1).choice(len(train), asked.pictures, replace=False)]
    val = held_out(ROOT / "datasets", asked.data, "val")
    results: dict[str, Any] = {"machine": described()}
    with tempfile.TemporaryDirectory() as folder:
        for manifest in find_models(None):
            small = quantised(manifest, chosen, Path(folder))
            results[manifest.name] = {"fp32": _measured(manifest.folder, val), "int8": _measured(small, val)}
            print(json.dumps({manifest.name: results[manifest.name]}, indent=1), flush=True)
    asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def quantised(manifest: ModelManifest, pictures: list[HeldOut], folder: Path) -> Path:
    """Write an INT8 copy of a model folder and return it."""
    out = folder / manifest.name
    out.mkdir()
    prepared = folder / "prepared.onnx"
    quant_pre_process(str(manifest.folder / manifest.file), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared), str(out / manifest.file), Pictures(manifest, pictures), quant_format=QuantFormat.QDQ,
        per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=["Conv"],
        nodes_to_exclude=_last(prepared),
    )  # fmt: skip
    shutil.copy2(manifest.folder / "model.toml", out)
    digest = hashlib.sha256((out / manifest.file).read_bytes()).hexdigest()
    text = (out / "model.toml").read_text("utf-8").replace(manifest.sha256, digest)
    (out / "model.toml").write_text(text, "utf-8")
    return out


def _last(network: Path) -> list[str]:
    """Return the convolutions of the detection layers: their answers span too many magnitudes for eight bits."""
    return [node.name for node in onnx.load(network).graph.node if "/model.23/" in node.name]


def _tensors(manifest: ModelManifest, held: list[HeldOut]) -> Iterator[np.ndarray]:
    for one in held:
        if manifest.task == "detect":
            yield Letterbox(manifest.input, 1).fill([one.image()])[0].copy()
        elif boxes := boxes_of(one, manifest.input.crop, tuple(manifest.outputs)):
            yield tensor_of(one.image(), np.array([boxes[0][0]], np.float32), manifest.input)


def _measured(folder: Path, val: list[HeldOut]) -> dict[str, Any]:
    manifest = load_manifest(folder)
    size = (folder / manifest.file).stat().st_size
    return {"bytes": size, "speed": measure_speed(manifest), "val": figures_of(folder, val)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--pictures", type=int, default=96)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "quantised.json")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
