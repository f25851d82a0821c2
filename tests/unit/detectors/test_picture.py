import hashlib

import cv2
import numpy as np
import pytest

from vision.detectors.picture import open_picture
from vision.errors import PictureError

SHADES = np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3)


def test_a_look_tells_the_hash_of_what_was_sent() -> None:
    content = bytes(cv2.imencode(".png", SHADES)[1])
    picture = open_picture(content)
    assert picture.sha256 == hashlib.sha256(content).hexdigest()
    assert picture.decode_ms > 0
    np.testing.assert_array_equal(picture.image, SHADES)


def test_what_is_no_picture_is_named_as_its_sender_calls_it() -> None:
    with pytest.raises(PictureError, match="upload: "):
        open_picture(b"I am a text.", "upload")
