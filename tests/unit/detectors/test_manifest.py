from pathlib import Path

import pytest

from tests.unit.detectors.networks import detector_toml, wear_toml
from vision.detectors.manifest import find_models, load_manifest, model_folder, models_root, trusted_weights
from vision.errors import ModelError
from vision.ports import ModelRef


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "tiny" / "tiny.onnx"
    path.parent.mkdir()
    path.write_bytes(b"weights")
    return path


def write(weights: Path, text: str) -> Path:
    (weights.parent / "model.toml").write_text(text, encoding="utf-8")
    return weights.parent


def test_reads_a_detector(weights: Path) -> None:
    text = detector_toml(weights, classes=("person", "head", "kitchen robot"))
    manifest = load_manifest(write(weights, text.replace("scale = 255.0", "scale = 255.0\nmean = [0.1, 0.2, 0.3]")))
    assert (manifest.task, manifest.head, manifest.classes) == ("detect", "yolo11", ("person", "head", "kitchen robot"))
    assert manifest.thresholds == (0.3, 0.25, 0.25), "a class without one gets the default"
    assert (manifest.input.width, manifest.input.mean, manifest.input.std) == (64, (0.1, 0.2, 0.3), (1.0, 1.0, 1.0))
    assert manifest.ref == ModelRef("tiny", "1", manifest.sha256)
    assert trusted_weights(manifest) == b"weights"
    assert manifest.outputs == {}


def test_reads_a_wear_model(weights: Path) -> None:
    manifest = load_manifest(write(weights, wear_toml(weights, "mask", ["worn", "improper", "missing", "unknown"])))
    assert manifest.outputs["mask"].states == ("worn", "improper", "missing", "unknown")
    assert (manifest.outputs["mask"].answer_above, manifest.input.crop, manifest.input.min_head_px) == (0.8, "head", 20)
    assert manifest.classes == ()


DETECTOR_FAULTS = [
    ("name", "", "tiny/model.toml: name: (missing)"),
    ("name", "7", "tiny/model.toml: name: 7 is not allowed; allowed: a text"),
    ("task", '"guess"', "tiny/model.toml: task: 'guess' is not allowed; allowed: one of detect, wear"),
    (
        "head",
        '"classifier"',
        "tiny/model.toml: head: 'classifier' is not allowed; allowed: one of yolo11, yolo_end2end, yolox",
    ),
    ("file", '"../other.onnx"', "tiny/model.toml: file: '../other.onnx'"),
    ("file", '"tiny.pt"', "tiny/model.toml: file: 'tiny.pt'"),
    ("sha256", '"abc"', "tiny/model.toml: sha256: 'abc' is not allowed; allowed: 64 hexadecimal digits"),
    ("width", "0", "tiny/model.toml: input.width: 0 is not allowed; allowed: a whole number in 8..8192"),
    ("width", "64.0", "tiny/model.toml: input.width: 64.0"),
    ("width", "true", "tiny/model.toml: input.width: True"),
    ("layout", '"nhwc"', "tiny/model.toml: input.layout: 'nhwc' is not allowed; allowed: one of nchw"),
    ("colour", '"grey"', "tiny/model.toml: input.colour: 'grey' is not allowed; allowed: one of bgr, rgb"),
    ("scale", "0", "tiny/model.toml: input.scale: 0"),
    ("scale", "nan", "tiny/model.toml: input.scale: nan"),
    ("std", "[1.0, 1.0]", "tiny/model.toml: input.std: [1.0, 1.0] is not allowed; allowed: three numbers"),
    ("std", "[1.0, 0.0, 1.0]", "tiny/model.toml: input.std[1]: 0.0"),
    ("also", '["640by448"]', "tiny/model.toml: input.also: '640by448' is not allowed; allowed: sizes such as 640x448"),
    ("also", '"64x32"', "tiny/model.toml: input.also: '64x32' is not allowed; allowed: a list of texts"),
    ("widht", "64", "tiny/model.toml: input.widht: 64"),
    ("crop", '"head"', "tiny/model.toml: input.crop: 'head'"),
    ("1", "", "tiny/model.toml: thresholds.head"),
    ("1", '"person"', "tiny/model.toml: classes.1: 'person' is not allowed; allowed: a name that no other class has"),
    ("3", '"cat"', "tiny/model.toml: classes.*"),
    ("person", "1.5", "tiny/model.toml: thresholds.person: 1.5 is not allowed; allowed: a number in 0..1"),
    ("person", '"high"', "tiny/model.toml: thresholds.person: 'high'"),
    ("iou", "2", "tiny/model.toml: nms.iou: 2"),
]


