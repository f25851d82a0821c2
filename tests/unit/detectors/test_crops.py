import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures import noise
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


@pytest.mark.parametrize("side", [127, 128, 301, 700, 1003])
def test_a_large_box_is_the_mean_of_its_pixels(side: int) -> None:
    """Up to the odd row and column that halving leaves out: a stretch of less than one part in 64."""
    image = noise((1080, 1920))
    seen = crop(image, np.array([300, 20, 300 + side, 20 + side], np.float32), spec(32, 32))
    exact = cv2.resize(image[20 : 20 + side, 300 : 300 + side], (32, 32), interpolation=cv2.INTER_AREA)
    apart = np.abs(seen.astype(int) - exact)
    assert apart.mean() <= 2
    assert apart.max() <= 8


def test_a_large_box_is_seen_to_its_edges() -> None:
    image = np.zeros((1080, 1920, 3), np.uint8)
    image[:, 960:] = 255
    seen = crop(image, np.array([960 - 512, 0, 960 + 512, 1024], np.float32), spec(32, 32))
    assert (seen[:, :16] == 0).all()
    assert (seen[:, 16:] == 255).all()
