"""Reviewed events become the files that trainings read beside the labelled sets: an index, or crops."""

import json
import pickle
from collections.abc import Sequence
from pathlib import Path

from vision.detectors.onnx import load_detector
from vision.errors import ConfigError
from vision.training.verdicts import entries_of, patches_of, read_export


def of_detector(exports: Sequence[Path], out: Path) -> Path:
    """Write an index of the judged events that tell of the detector's classes; raises ConfigError without any."""
    entries = [entry for folder in exports for entry in entries_of(read_export(folder))]
    _some(entries, "smoking, phones, animals, flames or smoke")
    out.write_text(json.dumps({"pictures": entries}), "utf-8")
    return out


def of_wear(exports: Sequence[Path], region: str, out: Path) -> Path:
    """Write the crops of the judged persons of a region; raises ConfigError without any."""
    finder = load_detector("detector")
    found = [patch for folder in exports for patch in patches_of(read_export(folder), region, finder)]
    _some(found, "clothes" if region == "person" else "hats or masks")
    out.write_bytes(pickle.dumps(found))
    return out


def _some(found: Sequence[object], of: str) -> None:
    if not found:
        raise ConfigError("from", "no lesson", f"an export with confirmed or dismissed events of {of}")
