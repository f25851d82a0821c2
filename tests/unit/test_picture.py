import numpy as np
import pytest

from vision.errors import InvalidInputError
from vision.frames import reduced_hw
from vision.picture import Pixels, picture_of


@pytest.mark.parametrize("image", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 3))])
def test_refuses_what_is_no_bgr_picture(image: np.ndarray) -> None:
    with pytest.raises(InvalidInputError, match=r"Pixels\.image"):
        Pixels(image)


def test_fits_once_for_all_who_ask() -> None:
    picture = picture_of(np.random.default_rng(1).integers(0, 255, (90, 160, 3), np.uint8))
    assert picture.hw == (90, 160)
    assert picture.fitted((45, 80)).shape == (45, 80, 3)
    assert picture.fitted((45, 80)) is picture.fitted((45, 80))
    assert picture.fitted((90, 160)) is picture.image
    assert picture_of(picture) is picture


@pytest.mark.parametrize(
    ("hw", "reduced"),
    [((1080, 1920), (360, 640)), ((1920, 1080), (640, 360)), ((200, 300), (200, 300)), ((1, 5000), (1, 640))],
)
def test_the_reduced_copy_is_never_larger(hw: tuple[int, int], reduced: tuple[int, int]) -> None:
    assert reduced_hw(hw) == reduced
