"""What a model folder says about itself: `model.toml`, read once into frozen values; weights are trusted by hash."""

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from vision.detectors.table import MISSING, Table
from vision.errors import ModelError
from vision.ports import ModelRef

FILE = "model.toml"
MODELS_VARIABLE = "MINGCHU_MODELS"
DEFAULT_THRESHOLD = 0.25
"""For a class whose threshold the manifest leaves out."""
LARGEST_BYTES = 1 << 30

Task = Literal["detect", "wear"]
HeadName = Literal["yolo_end2end", "yolo11", "yolox", "classifier"]
Region = Literal["", "head", "person"]

_HEADS: Mapping[str, tuple[str, ...]] = {"detect": ("yolo_end2end", "yolo11", "yolox"), "wear": ("classifier",)}
_WEAR_STATES = ("worn", "improper", "missing", "bare", "unknown")
_NO_SHIFT, _NO_STRETCH = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How pixels enter the network: (n, 3, height, width) float32, each (pixel / scale - mean) / std."""

    name: str
    width: int
    height: int
    colour: Literal["rgb", "bgr"]
    scale: float
    mean: tuple[float, float, float]
    """Per channel in the order of `colour`."""
    std: tuple[float, float, float]
    pad: int
    """Grey value 0..255 around a picture or crop that does not fill the input."""
    crop: Region
    """Which box of a person a wear model looks at; empty for detectors."""
    crop_scale: float
    """Sides of the crop over sides of the box."""
    min_head_px: float
    """A box with a shorter side than this is not judged."""


@dataclass(frozen=True, slots=True)
class WearOutput:
    """One item that a wear model judges: an output of logits, one per state."""

    states: tuple[str, ...]
    """Of worn, improper, missing, bare (the upper body), unknown; in the order of the logits."""
    temperature: float
    """Logits are divided by it before the softmax (Guo et al. 2017, On Calibration of Modern Neural Networks)."""
    answer_above: float
    """Calibrated probability below which the answer is unknown."""


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """One model: what it is, whose terms it carries, how to feed it and how to read it."""

    folder: Path
    name: str
    version: str
    task: Task
    file: str
    sha256: str
    licence: str
    origin: str
    head: HeadName
    input: InputSpec
    classes: tuple[str, ...]
    """Of a detector, in the order of the class index; empty for wear."""
    thresholds: tuple[float, ...]
    """Least confidence per class, in the order of `classes`."""
    nms_iou: float
    outputs: Mapping[str, WearOutput]
    """Of a wear model, by item; empty for detectors."""

    @property
    def ref(self) -> ModelRef:
        """Return what events print of it."""
        return ModelRef(self.name, self.version, self.sha256)

    @property
    def where(self) -> str:
        """Return how messages call its file."""
        return _where(self.folder)


def load_manifest(folder: Path) -> ModelManifest:
    """Read and check `model.toml` of a folder; raises ModelError naming the key path, the value and what is allowed."""
    table = Table(_where(folder), _toml(folder))
    task = cast("Task", table.text("task", allowed=tuple(_HEADS)))
    classes = _classes(table.table("classes")) if task == "detect" else ()
    manifest = ModelManifest(
        folder=folder,
        name=table.text("name"),
        version=table.text("version"),
        task=task,
        file=_file_name(table),
        sha256=_sha256(table),
        licence=table.text("licence"),
        origin=table.text("origin"),
        head=cast("HeadName", table.text("head", allowed=_HEADS[task])),
        input=_input(table.table("input"), task),
        classes=classes,
        thresholds=_thresholds(table.table("thresholds", required=False), classes) if task == "detect" else (),
        nms_iou=_nms_iou(table.table("nms", required=False)) if task == "detect" else 1.0,
        outputs=_outputs(table.table("outputs")) if task == "wear" else {},
    )
    table.close(
        known="name, version, task, file, sha256, licence, origin, head, input, classes, thresholds, nms, outputs"
    )
    return manifest


def trusted_weights(manifest: ModelManifest) -> bytes:
    """Return the weights, the very bytes whose hash was compared; raises ModelError when it is another."""
    try:
        weights = (manifest.folder / manifest.file).read_bytes()
    except OSError as error:
        raise ModelError(
            f"{manifest.where}: file", manifest.file, f"a readable file beside it ({error.strerror})"
        ) from error
    found = hashlib.sha256(weights).hexdigest()
    if found != manifest.sha256:
        raise ModelError(f"{manifest.where}: sha256", manifest.sha256, f"the hash of {manifest.file}, which is {found}")
    return weights


def models_root() -> Path:
    """Return where the shipped models lie: MINGCHU_MODELS, else the checkout's `models/`, else inside the wheel."""
    chosen = os.environ.get(MODELS_VARIABLE, "")
    if chosen:
        return Path(chosen)
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent / "models"
    return checkout if checkout.is_dir() else package / "_models"


