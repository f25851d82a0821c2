from pathlib import Path

from vision.outbox.reserve import Reserve


def test_room_is_taken_once_and_given_once(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 8192)
    assert reserve.keep()
    assert reserve.keep()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 8192
    assert reserve.give()
    assert not reserve.give()
    assert not list(tmp_path.iterdir())


def test_a_disk_that_has_no_room_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 1 << 60)
    assert not reserve.keep()
    assert not list(tmp_path.iterdir())
