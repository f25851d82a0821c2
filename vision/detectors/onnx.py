"""The detector on ONNX Runtime: pictures of any size in, what is in them out, in px of each picture."""

from collections.abc import Sequence
from pathlib import Path

from vision.detections import Detections
from vision.detectors.heads import HEADS, Raw, check_shape, spec_of
from vision.detectors.letterbox import Letterbox, Placement
from vision.detectors.manifest import ModelManifest, load_manifest, model_folder
from vision.detectors.session import Engine, open_session
from vision.errors import ModelError
from vision.frames import Image
from vision.geometry import areas
from vision.ports import ModelRef


class OnnxDetector:
    """A `ports.Detector`; any thread may call it, one call runs at a time."""

    def __init__(
        self, manifest: ModelManifest, threads: int = 0, batch: int = 8, engine: Engine = "onnxruntime"
    ) -> None:
        """Load and try the network.

        Args:
            manifest: of a model with task detect.
            threads: within one inference; 0 = one per core.
            batch: most pictures in one call, where the network takes more than one.
            engine: what runs it.

        Raises:
            ModelError: hash, file, input, head or class map do not fit.
        """
        self._manifest = manifest
        self._spec = spec_of(manifest)
        self._session = open_session(manifest, threads, engine)
        self._output = self._session.outputs[:1]
        self._batch = batch if self._session.dynamic_batch else 1
        self._letterbox = Letterbox(manifest.input, self._batch)
        check_shape(manifest, self._session.try_out(self._output)[0].shape)

    @property
    def model(self) -> ModelRef:
        """Return which model speaks."""
        return self._manifest.ref

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the vocabulary that `Detections.class_id` indexes."""
        return self._manifest.classes

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Look at a micro-batch of BGR pictures; one result each, in order, best first, in px of that picture."""
        found: list[Detections] = []
        for start in range(0, len(images), self._batch):
            found += self._look(images[start : start + self._batch])
        return found

    def _look(self, images: Sequence[Image]) -> list[Detections]:
        with self._session.lock:
            tensor, placements = self._letterbox.fill(images)
            rows = self._session.run(tensor, self._output)[0]
        return [self._read(raw, placement) for raw, placement in zip(rows, placements, strict=True)]

    def _read(self, raw: Raw, placement: Placement) -> Detections:
        found = HEADS[self._manifest.head](raw, self._spec)
        seen = Detections(placement.back(found.xyxy), found.confidence, found.class_id, found.classes)
        return seen[areas(seen.xyxy) > 0]  # what lies in the border only is nothing


def load_detector(folder_or_name: Path | str, threads: int = 0, batch: int = 8) -> OnnxDetector:
    """Return the detector of a model folder, or of a shipped model by its name; raises ModelError."""
    manifest = load_manifest(model_folder(folder_or_name))
    if manifest.task != "detect":
        raise ModelError(f"{manifest.where}: task", manifest.task, "detect")
    return OnnxDetector(manifest, threads, batch)
