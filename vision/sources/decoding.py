"""Turns one compressed key frame into one picture, at once and alone."""

import threading

import av
import av.error
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter

from vision.errors import SourceUnreadableError
from vision.frames import Image, Picture
from vision.picture import resized

FAR = 2.5
"""Pictures that must shrink so many times at least are shrunk before their colours are converted."""


class KeyFrameDecoder:
    """A decoder that never waits: after each key packet it is drained and reset.

    Demuxers decode through a context of their own that delays pictures (B-frames, frame threads); ours has one thread
    and sees nothing but key packets, so each picture costs one intra decode; its colours wait until they are asked for.
    """

    def __init__(self, like: VideoCodecContext) -> None:
        self._context = twin(like)
        self._scalers = Scalers()

    def decode(self, data: bytes) -> Picture | None:
        """Return the picture; None if the packet is damaged."""
        packet = av.Packet(data)
        packet.is_keyframe = True
        try:
            frames = [*self._context.decode(packet), *self._context.decode(None)]
        except av.error.FFmpegError:
            return None
        finally:
            self._context.flush_buffers()
        return DecodedPicture(frames[0], self._scalers) if frames and not frames[0].is_corrupt else None


class Scalers:
    """Turns decoded frames into BGR, whole or reduced, for one connection.

    One scaler for each: `VideoFrame.to_ndarray` would set up a new one each time.
    """

    def __init__(self) -> None:
        self._whole, self._reduced = VideoReformatter(), VideoReformatter()
        self._lock = threading.Lock()

    def whole(self, frame: av.VideoFrame) -> Image:
        """Return the picture, uint8 (h, w, 3) BGR, in a buffer of its own."""
        with self._lock:
            return np.asarray(self._whole.reformat(frame, format="bgr24", threads=1).to_ndarray(), np.uint8)

    def reduced(self, frame: av.VideoFrame, hw: tuple[int, int]) -> Image:
        """Return a much smaller picture: the nearest px, which at 3:1 (1080p to 640 px) is linear interpolation."""
        with self._lock:
            small = self._reduced.reformat(frame, hw[1], hw[0], "bgr24", interpolation="POINT", threads=1)
            return np.asarray(small.to_ndarray(), np.uint8)


class DecodedPicture:
    """A `frames.Picture` over the planes that the decoder filled: 1080p is converted only where all of it is wanted."""

    def __init__(self, frame: av.VideoFrame, scalers: Scalers) -> None:
        self._frame: av.VideoFrame | None = frame
        self._hw = (frame.height, frame.width)
        self._scalers = scalers
        self._lock = threading.Lock()
        self._image: Image | None = None
        self._fitted: Image | None = None

    @property
    def hw(self) -> tuple[int, int]:
        """Return height and width in px."""
        return self._hw

    @property
    def image(self) -> Image:
        """Return the whole picture, uint8 (h, w, 3) BGR."""
        with self._lock:
            return self._whole()

    def fitted(self, hw: tuple[int, int]) -> Image:
        """Return a copy of this height and width, uint8 BGR."""
        with self._lock:
            if self._fitted is None or self._fitted.shape[:2] != hw:
                self._fitted = self._reduced(hw)
            return self._fitted

    def _whole(self) -> Image:
        if self._image is None and self._frame is not None:
            # The planes go: a camera's last picture is kept as long as the camera.
            self._image, self._frame = self._scalers.whole(self._frame), None
        return self._image  # type: ignore[return-value]  # one of the two is always there

    def _reduced(self, hw: tuple[int, int]) -> Image:
        is_far = min(self._hw[0] / hw[0], self._hw[1] / hw[1]) >= FAR
        if self._frame is not None and is_far:
            return self._scalers.reduced(self._frame, hw)
        return resized(self._whole(), hw)


def twin(like: VideoCodecContext) -> VideoCodecContext:
    """Return a decoder of the same stream with one thread and no history; SourceUnreadableError where there is none."""
    try:
        context = av.CodecContext.create(like.codec.name, "r")
    except ValueError:
        raise SourceUnreadableError(like.name, "no decoder for this codec") from None
    if not isinstance(context, VideoCodecContext):
        raise SourceUnreadableError(like.name, "is no video codec")
    context.thread_count = 1
    if like.extradata:
        context.extradata = like.extradata
    if like.width and like.pix_fmt:
        # Raw video carries neither size nor format in its packets.
        context.width, context.height, context.pix_fmt = like.width, like.height, like.pix_fmt
    return context
