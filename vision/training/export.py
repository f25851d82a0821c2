"""One command turns the detector's checkpoint into an ONNX file and the manifest that the runtime trusts."""

import argparse
import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import torch
from ultralytics.nn.tasks import load_checkpoint

from vision.training.slim import slim
from vision.training.vocabulary import CLASSES

VERSION = "2026.11.27"
SIDE_PX = 640
LEAST, MOST = 0.2, 0.6
"""Bounds of a class's threshold: validation sets are small, and a threshold from few objects may be anything."""


class Flat(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """The detector without Ultralytics' side outputs: (n, 3, 640, 640) in, (n, 4 + classes, 8400) out."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return centre boxes in px of the input, then one score in 0..1 per class."""
        return self.network(images)[0]


def export_detector(weights: Path, folder: Path, thresholds: dict[str, float]) -> Path:
    """Write ``detector.onnx`` and ``model.toml`` into a folder and return the manifest's path."""
    network = load_checkpoint(str(weights))[0].float().fuse().eval()
    onnx = folder / "detector.onnx"
    write_onnx(Flat(network), torch.zeros(1, 3, SIDE_PX, SIDE_PX), onnx, ["output0"])
    manifest = folder / "model.toml"
    manifest.write_text(_manifest(onnx, thresholds), "utf-8")
    slim(folder)
    return manifest


def write_onnx(network: Any, example: torch.Tensor, onnx: Path, outputs: list[str]) -> None:
    """Export with a dynamic batch, opset 17."""
    onnx.parent.mkdir(parents=True, exist_ok=True)
    axes = {name: {0: "n"} for name in ("images", *outputs)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is called old, but `slim` knows the graphs that it writes
        torch.onnx.export(
            network.eval(),
            (example,),
            str(onnx),
            input_names=["images"],
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )


def preamble(onnx: Path, task: str, head: str, origin: str, licence: str = "AGPL-3.0") -> list[str]:
    """Return the lines that every manifest begins with."""
    digest = hashlib.sha256(onnx.read_bytes()).hexdigest()
    told = {
        "name": onnx.parent.name,
        "version": VERSION,
        "task": task,
        "file": onnx.name,
        "sha256": digest,
        "licence": licence,
        "origin": origin,
        "head": head,
    }
    return [f"{key} = {json.dumps(value)}" for key, value in told.items()]


def input_lines(hw: tuple[int, int]) -> list[str]:
    """Return the input table of an RGB input in 0..1 with grey letterbox."""
    return [
        "",
        "[input]",
        'name = "images"',
        f"width = {hw[1]}",
        f"height = {hw[0]}",
        'layout = "nchw"',
        'colour = "rgb"',
        "scale = 255.0",
        "mean = [0.0, 0.0, 0.0]",
        "std = [1.0, 1.0, 1.0]",
        "pad = 114",
    ]


def _manifest(onnx: Path, thresholds: dict[str, float]) -> str:
    origin = "Fine-tuned by the Mingchu authors from Ultralytics YOLO11n COCO weights; see card.md"
    lines = preamble(onnx, "detect", "yolo11", origin) + input_lines((SIDE_PX, SIDE_PX))
    lines += ["", "[classes]", *(f'{i} = "{name}"' for i, name in enumerate(CLASSES))]
    lines += ["", "[thresholds]", *(f"{name} = {thresholds[name]:.2f}" for name in CLASSES)]
    return "\n".join([*lines, "", "[nms]", "iou = 0.55", ""])


def bounded(report: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return each class's threshold of best F1 from an evaluation, inside sensible bounds."""
    return {name: min(max(told["threshold"], LEAST), MOST) if told["objects"] else 0.5 for name, told in report.items()}


def main(argv: list[str] | None = None) -> int:
    """Export a checkpoint with thresholds from a validation report."""
    parser = argparse.ArgumentParser("vision.training.export", description=main.__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True, help="what evaluate --split val wrote")
    parser.add_argument("--folder", type=Path, default=Path("models/detector"))
    told = parser.parse_args(argv)
    report = json.loads(told.report.read_text("utf-8"))
    print(export_detector(told.weights, told.folder, bounded(report)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
