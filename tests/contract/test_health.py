"""A camera's ill health end to end: real film, real decoder, real line and recorder, the catalogue's own thresholds.

Only the models are missing: they would find nobody in these pictures, and health does not ask them.
"""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any, Self

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.contract.conftest import StartRtsp
from tests.films import CAMERA, START_AT
from tests.unit.benches import ABLE, Bench, Eyes
from tests.unit.recording.scenes import CATALOGUE, MODELS
from vision.clock import SimulatedClock
from vision.config import CameraConfig
from vision.frames import Packet
from vision.path import CameraPath, line_for
from vision.recording.folder import FolderOutbox
from vision.recording.manifest import ManifestChain
from vision.recording.recorder import Desk
from vision.sources.opening import open_source
from vision.watching import watch_through

HEIGHT, WIDTH, RATE = 180, 320, 5
Picture = NDArray[np.uint8]


def kitchen(seed: int) -> Picture:
    """Return one frame of a working camera: worktops with edges, somebody moving, and sensor noise."""
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for left, top, width, height, level in np.random.default_rng(0).integers(10, 90, (24, 5)):
        corner = (int(3.2 * left), int(1.6 * top))
        far = (corner[0] + int(width), corner[1] + int(height) // 2)
        cv2.rectangle(image, corner, far, (30, 60, 2 * int(level)), cv2.FILLED)
    cv2.circle(image, (20 + 3 * seed % (WIDTH - 40), 90), 14, (220, 220, 220), cv2.FILLED)
    noise = np.random.default_rng(seed).normal(0, 4, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def hand(seed: int) -> Picture:
    """Return what a camera sees through a palm on its lens: bright, soft, without an edge."""
    glow = np.tile(np.linspace(70, 150, WIDTH), (HEIGHT, 1))
    noise = np.random.default_rng(seed).normal(0, 4, (HEIGHT, WIDTH, 3))
    return np.clip(glow[..., None] * (0.7, 0.8, 1.2) + noise, 0, 255).astype(np.uint8)


def dark(seed: int) -> Picture:
    """Return what is left when somebody switches the camera's picture off: black and the sensor's noise."""
    return np.random.default_rng(seed).integers(0, 6, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def frozen(_: int) -> Picture:
    return kitchen(1)


def write(path: Path, *parts: tuple[Callable[[int], Picture], int]) -> Path:
    """Encode (look, seconds) after (look, seconds) with a key frame a second, all of one quality."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=RATE, width=WIDTH, height=HEIGHT)
        stream.pix_fmt = "yuv420p"
        # One slice: the test server repeats the parameter sets before each slice, which cuts a key frame in two.
        stream.options = {"x264-params": f"qp=20:scenecut=0:keyint={RATE}:bframes=0:sliced-threads=0:slices=1"}
        looks = chain.from_iterable([look] * (seconds * RATE) for look, seconds in parts)
        for index, look in enumerate(looks):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(look(index), format="bgr24")))
        container.mux(stream.encode())
    return path


Event = dict[str, Any]


def watched(film: Path, folder: Path) -> list[Event]:
    """Look at a film through the real path; return the events as they were told."""
    told: list[Event] = []
    staging = folder / "staging"
    staging.mkdir()
    outbox = FolderOutbox(folder / "out", told.append)
    desk = Desk("w1", outbox, CATALOGUE, MODELS, ManifestChain(folder / "chain.json", "w1"), staging)
    camera = CameraConfig(id=CAMERA, source=str(film))
    with open_source(camera, clock=SimulatedClock(START_AT), start_at=START_AT) as source:
        path = CameraPath(camera, source, line_for(camera, CATALOGUE, ABLE), desk)
        watch_through(source, path, Eyes(), lambda _: None)  # type: ignore[arg-type]
    return told


def opened(told: Sequence[Event]) -> list[tuple[str, float, float]]:
    """Return (kind, started, opened) of each event, in seconds of the film."""
    datas = [event["data"] for event in told if event["type"].endswith(".opened")]
    return [(data["kind"], data["started_pts_s"], data["opened_pts_s"]) for data in datas]


def closed(told: Sequence[Event]) -> list[tuple[str, str, float]]:
    datas = [event["data"] for event in told if event["type"].endswith(".closed")]
    return [(data["kind"], data["closed_reason"], data["ended_pts_s"]) for data in datas]


SOUND_S = 30
"""Before anything happens: the reference view is learnt."""


@pytest.mark.parametrize(
    ("kind", "look", "ill_s"), [("camera_black", dark, 40), ("camera_covered", hand, 40), ("camera_frozen", frozen, 90)]
)
def test_ill_health_opens_after_its_dwell_closes_when_it_is_over_and_is_the_only_finding(
    kind: str, look: Callable[[int], Picture], ill_s: int, tmp_path: Path
) -> None:
    film = write(tmp_path / "film.mp4", (kitchen, SOUND_S), (look, ill_s), (kitchen, 30))
    told = watched(film, tmp_path)
    dwell_s = CATALOGUE.kinds[kind].thresholds.dwell_s  # type: ignore[index]
    ((found, started_s, opened_s),) = opened(told)
    assert found == kind
    assert SOUND_S <= started_s <= SOUND_S + 4
    assert dwell_s <= opened_s - started_s <= dwell_s + 6
    ((_, reason, ended_s),) = closed(told)
    assert reason == "ended"
    assert SOUND_S + ill_s - 3 <= ended_s <= SOUND_S + ill_s
    evidence = told[-1]["data"]["evidence"]
    with av.open(tmp_path / "out" / evidence["clip"]["url"]) as clip:
        assert sum(1 for _ in clip.decode(video=0)) >= 5 * RATE


def test_a_working_camera_has_no_finding(tmp_path: Path) -> None:
    film = write(tmp_path / "film.mp4", (kitchen, 150))
    assert watched(film, tmp_path) == []


@pytest.mark.parametrize("look", [dark, hand, frozen])
def test_a_moment_of_it_is_nothing(look: Callable[[int], Picture], tmp_path: Path) -> None:
    film = write(tmp_path / "film.mp4", (kitchen, SOUND_S), (look, 6), (kitchen, 30))
    assert opened(watched(film, tmp_path)) == []


@pytest.mark.server("gst-rtsp")
def test_an_rtsp_camera_whose_server_is_killed_is_offline_and_its_last_picture_is_kept(
    start_rtsp: StartRtsp, tmp_path: Path
) -> None:
    """The packets are real and so is the loss; the minutes of silence afterwards pass on a simulated clock."""
    film = write(tmp_path / "film.mp4", (kitchen, 60))
    address, server = start_rtsp(film)
    bench = Bench(tmp_path)
    attempts: list[float] = []

    def connect(config: CameraConfig) -> Any:
        attempts.append(bench.now_s)
        if len(attempts) > 10:
            runner.stop()
        return _Killed(open_source(config, clock=bench.clock), bench, server)

    bench.connect = connect
    bench.worker.assign([CameraConfig(id=CAMERA, source=address, interval_s=1.0)])
    (runner,) = bench.worker._runners.values()
    runner.run()
    assert bench.told() == [("camera_offline", "opened"), ("camera_offline", "updated")]
    data = bench.last("updated")
    assert {"snapshot", "clip", "manifest"} <= set(data["evidence"])
    manifest = json.loads(bench.outbox.bodies[f"{data['id']}/manifest"])
    assert manifest["camera"]["source"] == address
    snapshot = np.frombuffer(bench.outbox.bodies[f"{data['id']}/snapshot"], np.uint8)
    assert cv2.imdecode(snapshot, cv2.IMREAD_COLOR).shape == (HEIGHT, WIDTH, 3)
    assert runner.status.state == "offline"


class _Killed:
    """A real source whose server dies after three key frames were looked at."""

    def __init__(self, source: Any, bench: Bench, server: subprocess.Popen[str]) -> None:
        self._source = source
        self._bench = bench
        self._server = server

    def packets(self) -> Iterator[Packet]:
        packets = self._source.packets()
        for packet in islice(packets, 3 * RATE + 1):
            self._bench.clock.sleep(1 / RATE)
            yield packet
            self._bench.look()
        self._server.kill()
        yield from packets

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):
            self._source.__exit__(*error)
