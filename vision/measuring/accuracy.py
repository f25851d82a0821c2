"""One look at a held-out split: every figure of every shipped model, in one JSON that cards and README quote."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vision.detectors.manifest import ModelManifest
from vision.measuring.aizoo import Aizoo
from vision.measuring.detection import FLOOR, measure_detector
from vision.measuring.faces import measure_faces, ours
from vision.measuring.held_out import HeldOut, held_out
from vision.measuring.speed import measure_speed
from vision.measuring.wearing import measure_wear

PEER = "peers/aizoo/face_mask_detection.tflite"
THREADS = 2


def measure(models: Sequence[ModelManifest], manifests: Path, root: Path, split: str) -> dict[str, Any]:
    """Measure models on one split of the sets under `root`; the peer too, where its weights are."""
    held = held_out(manifests, root, split)
    found: dict[str, Any] = {"split": split, "pictures": len(held), "data_sha256": fingerprint(held)}
    found["models"] = {manifest.name: {"version": manifest.version, "sha256": manifest.sha256} for manifest in models}
    for manifest in models:
        measured = measure_detector if manifest.task == "detect" else measure_wear
        found[manifest.name] = measured(manifest, held, THREADS)
    found["speed"] = {manifest.name: measure_speed(manifest) for manifest in models}
    found["faces"] = _faces(models, held, root / PEER)
    return found


def fingerprint(held: Sequence[HeldOut]) -> str:
    """Return a hash of what was measured on: names, sizes, labels."""
    told = "\n".join(f"{one.source.name} {one.picture.path.name} {one.picture.boxes}" for one in held)
    return hashlib.sha256(told.encode()).hexdigest()


def _faces(models: Sequence[ModelManifest], held: Sequence[HeldOut], peer: Path) -> dict[str, Any]:
    detectors = [manifest for manifest in models if manifest.task == "detect"]
    masks = [manifest for manifest in models if "mask" in manifest.outputs]
    found: dict[str, Any] = {}
    if detectors and masks:
        found["ours"] = measure_faces(ours(detectors[0], masks[0], THREADS), held)
    if peer.exists():
        aizoo = Aizoo(peer)
        found["aizoo"] = measure_faces(lambda image: aizoo.faces(image, FLOOR), held)
    return found
