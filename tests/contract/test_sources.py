"""One suite for every source: whatever the camera is, its packets and pictures keep the same promises."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.contract.conftest import StartRtsp
from tests.films import CAMERA, Film, picture, write_film
from vision.attention import Attention
from vision.clock import SystemClock
from vision.config import CameraConfig
from vision.errors import SourceError, SourceRefusedError, SourceUnavailableError, SourceUnreadableError
from vision.frames import Packet
from vision.ports import Source
from vision.recording.clip import can_hold, write_clip
from vision.sources.address import AddressPolicy
from vision.sources.opening import open_source
from vision.sources.sampler import KeyFrameSampler

FILM = Film(frames=30, key_every=5)
LOOPBACK = AddressPolicy(trusted=False, allow_loopback=True)
rtsp = pytest.mark.server("gst-rtsp")


def opened(address: str, policy: AddressPolicy = LOOPBACK) -> Source:
    local = "://" not in address
    camera = CameraConfig(id=CAMERA, source=address, interval_s=0.5)
    return open_source(camera, clock=SystemClock(), policy=AddressPolicy() if local else policy)


@pytest.fixture(params=["file", "http", pytest.param("rtsp", marks=rtsp), "pictures", "loop"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same pictures through every kind of source."""
    if request.param == "pictures":
        for index in range(0, FILM.frames, FILM.key_every):
            cv2.imwrite(str(tmp_path / f"{index:03}.png"), picture(index))
        return str(tmp_path)
    film = write_film(tmp_path / "film.mp4", FILM)
    if request.param == "http":
        start_http: Callable[[Path], str] = request.getfixturevalue("serve_http")
        return f"{start_http(tmp_path)}/film.mp4"
    if request.param == "rtsp":
        start_rtsp: StartRtsp = request.getfixturevalue("start_rtsp")
        return start_rtsp(film)[0]
    return f"loop+file:{film}" if request.param == "loop" else str(film)


def test_packets_and_pictures_keep_their_promises(address: str) -> None:
    before = datetime.now(UTC)
    with opened(address) as source:
        packets = list(islice(source.packets(), 6 if source.info.codec == "pictures" else 21))
        keys = [p for p in packets if p.is_key]
        frames = [source.decode(p) for p in keys]
        assert (source.info.width, source.info.height) == (160, 96)
    assert packets[0].is_key
    assert len(keys) >= 4
    assert all(p.camera == CAMERA and p.data and p.time_base == source.info.time_base for p in packets)
    assert all(a.dts < b.dts and a.received_at <= b.received_at for a, b in pairwise(packets))
    assert all(p.pts >= p.dts for p in packets)
    assert not source.live or packets[0].received_at >= before
    for number, frame in enumerate(frames):
        assert frame is not None
        assert frame.pts_s == pytest.approx(0.5 * number, abs=0.02)
        assert frame.at == keys[number].received_at
        assert np.abs(frame.image.astype(int) - picture(FILM.key_every * number)).mean() < 12


def test_between_key_frames_every_fifth_of_a_second_can_be_seen(address: str) -> None:
    with opened(address) as source:
        packets = list(islice(source.packets(), 6 if source.info.codec == "pictures" else 21))
        follower = source.follower()
        frames = [frame for packet in packets for frame in follower.decode(packet, lambda at_s: at_s >= 0.39)]
    step_s = 0.5 if source.info.codec == "pictures" else 0.1
    first = 1 if source.info.codec == "pictures" else 4
    # A decoder may keep the last pictures back until it knows that none comes before them.
    assert len(frames) >= len(packets) - first - 4
    received_at = {packet.received_at for packet in packets}
    for number, frame in enumerate(frames, first):
        assert frame.pts_s == pytest.approx(step_s * number, abs=0.02)
        assert frame.at in received_at
        shown = picture(round(frame.pts_s * FILM.rate))
        assert np.abs(frame.image.astype(int) - shown).mean() < 12


