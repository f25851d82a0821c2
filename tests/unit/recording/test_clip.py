import re
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import av
import pytest

from tests.films import CAMERA, START_AT, Film, payloads, write_film
from vision.clock import SimulatedClock
from vision.config import CameraConfig
from vision.errors import InvalidInputError, StorageError
from vision.frames import Packet, StreamInfo
from vision.recording.clip import can_hold, write_clip
from vision.sources.opening import open_source

START_CODE = re.compile(rb"\x00\x00\x00?\x01")


def read(path: Path) -> tuple[StreamInfo, list[Packet]]:
    with open_source(CameraConfig(id=CAMERA, source=str(path)), clock=SimulatedClock(START_AT)) as source:
        return source.info, list(source.packets())


def from_key(packets: list[Packet], number: int) -> list[Packet]:
    return packets[[i for i, p in enumerate(packets) if p.is_key][number] :]


FILMS = {
    "h264.mp4": Film(),
    "b_frames.mp4": Film(b_frames=3),
    "mpeg4.mp4": Film("mpeg4"),
    "mpeg4.avi": Film("mpeg4"),
    "mjpeg.mkv": Film("mjpeg"),
    "hevc.mp4": Film("libx265"),
}


@pytest.mark.parametrize("name", FILMS)
def test_a_clip_holds_the_camera_s_own_packets(name: str, tmp_path: Path) -> None:
    info, packets = read(write_film(tmp_path / name, FILMS[name]))
    part = from_key(packets, 2)[:25]
    clip = tmp_path / "clip.mp4"
    write_clip(clip, info, part)
    assert payloads(clip) == [p.data for p in part]
    again, _ = read(clip)
    assert (again.codec, again.width, again.height, again.extradata) == (info.codec, 160, 96, info.extradata)
    with av.open(clip) as container:
        frames = list(container.decode(video=0))
        assert frames[0].pts == 0
        assert len(frames) == 25
        assert float(container.duration or 0) / av.time_base == pytest.approx(2.5, abs=0.11)
    raw = clip.read_bytes()
    assert raw.index(b"moov") < raw.index(b"mdat"), "the index comes first"
    assert b"moof" not in raw


@pytest.mark.parametrize("with_extradata", [True, False])
def test_a_byte_stream_keeps_every_nal_unit(tmp_path: Path, *, with_extradata: bool) -> None:
    """What RTSP and MPEG-TS give: start codes, parameter sets in band, and perhaps nowhere else."""
    info, packets = read(write_film(tmp_path / "annexb.ts", Film(b_frames=2)))
    assert packets[0].data.startswith(b"\0\0\0\1")
    info = info if with_extradata else replace(info, extradata=b"")
    part = from_key(packets, 1)[:20]
    clip = tmp_path / "clip.mp4"
    write_clip(clip, info, part)
    assert [by_length(data) for data in payloads(clip)] == [by_start_code(p.data) for p in part]
    again, _ = read(clip)
    assert again.extradata[0] == 1, "avcC, as players want it"
    with av.open(clip) as container:
        assert len(list(container.decode(video=0))) == 20


def by_start_code(data: bytes) -> list[bytes]:
    return [nal.rstrip(b"\0") for nal in START_CODE.split(data) if nal]


def by_length(data: bytes) -> list[bytes]:
    units, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        units.append(data[at + 4 : at + 4 + size].rstrip(b"\0"))
        at += 4 + size
    return units


def test_what_cannot_be_a_clip_is_refused(tmp_path: Path) -> None:
    info, packets = read(write_film(tmp_path / "a.mp4"))
    for bad in ([], packets[1:5]):
        with pytest.raises(InvalidInputError, match="clip"):
            write_clip(tmp_path / "clip.mp4", info, bad)
    pictures = replace(info, codec="pictures")
    assert not can_hold(pictures)
    with pytest.raises(InvalidInputError, match="pictures"):
        write_clip(tmp_path / "clip.mp4", pictures, packets)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file grows beyond 4 KiB; only around the call: the runner's own log may be a file, too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_told_and_nothing_half_written_stays(tmp_path: Path) -> None:
    info, packets = read(write_film(tmp_path / "a.mp4"))
    folder = tmp_path / "out"
    folder.mkdir()
    with full_disk(), pytest.raises(StorageError, match=r"clip\.mp4: cannot be written"):
        write_clip(folder / "clip.mp4", info, packets * 1)
    assert list(folder.iterdir()) == []


def test_the_shared_recording(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "clips" / "one-by-one-person-detection.mp4"
    info, packets = read(path)
    part = from_key(packets, 18)[:120]
    write_clip(tmp_path / "clip.mp4", info, part)
    assert payloads(tmp_path / "clip.mp4") == [p.data for p in part]
