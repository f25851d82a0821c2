"""Puts the models, the law and the camera together for the commands that look."""

import os
import platform
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import cv2

from vision.detectors.manifest import ModelManifest, load_manifest, model_folder, models_root
from vision.detectors.onnx import OnnxDetector
from vision.detectors.pace import candidates, fewest, look_s, remembered
from vision.detectors.session import ENGINES, Engine
from vision.detectors.wear import OnnxWear
from vision.errors import ConfigError, ModelError
from vision.pipeline import Abilities
from vision.sight import Eyes

ENGINE_VARIABLE = "MINGCHU_ENGINE"


@dataclass(frozen=True)
class Sightedness:
    """The models of this process, and what they can tell."""

    detector: OnnxDetector
    wear: OnnxWear
    thresholds: dict[str, float]

    @cached_property
    def eyes(self) -> Eyes:
        """Return both models behind one call."""
        return Eyes(self.detector, self.wear)

    @cached_property
    def abilities(self) -> Abilities:
        """Return what the rules may count on."""
        return Abilities(self.eyes.model, self.detector.classes, self.wear.items, self.thresholds)


def load_sight(detector: str = "detector", threads: int = 0) -> Sightedness:
    """Load a detector by name or folder and every shipped wear model, on the engine that MINGCHU_ENGINE names.

    Raises:
        ConfigError: no such engine, or its extra is not installed.
        ModelError: a model does not fit.
    """
    engine = engine_of(os.environ.get(ENGINE_VARIABLE, ENGINES[0]))
    manifest = load_manifest(model_folder(detector))
    if manifest.task != "detect":
        raise ModelError(f"{manifest.where}: task", manifest.task, "detect")
    thresholds = dict(zip(manifest.classes, manifest.thresholds, strict=True))
    cv2.setNumThreads(1)  # its pool spins between pictures this small: 1 to 2 ms of a core for each look, for nothing
    finder = OnnxDetector(manifest, threads, engine=engine)
    return Sightedness(finder, OnnxWear(_wear_manifests(), threads, engine), thresholds)


def threads_here(data_dir: Path, detector: str = "detector") -> int:
    """Return how many threads run the detector soonest on this machine: measured at the first start, then remembered.

    Raises as `load_sight` does.
    """
    engine, manifest = engine_of(os.environ.get(ENGINE_VARIABLE, ENGINES[0])), load_manifest(model_folder(detector))
    cores = len(os.sched_getaffinity(0))
    machine = f"{platform.node()} {platform.machine()} {cores} cores, {engine}, {manifest.sha256[:16]}"
    spent_s = partial(look_s, manifest, engine=engine)
    return remembered(data_dir / "threads.json", machine, lambda: fewest(candidates(cores), spent_s))


def engine_of(name: str) -> Engine:
    """Return what runs the models; ConfigError for a name that means none."""
    for engine in ENGINES:
        if name == engine:
            return engine
    raise ConfigError(ENGINE_VARIABLE, name, f"one of {', '.join(ENGINES)}")


def _wear_manifests() -> list[ModelManifest]:
    folders = sorted(path.parent for path in models_root().glob("*/model.toml"))
    return [manifest for manifest in map(load_manifest, folders) if manifest.task == "wear"]
