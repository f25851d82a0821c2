from datetime import UTC, datetime
from fractions import Fraction

import numpy as np
import pytest

from vision.errors import InvalidInputError
from vision.frames import CameraId, Frame, Packet
from vision.picture import Pixels

AT = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
CAMERA = CameraId("kitchen-1")


def test_a_frame_knows_its_size() -> None:
    assert Frame(CAMERA, Pixels(np.zeros((3, 5, 3), np.uint8)), AT, 0.0).hw == (3, 5)


def test_a_frame_refuses_a_time_without_zone() -> None:
    with pytest.raises(InvalidInputError, match=r"Frame\.at"):
        Frame(CAMERA, Pixels(np.zeros((1, 1, 3), np.uint8)), AT.replace(tzinfo=None), 0.0)


def test_pixels_stay_out_of_the_repr() -> None:
    assert "array" not in repr(Frame(CAMERA, Pixels(np.zeros((1, 1, 3), np.uint8)), AT, 0.0))


def test_a_packet_tells_seconds_exactly() -> None:
    packet = Packet(CAMERA, b"x", True, 90_001, 90_000, 3000, Fraction(1, 90_000), AT)
    assert packet.pts_s == pytest.approx(1.0000111, abs=1e-7)
