"""Cameras behind HTTP, each a real server that plays in real time: snapshots, MJPEG, FLV with sound, HLS."""

import logging
import time
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.films import CAMERA, HEIGHT, WIDTH, picture
from tests.servers.web import RATE, Camera, running_camera, write_flv, write_segments
from vision.clock import SystemClock
from vision.config import CameraConfig
from vision.errors import SourceRefusedError, SourceUnavailableError, SourceUnreadableError
from vision.ports import Source
from vision.recording.clip import write_clip
from vision.sources.address import AddressPolicy
from vision.sources.opening import open_source

LOOPBACK = AddressPolicy(trusted=False, allow_loopback=True)
INTERVAL_S = 0.2


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[tuple[str, Camera]]:
    with running_camera(tmp_path) as running:
        yield running


def opened(address: str, policy: AddressPolicy = LOOPBACK) -> Source:
    config = CameraConfig(id=CAMERA, source=address, interval_s=INTERVAL_S)
    return open_source(config, clock=SystemClock(), policy=policy)


def snap(address: str, path: str = "/snap.jpg", login: str = "") -> str:
    return f"snapshot+{address.replace('//', f'//{login}')}{path}"


def is_picture(image: np.ndarray, index: int) -> bool:
    return float(np.abs(image.astype(int) - picture(index)).mean()) < 12


def test_a_snapshot_address_is_a_camera_with_a_key_frame_per_interval(
    camera: tuple[str, Camera], tmp_path: Path
) -> None:
    address, _ = camera
    with opened(snap(address)) as source:
        packets = list(islice(source.packets(), 5))
        frames = [source.decode(packet) for packet in packets]
        assert (source.info.codec, source.info.width, source.info.height) == ("mjpeg", WIDTH, HEIGHT)
        write_clip(tmp_path / "clip.mp4", source.info, packets)
    assert all(packet.is_key for packet in packets)
    for number, frame in enumerate(frames):
        assert frame is not None
        assert is_picture(frame.image, number)
    assert all(b.pts_s - a.pts_s == pytest.approx(INTERVAL_S, abs=0.08) for a, b in pairwise(packets))
    with av.open(tmp_path / "clip.mp4") as clip:
        shown = [frame.to_ndarray(format="bgr24") for frame in clip.decode(video=0)]
    assert [is_picture(image, number) for number, image in enumerate(shown)] == [True] * 5


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_a_snapshot_behind_a_login(camera: tuple[str, Camera], auth: str, caplog: pytest.LogCaptureFixture) -> None:
    address, server = camera
    server.auth = auth
    caplog.set_level(logging.INFO)
    with opened(snap(address, "/snap.jpg?token=s3cret", "admin:hunter2@")) as source:
        assert len(list(islice(source.packets(), 3))) == 3
    asked = server.refused
    assert asked <= 2, "the kind of login is asked for once, and not with every picture"
    for wrong in ("", "admin:wr0ng@"):
        with pytest.raises(SourceRefusedError) as caught:
            opened(snap(address, login=wrong))
        assert "wr0ng" not in str(caught.value)
    assert server.refused - asked <= 4, "a wrong password is tried once"
    assert "s3cret" not in caplog.text


def test_a_redirect_is_followed_and_a_forbidden_one_is_not(camera: tuple[str, Camera]) -> None:
    address, _ = camera
    with opened(snap(address, "/moved.jpg")) as source:
        assert next(source.packets()).is_key
    with pytest.raises(SourceRefusedError, match="loopback"):
        opened(snap(address, "/moved.jpg"), AddressPolicy(trusted=False))


def test_single_snapshots_may_fail_and_then_the_camera_is_lost(camera: tuple[str, Camera]) -> None:
    address, server = camera
    with opened(snap(address)) as source:
        packets = source.packets()
        next(packets)
        server.answers = [503, 500]
        assert next(packets).is_key
        server.answers = [503] * 9
        with pytest.raises(SourceUnavailableError, match="503"):
            next(packets)
    assert source.faults == {"snapshots missed": 5}  # type: ignore[attr-defined]


def test_what_is_no_picture_says_so(camera: tuple[str, Camera], tmp_path: Path) -> None:
    (tmp_path / "error.json").write_text('{"code": -1}')
    with pytest.raises(SourceUnreadableError, match="JPEG"):
        opened(snap(camera[0], "/error.json"))


def test_snapshots_of_another_size_are_another_connection(camera: tuple[str, Camera]) -> None:
    address, server = camera
    with opened(snap(address)) as source:
        packets = source.packets()
        next(packets)
        server.size = (2 * WIDTH, 2 * HEIGHT)
        with pytest.raises(SourceUnavailableError, match="320x192 px, was 160x96"):
            next(packets)


def test_mjpeg_counts_time_by_our_clock(camera: tuple[str, Camera]) -> None:
    """FFmpeg would call the stream's ten pictures a second 25, and `clock_drift` would be found."""
    with opened(f"{camera[0]}/mjpeg") as source:
        packets = list(islice(source.packets(), 25))
        assert (source.info.codec, source.live) == ("mjpeg", True)
        frame = source.decode(packets[3])
    assert frame is not None
    assert is_picture(frame.image, 3)
    assert all(packet.is_key for packet in packets)
    elapsed_s = (packets[-1].received_at - packets[5].received_at).total_seconds()
    assert packets[-1].pts_s - packets[5].pts_s == pytest.approx(elapsed_s, abs=0.02)


def test_mjpeg_of_another_size_is_another_connection(camera: tuple[str, Camera]) -> None:
    address, server = camera
    with opened(f"{address}/mjpeg") as source:
        packets = source.packets()
        source.decode(next(packets))
        server.size = (2 * WIDTH, 2 * HEIGHT)
        with pytest.raises(SourceUnavailableError, match="320x192 px, was 160x96"):
            list(map(source.decode, islice(packets, 60)))


def test_flv_is_a_camera_its_sound_is_left_out_and_its_stall_is_noticed(
    camera: tuple[str, Camera], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vision.sources.av.READ_S", 1.5)
    write_flv(tmp_path / "live.flv", 6)
    with opened(f"{camera[0]}/live.flv") as source:
        assert (source.info.codec, source.live) == ("h264", True)
        with pytest.raises(SourceUnavailableError, match="no answer in time"):
            list(source.packets())
    with opened(f"{camera[0]}/live.flv") as source:
        packets = list(islice(source.packets(), 21))
        keys = [packet for packet in packets if packet.is_key]
        frame = source.decode(keys[1])
    assert len(keys) == 3
    assert frame is not None
    assert is_picture(frame.image, RATE)


def test_live_hls_for_the_operator(camera: tuple[str, Camera], tmp_path: Path) -> None:
    address, server = camera
    write_segments(tmp_path, 12)
    server.began_s = time.monotonic()
    with opened(f"{address}/live.m3u8", AddressPolicy()) as source:
        assert source.live
        packets = list(islice(source.packets(), 25))
        frame = source.decode(packets[0])
    assert packets[0].is_key
    assert frame is not None
    assert all(a.dts < b.dts for a, b in pairwise(packets))
    with pytest.raises(SourceUnreadableError):
        opened(f"{address}/live.m3u8")
