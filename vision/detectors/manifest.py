"""What a model folder says about itself: `model.toml`, read once into frozen values; weights are trusted by hash."""

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vision.errors import ModelError
from vision.ports import ModelRef
from vision.toml_table import MISSING, Table

FILE = "model.toml"
MODELS_VARIABLE = "MINGCHU_MODELS"
DEFAULT_THRESHOLD = 0.25
"""For a class whose threshold the manifest leaves out."""
LARGEST_BYTES = 1 << 30

Task = Literal["detect", "wear"]
HeadName = Literal["yolo_end2end", "yolo11", "yolox", "classifier"]
Region = Literal["", "head", "person"]
Colour = Literal["rgb", "bgr"]

_HEADS: Mapping[Task, Mapping[str, HeadName]] = {
    "detect": {"yolo_end2end": "yolo_end2end", "yolo11": "yolo11", "yolox": "yolox"},
    "wear": {"classifier": "classifier"},
}
_TASKS: Mapping[str, Task] = {task: task for task in _HEADS}
_COLOURS: Mapping[str, Colour] = {"rgb": "rgb", "bgr": "bgr"}
_REGIONS: Mapping[str, Region] = {"head": "head", "person": "person"}
_WEAR_STATES = {state: state for state in ("worn", "improper", "missing", "bare", "unknown")}
_KEYS = ("name", "version", "task", "file", "sha256", "licence", "origin", "head", "input")
_KEYS_OF: Mapping[Task, tuple[str, ...]] = {"detect": ("classes", "thresholds", "nms"), "wear": ("outputs",)}
_INPUT_KEYS = ("name", "width", "height", "layout", "colour", "scale", "mean", "std", "pad")
_PICTURE_KEYS = ("also",)
_CROP_KEYS = ("crop", "crop_scale", "min_head_px")
_NO_SHIFT, _NO_STRETCH = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How pixels enter the network: (n, 3, height, width) float32, each (pixel / scale - mean) / std."""

    name: str
    width: int
    height: int
    colour: Colour
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
    also_hw: tuple[tuple[int, int], ...] = ()
    """Other heights and widths that a detector takes, so that a wide picture needs no padding to a square."""

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Return every (height, width) that the network takes, the one of `height` and `width` first."""
        return ((self.height, self.width), *self.also_hw)


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
    table = Table("", _toml(folder), _where(folder), ModelError)
    task = table.choice("task", _TASKS)
    table.only(*_KEYS, *_KEYS_OF[task])
    classes = _classes(table.table("classes")) if task == "detect" else ()
    return ModelManifest(
        folder=folder,
        name=table.text("name"),
        version=table.text("version"),
        task=task,
        file=_file_name(table),
        sha256=_sha256(table),
        licence=table.text("licence"),
        origin=table.text("origin"),
        head=table.choice("head", _HEADS[task]),
        input=_input(table.table("input"), task),
        classes=classes,
        thresholds=_thresholds(table.table("thresholds", required=False), classes) if task == "detect" else (),
        nms_iou=_nms_iou(table.table("nms", required=False)) if task == "detect" else 1.0,
        outputs=_outputs(table) if task == "wear" else {},
    )


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
        raise table.refusal("file", name, "the name of an .onnx file beside the manifest")
    return name


def _sha256(table: Table) -> str:
    value = table.text("sha256").lower()
    if len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise table.refusal("sha256", value, "64 hexadecimal digits")
    return value


def _input(table: Table, task: Task) -> InputSpec:
    is_crop = task == "wear"
    table.only(*_INPUT_KEYS, *(_CROP_KEYS if is_crop else _PICTURE_KEYS))
    if "layout" in table.values:
        table.choice("layout", {"nchw": "nchw"})
    return InputSpec(
        name=table.text("name"),
        width=table.integer("width", 8, 8192),
        height=table.integer("height", 8, 8192),
        colour=table.choice("colour", _COLOURS),
        scale=table.number("scale", 255.0, least=1e-6, most=65535),
        mean=table.triple("mean", _NO_SHIFT, least=-1e6, most=1e6),
        std=table.triple("std", _NO_STRETCH, least=1e-6, most=1e6),
        pad=table.integer("pad", 0, 255, 114),
        crop=table.choice("crop", _REGIONS) if is_crop else "",
        crop_scale=table.number("crop_scale", 1.0, least=0.5, most=4) if is_crop else 1.0,
        min_head_px=table.number("min_head_px", 20, least=1, most=4096) if is_crop else 0.0,
        also_hw=_also(table),
    )


def _also(table: Table) -> tuple[tuple[int, int], ...]:
    """Read sizes written as screens are, width first, and return them height first."""
    sizes = [(name, re.fullmatch(r"([1-9]\d{1,3})x([1-9]\d{1,3})", name)) for name in table.names("also")]
    for name, found in sizes:
        if found is None:
            raise table.refusal("also", name, "sizes such as 640x448, width first")
    return tuple((int(found[2]), int(found[1])) for _, found in sizes if found)


def _classes(table: Table) -> tuple[str, ...]:
    wanted = [str(i) for i in range(len(table.values))]
    if not wanted or set(table.values) != set(wanted):
        raise table.refusal("*", list(table.values), "the indices 0, 1, 2, … without a gap, each a class name")
    names = tuple(table.text(key) for key in wanted)
    for i, name in enumerate(names):
        if name in names[:i]:
            raise table.refusal(str(i), name, "a name that no other class has")
    return names


def _thresholds(table: Table, classes: tuple[str, ...]) -> tuple[float, ...]:
    table.only(*classes)
    return tuple(table.number(name, DEFAULT_THRESHOLD, least=0, most=1) for name in classes)


def _nms_iou(table: Table) -> float:
    table.only("iou")
    return table.number("iou", 0.55, least=0, most=1)


def _outputs(table: Table) -> dict[str, WearOutput]:
    outputs = table.children("outputs")
    if not outputs:
        raise table.refusal("outputs.*", MISSING, "one table per item, such as outputs.hat")
    return {item: _output(each) for item, each in outputs.items()}


def _output(table: Table) -> WearOutput:
    table.only("states", "temperature", "answer_above")
    states = table.choices("states", _WEAR_STATES)
    if "worn" not in states or not {"missing", "improper", "bare"} & set(states):
        raise table.refusal("states", list(states), "worn and at least one of missing, improper, bare")
    return WearOutput(
        states=states,
        temperature=table.number("temperature", 1.0, least=0.01, most=100),
        answer_above=table.number("answer_above", 0.5, least=0, most=1),
    )
