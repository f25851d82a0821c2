"""Rubbish from outside: one clear line, exit code 2, nothing left behind."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from tests.e2e.stack import MINGCHU
from tests.pictures import png_claiming


def zero_bytes(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def text_named_mp4(folder: Path) -> Path:
    path = folder / "note.mp4"
    path.write_text("I am not a film.\n" * 400)
    return path


def truncated_mp4(folder: Path) -> Path:
    """An MP4 whose index (moov, at the end) never was written."""
    return cut(folder, {})


def interrupted_download(folder: Path) -> Path:
    """An MP4 whose index, at its beginning, promises what never arrived."""
    return cut(folder, {"movflags": "faststart"})


def cut(folder: Path, options: dict[str, str]) -> Path:
    whole = folder / "whole.mp4"
    with av.open(whole, "w", options=options) as container:
        stream = container.add_stream("libx264", rate=10, width=64, height=64, pix_fmt="yuv420p")
        for shade in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), shade * 10, np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    path = folder / "cut.mp4"
    path.write_bytes(whole.read_bytes()[:-500])
    whole.unlink()
    return path


def missing(folder: Path) -> Path:
    return folder / "nowhere.mp4"


def empty_folder(folder: Path) -> Path:
    path = folder / "pictures"
    path.mkdir()
    return path


def huge_png(folder: Path) -> Path:
    """30,000 × 30,000 px in a few kilobytes: 2.7 GB once decoded; nobody must get so far as to read the rows."""
    path = folder / "huge.png"
    path.write_bytes(png_claiming(30_000, 30_000, bytes(30_000 * 90_001 // 64)))
    return path


def refused(command: list[str | Path]) -> str:
    """Run a command that must fail; return its one line."""
    done = subprocess.run([MINGCHU, *command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


@pytest.mark.parametrize(
    "make", [zero_bytes, text_named_mp4, truncated_mp4, interrupted_download, missing, empty_folder]
)
def test_watch_refuses_what_is_no_film(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path, out = make(tmp_path), tmp_path / "OUT"
    line = refused(["watch", path, "--out", out, "--json"])
    assert path.name in line
    assert not out.exists() or not list(out.iterdir())


@pytest.mark.parametrize("make", [zero_bytes, text_named_mp4, huge_png, missing])
def test_detect_refuses_what_is_no_picture(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    assert path.name in refused(["detect", path, "--json"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["watch", "x.mp4", "--zone", "roof"], "special_room"),
        (["watch", "rtsp://127.0.0.1:9/x", "--json"], "127.0.0.1:9"),
        (["watch", "gopher://h/x", "--json"], "rtsp"),
        (["watch", "http://127.0.0.1:9/x.mp4", "--json"], "127.0.0.1:9"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(arguments: list[str], named: str, tmp_path: Path) -> None:
    done = subprocess.run([MINGCHU, *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
