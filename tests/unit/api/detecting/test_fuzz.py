"""Damaged pictures, whatever was done to them: looked at or refused by name, never larger than allowed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.detecting.service import measured
from tests.unit.api.detecting.pictures import encoded
from vision.detectors.picture import open_picture
from vision.errors import PictureError

WHOLE = {suffix: encoded(suffix) for suffix in (".jpg", ".png", ".webp", ".bmp")}
MOST_PX = 50_000_000
places = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12)


def damaged(whole: bytes, kept: float, flips: list[tuple[float, int]], tail: bytes) -> bytes:
    """Return a picture cut off, with some bytes changed and others behind it."""
    content = bytearray(whole[: int(len(whole) * kept)])
    for place, value in flips:
        if content:
            content[int(place * len(content))] = value
    return bytes(content) + tail


def pixels(content: bytes) -> int | None:
    """Return how many pixels were read; None when it was refused as a picture. Anything else it raises fails."""
    try:
        height, width = measured(content)
        picture = open_picture(content)
    except PictureError:
        return None
    assert picture.image.shape in {(height, width, 3), (width, height, 3)}
    return int(picture.image.size // 3)


@settings(max_examples=120)
@given(st.sampled_from(sorted(WHOLE)), st.floats(0, 1), places, st.binary(max_size=64))
def test_a_damaged_picture_is_read_or_refused(
    suffix: str, kept: float, flips: list[tuple[float, int]], tail: bytes
) -> None:
    assert (pixels(damaged(WHOLE[suffix], kept, flips, tail)) or 0) <= MOST_PX


@pytest.mark.parametrize("suffix", sorted(WHOLE))
def test_every_cut_of_a_picture_is_read_or_refused(suffix: str) -> None:
    whole = WHOLE[suffix]
    seen = [pixels(whole[:length]) for length in range(0, len(whole), max(1, len(whole) // 97))]
    assert set(seen) <= {None, 128 * 96}
    assert pixels(whole) == 128 * 96
