"""What comes out of a camera: compressed packets, and the few of them that became pictures."""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Literal, NewType, Protocol

import numpy as np
from numpy.typing import NDArray

from vision.errors import InvalidInputError

CameraId = NewType("CameraId", str)
Mode = Literal["watch", "patrol"]
"""watch: the connection stays open and key frames are looked at; patrol: connect, take one key frame, hang up."""
Image = NDArray[np.uint8]
"""Pixels, shape (h, w, 3), BGR."""
REDUCED_PX = 640
"""Longer side of the copy that models, change gate and health share."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a remuxer or decoder must know of a video stream before its first packet."""

    codec: str
    """FFmpeg's name: h264, hevc, mjpeg, …"""
    width: int
    """Coded width in px; 0 when the stream has not told yet."""
    height: int
    """Coded height in px."""
    time_base: Fraction
    """Seconds per tick of every `pts` and `dts` of this stream."""
    extradata: bytes
    """Parameter sets (SPS/PPS, …) from the container header; may be empty when they are in band."""
    frame_rate: Fraction
    """Average frames per second as announced; 0 when unknown."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One compressed access unit exactly as the camera sent it."""

    camera: CameraId
    data: bytes
    """The payload; never altered between camera and evidence clip (I4)."""
    is_key: bool
    pts: int
    """Presentation time in ticks of `time_base`."""
    dts: int
    """Decoding time in ticks; equals `pts` where the camera sends no B-frames."""
    duration: int
    """In ticks; 0 when the stream does not say."""
    time_base: Fraction
    received_at: datetime
    """Our clock when the last byte came in; for files, the file's start plus the presentation time."""

    @property
    def pts_s(self) -> float:
        """Presentation time in seconds of the stream's own clock."""
        # As exact as the product of fractions, and several times faster: it is asked for each packet of each camera.
        return self.pts * self.time_base.numerator / self.time_base.denominator


class Picture(Protocol):
    """A decoded picture that gives its pixels as they are asked for; any thread may ask.

    Few looks need all of them: only persons are cut out at full size, and only events are kept.
    """

    @property
    def hw(self) -> tuple[int, int]:
        """Return height and width in px."""
        ...

    @property
    def image(self) -> Image:
        """Return the whole picture, uint8 (h, w, 3) BGR; treat as read-only, evidence and models share it."""
        ...

    def fitted(self, hw: tuple[int, int]) -> Image:
        """Return a copy of this height and width, uint8 BGR; treat as read-only, it is kept for the next who asks."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture and the two clocks that place it."""

    camera: CameraId
    picture: Picture = field(repr=False)
    at: datetime
    """Aware UTC: `Packet.received_at` of the packet that it was decoded from."""
    pts_s: float
    """Seconds since the first packet of the stream or file."""

    def __post_init__(self) -> None:
        """Refuse a picture without an aware time."""
        if self.at.tzinfo is None:
            raise InvalidInputError("Frame.at", self.at, "an aware UTC instant")

    @property
    def image(self) -> Image:
        """The whole picture, uint8 (h, w, 3) BGR; treat as read-only."""
        return self.picture.image

    @property
    def reduced(self) -> Image:
        """A copy whose longer side is `REDUCED_PX`, uint8 BGR; the picture itself where that is no larger."""
        return self.picture.fitted(reduced_hw(self.hw))

    @property
    def hw(self) -> tuple[int, int]:
        """Height and width in px."""
        return self.picture.hw


def reduced_hw(hw: tuple[int, int]) -> tuple[int, int]:
    """Return height and width of `Frame.reduced`."""
    ratio = min(1.0, REDUCED_PX / max(hw))
    return max(1, round(hw[0] * ratio)), max(1, round(hw[1] * ratio))