def test_closing_ends_the_packets(address: str) -> None:
    with opened(address) as source:
        stream = source.packets()
        next(stream)
    assert list(stream) == []


def test_whatever_gives_packets_gives_a_clip_that_plays(address: str, tmp_path: Path) -> None:
    with opened(address) as source:
        if not can_hold(source.info):
            pytest.skip("pictures have no clip")
        packets = list(islice(source.packets(), 15))
        write_clip(tmp_path / "clip.mp4", source.info, packets)
    with av.open(tmp_path / "clip.mp4") as clip:
        pictures = [frame.to_ndarray(format="bgr24") for frame in clip.decode(video=0)]
    assert len(pictures) == 15
    assert np.abs(pictures[7].astype(int) - picture(7)).mean() < 12


def test_whoever_rests_between_packets_gets_each_of_them_in_order(address: str) -> None:
    with opened(address) as source:
        packets = []
        for packet in islice(source.packets(), 20):
            packets.append(packet)
            source.rest()
    steps = [b.dts - a.dts for a, b in pairwise(packets)]
    assert max(steps) < 1.5 * min(steps), "none is missing"
    assert all(a.received_at <= b.received_at for a, b in pairwise(packets))
    assert packets[-1].received_at <= datetime.now(UTC) or not source.live


@rtsp
def test_a_camera_that_dies_is_lost_within_ten_seconds(start_rtsp: StartRtsp, tmp_path: Path) -> None:
    address, camera = start_rtsp(write_film(tmp_path / "film.mp4", Film(frames=300, key_every=5)))
    with opened(address) as source, _within(10), pytest.raises(SourceUnavailableError, match=r"127\.0\.0\.1"):
        list(_killing(camera, source.packets()))


def _killing(camera: subprocess.Popen[str], packets: Iterator[Packet]) -> Iterator[Packet]:
    for number, one in enumerate(packets):
        if number == 3:
            camera.kill()
        yield one


@rtsp
def test_the_film_s_end_is_a_camera_lost(start_rtsp: StartRtsp, tmp_path: Path) -> None:
    address, _ = start_rtsp(write_film(tmp_path / "film.mp4", Film(frames=10, key_every=5)))
    with opened(address) as source, _within(12), pytest.raises(SourceUnavailableError):
        list(source.packets())


