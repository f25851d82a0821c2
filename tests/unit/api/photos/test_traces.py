"""What files tell of their past, and that damaged ones break nothing."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags
from PIL import Image as Pillow

from api.photos.signing import decoded, is_signed, thumbprint
from api.photos.traces import TWICE, traces_of
from tests.unit.api.photos.phone import jpeg, kitchen
from vision.errors import InvalidInputError

PLAIN = jpeg(kitchen(1))


def with_notes(**tags: str) -> bytes:
    """Return the picture as a camera or an editor saves it."""
    out, exif = io.BytesIO(), Pillow.Exif()
    for name, value in tags.items():
        exif[ExifTags.Base[name]] = value
    with Pillow.open(io.BytesIO(PLAIN)) as image:
        image.save(out, "JPEG", exif=exif, quality=85)
    return out.getvalue()


def test_a_plain_file_tells_nothing() -> None:
    traces = traces_of(PLAIN)
    assert (traces.is_jpeg, traces.camera, traces.editor, traces.taken, traces.is_broken) == (True, (), (), (), False)
    assert traces.twice < TWICE
    assert len(traces.tables) == 2


def test_notes_are_found() -> None:
    camera = traces_of(with_notes(Make="Phone", Model="X", DateTime="2026:11:24 16:00:05"))
    assert camera.camera == ("Make", "Model")
    assert camera.taken[0].isoformat() == "2026-11-24T16:00:05"
    assert traces_of(with_notes(Software="Editor 3")).editor == ("Software",)
    assert not traces_of(b"\x89PNG\r\n\x1a\n").is_jpeg


@pytest.mark.parametrize("first", [50, 70, 80])
def test_a_file_that_was_compressed_before_ripples(first: int) -> None:
    earlier = cv2.imdecode(np.frombuffer(jpeg(kitchen(1), first), np.uint8), 1)
    assert traces_of(jpeg(np.asarray(earlier, np.uint8), 90)).twice >= TWICE


def test_a_time_that_is_none_breaks_only_the_notes() -> None:
    assert traces_of(with_notes(DateTime="yesterday")).is_broken


@given(st.integers(2, 700), st.binary(min_size=1, max_size=40))
def test_damaged_files_are_told_apart(at: int, junk: bytes) -> None:
    noted = with_notes(Make="Phone")
    damaged = noted[:at] + junk + noted[at + len(junk) :]
    assert traces_of(damaged).is_jpeg
    assert traces_of(damaged[: at + 1]).is_jpeg


@given(st.binary(max_size=80))
def test_no_signature_is_guessed(signature: bytes) -> None:
    # The key of RFC 7515, A.3.1.
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    assert not is_signed(jwk, b"claim", signature)


def test_the_example_of_rfc_7515_is_signed() -> None:
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    message = (
        b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        b"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    )
    signature = decoded(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q", "signature"
    )
    assert is_signed(jwk, message, signature)
    assert not is_signed(jwk, message + b"x", signature)
    assert len(thumbprint(jwk)) == 64


@pytest.mark.parametrize(
    "change",
    [{"kty": "RSA"}, {"crv": "P-384"}, {"d": "AAAA"}, {"x": "AAAA"}, {"x": "A" * 43}, {"y": "?!"}],
)
def test_other_keys_are_refused(change: dict[str, str]) -> None:
    jwk = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}
    jwk |= {"y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", **change}
    with pytest.raises(InvalidInputError):
        thumbprint(jwk)
