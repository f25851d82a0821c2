"""A new model replaces a shipped one only where it is not worse on the same held-out pictures."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vision.detectors.manifest import load_manifest, trusted_weights
from vision.errors import ModelError
from vision.measuring.detection import measure_detector
from vision.measuring.held_out import HeldOut
from vision.measuring.wearing import measure_wear

TOLERANCE = 0.01
"""Smaller losses are within what one more or one less picture does."""
FEW = 20
"""Classes with fewer objects are told, but decide nothing."""
LASTING = ("card.md",)
"""Files of a model folder that are written by hand and stay when weights change."""


def figures_of(folder: Path, held: list[HeldOut]) -> dict[str, float | None]:
    """Return the figures that decide, by name: AP50 per class, or accuracy, coverage and recalls per item."""
    manifest = load_manifest(folder)
    if manifest.task == "detect":
        told = measure_detector(manifest, held)
        return {f"{name} ap50": one["ap50"]["value"] for name, one in told.items() if one["objects"] >= FEW}
    return dict(_of_wear(measure_wear(manifest, held)))


def losses(
    new: Mapping[str, float | None], old: Mapping[str, float | None], tolerance: float = TOLERANCE
) -> dict[str, float]:
    """Return by how much each figure fell, where it fell by more than `tolerance`; one that is gone fell wholly."""
    fell = {name: value - (new.get(name) or 0.0) for name, value in old.items() if value is not None}
    return {name: round(by, 4) for name, by in fell.items() if by > tolerance}


def promote(candidate: Path, shipped: Path, held: list[HeldOut]) -> dict[str, float | None]:
    """Copy a candidate over the shipped model and return its figures; raises ModelError where it is worse."""
    trusted_weights(load_manifest(candidate))
    new, old = figures_of(candidate, held), figures_of(shipped, held) if shipped.exists() else {}
    if fell := losses(new, old):
        raise ModelError(f"{candidate.name}: figures that fell", fell, f"none by more than {TOLERANCE}")
    shipped.mkdir(parents=True, exist_ok=True)
    for name in ("model.toml", load_manifest(candidate).file):
        shutil.copy2(candidate / name, shipped / name)
    return new


def _of_wear(told: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    found = []
    for item, one in told.items():
        found += [(f"{item} {name}", one[name]["value"]) for name in ("balanced_accuracy", "coverage")]
        if "improper" in one["recall"]:
            found.append((f"{item} improper recall", one["recall"]["improper"]["value"]))
    return found