def find_models(root: Path | None = None) -> list[ModelManifest]:
    """Return every model below `root` (default: the shipped ones) by name, its hash checked; raises ModelError."""
    root = models_root() if root is None else root
    if not root.is_dir():
        raise ModelError("models", str(root), f"a folder with one folder per model ({MODELS_VARIABLE} names another)")
    manifests = [load_manifest(path.parent) for path in sorted(root.glob(f"*/{FILE}"))]
    for manifest in manifests:
        trusted_weights(manifest)
    return manifests


def model_folder(name: str | Path) -> Path:
    """Return the folder of a model that is named by its folder, or by its name among the shipped ones."""
    for folder in (Path(name), models_root() / name):
        if (folder / FILE).is_file():
            return folder
    known = ", ".join(path.parent.name for path in sorted(models_root().glob(f"*/{FILE}"))) or "(none)"
    raise ModelError("model", str(name), f"a folder with a {FILE}, or one of {known}")


def _where(folder: Path) -> str:
    full = folder.absolute()
    return f"{full.parent.name}/{full.name}/{FILE}"


def _toml(folder: Path) -> dict[str, object]:
    try:
        return tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError("model", str(folder), f"a folder with a readable {FILE} ({error.strerror})") from error
    except ValueError as error:
        raise ModelError(_where(folder), str(error), "valid TOML in UTF-8") from error


def _file_name(table: Table) -> str:
    name = table.text("file")
    if Path(name).name != name or not name.endswith(".onnx"):
        raise ModelError(table.path("file"), name, "the name of an .onnx file beside the manifest")
    return name


def _sha256(table: Table) -> str:
    value = table.text("sha256").lower()
    if len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise ModelError(table.path("sha256"), value, "64 hexadecimal digits")
    return value


def _input(table: Table, task: Task) -> InputSpec:
    table.text("layout", allowed=("nchw",), default="nchw")
    spec = InputSpec(
        name=table.text("name"),
        width=table.integer("width", 8, 8192),
        height=table.integer("height", 8, 8192),
        colour=cast("Literal['rgb', 'bgr']", table.text("colour", allowed=("rgb", "bgr"))),
        scale=table.number("scale", 1e-6, 65535, 255.0),
        mean=table.triple("mean", -1e6, 1e6, _NO_SHIFT),
        std=table.triple("std", 1e-6, 1e6, _NO_STRETCH),
        pad=table.integer("pad", 0, 255, 114),
        crop=cast("Region", table.text("crop", allowed=("head", "person"))) if task == "wear" else "",
        crop_scale=table.number("crop_scale", 0.5, 4, 1.0) if task == "wear" else 1.0,
        min_head_px=table.number("min_head_px", 1, 4096, 20) if task == "wear" else 0.0,
    )
    table.close(
        known="name, width, height, layout, colour, scale, mean, std, pad; for wear crop, crop_scale, min_head_px"
    )
    return spec


def _classes(table: Table) -> tuple[str, ...]:
    wanted = [str(i) for i in range(len(table.keys()))]
    if not wanted or sorted(table.keys(), key=lambda key: (len(key), key)) != wanted:
        raise ModelError(table.path("*"), list(table.keys()), "the indices 0, 1, 2, … without a gap, each a class name")
    names = tuple(table.text(key) for key in wanted)
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ModelError(table.path(str(i)), name, "a name that no other class has")
    return names


def _thresholds(table: Table, classes: tuple[str, ...]) -> tuple[float, ...]:
    values = tuple(table.number(name, 0, 1, DEFAULT_THRESHOLD) for name in classes)
    table.close(known=", ".join(classes))
    return values


def _nms_iou(table: Table) -> float:
    value = table.number("iou", 0, 1, 0.55)
    table.close(known="iou")
    return value


def _outputs(table: Table) -> dict[str, WearOutput]:
    if not table.keys():
        raise ModelError(table.path("*"), MISSING, "one table per item, such as outputs.hat")
    return {item: _output(table.table(item)) for item in table.keys()}  # noqa: SIM118 - not a mapping


def _output(table: Table) -> WearOutput:
    output = WearOutput(
        states=table.texts("states", allowed=_WEAR_STATES),
        temperature=table.number("temperature", 0.01, 100, 1.0),
        answer_above=table.number("answer_above", 0, 1, 0.5),
    )
    if "worn" not in output.states or not {"missing", "improper", "bare"} & set(output.states):
        raise ModelError(table.path("states"), list(output.states), "worn and at least one of missing, improper, bare")
    table.close(known="states, temperature, answer_above")
    return output
