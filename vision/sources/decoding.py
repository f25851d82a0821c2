"""Turns one compressed key frame into one picture, at once and alone."""

import av
import av.error
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter

from vision.errors import SourceUnreadableError
from vision.frames import Image


class KeyFrameDecoder:
    """A decoder that never waits: after each key packet it is drained and reset.

    Demuxers decode through a context of their own that delays pictures (B-frames, frame threads); ours has one thread
    and sees nothing but key packets, so each picture costs one intra decode and one colour conversion.
    """

    def __init__(self, like: VideoCodecContext) -> None:
        self._context = _twin(like)
        # One scaler for all pictures: `VideoFrame.to_ndarray` would set up a new one each time.
        self._scaler = VideoReformatter()

    def decode(self, data: bytes) -> Image | None:
        """Return the picture, uint8 (h, w, 3) BGR, in a buffer of its own; None if the packet is damaged."""
        packet = av.Packet(data)
        packet.is_keyframe = True
        try:
            frames = [*self._context.decode(packet), *self._context.decode(None)]
        except av.error.FFmpegError:
            return None
        finally:
            self._context.flush_buffers()
        return self._picture(frames[0]) if frames else None

    def _picture(self, frame: av.VideoFrame) -> Image | None:
        if frame.is_corrupt:
            return None
        picture = self._scaler.reformat(frame, format="bgr24").to_ndarray()
        return np.asarray(picture, np.uint8)


def _twin(like: VideoCodecContext) -> VideoCodecContext:
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
