"""Opens files, URLs and cameras with FFmpeg, hands out their packets untouched, and decodes key frames only."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vision.clock import Clock
from vision.errors import SourceUnavailableError, SourceUnreadableError
from vision.frames import CameraId, Frame, Packet, StreamInfo
from vision.sources.address import SourceAddress, SourceKind
from vision.sources.decoding import KeyFrameDecoder
from vision.sources.faults import translated
from vision.sources.following import AvFollower
from vision.sources.timeline import Timeline

OPEN_S = 4.5
"""For connecting, and once more for learning the codec: a dead camera is known in under 10 s."""
READ_S = 8.0
"""A camera that sends nothing for so long is lost."""
FILE_MAX_GAP_S = 24 * 3600.0
"""A file may hold long pauses (time lapse); only a camera's clock jumps."""

# Containers that name no other resource: a playlist would be a way around the address policy.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ivf,h264,hevc,mjpeg,mpjpeg,m4v,mpegvideo"
PLAYLISTS = ",hls"

Stamp = Callable[[float], datetime]
"""Seconds since the first packet → `Packet.received_at`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open container, its first video stream, and how it is to be treated."""

    container: InputContainer
    stream: VideoStream
    shown: str
    live: bool


class AvSource:
    """One open file, URL or camera; see `vision.ports.Source`.

    Not thread-safe: whoever reads it also decodes.
    """

    def __init__(self, camera: CameraId, opened: Opened, stamp: Stamp) -> None:
        self._camera = camera
        self._opened = opened
        self._stamp = stamp
        self._info = stream_info(opened.stream)
        self._decoder = KeyFrameDecoder(opened.stream.codec_context)
        self._timeline = timeline(opened)
        self._first_pts: int | None = None
        self._faults: Counter[str] = Counter()
        self._seen = 0
        self._closed = False

    @property
    def info(self) -> StreamInfo:
        """Return what a remuxer needs."""
        return self._info

    @property
    def live(self) -> bool:
        """Tell whether packets arrive in real time."""
        return self._opened.live

    @property
    def faults(self) -> dict[str, int]:
        """Return what was wrong and got mended or was missing, counted by kind; empty when all is well."""
        mended = Counter({"timestamps repaired": self._timeline.repaired, "clock jumps": self._timeline.jumps})
        return dict(+(self._faults + mended))

    def packets(self) -> Iterator[Packet]:
        """Yield every video packet in the order received, payload untouched.

        Raises:
            SourceUnavailableError: the camera was lost or silent for `READ_S`.
        """
        with translated(self._opened.shown):
            for packet in self._opened.container.demux(self._opened.stream):
                if packet.size:
                    yield self._packet(packet)
                if self._closed:
                    return
        self._end()

    def decode(self, packet: Packet) -> Frame | None:
        """Decode one key packet at once; None if it is damaged."""
        image = self._decoder.decode(packet.data)
        if image is None:
            self._faults["damaged key frames"] += 1
            return None
        return Frame(self._camera, image, packet.received_at, self._since_s(packet.pts))

    def follower(self) -> AvFollower:
        """Return a decoder for an unbroken run of this stream's packets."""
        return AvFollower(self._camera, self._opened.stream.codec_context, self._since_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._opened.container.close()

    def _packet(self, raw: "av.Packet[VideoStream]") -> Packet:
        arrived_s = self._stamp(0.0).timestamp() if self._opened.live else None
        pts, dts = self._timeline.place(raw.pts, raw.dts, raw.duration or 0, arrived_s)
        self._first_pts = pts if self._first_pts is None else self._first_pts
        self._seen += 1
        self._faults["corrupt packets"] += raw.is_corrupt
        at = self._stamp(self._since_s(pts))
        return Packet(self._camera, bytes(raw), raw.is_keyframe, pts, dts, raw.duration or 0, self._info.time_base, at)

    def _since_s(self, pts: int) -> float:
        return float((pts - (self._first_pts or 0)) * self._info.time_base)

    def _end(self) -> None:
        """A file may end; a camera that ends is lost."""
        if self._opened.live:
            raise SourceUnavailableError(self._opened.shown, "the camera ended the stream")
        self._faults["frames missing at the end"] += max(0, self._opened.stream.frames - self._seen)


def open_av(
    camera: CameraId, address: SourceAddress, clock: Clock, start_at: datetime | None, *, trusted: bool
) -> AvSource:
    """Open a file, URL, camera or webcam.

    Raises:
        SourceError: one of its family; in under 10 s where nobody answers.
    """
    opened = open_container(address, trusted=trusted)
    if opened.live:
        return AvSource(camera, opened, lambda _: clock.now())
    begins_at = start_at or recorded_at(opened.container, address) or clock.now()
    return AvSource(camera, opened, lambda since_s: begins_at + timedelta(seconds=since_s))


def open_container(address: SourceAddress, *, trusted: bool) -> Opened:
    """Open the container and find its first video stream."""
    refuse_empty(address)
    with translated(address.shown, OPEN_S):
        container = av.open(
            address.target,
            "r",
            format="v4l2" if address.kind is SourceKind.WEBCAM else None,
            options=options(address.kind, trusted=trusted),
            timeout=(OPEN_S, READ_S),
            metadata_errors="replace",
        )
    return Opened(container, _video(container, address.shown), address.shown, is_live(container, address.kind))


def options(kind: SourceKind, *, trusted: bool) -> dict[str, str]:
    """Return FFmpeg's options for one kind of source."""
    if kind in {SourceKind.FILE, SourceKind.LOOP}:
        return {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    if kind is SourceKind.RTSP:
        return {"rtsp_transport": "tcp", "analyzeduration": "1000000"}
    if kind is SourceKind.HTTP:
        # A redirect would lead past the address policy.
        followed = {} if trusted else {"max_redirects": "0"}
        formats = FORMATS + PLAYLISTS if trusted else FORMATS
        return {"protocol_whitelist": "http,https,tcp,tls,crypto,httpproxy", "format_whitelist": formats, **followed}
    return {}


def is_live(container: InputContainer, kind: SourceKind) -> bool:
    """A URL of known length is a file; one without is a camera."""
    if kind is SourceKind.HTTP:
        return container.duration is None
    return kind is not SourceKind.FILE and kind is not SourceKind.LOOP


def refuse_empty(address: SourceAddress) -> None:
    """Name the commonest broken file in plain words."""
    if address.kind in {SourceKind.FILE, SourceKind.LOOP} and Path(address.target).stat().st_size == 0:
        raise SourceUnreadableError(address.shown, "the file is empty")


def recorded_at(container: InputContainer, address: SourceAddress) -> datetime | None:
    """Return when a recording began: as the container says, else when the file was last written; None if unknown."""
    told = _instant(container.metadata.get("creation_time", ""))
    if told or address.kind is SourceKind.HTTP:
        return told
    return datetime.fromtimestamp(Path(address.target).stat().st_mtime, UTC)


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _video(container: InputContainer, shown_source: str) -> VideoStream:
    streams = [stream for stream in container.streams.video if stream.codec_context is not None]
    if not streams:
        container.close()
        raise SourceUnreadableError(shown_source, "holds no video that we can decode")
    return streams[0]


def stream_info(stream: VideoStream) -> StreamInfo:
    """Return what a remuxer needs of this stream."""
    context = stream.codec_context
    return StreamInfo(
        context.codec.canonical_name,
        context.width,
        context.height,
        stream.time_base or Fraction(1, 90000),
        bytes(context.extradata or b""),
        stream.average_rate or Fraction(0),
    )


def timeline(opened: Opened) -> Timeline:
    """Return what mends this stream's timestamps."""
    time_base = opened.stream.time_base or Fraction(1, 90000)
    return Timeline(time_base) if opened.live else Timeline(time_base, max_gap_s=FILE_MAX_GAP_S)
