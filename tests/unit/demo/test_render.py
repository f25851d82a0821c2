import json
from pathlib import Path

import av
import numpy as np
import pytest

from tests.unit.demo.scripts import raw
from vision.demo import render as rendering
from vision.demo.filming import FPS
from vision.demo.render import is_fresh, render, stamp
from vision.demo.script import Script
from vision.demo.truth import ClipTruth
from vision.errors import StorageError

SHORT = Script.parse(raw(seconds=4, persons=[], mishaps=[{"state": "frozen", "from_s": 1, "to_s": 4}]), "test")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    render(SHORT, folder)
    return folder


def test_a_film_has_its_frames_its_key_frames_and_its_truth(folder: Path) -> None:
    with av.open(folder / "test-room.mp4") as container:
        frames = list(container.decode(video=0))
    truth = ClipTruth.load(folder / "test-room.json")
    assert len(frames) == len(truth.frames) == SHORT.seconds * FPS
    assert [number for number, frame in enumerate(frames) if frame.key_frame] == [0, 2 * FPS]
    assert (frames[0].width, frames[0].height) == truth.frame_wh
    assert truth.renderer == stamp(SHORT)


def test_a_frozen_camera_sends_the_same_key_picture_again(tmp_path: Path) -> None:
    long = Script.parse(raw(seconds=9, persons=[], mishaps=[{"state": "frozen", "from_s": 1, "to_s": 9}]), "test")
    with av.open(render(long, tmp_path)) as container:
        keys = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0) if frame.key_frame]
    assert not np.array_equal(keys[0], keys[1])
    assert all(np.array_equal(keys[1], key) for key in keys[2:])


def test_nothing_but_film_truth_and_stamp_is_left(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["test-room.json", "test-room.mp4", "test-room.stamp"]


def test_a_film_is_fresh_until_script_or_renderer_change(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_fresh(SHORT, folder)
    assert not is_fresh(SHORT.model_copy(update={"seconds": 5}), folder)
    monkeypatch.setattr(rendering, "RENDERER", "another")
    assert not is_fresh(SHORT, folder)


def test_a_crash_leaves_the_old_film_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    render(SHORT, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(rendering, "truth_of", crash)
    with pytest.raises(RuntimeError):
        render(SHORT.model_copy(update={"seconds": 5}), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("lost", ["mp4", "json", "stamp"])
def test_a_film_that_lacks_a_part_is_not_fresh(tmp_path: Path, lost: str) -> None:
    for suffix in ("mp4", "json"):
        (tmp_path / f"test-room.{suffix}").write_bytes(b"")
    (tmp_path / "test-room.stamp").write_text(stamp(SHORT), encoding="utf-8")
    assert is_fresh(SHORT, tmp_path)
    (tmp_path / f"test-room.{lost}").unlink()
    assert not is_fresh(SHORT, tmp_path)


def test_what_a_killed_rendering_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".test-room-abc").mkdir()
    (tmp_path / ".test-room-abc" / "test-room.mp4").write_bytes(b"half")
    render(SHORT, tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError, match="file"):
        render(SHORT, tmp_path / "file" / "films")


def test_the_truth_can_be_read_again(folder: Path) -> None:
    raw_truth = json.loads((folder / "test-room.json").read_text(encoding="utf-8"))
    assert raw_truth["scene"] == "test-room"
    assert {frame["camera"] for frame in raw_truth["frames"]} == {"ok", "frozen"}
