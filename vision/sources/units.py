"""Puts a picture together again that a server cut up, and tells when a camera changes what it sends.

FFmpeg cuts a byte stream at every parameter set. A server that repeats them before each slice (GStreamer's
`rtph264pay config-interval=-1`) thus gives several packets per key frame; decoded alone, each is damaged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

SPS = {"h264": 7, "hevc": 33}
"""Types of the NAL unit that tells a picture's size: ITU-T H.264 table 7-1, H.265 table 7-1."""
_VCL = {"h264": frozenset(range(1, 6)), "hevc": frozenset(range(32))}
"""Types that carry a part of a picture; the same tables."""
_START = b"\0\0\1"


@dataclass(slots=True)  # not frozen: made for every packet of every camera, and a frozen one takes three times as long
class Piece:
    """What a demuxer hands out: a picture, or a part of one; nobody changes it."""

    data: bytes
    is_key: bool
    pts: int | None
    dts: int | None
    duration: int
    arrived_at: datetime | None = None
    """By our clock, for a camera."""

    def joined(self, rest: "Piece") -> "Piece":
        """Return both as one; it came when its last byte came."""
        pts, dts = (rest.pts if self.pts is None else self.pts), (rest.dts if self.dts is None else self.dts)
        return replace(self, data=self.data + rest.data, pts=pts, dts=dts, arrived_at=rest.arrived_at)


class Joiner:
    """Joins the pieces of one picture; holds a piece back only on a connection that has been seen to cut."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._held: Piece | None = None
        self._cuts: bool | None = None
        """None until the second piece tells."""
        self.joined = 0

    def add(self, piece: Piece) -> list[Piece]:
        """Take the next piece of a byte stream; return what is whole now."""
        held = self._held
        # Parameter sets come with key frames: nothing else is looked into while nothing is held.
        continues = (held is not None or piece.is_key) and continues_picture(piece.data, self._codec)
        if held is not None and continues and _same_time(held, piece):
            self._cuts, self._held = True, held.joined(piece)
            self.joined += 1
            return []
        self._learn(continues=continues)
        self._held = None if self._cuts is False else piece
        return [one for one in (held, piece) if one is not None and one is not self._held]

    def _learn(self, *, continues: bool) -> None:
        """What was let go already stays in two; from then on pieces are held."""
        if self._cuts is None:
            self._cuts = None if self._held is None else False
        elif continues:
            self._cuts = True

    def flush(self) -> list[Piece]:
        """Return what is still held when the stream ends."""
        held, self._held = self._held, None
        return [held] if held is not None else []


def _same_time(a: Piece, b: Piece) -> bool:
    return a.pts == b.pts or a.pts is None or b.pts is None


def is_byte_stream(codec: str, extradata: bytes) -> bool:
    """Tell whether NAL units follow start codes (Annex B); in MP4 and FLV each carries its length instead."""
    return codec in SPS and not extradata.startswith(b"\1")


def continues_picture(data: bytes, codec: str) -> bool:
    """Tell whether the first slice is not the first of its picture.

    H.264 7.3.3: `first_mb_in_slice` is 0, written as one set bit. H.265 7.3.6.1: `first_slice_segment_in_pic_flag`.
    """
    header_bytes = 1 if codec == "h264" else 2
    for kind, begin in _units(data, codec):
        if kind in _VCL[codec]:
            return begin + header_bytes < len(data) and not data[begin + header_bytes] & 0x80
    return False


def size_sets(data: bytes, codec: str) -> bytes:
    """Return the sequence parameter sets in front of a picture; empty where it has none."""
    found = []
    for kind, begin in _units(data, codec):
        if kind in _VCL[codec]:
            break
        if kind == SPS[codec]:
            end = data.find(_START, begin)
            found.append(data[begin:end].rstrip(b"\0"))
    return b"".join(dict.fromkeys(found))


def _units(data: bytes, codec: str) -> Iterator[tuple[int, int]]:
    """Yield (type, where its header begins) of each NAL unit; the caller stops at the first slice."""
    at = data.find(_START)
    while 0 <= at < len(data) - 3:
        first = data[at + 3]
        yield (first & 0x1F if codec == "h264" else first >> 1 & 0x3F), at + 3
        at = data.find(_START, at + 3)
