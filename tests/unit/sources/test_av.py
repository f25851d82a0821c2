import os
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.films import CAMERA, START_AT, Film, payloads, picture, write_film
from vision.clock import SimulatedClock
from vision.config import CameraConfig
from vision.errors import SourceUnavailableError, SourceUnreadableError
from vision.frames import Frame, Packet
from vision.ports import Source
from vision.sources.av import AvSource
from vision.sources.looping import LoopingSource
from vision.sources.opening import open_source


def opened(source: object, start_at: datetime | None = START_AT) -> Source:
    camera = CameraConfig(id=CAMERA, source=str(source))
    return open_source(camera, clock=SimulatedClock(START_AT), start_at=start_at)


def read(source: Source) -> tuple[list[Packet], list[Frame | None]]:
    packets = list(source.packets())
    return packets, [source.decode(p) for p in packets if p.is_key]


FILMS = {
    "h264.mp4": Film(),
    "b_frames.mp4": Film(b_frames=3),
    "mpeg4.mp4": Film("mpeg4"),
    "mpeg4.avi": Film("mpeg4"),
    "mjpeg.mkv": Film("mjpeg"),
    "annexb.ts": Film(b_frames=2),
}


@pytest.mark.parametrize("name", FILMS)
def test_packets_are_as_demuxed_and_key_frames_decode_at_once(name: str, tmp_path: Path) -> None:
    path = write_film(tmp_path / name, FILMS[name])
    with opened(path) as source:
        packets, frames = read(source)
        assert not source.live
    assert [p.data for p in packets] == payloads(path)
    assert all(a.dts < b.dts for a, b in pairwise(packets))
    assert len(frames) >= 6
    for frame in frames:
        assert frame is not None
        expected = picture(round(frame.pts_s * 10))
        assert np.abs(frame.image.astype(int) - expected).mean() < 12
        assert (frame.at - START_AT).total_seconds() == pytest.approx(frame.pts_s, abs=1e-4)


@pytest.mark.parametrize("name", ["h264.mp4", "b_frames.mp4"])
def test_pictures_are_those_of_plain_decoding(name: str, tmp_path: Path) -> None:
    path = write_film(tmp_path / name, FILMS[name])
    with av.open(path) as container:
        container.streams.video[0].codec_context.skip_frame = "NONKEY"
        plain = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    with opened(path) as source:
        _, frames = read(source)
    assert len(frames) == len(plain)
    assert all(f is not None and np.array_equal(f.image, p) for f, p in zip(frames, plain, strict=True))


def test_a_file_begins_when_its_container_says_or_when_it_was_written(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    with opened(path, start_at=None) as source:
        assert next(source.packets()).received_at == datetime.fromtimestamp(1_000_000_000, UTC)
    told = tmp_path / "told.mkv"
    with av.open(told, "w") as container:
        container.metadata["creation_time"] = "2020-02-03T04:05:06.000000Z"
        stream = container.add_stream("libx264", rate=10, width=160, height=96, pix_fmt="yuv420p")
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(0), format="bgr24")))
        container.mux(stream.encode())
    with opened(told, start_at=None) as source:
        assert next(source.packets()).received_at == datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_a_matroska_file_cut_in_the_middle_gives_what_is_there(tmp_path: Path) -> None:
    path = write_film(tmp_path / "whole.mkv")
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with opened(cut) as source:
        packets, frames = read(source)
    assert 10 < len(packets) < 60
    assert frames[0] is not None


def test_an_mp4_whose_index_promises_more_is_refused(tmp_path: Path) -> None:
    whole, faststart = write_film(tmp_path / "whole.mkv"), tmp_path / "fast.mp4"
    with av.open(whole) as container, av.open(faststart, "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        for raw in container.demux(video=0):
            if raw.size:
                raw.stream = stream
                out.mux(raw)
    faststart.write_bytes(faststart.read_bytes()[: faststart.stat().st_size * 2 // 3])
    with pytest.raises(SourceUnreadableError, match=r"fast\.mp4: the file is cut off: it has \d+ of at least \d+"):
        opened(faststart)


@pytest.mark.parametrize(
    "content", [b"", b"I am not a film.\n" * 400, bytes(5000), b"#EXTM3U\nhttp://127.0.0.1:9/a.ts\n"]
)
def test_what_is_no_film_is_told_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "note.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceUnreadableError, match=r"note\.mp4: ") as caught:
        opened(path)
    assert "\n" not in str(caught.value)


def test_an_mp4_without_its_index_and_one_without_video(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mp4")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(SourceUnreadableError):
        opened(cut)
    sound = tmp_path / "sound.mka"
    with av.open(sound, "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(SourceUnreadableError, match="no video"):
        opened(sound)
    with pytest.raises(SourceUnavailableError, match="no such file"):
        opened(tmp_path / "nowhere.mp4")


def test_a_damaged_key_packet_is_no_picture_and_the_next_one_is(tmp_path: Path) -> None:
    with opened(write_film(tmp_path / "a.mp4")) as source:
        keys = [p for p in source.packets() if p.is_key]
        broken = Packet(CAMERA, b"\0\0\0\5rubbish", True, 0, 0, 0, keys[0].time_base, START_AT)
        assert source.decode(broken) is None
        frame = source.decode(keys[1])
    assert frame is not None
    assert isinstance(source, AvSource)
    assert source.faults == {"damaged key frames": 1}


def test_a_loop_goes_on_for_ever_at_its_own_pace(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", Film(frames=20, b_frames=2))
    clock = SimulatedClock(START_AT)
    with open_source(CameraConfig(id=CAMERA, source=f"loop+file:{path}"), clock=clock) as source:
        stream = source.packets()
        packets = [next(stream) for _ in range(70)]
        frame = source.decode(packets[60])
        assert source.live
    assert isinstance(source, LoopingSource)
    assert [p.data for p in packets[:60]] == payloads(path) * 3
    steps = [float((b.dts - a.dts) * a.time_base) for a, b in pairwise(packets)]
    assert steps == pytest.approx([0.1] * 69)
    elapsed_s = (packets[-1].received_at - packets[0].received_at).total_seconds()
    assert elapsed_s == pytest.approx(6.9, abs=0.01)
    assert frame is not None
    assert frame.pts_s == pytest.approx(packets[60].pts_s - packets[0].pts_s, abs=0.25)
    assert next(stream, None) is None, "a closed loop ends"


def test_a_late_reader_of_a_loop_is_not_chased(tmp_path: Path) -> None:
    clock = SimulatedClock(START_AT)
    path = write_film(tmp_path / "a.mp4", Film(frames=20))
    with open_source(CameraConfig(id=CAMERA, source=f"loop+file:{path}"), clock=clock) as source:
        stream = source.packets()
        next(stream)
        clock.sleep(30)
        late, after = next(stream), next(stream)
    assert (after.received_at - late.received_at).total_seconds() == pytest.approx(0.1, abs=0.01)