@pytest.mark.parametrize(("key", "value", "message"), DETECTOR_FAULTS)
def test_each_fault_names_its_key_value_and_what_is_allowed(weights: Path, key: str, value: str, message: str) -> None:
    section = {"std": "layout", "also": "layout", "widht": "layout", "crop": "layout", "3": "1"}.get(key)
    text = detector_toml(weights, **({} if section else {key: value}))
    if section:  # a key that the plain manifest lacks goes beside one that it has
        line = next(line for line in text.splitlines() if line.startswith(f"{section} ="))
        text = text.replace(line, f"{line}\n{key} = {value}")
    if key == "1" and not value:
        text = text.replace("person = 0.30", "person = 0.30\nhead = 0.2")
    with pytest.raises(ModelError) as caught:
        load_manifest(write(weights, text))
    assert message in str(caught.value)


WEAR_FAULTS = [
    ("states", '["worn"]', "outputs.hat.states: ['worn'] is not allowed; allowed: worn and at least one"),
    ("states", '["worn", "tilted"]', "outputs.hat.states[1]: 'tilted' is not allowed; allowed: one of bare, improper"),
    ("states", '["worn", "worn"]', "outputs.hat.states: ['worn', 'worn'] is not allowed; allowed: each name once"),
    (
        "states",
        '["worn", "unknown"]',
        "outputs.hat.states: ['worn', 'unknown'] is not allowed; allowed: worn and at least",
    ),
    (
        "states",
        '[["worn"], "missing"]',
        "outputs.hat.states: [['worn'], 'missing'] is not allowed; allowed: a list of texts",
    ),
    ("temperature", "0", "outputs.hat.temperature: 0"),
    ("answer_above", "80", "outputs.hat.answer_above: 80"),
    ("crop", '"foot"', "input.crop: 'foot' is not allowed; allowed: one of head, person"),
    ("crop_scale", "9", "input.crop_scale: 9"),
    ("head", '"yolo11"', "head: 'yolo11' is not allowed; allowed: one of classifier"),
]


@pytest.mark.parametrize(("key", "value", "message"), WEAR_FAULTS)
def test_each_fault_of_a_wear_model(weights: Path, key: str, value: str, message: str) -> None:
    text = wear_toml(weights, "hat", ["worn", "missing"], **{key: value})
    with pytest.raises(ModelError) as caught:
        load_manifest(write(weights, text))
    assert f"tiny/model.toml: {message}" in str(caught.value)


def test_a_hash_that_differs_names_both(weights: Path) -> None:
    manifest = load_manifest(write(weights, detector_toml(weights)))
    weights.write_bytes(b"other weights")
    with pytest.raises(
        ModelError, match=r"tiny/model.toml: sha256: '[0-9a-f]{64}' is not allowed; .* which is [0-9a-f]{64}"
    ):
        trusted_weights(manifest)


def test_missing_weights_are_a_model_error(weights: Path) -> None:
    manifest = load_manifest(write(weights, detector_toml(weights)))
    weights.unlink()
    with pytest.raises(ModelError, match="No such file"):
        trusted_weights(manifest)


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"[[input]]\n"])
def test_what_is_no_manifest(weights: Path, content: bytes) -> None:
    (weights.parent / "model.toml").write_bytes(content)
    with pytest.raises(ModelError, match=r"tiny/model.toml"):
        load_manifest(weights.parent)


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"a folder with a readable model\.toml"):
        load_manifest(tmp_path)


def test_finds_models_and_checks_their_hashes(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(weights, detector_toml(weights))
    root = folder.parent
    (root / "no-model").mkdir()
    assert [manifest.name for manifest in find_models(root)] == ["tiny"]
    monkeypatch.setenv("MINGCHU_MODELS", str(root))
    assert models_root() == root
    assert model_folder("tiny") == model_folder(folder) == folder
    with pytest.raises(ModelError, match="one of tiny"):
        model_folder("nothing")
    weights.write_bytes(b"other")
    with pytest.raises(ModelError, match="sha256"):
        find_models()
    with pytest.raises(ModelError, match="MINGCHU_MODELS"):
        find_models(root / "nowhere")


def test_the_models_of_this_checkout_are_what_their_manifests_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINGCHU_MODELS", raising=False)
    manifests = find_models()
    if not manifests:
        pytest.skip("this checkout ships no model yet")
    assert all(manifest.licence and manifest.origin for manifest in manifests)
