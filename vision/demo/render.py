"""Renders a scene to an H.264 film with its truth beside it: whole or not at all, and only when something changed."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from vision.catalogue import load_catalogue
from vision.demo.filming import FPS, Filming, Take
from vision.demo.happenings import Observer
from vision.demo.script import Script
from vision.demo.truth import ClipTruth
from vision.demo.version import RENDERER
from vision.errors import StorageError

GOP_S = 2
QUANTISER = 26
"""Constant, so that a frozen picture is coded the same each time, as a frozen camera sends it."""


def stamp(script: Script) -> str:
    """Return what a film depends on: the script and the renderer's version."""
    digest = hashlib.sha256(script.model_dump_json().encode())
    return f"{RENDERER}+{digest.hexdigest()[:16]}"


def is_fresh(script: Script, folder: Path) -> bool:
    """Tell whether the folder holds this film as this renderer makes it."""
    kept = folder / f"{script.name}.stamp"
    whole = all((folder / f"{script.name}.{suffix}").is_file() for suffix in ("mp4", "json"))
    return whole and kept.is_file() and kept.read_text(encoding="utf-8") == stamp(script)


def render(script: Script, folder: Path) -> Path:
    """Write NAME.mp4, NAME.json (`ClipTruth`) and, last of all, NAME.stamp; return the film's path.

    A crash leaves what was there before, or a film without a stamp, which the next call makes again.
    Raises StorageError when the folder does not take it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f".{script.name}-*"):  # of a rendering that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=f".{script.name}-", dir=folder) as scratch:
            _render(script, Path(scratch))
            _publish(script.name, Path(scratch), folder)
    except OSError as error:
        raise StorageError(f"{folder}: the film {script.name} cannot be written ({error.strerror})") from error
    return folder / f"{script.name}.mp4"


def _publish(name: str, scratch: Path, folder: Path) -> None:
    (folder / f"{name}.stamp").unlink(missing_ok=True)
    for suffix in ("json", "mp4", "stamp"):
        (scratch / f"{name}.{suffix}").replace(folder / f"{name}.{suffix}")


def _render(script: Script, scratch: Path) -> None:
    cv2.setNumThreads(1)
    filming = Filming(script)
    takes: list[Take] = []
    encode(scratch / f"{script.name}.mp4", _kept(filming.takes(), takes), filming.frame_hw)
    truth_of(filming, takes).save(scratch / f"{script.name}.json")
    (scratch / f"{script.name}.stamp").write_text(stamp(script), encoding="utf-8")


def _kept(takes: Iterable[Take], kept: list[Take]) -> Iterator[Take]:
    """Remember every take without its picture."""
    for take in takes:
        yield take
        kept.append(take.without_picture())


def truth_of(filming: Filming, takes: Iterable[Take], fps: float = FPS) -> ClipTruth:
    """Return all that is true of a film from its frames, in order."""
    script, (height, width) = filming.script, filming.frame_hw
    frames = [(take.truth, take.moment) for take in takes]
    observer = Observer([zone.zone() for zone in script.zones], filming.frame_hw, load_catalogue())
    return ClipTruth(
        scene=script.name,
        zone=script.zones[0].type.value,
        frame_wh=(width, height),
        fps=round(fps),
        seconds=script.seconds,
        off_hours=script.after_hours,
        renderer=stamp(script),
        frames=tuple(truth for truth, _ in frames),
        events=observer.events(frames, fps),
    )


def encode(path: Path, takes: Iterable[Take], frame_hw: tuple[int, int], fps: int = FPS) -> None:
    """Write a film with a key frame every `GOP_S` seconds, as kitchen cameras send it."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=fps, width=frame_hw[1], height=frame_hw[0])
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        stream.codec_context.gop_size = GOP_S * fps
        stream.codec_context.max_b_frames = 0
        keys = f"keyint={GOP_S * fps}:min-keyint={GOP_S * fps}:scenecut=0"
        stream.options = {
            "preset": "superfast",
            "tune": "fastdecode",
            "qp": str(QUANTISER),
            "x264-params": f"{keys}:bframes=0:threads=1",
        }
        for number, take in enumerate(takes):
            planes = np.asarray(cv2.cvtColor(take.picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
