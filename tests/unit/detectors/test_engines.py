"""The engines: the shipped models see the same on each, and nobody loads weights that were changed."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.detectors.networks import detector_toml
from vision.commands.composing import load_sight
from vision.demo.random_frames import write_frames
from vision.detectors.manifest import load_manifest
from vision.detectors.onnx import OnnxDetector
from vision.errors import ConfigError, ModelError
from vision.picture_file import read_picture


@pytest.fixture
def openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino", reason="comes with the extra openvino")
    monkeypatch.setenv("MINGCHU_ENGINE", "openvino")


@pytest.mark.usefixtures("openvino")
def test_the_shipped_models_see_the_same_on_openvino(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_frames(tmp_path, 11, 6)
    pictures = [read_picture(path.read_bytes()) for path in sorted((tmp_path / "images").glob("*.jpg"))]
    ours = load_sight(threads=1).eyes.see(pictures)
    monkeypatch.setenv("MINGCHU_ENGINE", "onnxruntime")
    usual = load_sight(threads=1).eyes.see(pictures)
    compared = 0
    for here, there in zip(ours, usual, strict=True):
        for row in np.flatnonzero(there.people.persons.confidence > 0.6):
            distance = np.abs(here.people.persons.xyxy - there.people.persons.xyxy[row]).max(axis=1)
            assert distance.min() < 4
            assert here.people.persons.confidence[distance.argmin()] == pytest.approx(
                there.people.persons.confidence[row], abs=0.05
            )
            compared += 1
    assert compared >= 4


@pytest.mark.usefixtures("openvino")
def test_a_file_that_is_no_network(tmp_path: Path) -> None:
    weights = tmp_path / "tiny" / "tiny.onnx"
    weights.parent.mkdir()
    weights.write_bytes(b"\x08\x07rubbish" * 50)
    (weights.parent / "model.toml").write_text(detector_toml(weights))
    with pytest.raises(ModelError, match=r"tiny/model\.toml: file: .*an ONNX network that loads"):
        OnnxDetector(load_manifest(weights.parent), engine="openvino")


@pytest.mark.usefixtures("openvino")
def test_weights_with_another_hash_are_never_loaded(tmp_path: Path) -> None:
    weights = tmp_path / "tiny" / "tiny.onnx"
    weights.parent.mkdir()
    weights.write_bytes(b"rubbish")
    (weights.parent / "model.toml").write_text(detector_toml(weights, sha256=f'"{"0" * 64}"'))
    with pytest.raises(ModelError, match=f"tiny/model.toml: sha256: '{'0' * 64}'"):
        OnnxDetector(load_manifest(weights.parent), engine="openvino")


def test_an_engine_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGCHU_ENGINE", "abacus")
    with pytest.raises(ConfigError, match=r"MINGCHU_ENGINE: 'abacus' .*onnxruntime, openvino"):
        load_sight()
