"""The wear models on ONNX Runtime: all persons of all pictures in one call, unknown wherever nothing can be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.detectors.crops import cut, windows
from vision.detectors.manifest import InputSpec, ModelManifest, load_manifest, model_folder
from vision.detectors.pixels import Planes
from vision.detectors.reading import Answers, columns_of, read
from vision.detectors.session import Engine, open_session
from vision.errors import ModelError
from vision.frames import Image, Picture
from vision.geometry import Boxes
from vision.picture import picture_of
from vision.ports import ModelRef, People
from vision.scene import REASONS, STATES, UNKNOWN_INDEX, Unseen, Wear

Looks = Sequence[tuple[Image | Picture, People]]

BATCH = 32
"""Most crops in one call; bounds the memory of a crowded look."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What the persons of one picture wear, and how probable each answer is."""

    wear: Wear
    probability: NDArray[np.float32]
    """(n, k) calibrated probability of the state that is given, unknown included; 1 where no model could look."""

    def persons(self) -> list[dict[str, dict[str, object]]]:
        """Return `items` of each person as a look shows them (interfaces.md, "A look")."""
        return [
            {item: self._item(i, j) for j, item in enumerate(self.wear.items)} for i in range(len(self.probability))
        ]

    def _item(self, person: int, column: int) -> dict[str, object]:
        state = int(self.wear.state[person, column])
        shown: dict[str, object] = {
            "state": STATES[state].value,
            "probability": round(float(self.probability[person, column]), 4),
        }
        if state == UNKNOWN_INDEX:
            shown["reason"] = REASONS[int(self.wear.reason[person, column])].value
        return shown


class OnnxWear:
    """A `ports.WearModel` over any number of networks, each for items of its own; any thread may call it."""

    def __init__(self, manifests: Sequence[ModelManifest], threads: int = 0, engine: Engine = "onnxruntime") -> None:
        """Load and try every network; raises ModelError when one does not fit, or two judge the same item."""
        self._nets = [_CropNet(manifest, threads, engine) for manifest in manifests]
        self._items = tuple(column.item for net in self._nets for column in net.columns)
        for i, item in enumerate(self._items):
            if item in self._items[:i]:
                raise ModelError("wear models", item, "each item judged by one model only")

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """Return which models speak."""
        return tuple(net.model for net in self._nets)

    @property
    def items(self) -> tuple[str, ...]:
        """Return the items that are judged; a `Wear` has exactly these columns."""
        return self._items

    def judge(self, looks: Looks) -> list[Wear]:
        """Judge the persons of several pictures in one micro-batch; one `Wear` per picture, in order."""
        return [judgement.wear for judgement in self.judge_fully(looks)]

    def judge_fully(self, looks: Looks) -> list[Judgement]:
        """Judge as `judge` does, and keep the probability of each answer."""
        ends = np.cumsum([0, *(len(people.persons) for _, people in looks)]).tolist()
        answers = Answers.beside([net.answer(looks) for net in self._nets], ends[-1])
        parts = [answers.rows(slice(start, end)) for start, end in pairwise(ends)]
        return [self._judgement(people, part) for (_, people), part in zip(looks, parts, strict=True)]

    def _judgement(self, people: People, part: Answers) -> Judgement:
        wear = Wear(self._items, part.log_odds, part.state, part.reason, people.head_xyxy)
        return Judgement(wear, part.probability)


class _CropNet:
    """One network that looks at one crop per person."""

    def __init__(self, manifest: ModelManifest, threads: int, engine: Engine) -> None:
        self.columns = tuple(column for name, spec in manifest.outputs.items() for column in columns_of(name, spec))
        self._manifest = manifest
        self._session = open_session(manifest, threads, engine)
        self._crops = _Crops(manifest.input)
        self._check()

    @property
    def model(self) -> ModelRef:
        return self._manifest.ref

    def answer(self, looks: Looks) -> Answers:
        """Return the answers about all persons of all pictures, in order."""
        boxes = np.concatenate([np.empty((0, 4), np.float32), *(self._boxes(people) for _, people in looks)])
        answers = Answers.unseen((len(boxes), len(self.columns)), Unseen.TOO_SMALL)
        answers.reason[np.isnan(boxes).any(axis=1)] = REASONS.index(Unseen.NO_HEAD)
        large = (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf) >= self._manifest.input.min_head_px
        if large.any():
            answers.put(
                large, self._look([seen for seen, people in looks for _ in range(len(people.persons))], boxes, large)
            )
        return answers

    def _boxes(self, people: People) -> Boxes:
        return people.head_xyxy if self._manifest.input.crop == "head" else people.persons.xyxy

    def _look(self, pictures: list[Image | Picture], boxes: Boxes, large: NDArray[np.bool_]) -> Answers:
        chosen = np.flatnonzero(large)
        names = tuple(self._manifest.outputs)
        parts = [
            self._call([picture_of(pictures[i]).image for i in rows], boxes[rows])
            for rows in (chosen[start : start + BATCH] for start in range(0, len(chosen), BATCH))
        ]
        logits = dict(zip(names, (np.concatenate(part) for part in zip(*parts, strict=True)), strict=True))
        return Answers.beside([read(logits[column.output], column) for column in self.columns], len(chosen))

    def _call(self, images: list[Image], boxes: Boxes) -> list[NDArray[np.float32]]:
        with self._session.lock:
            return self._session.run(self._crops.fill(images, boxes), tuple(self._manifest.outputs))

    def _check(self) -> None:
        """Refuse a network that lacks an output or has another number of states than the manifest says."""
        for name in self._manifest.outputs:
            if name not in self._session.outputs:
                where = f"{self._manifest.where}: outputs.{name}"
                raise ModelError(where, name, f"an output of the network, which are {', '.join(self._session.outputs)}")
        shapes = [logits.shape for logits in self._session.try_out(tuple(self._manifest.outputs))]
        for (name, spec), shape in zip(self._manifest.outputs.items(), shapes, strict=True):
            if shape != (1, len(spec.states)):
                where = f"{self._manifest.where}: outputs.{name}.states"
                raise ModelError(where, list(spec.states), f"one state per logit of the network's output {shape}")


class _Crops:
    """One reused (BATCH, 3, h, w) tensor of crops."""

    def __init__(self, spec: InputSpec) -> None:
        self._spec = spec
        self._tensor = np.empty((BATCH, 3, spec.height, spec.width), np.float32)
        self._canvas = np.empty((spec.height, spec.width, 3), np.uint8)
        self._planes = Planes(spec)

    def fill(self, images: Sequence[Image], boxes: Boxes) -> NDArray[np.float32]:
        """Return the tensor's first rows, one per box, valid until the next call."""
        cuts = windows(boxes, self._spec.crop_scale, (self._spec.height, self._spec.width))
        for image, window, row in zip(images, cuts, self._tensor, strict=False):
            cut(image, window, self._canvas, self._spec.pad)
            self._planes.write(self._canvas, row)
        return self._tensor[: len(cuts)]


def load_wear(folders_or_names: Sequence[Path | str], threads: int = 0) -> OnnxWear:
    """Return one wear model over these model folders or shipped names; raises ModelError."""
    manifests = [load_manifest(model_folder(each)) for each in folders_or_names]
    for manifest in manifests:
        if manifest.task != "wear":
            raise ModelError(f"{manifest.where}: task", manifest.task, "wear")
    return OnnxWear(manifests, threads)
