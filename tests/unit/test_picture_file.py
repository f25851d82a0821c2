import os
import struct
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures import png_chunk, png_claiming
from vision.errors import PictureError
from vision.picture_file import MOST_BYTES, decoded, picture_hw, read_picture

SHADES = np.zeros((48, 64, 3), np.uint8)
SHADES[:24, :32], SHADES[:24, 32:], SHADES[24:, :32] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
"""Blue, green / red, black."""
TURNED = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x112, 3, 1, 6, 0, 0)
"""TIFF with one tag: orientation 6, shown turned by 90 degrees clockwise."""


def compressed(extension: str, quality: int = 100) -> bytes:
    options = [cv2.IMWRITE_WEBP_QUALITY, quality] if extension == ".webp" else []
    return bytes(cv2.imencode(extension, SHADES, options)[1])


FILES = {
    "jpg": compressed(".jpg"),
    "png": compressed(".png"),
    "bmp": compressed(".bmp"),
    "webp": compressed(".webp", quality=90),
    "webp-lossless": compressed(".webp", quality=101),
}


def turned(name: str) -> bytes:
    whole = FILES[name]
    if name == "jpg":
        exif = b"Exif\0\0" + TURNED
        return whole[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + whole[2:]
    if name == "png":
        return whole[:33] + png_chunk(b"eXIf", TURNED) + whole[33:]
    canvas = b"VP8X" + struct.pack("<I4B", 10, 8, 0, 0, 0) + (63).to_bytes(3, "little") + (47).to_bytes(3, "little")
    body = b"WEBP" + canvas + whole[12:] + b"EXIF" + struct.pack("<I", len(TURNED)) + TURNED
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("name", FILES)
def test_reads_each_format(name: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(FILES[name])
    assert picture_hw(FILES[name]) == (48, 64)
    for source in (FILES[name], path, str(path)):
        assert np.abs(read_picture(source)[5:20, 5:28].astype(int) - (255, 0, 0)).max() < 40


@pytest.mark.parametrize("name", ["jpg", "png", "webp"])
def test_turns_it_upright(name: str) -> None:
    image = read_picture(turned(name))
    assert image.shape == (64, 48, 3)
    assert np.argmax(image[10, 10]) == 2, "what was the lower left, red, is now the upper left"


@pytest.mark.parametrize("name", FILES)
def test_the_size_is_read_from_the_first_bytes_alone(name: str) -> None:
    beginning = FILES[name][: 700 if name == "jpg" else 40]
    assert picture_hw(beginning) == (48, 64)
    assert decoded(beginning) is None


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.9])
def test_a_picture_that_was_cut_off_is_refused(name: str, share: float) -> None:
    content = FILES[name]
    with pytest.raises(PictureError, match="picture: "):
        read_picture(content[: int(len(content) * share)])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png_claiming(30_000, 30_000), id="png"),
        pytest.param(b"BM" + bytes(12) + struct.pack("<Iii", 40, 30_000, -30_000) + bytes(100), id="bmp"),
        pytest.param(
            b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", 30_000, 30_000) + bytes(50) + b"\xff\xd9", id="jpg"
        ),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0" + b"\x2f\x75\0" * 2, id="webp"),
    ],
)
def test_a_huge_picture_is_refused_at_once(content: bytes) -> None:
    started_s = time.process_time()
    with pytest.raises(
        PictureError, match="upload: '30000x30000 px' is not allowed; allowed: at most 50000000 px in all"
    ):
        read_picture(content, "upload")
    assert time.process_time() - started_s < 0.05


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    path.touch()
    os.truncate(path, MOST_BYTES + 1)
    with pytest.raises(PictureError, match="at most 67108864 bytes"):
        read_picture(path)


@pytest.mark.parametrize(
    "content", [b"", b"I am a text.\n" * 20, b"GIF89a" + bytes(50), b"\xff\xd8\xff", b"BM", png_claiming(0, 5)]
)
def test_what_is_no_picture(content: bytes) -> None:
    with pytest.raises(PictureError):
        read_picture(content)


@pytest.mark.parametrize("name", ["missing.jpg", ""])
def test_what_is_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(PictureError, match="an existing picture file"):
        read_picture(tmp_path / name)


@given(st.sampled_from(sorted(FILES)), st.integers(0, 5000), st.binary(max_size=8))
def test_damage_gives_a_picture_or_our_error(name: str, at: int, rubbish: bytes) -> None:
    content = FILES[name]
    at %= len(content)
    try:
        image = read_picture(content[:at] + rubbish + content[at + len(rubbish) :])
    except PictureError:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3


def test_one_line_and_no_noise_about_damage(capfd: pytest.CaptureFixture[str]) -> None:
    for name, content in FILES.items():
        if name != "png":
            with pytest.raises(PictureError) as caught:
                read_picture(content[: len(content) // 2])
            assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""
