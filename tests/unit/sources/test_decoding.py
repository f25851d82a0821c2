"""A decoded picture gives the same pixels reduced or whole, whoever asks first, and keeps one copy of each."""

import threading
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vision.sources.decoding import DecodedPicture, Scalers

Image = NDArray[np.uint8]


def frame(hw: tuple[int, int], layout: str = "yuv420p") -> av.VideoFrame:
    """Return soft shapes as a camera's decoder gives them."""
    rough = np.random.default_rng(7).integers(0, 255, (9, 16, 3), np.uint8)
    image = cv2.resize(rough, hw[::-1], interpolation=cv2.INTER_CUBIC)
    made = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=layout)
    made.pts, made.time_base = 0, Fraction(1, 25)
    return made


def picture(hw: tuple[int, int] = (1080, 1920), layout: str = "yuv420p") -> DecodedPicture:
    return DecodedPicture(frame(hw, layout), Scalers())


@pytest.mark.parametrize("layout", ["yuv420p", "yuvj420p", "yuv422p", "nv12", "yuv420p10le"])
@pytest.mark.parametrize(
    ("hw", "small"), [((1080, 1920), (360, 640)), ((432, 768), (360, 640)), ((1440, 2560), (360, 640))]
)
def test_reduced_from_the_planes_is_the_whole_picture_made_small(
    hw: tuple[int, int], small: tuple[int, int], layout: str
) -> None:
    whole, reduced = picture(hw, layout), picture(hw, layout)
    expected = cv2.resize(whole.image, small[::-1], interpolation=cv2.INTER_LINEAR).astype(int)
    assert np.abs(reduced.fitted(small).astype(int) - expected).mean() < 1.5
    np.testing.assert_array_equal(reduced.image, whole.image)


def test_asking_again_costs_nothing() -> None:
    seen = picture()
    assert seen.hw == (1080, 1920)
    assert seen.fitted((360, 640)) is seen.fitted((360, 640))
    assert seen.image is seen.image
    assert seen.fitted((90, 160)).shape == (90, 160, 3)  # after the planes are gone


def test_the_size_that_it_has_is_no_copy() -> None:
    seen = picture((64, 96))
    assert seen.fitted((64, 96)) is seen.image


def test_colours_are_converted_without_threads_of_their_own() -> None:
    """A pool for each of a hundred cameras would have each picture wait for two more threads to be woken."""
    before = {int(task.name) for task in Path("/proc/self/task").iterdir()}
    seen = [picture() for _ in range(3)]
    assert all(one.fitted((360, 640)).any() and one.image.any() for one in seen)
    assert {int(task.name) for task in Path("/proc/self/task").iterdir()} <= before


def test_many_threads_get_the_same_pixels() -> None:
    scalers = Scalers()
    seen = [DecodedPicture(frame((270 + 2 * i, 480)), scalers) for i in range(4)]
    expected = [one.image.copy() for one in (DecodedPicture(frame((270 + 2 * i, 480)), Scalers()) for i in range(4))]
    found: list[list[Image]] = []
    threads = [threading.Thread(target=lambda: found.append([one.image for one in seen])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    for images in found:
        for image, want in zip(images, expected, strict=True):
            np.testing.assert_array_equal(image, want)
