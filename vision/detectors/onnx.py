"""The detector on ONNX Runtime: pictures of any size in, what is in them out, in px of each picture."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vision.detections import Detections
from vision.detectors.heads import HEADS, HeadSpec, Raw, check_shape, spec_of
from vision.detectors.letterbox import Letterbox, Placement, fitting
from vision.detectors.manifest import ModelManifest, load_manifest, model_folder
from vision.detectors.session import Engine, open_session
from vision.errors import ModelError
from vision.frames import Image, Picture
from vision.geometry import areas
from vision.picture import picture_of
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
        self._letterboxes: dict[tuple[int, int], Letterbox] = {}
        check_shape(manifest, self._session.try_out(self._output)[0].shape)

    @property
    def model(self) -> ModelRef:
        """Return which model speaks."""
        return self._manifest.ref

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the vocabulary that `Detections.class_id` indexes."""
        return self._manifest.classes

    def detect(self, images: Sequence[Image | Picture]) -> list[Detections]:
        """Look at a micro-batch of pictures; one result each, in order, best first, in px of that picture."""
        pictures = [picture_of(image) for image in images]
        found: dict[int, Detections] = {}
        for hw, rows in self._by_shape(pictures).items():
            for start in range(0, len(rows), self._batch):
                part = rows[start : start + self._batch]
                found |= zip(part, self._look(hw, [pictures[row] for row in part]), strict=True)
        return [found[row] for row in range(len(pictures))]

    def _by_shape(self, pictures: Sequence[Picture]) -> dict[tuple[int, int], list[int]]:
        """Return which pictures go through which input (height, width) together."""
        groups: dict[tuple[int, int], list[int]] = {}
        for row, picture in enumerate(pictures):
            groups.setdefault(fitting(picture.hw, self._manifest.input.shapes), []).append(row)
        return groups

    def _look(self, input_hw: tuple[int, int], pictures: Sequence[Picture]) -> list[Detections]:
        spec = replace(self._spec, input_hw=input_hw)
        with self._session.lock:
            tensor, placements = self._letterbox(input_hw).fill(pictures)
            rows = self._session.run(tensor, self._output)[0]
        return [self._read(raw, spec, placement) for raw, placement in zip(rows, placements, strict=True)]

    def _letterbox(self, input_hw: tuple[int, int]) -> Letterbox:
        """Return the buffers of one input size, made when it is first wanted."""
        if input_hw not in self._letterboxes:
            self._letterboxes[input_hw] = Letterbox(self._manifest.input, self._batch, input_hw)
        return self._letterboxes[input_hw]

    def _read(self, raw: Raw, spec: HeadSpec, placement: Placement) -> Detections:
        found = HEADS[self._manifest.head](raw, spec)
        seen = Detections(placement.back(found.xyxy), found.confidence, found.class_id, found.classes)
        return seen[areas(seen.xyxy) > 0]  # what lies in the border only is nothing


def load_detector(folder_or_name: Path | str, threads: int = 0, batch: int = 8) -> OnnxDetector:
    """Return the detector of a model folder, or of a shipped model by its name; raises ModelError."""
    manifest = load_manifest(model_folder(folder_or_name))
    if manifest.task != "detect":
        raise ModelError(f"{manifest.where}: task", manifest.task, "detect")
    return OnnxDetector(manifest, threads, batch)
