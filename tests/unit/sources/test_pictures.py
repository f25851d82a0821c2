from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.films import CAMERA, START_AT, picture
from tests.pictures import encoded, png_claiming
from vision.clock import SimulatedClock
from vision.config import CameraConfig
from vision.errors import PictureError, SourceUnreadableError
from vision.ports import Source
from vision.sources.opening import open_source
from vision.sources.pictures import PictureSource

SUFFIXES = [".jpg", ".png", ".webp", ".bmp"]


def opened(path: Path) -> Source:
    camera = CameraConfig(id=CAMERA, source=str(path), interval_s=2.5)
    return open_source(camera, clock=SimulatedClock(START_AT), start_at=START_AT)


def test_a_folder_is_a_slow_camera(tmp_path: Path) -> None:
    for index, suffix in enumerate(SUFFIXES):
        (tmp_path / f"{index}{suffix}").write_bytes(encoded(suffix, picture(10 * index)))
    (tmp_path / "notes.txt").write_text("no picture")
    with opened(tmp_path) as source:
        packets = list(source.packets())
        frames = [source.decode(p) for p in packets]
        assert (source.info.width, source.info.height, source.live) == (160, 96, False)
    assert [p.data for p in packets] == [p.read_bytes() for p in sorted(tmp_path.glob("[0-9]*"))]
    assert all(p.is_key for p in packets)
    for index, frame in enumerate(frames):
        assert frame is not None
        assert frame.at == START_AT + timedelta(seconds=2.5 * index)
        assert frame.pts_s == 2.5 * index
        assert np.abs(frame.image.astype(int) - picture(10 * index)).mean() < 8


def test_one_picture_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(".png"))
    with opened(path) as source:
        assert len(list(source.packets())) == 1


def test_a_picture_damaged_behind_its_header_is_no_look(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(".png")[:60])
    with opened(path) as source:
        assert [source.decode(p) for p in source.packets()] == [None]
        assert isinstance(source, PictureSource)
        assert source.faults == {"damaged key frames": 1}


def test_an_empty_folder_and_a_huge_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadableError, match="no pictures"):
        opened(tmp_path)
    (tmp_path / "huge.png").write_bytes(png_claiming(30_000, 30_000))
    with pytest.raises(PictureError, match=r"huge\.png"):
        opened(tmp_path)
