"""Cuts a clip from packets that were already seen: remuxed into an MP4, never re-encoded (I4)."""

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import av
import av.error
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from vision.errors import InvalidInputError, StorageError
from vision.frames import Packet, StreamInfo
from vision.recording.writing import whole

MATROSKA = {
    "h264": b"V_MPEG4/ISO/AVC",
    "hevc": b"V_MPEGH/ISO/HEVC",
    "av1": b"V_AV1",
    "vp9": b"V_VP9",
    "mpeg4": b"V_MPEG4/ISO/ASP",
    "mpeg2video": b"V_MPEG2",
    "mpeg1video": b"V_MPEG1",
    "mjpeg": b"V_MJPEG",
}
"""What an MP4 takes, by the names of the Matroska codec registry (see `_template`)."""


def can_hold(info: StreamInfo) -> bool:
    """Tell whether this stream can be remuxed into an MP4."""
    return info.codec in MATROSKA


def write_clip(path: Path, info: StreamInfo, packets: Sequence[Packet]) -> None:
    """Write the packets as an MP4 that starts at time 0 and plays while it loads (index first, not fragmented).

    Payloads stay as they are; where a camera sends H.264 or HEVC as a byte stream (Annex B), FFmpeg's muxer replaces
    the start codes by lengths, as the format demands: every NAL unit itself is unchanged.

    Raises:
        InvalidInputError: no packets, the first is no key frame, or a codec that MP4 cannot hold.
        StorageError: the disk is full, or the muxer refuses the packets; nothing is left behind.
    """
    if not packets or not packets[0].is_key:
        raise InvalidInputError("clip", f"{len(packets)} packets", "packets from a key frame on")
    if not can_hold(info):
        raise InvalidInputError("clip", info.codec, ", ".join(MATROSKA))
    with whole(path) as part:
        try:
            _mux(part, info, packets)
        except av.error.FFmpegError as error:
            raise StorageError(f"{path}: cannot be written ({error.strerror})") from error


def _mux(path: Path, info: StreamInfo, packets: Sequence[Packet]) -> None:
    options = {"movflags": "+faststart"}
    with _template(info) as header, av.open(str(path), "w", format="mp4", options=options) as container:
        stream = _add_stream(container, header, info)
        for packet in packets:
            container.mux(_raw(packet, stream, packets[0].pts))


def _add_stream(container: OutputContainer, header: InputContainer, info: StreamInfo) -> VideoStream:
    if not info.extradata:
        # Parameter sets are in band: this kind of stream takes them from its first packet.
        bare = container.add_mux_stream(info.codec, width=info.width, height=info.height)
        bare.time_base = info.time_base
        return bare  # type: ignore[return-value]  # PyAV cannot tell which kind a codec name gives
    stream = container.add_stream_from_template(header.streams.video[0], opaque=True)
    stream.time_base = info.time_base
    return stream


def _raw(packet: Packet, stream: VideoStream, zero: int) -> "av.Packet[VideoStream]":
    raw: av.Packet[VideoStream] = av.Packet(packet.data)  # type: ignore[assignment]  # its stream follows
    raw.stream = stream
    raw.time_base = packet.time_base
    raw.pts, raw.dts, raw.duration = packet.pts - zero, packet.dts - zero, packet.duration
    raw.is_keyframe = packet.is_key
    return raw


def _template(info: StreamInfo) -> InputContainer:
    """Return an open container whose only stream is described by `info`.

    PyAV adds a stream without an encoder only after the pattern of another stream, and the camera may be gone by now.
    So the smallest Matroska file is written in memory: a header, one track with the codec's private data, one empty
    block (RFC 9559).
    """
    track = _element("AE", _track(info))
    cluster = _element("1F43B675", _element("E7", b"\0") + _element("A3", b"\x81\0\0\x80\0"))
    segment = _element("18538067", _element("1549A966", b"") + _element("1654AE6B", track) + cluster)
    head = _element("1A45DFA3", _element("4282", b"matroska"))
    return av.open(io.BytesIO(head + segment), "r", format="matroska")


def _track(info: StreamInfo) -> bytes:
    size = _element("B0", struct.pack(">I", info.width)) + _element("BA", struct.pack(">I", info.height))
    identity = _element("D7", b"\1") + _element("73C5", b"\1") + _element("83", b"\1")
    return identity + _element("86", MATROSKA[info.codec]) + _element("63A2", info.extradata) + _element("E0", size)


def _element(identifier: str, payload: bytes) -> bytes:
    """Return one EBML element with its size in eight bytes."""
    return bytes.fromhex(identifier) + struct.pack(">Q", 1 << 56 | len(payload)) + payload
