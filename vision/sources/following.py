"""Decodes an unbroken run of packets, so that a suspicion can be looked at between two key frames."""

from collections.abc import Callable
from datetime import datetime

import av
import av.error
from av.video.codeccontext import VideoCodecContext

from vision.frames import CameraId, Frame, Packet
from vision.sources.decoding import DecodedPicture, Scalers, twin

Wants = Callable[[float], bool]
"""Seconds since the first packet of the stream → is this picture wanted?"""
Since = Callable[[int], float]
"""Ticks of a `pts` → seconds since the first packet of the stream."""
MOST_WAITING = 256
"""Packets whose picture has not come: a decoder keeps some twenty back, and a damaged stream gives none at all."""


class AvFollower:
    """One run of one stream, from a key frame on; see `vision.ports.Follower`.

    Every packet costs its decoding; only a picture that is wanted costs a colour conversion.
    """

    def __init__(self, camera: CameraId, like: VideoCodecContext, since: Since) -> None:
        self._camera = camera
        self._context = twin(like)
        self._scalers = Scalers()
        self._since = since
        self._received_at: dict[int, datetime] = {}
        self.damaged = 0

    def decode(self, packet: Packet, wants: Wants) -> list[Frame]:
        """Take the next packet of the run; return the wanted pictures that are complete, in the order shown."""
        self._received_at[packet.pts] = packet.received_at
        if len(self._received_at) > MOST_WAITING:
            del self._received_at[next(iter(self._received_at))]
        return [frame for shown in self._shown(packet) if (frame := self._frame(shown, wants))]

    def _shown(self, packet: Packet) -> list[av.VideoFrame]:
        raw = av.Packet(packet.data)
        raw.pts, raw.dts, raw.time_base = packet.pts, packet.dts, packet.time_base
        raw.is_keyframe = packet.is_key
        try:
            return list(self._context.decode(raw))
        except av.error.FFmpegError:
            self.damaged += 1
            return []

    def _frame(self, shown: av.VideoFrame, wants: Wants) -> Frame | None:
        received_at = self._received_at.get(shown.pts or 0)
        self._received_at = {pts: at for pts, at in self._received_at.items() if pts > (shown.pts or 0)}
        if received_at is None or shown.is_corrupt or not wants(self._since(shown.pts or 0)):
            return None
        picture = DecodedPicture(shown, self._scalers)
        return Frame(self._camera, picture, received_at, self._since(shown.pts or 0))
