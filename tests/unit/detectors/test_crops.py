import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.detectors.test_letterbox import spec
from vision.detectors.crops import crop, windows


@pytest.mark.parametrize(
    ("box", "scale", "input_hw", "window"),
    [
        ((10, 10, 30, 30), 1.0, (32, 32), (10, 10, 30, 30)),
        ((10, 10, 30, 30), 1.5, (32, 32), (5, 5, 35, 35)),
        ((10, 10, 20, 30), 1.0, (32, 32), (5, 10, 25, 30)),
        ((10, 10, 20, 30), 1.0, (64, 32), (10, 10, 20, 30)),
        ((10, 10, 30, 30), 1.0, (64, 32), (10, 0, 30, 40)),
        ((0, 0, 10, 10), 2.0, (32, 32), (-5, -5, 15, 15)),
        ((7, 7, 7, 7), 1.0, (32, 32), (6, 6, 8, 8)),
    ],
)
def test_windows(box: tuple[float, ...], scale: float, input_hw: tuple[int, int], window: tuple[int, ...]) -> None:
    assert windows(np.array([box], np.float32), scale, input_hw).tolist() == [list(window)]


def test_no_boxes() -> None:
    assert windows(np.empty((0, 4), np.float32), 1.5, (32, 32)).shape == (0, 4)


def test_what_lies_beyond_the_picture_is_grey() -> None:
    white = np.full((20, 20, 3), 255, np.uint8)
    cut = crop(white, np.array([10, 0, 30, 20], np.float32), spec(40, 40, crop="head"))
    assert (cut[:, :20] == 255).all()
    assert (cut[:, 20:] == 114).all()


def test_shows_the_box_and_nothing_else() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[20:40, 60:80] = (1, 2, 3)
    assert (crop(image, np.array([60, 20, 80, 40], np.float32), spec(32, 32)) == (1, 2, 3)).all()


@given(st.tuples(*[st.floats(-500, 500, width=32)] * 4))
def test_any_box_gives_a_crop(sides: tuple[float, ...]) -> None:
    image = np.zeros((30, 40, 3), np.uint8)
    assert crop(image, np.array(sides, np.float32), spec(16, 24, crop_scale=1.5)).shape == (24, 16, 3)
