"""Opens files, URLs and cameras with FFmpeg, hands out their packets untouched, and decodes key frames only."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Self

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vision.clock import Clock
from vision.errors import SourceUnavailableError, SourceUnreadableError
from vision.frames import CameraId, Frame, Packet, StreamInfo
from vision.sources.address import SourceAddress, SourceKind
from vision.sources.arrival import Arrivals
from vision.sources.decoding import KeyFrameDecoder
from vision.sources.faults import translated
from vision.sources.following import AvFollower
from vision.sources.timeline import Timeline
from vision.sources.units import Joiner, Piece, is_byte_stream, size_sets

NO_VIDEO = "holds no video that we can decode"
NO_DECODER = "holds no video that we can decode: there is no decoder for its codec"
OPEN_S = 4.5
"""For connecting, and once more for learning the codec: a dead camera is known in under 10 s."""
READ_S = 8.0
"""A camera that sends nothing for so long is lost."""
MOST_BYTES = 16 << 20
"""Of one packet: a picture of 4K at full quality has a fifth of it."""
UDP_BUFFER_BYTES = 1 << 20
"""A key frame comes as hundreds of datagrams at once."""
CLOCKLESS = frozenset({"mjpeg", "mpjpeg", "h264", "hevc", "m4v", "mpegvideo"})
"""Formats without timestamps: FFmpeg invents 25 pictures a second for them."""
CLOCK_RATE = Fraction(1, 90_000)
GATHERING = frozenset({SourceKind.RTSP, SourceKind.RTMP, SourceKind.HTTP})
"""Over TCP nothing is lost that is not read at once; datagrams and a webcam's few buffers are."""
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

    def __init__(
        self, camera: CameraId, opened: Opened, stamp: Stamp, pause: Callable[[float], None] | None = None
    ) -> None:
        """Read what was opened; `pause` sleeps so many seconds, None where nothing keeps what comes meanwhile."""
        self._camera = camera
        self._opened = opened
        self._stamp = stamp
        self._pause = pause
        self._arrivals = Arrivals()
        self._waited_s = 0.0
        """For the newest packet."""
        self._info = stream_info(opened)
        self._decoder = KeyFrameDecoder(opened.stream.codec_context)
        self._timeline = timeline(opened)
        self._clockless = opened.live and is_clockless(opened.container)
        self._tick = (self._info.time_base.numerator, self._info.time_base.denominator)
        self._joiner = Joiner(self._info.codec) if is_byte_stream(self._info.codec, self._info.extradata) else None
        self._sets = b""
        """Sequence parameter sets of the newest key frame."""
        self._hw: tuple[int, int] | None = None
        self._outgrown: tuple[int, int] | None = None
        """Height and width of the first picture, and of one that differs."""
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
        joined = Counter({"key frames joined": self._joiner.joined if self._joiner else 0})
        return dict(+(self._faults + mended + joined))

    def packets(self) -> Iterator[Packet]:
        """Yield every video packet in the order received, payload untouched.

        Raises:
            SourceUnavailableError: the camera was lost or silent for `READ_S`, or its picture has another size now:
                whoever connects anew gets a whole stream again.
            SourceUnreadableError: a packet beyond `MOST_BYTES`.
        """
        for piece in self._whole():
            self._refuse_change(piece)
            yield self._packet(piece)
            if self._closed:
                return
        self._end()

    def decode(self, packet: Packet) -> Frame | None:
        """Decode one key packet at once; None if it is damaged."""
        picture = self._decoder.decode(packet.data)
        if picture is None:
            self._faults["damaged key frames"] += 1
            return None
        self._note_size(picture.hw)
        return Frame(self._camera, picture, packet.received_at, self._since_s(packet.pts))

    def follower(self) -> AvFollower:
        """Return a decoder for an unbroken run of this stream's packets."""
        return AvFollower(self._camera, self._opened.stream.codec_context, self._since_s)

    def rest(self) -> None:
        """Let a camera's packets gather, once none lies ready; see `arrival`.

        Never without a clock of the stream's: what came apart would be told to have come together.
        """
        if self._pause and not self._timeline.is_ours and (rest_s := self._arrivals.rest_s()):
            self._pause(rest_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._opened.container.close()

    def _whole(self) -> Iterator[Piece]:
        for piece in self._pieces():
            yield from self._joiner.add(piece) if self._joiner else (piece,)
        yield from self._joiner.flush() if self._joiner and not self._closed else ()

    def _pieces(self) -> Iterator[Piece]:
        """Yield what the demuxer gives of the video; sound does not hide that the picture has stopped."""
        # Names for the loop: it turns 25 times a second for each camera.
        live, wanted, heard_at = self.live, self._opened.stream.index, self._stamp(0.0)
        streams = () if live else (self._opened.stream,)
        asked_s = perf_counter()
        with translated(self._opened.shown):
            for raw in self._opened.container.demux(*streams):
                self._waited_s = perf_counter() - asked_s
                if raw.stream_index == wanted and raw.size:
                    heard_at = self._stamp(0.0) if live else heard_at
                    yield self._piece(raw, heard_at if live else None)  # type: ignore[arg-type]  # it is video
                elif live and (self._stamp(0.0) - heard_at).total_seconds() > READ_S:
                    raise SourceUnavailableError(self._opened.shown, "sends sound, but no picture any more")
                if self._closed:
                    return
                asked_s = perf_counter()

    def _piece(self, raw: "av.Packet[VideoStream]", at: datetime | None) -> Piece:
        if raw.size > MOST_BYTES:
            raise SourceUnreadableError(self._opened.shown, f"a packet of {raw.size} bytes; at most {MOST_BYTES}")
        if raw.is_corrupt:
            self._faults["corrupt packets"] += 1
        if at and raw.has_sidedata("new_extradata"):
            self._refuse_extradata(bytes(raw.get_sidedata("new_extradata")))
        if self._clockless:
            return Piece(bytes(raw), raw.is_keyframe, None, None, 0, at)
        return Piece(bytes(raw), raw.is_keyframe, raw.pts, raw.dts, raw.duration or 0, at)

    def _packet(self, piece: Piece) -> Packet:
        arrived_s = piece.arrived_at.timestamp() if piece.arrived_at else None
        pts, dts = self._timeline.place(piece.pts, piece.dts, piece.duration, arrived_s)
        self._first_pts = pts if self._first_pts is None else self._first_pts
        self._seen += 1
        at = piece.arrived_at or self._stamp(self._since_s(pts))
        if self._pause and arrived_s is not None:
            # What lay ready while the reader rested came before it was read.
            at -= timedelta(seconds=self._arrivals.read(self._ticks_s(dts), arrived_s, self._waited_s))
        return Packet(self._camera, piece.data, piece.is_key, pts, dts, piece.duration, self._info.time_base, at)

    def _since_s(self, pts: int) -> float:
        return self._ticks_s(pts - (self._first_pts or 0))

    def _ticks_s(self, ticks: int) -> float:
        return ticks * self._tick[0] / self._tick[1]

    def _refuse_extradata(self, extradata: bytes) -> None:
        """A server tells the codec's facts again and again; only others than before end the connection."""
        if extradata not in {b"", self._info.extradata}:
            raise self._another_stream()

    def _another_stream(self) -> SourceUnavailableError:
        return SourceUnavailableError(self._opened.shown, "the camera began another stream: connecting anew")

    def _refuse_change(self, piece: Piece) -> None:
        """No clip may hold two sizes: the connection ends with the first packet of another one."""
        if self.live and self._joiner and piece.is_key:
            self._compare_sets(piece.data, size_sets(piece.data, self._info.codec))
        if self.live and self._outgrown and self._hw:
            was, now = (f"{width}x{height}" for height, width in (self._hw, self._outgrown))
            raise SourceUnavailableError(self._opened.shown, f"the picture is {now} px, was {was}: connecting anew")

    def _compare_sets(self, data: bytes, sets: bytes) -> None:
        """Ask a key frame that comes with other parameter sets for its size."""
        changed, self._sets = bool(sets and self._sets and sets != self._sets), sets or self._sets
        if changed:
            picture = self._decoder.decode(data)
            if picture is None:
                raise self._another_stream()
            self._note_size(picture.hw)

    def _note_size(self, hw: tuple[int, int]) -> None:
        self._hw = self._hw or hw
        self._outgrown = hw if hw != self._hw else self._outgrown

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
        return AvSource(camera, opened, lambda _: clock.now(), clock.sleep if address.kind in GATHERING else None)
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
    opened = Opened(container, _video(container, address.shown), address.shown, is_live(container, address.kind))
    refuse_cut_off(opened, address)
    return opened


_RTSP = {"analyzeduration": "1000000", "allowed_media_types": "video"}
_UDP = {"rtsp_transport": "udp", "buffer_size": str(UDP_BUFFER_BYTES)}


def options(kind: SourceKind, *, trusted: bool) -> dict[str, str]:
    """Return FFmpeg's options for one kind of source."""
    if kind in {SourceKind.FILE, SourceKind.LOOP}:
        return {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    if kind in {SourceKind.RTSP, SourceKind.RTSP_UDP}:
        return _RTSP | (_UDP if kind is SourceKind.RTSP_UDP else {"rtsp_transport": "tcp"})
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


def refuse_cut_off(opened: Opened, address: SourceAddress) -> None:
    """Name an MP4 whose index promises more than the file holds: it would end early and in silence."""
    if address.kind not in {SourceKind.FILE, SourceKind.LOOP} or "mov" not in opened.container.format.name.split(","):
        return
    ends = max((entry.pos + entry.size for entry in opened.stream.index_entries), default=0)
    has = Path(address.target).stat().st_size
    if ends > has:
        opened.container.close()
        raise SourceUnreadableError(address.shown, f"the file is cut off: it has {has} of at least {ends} bytes")


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
        reason = NO_DECODER if container.streams.video else NO_VIDEO
        container.close()
        raise SourceUnreadableError(shown_source, reason)
    return streams[0]


def is_clockless(container: InputContainer) -> bool:
    """Tell whether the format has no timestamps: a camera's are then made by our clock."""
    return bool(CLOCKLESS & set(container.format.name.split(",")))


def stream_info(opened: Opened) -> StreamInfo:
    """Return what a remuxer needs of this stream."""
    stream, context = opened.stream, opened.stream.codec_context
    return StreamInfo(
        context.codec.canonical_name,
        context.width,
        context.height,
        time_base_of(opened),
        bytes(context.extradata or b""),
        stream.average_rate or Fraction(0),
    )


def time_base_of(opened: Opened) -> Fraction:
    """Return the ticks in which packets tell their times."""
    invented = opened.live and is_clockless(opened.container)
    return CLOCK_RATE if invented else opened.stream.time_base or CLOCK_RATE


def timeline(opened: Opened) -> Timeline:
    """Return what mends this stream's timestamps."""
    time_base = time_base_of(opened)
    return Timeline(time_base) if opened.live else Timeline(time_base, max_gap_s=FILE_MAX_GAP_S)
