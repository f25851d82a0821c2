"""Pictures are known again when they were copied, and not mistaken for another of the same place."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.photos import mark
from api.photos.challenge import new_nonce
from api.photos.likeness import (
    BAND_BITS,
    COPY,
    MOST_BITS,
    SAME_SPOT,
    SUSPECT,
    Print,
    bands,
    best_match,
    common,
    copied,
    distance,
    mirrored,
    neighbours,
    phash,
    print_of,
    spots_of,
)
from tests.unit.api.photos.phone import by_hand, jpeg, kitchen
from vision.frames import Image

signed = st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1)
flips = st.sets(st.integers(0, 63), max_size=MOST_BITS)


@given(signed, flips)
def test_whatever_is_near_has_a_band_in_the_neighbourhood(value: int, bits: set[int]) -> None:
    other = value ^ sum(1 << bit for bit in bits)
    other = (other + (1 << 63)) % (1 << 64) - (1 << 63)
    assert distance(value, other) == len(bits)
    assert any(theirs in neighbours(ours) for ours, theirs in zip(bands(value), bands(other), strict=True))


def test_bands() -> None:
    assert bands(-1) == (0xFFFF,) * 4
    assert bands(0x0001_0002_0003_0004) == (4, 3, 2, 1)
    assert len(set(neighbours(0))) == BAND_BITS + 1


def stamped(image: Image) -> Image:
    """Return a picture as it was sent: with a mark of its own, compressed."""
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg(mark.burnt_in(image, new_nonce())), np.uint8), 1), np.uint8)


def turned(image: Image) -> Image:
    how = cv2.getRotationMatrix2D((320, 240), 3, 1.06)
    return np.asarray(cv2.warpAffine(image, how, (640, 480), borderMode=cv2.BORDER_REFLECT), np.uint8)


BENT: dict[str, Callable[[Image], Image]] = {
    "recompressed": lambda image: np.asarray(cv2.imdecode(np.frombuffer(jpeg(image, 40), np.uint8), 1), np.uint8),
    "smaller": lambda image: np.asarray(cv2.resize(image, None, fx=0.7, fy=0.7, interpolation=3), np.uint8),
    "brighter": lambda image: np.asarray(cv2.convertScaleAbs(image, alpha=1.1, beta=10), np.uint8),
    "mirrored": mirrored,
    "cropped": lambda image: image[40:430, 50:570],
    "turned": turned,
}


def likeness(picture: Image, known: Image) -> float:
    prints = print_of(picture), print_of(mirrored(picture))
    return max(copied(each, print_of(known)) for each in prints)


@pytest.mark.parametrize("how", BENT)
def test_a_copy_is_known_again(how: str) -> None:
    original = stamped(kitchen(3))
    assert likeness(stamped(BENT[how](original)), original) >= COPY


@pytest.mark.parametrize("how", ["recompressed", "smaller", "brighter", "mirrored"])
def test_a_copy_of_the_whole_is_found_by_its_hash(how: str) -> None:
    original = stamped(kitchen(3))
    copy = stamped(BENT[how](original))
    assert min(distance(phash(each), phash(original)) for each in (copy, mirrored(copy))) <= MOST_BITS


def test_another_photo_of_the_same_spot_is_new_and_of_that_spot() -> None:
    shots = [stamped(by_hand(kitchen(3), seed)) for seed in range(4)]
    reference = spots_of(kitchen(3))
    for number, shot in enumerate(shots):
        assert best_match(spots_of(shot), [reference]) >= SAME_SPOT
        for other in shots[:number]:
            assert likeness(shot, other) < SUSPECT
            assert min(distance(phash(each), phash(other)) for each in (shot, mirrored(shot))) > MOST_BITS


def test_another_kitchen_is_another_spot() -> None:
    assert max(common(spots_of(kitchen(seed)), spots_of(kitchen(9))) for seed in range(4)) < SAME_SPOT
    assert best_match(spots_of(kitchen(1)), []) == 0


@pytest.mark.parametrize("image", [np.zeros((480, 640, 3), np.uint8), np.full((320, 320, 3), 255, np.uint8)])
def test_a_picture_of_nothing_is_like_nothing(image: Image) -> None:
    assert common(spots_of(image), spots_of(kitchen(1))) == 0
    empty = Print.unpacked(print_of(image).packed())
    assert copied(empty, print_of(kitchen(1))) == copied(empty, empty) == 0
    assert isinstance(phash(image), int)


def test_prints_survive_the_store() -> None:
    kept = print_of(kitchen(2))
    read = Print.unpacked(kept.packed())
    assert (read.points == kept.points).all()
    assert (read.looks == kept.looks).all()
    assert (read.small == kept.small).all()
    assert len(kept.packed()) < 26_000


@pytest.mark.parametrize("quality", [60, 85, 95])
def test_the_mark_is_read_from_a_compressed_picture(quality: int) -> None:
    image = kitchen(4)
    nonce = new_nonce()
    sent = cv2.imdecode(np.frombuffer(jpeg(mark.burnt_in(image, nonce), quality), np.uint8), 1)
    assert mark.read(np.asarray(sent, np.uint8)) == nonce
    assert mark.read(image) == ""
    assert phash(mark.burnt_in(image, nonce)) == phash(image)
