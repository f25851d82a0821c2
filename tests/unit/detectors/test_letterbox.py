import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.detectors.letterbox import Letterbox, fitting, place
from vision.detectors.manifest import InputSpec

SIDES = st.integers(1, 4000)
SHARES = st.floats(0, 1, width=32)


def spec(width: int = 64, height: int = 32, **changes: object) -> InputSpec:
    values: dict[str, object] = {
        "name": "images", "width": width, "height": height, "colour": "rgb", "scale": 255.0, "mean": (0.0, 0.0, 0.0),
        "std": (1.0, 1.0, 1.0), "pad": 114, "crop": "", "crop_scale": 1.0, "min_head_px": 0.0,
    }  # fmt: skip
    return InputSpec(**(values | changes))  # type: ignore[arg-type]


def plain(bgr: tuple[int, int, int], hw: tuple[int, int]) -> NDArray[np.uint8]:
    return np.full((*hw, 3), bgr, np.uint8)


@pytest.mark.parametrize(
    ("frame_hw", "input_hw", "expected"),
    [
        ((1080, 1920), (640, 640), ((360, 640), 140, 0)),
        ((432, 768), (640, 640), ((360, 640), 140, 0)),
        ((850, 478), (640, 640), ((640, 360), 0, 140)),
        ((480, 640), (640, 640), ((480, 640), 80, 0)),
        ((640, 640), (640, 640), ((640, 640), 0, 0)),
        ((1, 5000), (640, 640), ((1, 640), 319, 0)),
        ((100, 99), (32, 32), ((32, 32), 0, 0)),
    ],
)
def test_placement(
    frame_hw: tuple[int, int], input_hw: tuple[int, int], expected: tuple[tuple[int, int], int, int]
) -> None:
    placement = place(frame_hw, input_hw)
    assert (placement.content_hw, placement.top, placement.left) == expected


@given(SIDES, SIDES, st.sampled_from([(640, 640), (384, 640), (320, 320)]), st.tuples(SHARES, SHARES, SHARES, SHARES))
def test_a_box_comes_back_within_a_pixel(
    height: int, width: int, input_hw: tuple[int, int], shares: tuple[float, ...]
) -> None:
    (x0, x1), (y0, y1) = sorted(shares[:2]), sorted(shares[2:])
    box = np.array([[x0 * width, y0 * height, x1 * width, y1 * height]], np.float32)
    placement = place((height, width), input_hw)
    inside = placement.forward(box)
    assert (inside >= -0.01).all()
    assert (inside <= np.array([input_hw[1], input_hw[0]] * 2) + 0.01).all()
    np.testing.assert_allclose(placement.back(inside), box, atol=1.0)


def test_back_cuts_to_the_picture() -> None:
    placement = place((50, 100), (64, 64))
    np.testing.assert_allclose(placement.back(np.array([[-9, 0, 99, 64]], np.float32)), [[0, 0, 100, 50]])


def test_fills_planes_in_the_models_colour_order_with_grey_borders() -> None:
    tensor, (placement,) = Letterbox(spec(), 1).fill([plain((10, 20, 30), (32, 32))])
    assert tensor.shape == (1, 3, 32, 64)
    assert placement.left == 16
    np.testing.assert_allclose(tensor[0, :, 16, 32] * 255, [30, 20, 10], atol=1e-4)
    np.testing.assert_allclose(tensor[0, :, 16, [0, 63]] * 255, np.full((2, 3), 114), atol=1e-4)


def test_mean_and_std_per_channel() -> None:
    letterbox = Letterbox(spec(colour="bgr", scale=1.0, mean=(1.0, 2.0, 3.0), std=(1.0, 2.0, 4.0)), 1)
    tensor, _ = letterbox.fill([plain((11, 12, 13), (32, 64))])
    np.testing.assert_allclose(tensor[0, :, 5, 5], [10, 5, 2.5])


def test_pictures_of_several_sizes_leave_nothing_of_each_other() -> None:
    images = [plain((255, 255, 255), hw) for hw in ((32, 64), (64, 32), (10, 100), (32, 64))]
    together, placements = Letterbox(spec(), 4).fill(images)
    alone = [Letterbox(spec(), 1).fill([image]) for image in images]
    for row, (tensor, (placement,)), found in zip(together, alone, placements, strict=True):
        np.testing.assert_array_equal(row, tensor[0])
        assert found == placement


def test_scales_as_opencv_does() -> None:
    image = np.random.default_rng(1).integers(0, 255, (90, 120, 3), np.uint8)
    tensor, (placement,) = Letterbox(spec(64, 64, colour="bgr"), 1).fill([image])
    (height, width), top = placement.content_hw, placement.top
    expected = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR).transpose(2, 0, 1) / 255
    np.testing.assert_allclose(tensor[0, :, top : top + height], expected, atol=1e-6)


def test_no_pictures_no_rows() -> None:
    tensor, placements = Letterbox(spec(), 2).fill([])
    assert (len(tensor), placements) == (0, [])


SHAPES = ((640, 640), (448, 640), (544, 640), (640, 448))


@pytest.mark.parametrize(
    ("frame_hw", "input_hw"),
    [
        ((1080, 1920), (448, 640)),
        ((1080, 1440), (544, 640)),
        ((1920, 1080), (640, 448)),
        ((700, 700), (640, 640)),
        ((10, 5000), (448, 640)),
        ((1, 1), (640, 640)),
    ],
)
def test_a_picture_goes_where_it_is_largest_with_the_least_border(
    frame_hw: tuple[int, int], input_hw: tuple[int, int]
) -> None:
    assert fitting(frame_hw, SHAPES) == input_hw


@given(SIDES, SIDES)
def test_no_other_size_shows_a_picture_larger(height: int, width: int) -> None:
    chosen = place((height, width), fitting((height, width), SHAPES)).content_hw
    assert chosen == place((height, width), (640, 640)).content_hw
