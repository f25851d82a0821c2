from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from vision.detectors.heads import HeadSpec, yolo11, yolo_end2end, yolox
from vision.errors import ModelError

SPEC = HeadSpec("tiny/model.toml", ("person", "head"), np.array([0.5, 0.2], np.float32), 0.55, (64, 64))
NAN = float("nan")


def columns(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32).T


def test_yolo11_centre_boxes_become_corners() -> None:
    raw = columns([30, 20, 10, 8, 0.9, 0.1], [50, 50, 4, 4, 0.1, 0.3])
    seen = yolo11(raw, SPEC)
    np.testing.assert_allclose(seen.xyxy, [[25, 16, 35, 24], [48, 48, 52, 52]])
    np.testing.assert_allclose(seen.confidence, [0.9, 0.3])
    assert seen.names() == ["person", "head"]


@pytest.mark.parametrize(
    ("scores", "name"),
    [
        ([0.49, 0.1], None),
        ([0.5, 0.1], "person"),
        ([0.1, 0.19], None),
        ([0.1, 0.2], "head"),
        ([0.49, 0.2], "head"),  # person is more probable, but not enough for a person
        ([0.6, 0.3], "person"),
        ([NAN, NAN], None),
    ],
)
def test_each_class_has_a_threshold_of_its_own(scores: list[float], name: str | None) -> None:
    assert yolo11(columns([30, 20, 10, 8, *scores]), SPEC).names() == ([name] if name else [])


@pytest.mark.parametrize("box", [[NAN, 20, 10, 8], [30, 20, 0, 8], [30, 20, -5, 8], [float("inf"), 1, 1, 1]])
def test_boxes_that_are_none_are_dropped(box: list[float]) -> None:
    assert len(yolo11(columns([*box, 0.9, 0.0]), SPEC)) == 0


def test_yolo11_suppresses_within_a_class_only() -> None:
    raw = columns([30, 20, 10, 8, 0.8, 0], [30, 20, 10, 9, 0.9, 0], [30, 20, 10, 8, 0, 0.7])
    assert yolo11(raw, SPEC).names() == ["person", "head"]


def test_end2end_reads_corners_and_drops_what_is_below_its_threshold() -> None:
    raw = np.array([[1, 2, 3, 4, 0.3, 1], [5, 6, 7, 8, 0.9, 0], [5, 6, 7, 8, 0.4, 0], [0, 0, 0, 0, 0, 0]], np.float32)
    seen = yolo_end2end(raw, SPEC)
    np.testing.assert_allclose(seen.xyxy, [[5, 6, 7, 8], [1, 2, 3, 4]])
    assert seen.names() == ["person", "head"]


def test_end2end_refuses_a_class_beyond_its_map() -> None:
    with pytest.raises(ModelError, match=r"tiny/model.toml: classes: 2 is not allowed; .*0\.\.1"):
        yolo_end2end(np.array([[1, 2, 3, 4, 0.9, 2]], np.float32), SPEC)


def test_yolox_adds_the_grid_and_multiplies_by_the_stride() -> None:
    """64x64 px: 8x8 cells of stride 8, then 4x4 of 16, then 2x2 of 32: 84 rows."""
    raw = np.zeros((84, 7), np.float32)
    raw[8 * 3 + 2] = [0.5, 0.25, np.log(2), 0, 0.9, 1.0, 0]  # stride 8, cell x 2, y 3
    raw[64 + 16 + 3] = [-0.5, -0.5, 0, 0, 0.5, 0, 0.6]  # stride 32, cell x 1, y 1
    seen = yolox(raw, SPEC)
    np.testing.assert_allclose(seen.xyxy, [[20 - 8, 26 - 4, 20 + 8, 26 + 4], [0, 0, 32, 32]], atol=1e-5)
    np.testing.assert_allclose(seen.confidence, [0.9, 0.3], rtol=1e-6)
    assert seen.names() == ["person", "head"]


def test_yolox_survives_sizes_beyond_float() -> None:
    raw = np.zeros((84, 7), np.float32)
    raw[0] = [0, 0, 500, 500, 1, 1, 0]
    assert len(yolox(raw, SPEC)) == 1


@pytest.mark.parametrize(
    ("head", "raw"),
    [
        (yolo11, np.zeros((6, 0), np.float32)),
        (yolo11, np.zeros((6, 9), np.float32)),
        (yolo_end2end, np.zeros((0, 6), np.float32)),
        (yolox, np.zeros((84, 7), np.float32)),
    ],
)
def test_nothing_seen(head: object, raw: NDArray[np.float32]) -> None:
    seen = head(raw, replace(SPEC, thresholds=np.array([0.5, 0.5], np.float32)))  # type: ignore[operator]
    assert (len(seen), seen.classes) == (0, SPEC.classes)
