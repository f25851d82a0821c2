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
        self._context = twin(like)
        self._pictures = Pictures()

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
        return self._pictures.convert(frames[0]) if frames and not frames[0].is_corrupt else None


class Pictures:
    """Turns decoded frames into BGR pictures.

    One scaler for all of them: `VideoFrame.to_ndarray` would set up a new one each time.
    """

    def __init__(self) -> None:
        self._scaler = VideoReformatter()

    def convert(self, frame: av.VideoFrame) -> Image:
        """Return the picture, uint8 (h, w, 3) BGR, in a buffer of its own."""
        return np.asarray(self._scaler.reformat(frame, format="bgr24").to_ndarray(), np.uint8)


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