@rtsp
def test_passwords(start_rtsp: StartRtsp, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", FILM)
    address, _ = start_rtsp(film, "--user", "admin", "--password", "hunter2")
    with opened(address.replace("//", "//admin:hunter2@")) as source:
        assert next(source.packets()).is_key
    for wrong in (address, address.replace("//", "//admin:wrong-secret@")):
        with pytest.raises(SourceRefusedError) as caught:
            opened(wrong)
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None


@rtsp
@pytest.mark.parametrize("scheme", ["rtsp", "rtsp+udp"])
@pytest.mark.parametrize(
    "film", [Film(slices=2, scale=4, key_every=5), Film("libx265", slices=2, scale=4, key_every=5)]
)
def test_key_frames_of_several_slices_are_whole_over_tcp_and_udp(
    scheme: str, film: Film, start_rtsp: StartRtsp, tmp_path: Path
) -> None:
    """The server repeats the parameter sets before each slice of H.264, so that FFmpeg cuts each key frame in two."""
    codec = "h265" if film.codec == "libx265" else "h264"
    address, _ = start_rtsp(write_film(tmp_path / "film.mp4", film), "--codec", codec)
    with opened(address.replace("rtsp", scheme, 1)) as source:
        packets = list(islice(source.packets(), 16))
        keys = [packet for packet in packets if packet.is_key]
        frames = [source.decode(packet) for packet in keys]
        write_clip(tmp_path / "clip.mp4", source.info, packets)
    assert [round(key.pts_s * film.rate) - round(keys[0].pts_s * film.rate) for key in keys] == [0, 5, 10, 15]
    for number, frame in enumerate(frames):
        assert frame is not None
        assert np.abs(frame.image[::4, ::4].astype(int) - picture(5 * number)).mean() < 12
    with av.open(tmp_path / "clip.mp4") as clip:
        assert sum(not frame.is_corrupt for frame in clip.decode(video=0)) == 16


@rtsp
def test_another_size_in_mid_stream_ends_the_connection_before_it_reaches_a_clip(
    start_rtsp: StartRtsp, tmp_path: Path
) -> None:
    small, large = Film(frames=40, rate=25), Film(frames=40, rate=25, scale=2)
    film = tmp_path / "film.h264"
    film.write_bytes(b"".join(write_film(tmp_path / f"{one.scale}.h264", one).read_bytes() for one in (small, large)))
    address, _ = start_rtsp(film, "--elementary")
    packets: list[Packet] = []
    with opened(address) as source, pytest.raises(SourceUnavailableError, match="connecting anew"):
        list(map(packets.append, source.packets()))
    assert {_size(packet) for packet in packets if packet.is_key} in [{160}, {320}]


def _size(key: Packet) -> int:
    """Return the width of a key frame, by a decoder that knows nothing but its bytes."""
    decoder = av.CodecContext.create("h264", "r")
    frames = [*decoder.decode(av.Packet(key.data)), *decoder.decode(None)]
    return int(frames[0].width)


@rtsp
def test_key_frames_too_far_apart_are_noticed_and_everything_is_decoded(start_rtsp: StartRtsp, tmp_path: Path) -> None:
    """Ten seconds at the usual two-second interval, in a fifth of the time."""
    address, _ = start_rtsp(write_film(tmp_path / "film.mp4", Film(frames=50, key_every=20)))
    with opened(address) as source:
        attention = Attention(source, KeyFrameSampler(0.4))
        frames = [frame for packet in islice(source.packets(), 45) for frame in attention.take(packet)]
        assert attention.decodes_fully
    later = [frame.pts_s for frame in frames if frame.pts_s >= 1.0]
    assert len(later) >= 6
    assert all(b - a == pytest.approx(0.4, abs=0.11) for a, b in pairwise(later))


@rtsp
def test_a_wrong_path(start_rtsp: StartRtsp, tmp_path: Path) -> None:
    address, _ = start_rtsp(write_film(tmp_path / "film.mp4", FILM))
    with pytest.raises(SourceUnavailableError):
        opened(address + "-nowhere")


@pytest.mark.parametrize("scheme", ["rtsp", "http", "rtmp"])
def test_nobody_there(scheme: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with _within(10), pytest.raises(SourceUnavailableError):
            opened(f"{scheme}://127.0.0.1:{unused.getsockname()[1]}/x")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_host_that_takes_the_call_and_says_nothing(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, _within(10), pytest.raises(SourceUnavailableError):
        opened(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}/x")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("note.mp4", SourceUnreadableError),
        ("empty.mp4", SourceError),
        ("nowhere.mp4", SourceUnavailableError),
        ("private/film.mp4", SourceRefusedError),
        ("away", SourceError),
        ("list.m3u8", SourceUnreadableError),
    ],
)
def test_bad_answers_over_http(
    path: str, error: type[SourceError], serve_http: Callable[[Path], str], tmp_path: Path
) -> None:
    write_film(tmp_path / "film.mp4", FILM)
    (tmp_path / "note.mp4").write_text("I am not a film.\n" * 400)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfilm.mp4\n#EXT-X-ENDLIST\n")
    with _within(10), pytest.raises(error) as caught:
        opened(f"{serve_http(tmp_path)}/{path}")
    assert "\n" not in str(caught.value)


def test_the_operator_may_follow_a_redirect(serve_http: Callable[[Path], str], tmp_path: Path) -> None:
    write_film(tmp_path / "film.mp4", FILM)
    with opened(f"{serve_http(tmp_path)}/away", AddressPolicy()) as source:
        assert len(list(source.packets())) == 30


@contextmanager
def _within(limit_s: float) -> Iterator[None]:
    began_s = time.monotonic()
    yield
    assert time.monotonic() - began_s <= limit_s
