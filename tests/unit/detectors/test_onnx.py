import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from tests.unit.detectors.networks import colour_network, constant_network, detector_toml, spot_network
from vision.detectors.manifest import load_manifest
from vision.detectors.onnx import OnnxDetector, load_detector
from vision.errors import ModelError

PICTURE = np.zeros((100, 200, 3), np.uint8)


def yolo11_rows(*rows: list[float], anchors: int = 84) -> NDArray[np.float32]:
    raw = np.zeros((1, len(rows[0]), anchors), np.float32)
    for i, row in enumerate(rows):
        raw[0, :, i] = row
    return raw


def folder(tmp_path: Path, raw: NDArray[np.float32], **changes: Any) -> Path:
    weights = constant_network(tmp_path / "tiny" / "tiny.onnx", {"output0": raw}, (64, 64))
    (weights.parent / "model.toml").write_text(detector_toml(weights, **changes))
    return weights.parent


def test_boxes_come_back_in_px_of_each_picture(tmp_path: Path) -> None:
    """64x64 input, 100x200 picture: content 32x64 at top 16, so one input px is 3.125 picture px."""
    raw = yolo11_rows([32, 32, 16, 8, 0.9, 0], [32, 4, 8, 8, 0.8, 0], [0, 32, 8, 8, 0, 0.7])
    detector = load_detector(folder(tmp_path, raw))
    wide, square = detector.detect([PICTURE, np.zeros((64, 64, 3), np.uint8)])
    np.testing.assert_allclose(
        wide.xyxy, [[75, 37.5, 125, 62.5], [0, 37.5, 12.5, 62.5]], err_msg="one lay in the border only"
    )
    assert wide.names() == ["person", "head"]
    np.testing.assert_allclose(square.xyxy[0], [24, 28, 40, 36])
    assert len(square) == 3
    assert str(detector.model) == "tiny@1"
    assert detector.classes == ("person", "head")


def test_no_pictures(tmp_path: Path) -> None:
    assert load_detector(folder(tmp_path, yolo11_rows([0.0] * 6))).detect([]) == []


def test_many_threads_get_their_own_answers(tmp_path: Path) -> None:
    detector = load_detector(folder(tmp_path, yolo11_rows([32, 32, 64, 64, 0.9, 0])))
    sizes = [(64 + 8 * i, 64 + 4 * i) for i in range(12)]
    found: dict[tuple[int, int], list[float]] = {}

    def look(hw: tuple[int, int]) -> None:
        for _ in range(20):
            found[hw] = detector.detect([np.zeros((*hw, 3), np.uint8)])[0].xyxy[0].tolist()

    threads = [threading.Thread(target=look, args=(hw,)) for hw in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for height, width in sizes:
        np.testing.assert_allclose(found[height, width], [0, 0, width, height], atol=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ("person", "head", "cat")}, r"tiny/model.toml: classes: 3 is not allowed; .*output \(1, 6, 84\)"),
        ({"head": '"yolox"'}, "tiny/model.toml: classes: 2"),
        ({"head": '"yolo_end2end"'}, "tiny/model.toml: classes: 2"),
        ({"width": "32"}, "tiny/model.toml: input: .*64, 64"),
        ({"scale": '255.0\nalso = ["64x32"]'}, r"tiny/model.toml: input: .*float \(1, 3, 32, 64\).*64, 64"),
        ({"input.name": '"pixels"'}, "tiny/model.toml: input.name: 'pixels' is not allowed; .*images"),
        ({"task": '"wear"', "head": '"classifier"'}, "tiny/model.toml: classes: .* no such key"),
    ],
)
def test_a_network_that_does_not_fit_its_manifest_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        load_detector(folder(tmp_path, yolo11_rows([0.0] * 6), **changes))


def test_yolox_with_the_wrong_number_of_cells(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tiny/model.toml: head: 'yolox' .*84 cells"):
        load_detector(folder(tmp_path, np.zeros((1, 85, 7), np.float32), head='"yolox"'))


def test_weights_with_another_hash_are_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder(tmp_path, yolo11_rows([0.0] * 6), sha256=f'"{"0" * 64}"')
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *_, **__: pytest.fail("it was loaded"))
    with pytest.raises(ModelError, match=f"tiny/model.toml: sha256: '{'0' * 64}'"):
        load_detector(place)


def test_a_file_that_is_no_network(tmp_path: Path) -> None:
    weights = tmp_path / "tiny" / "tiny.onnx"
    weights.parent.mkdir()
    weights.write_bytes(b"\x08\x07rubbish" * 50)
    (weights.parent / "model.toml").write_text(detector_toml(weights))
    with pytest.raises(ModelError, match=r"tiny/model\.toml: file: .*an ONNX network that loads"):
        load_detector(weights.parent)


def test_a_network_with_a_batch_axis_gets_whole_batches(tmp_path: Path) -> None:
    weights = colour_network(tmp_path / "m" / "m.onnx", {"output0": np.zeros((6, 3), np.float32)}, (64, 64))
    (weights.parent / "model.toml").write_text(detector_toml(weights))
    with pytest.raises(ModelError, match=r"output \(1, 6\)"):  # its batch axis is fine, its output is not a detector's
        OnnxDetector(load_manifest(weights.parent))


def test_pictures_go_through_the_network_by_their_shape(tmp_path: Path) -> None:
    """A network that answers where white lies: a wide picture keeps its place however it was padded."""
    weights = spot_network(tmp_path / "tiny" / "tiny.onnx")
    (weights.parent / "model.toml").write_text(detector_toml(weights, scale='255.0\nalso = ["64x32", "32x64"]'))
    wide, tall = np.full((50, 100, 3), 114, np.uint8), np.full((100, 50, 3), 114, np.uint8)
    wide[30, 60] = tall[60, 30] = 255
    detector = load_detector(weights.parent, threads=1, batch=2)
    found = detector.detect([wide, tall, wide, np.full((64, 64, 3), 255, np.uint8), tall])
    centres = [((one.xyxy[0, :2] + one.xyxy[0, 2:]) / 2).round().tolist() for one in found]
    assert [one.names() for one in found] == [["person"]] * 5
    np.testing.assert_allclose([centres[0], centres[2]], [[61, 31], [61, 31]], atol=1.5)
    np.testing.assert_allclose([centres[1], centres[4]], [[31, 61], [31, 61]], atol=1.5)


COCO = {0: "person", 15: "cat", 16: "dog"}


def test_finds_people_with_a_real_network(tmp_path: Path, shared_data: Path) -> None:
    """YOLO11n on a frame of the team's clip: one person stands there at 10 s (clips, data README)."""
    weights = tmp_path / "coco" / "coco.onnx"
    weights.parent.mkdir()
    weights.symlink_to(shared_data / "weights" / "yolo11n-coco-recovered.onnx")
    names = [COCO.get(i, f"coco-{i}") for i in range(80)]
    changes = {"width": "640", "height": "640"}
    (weights.parent / "model.toml").write_text(detector_toml(weights, classes=names, **changes))
    capture = cv2.VideoCapture(str(shared_data / "clips" / "one-by-one-person-detection.mp4"))
    capture.set(cv2.CAP_PROP_POS_MSEC, 10_000)
    there, image = capture.read()
    assert there
    people = load_detector(weights.parent).detect([image])[0].of(["person"])
    assert len(people) == 1
    np.testing.assert_allclose(people.xyxy[0], [384, 15, 520, 392], atol=12)
