"""How a path spares the models and looks closely: nothing is judged twice, too late, or on an old mistake."""

from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from tests.films import Film, write_film
from tests.unit.benches import Bench, camera
from tests.unit.recording.scenes import CATALOGUE
from vision.clock import SystemClock
from vision.config import CameraConfig, ZoneConfig
from vision.detections import Detections
from vision.frames import CameraId, Frame, Packet
from vision.path import CameraPath, line_for
from vision.picture import Pixels
from vision.pipeline import Abilities
from vision.ports import People
from vision.sampling.gate import longest_s
from vision.scene import STATES, Wear, ZoneType
from vision.sight import Sight
from vision.sources.opening import open_source

ABLE = Abilities("m@1", ("person", "head"), ("hat",))
ROOM = np.random.default_rng(7).integers(40, 200, (96, 160, 3), np.uint8)
BODY, HEAD = (20.0, 10.0, 60.0, 90.0), (30.0, 12.0, 45.0, 28.0)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def sight(hat: float) -> Sight:
    """One person, whose hat is missing by so many nats."""
    persons = Detections(
        np.array([BODY], np.float32), np.array([0.9], np.float32), np.zeros(1, np.int64), ("person", "head")
    )
    heads = np.array([HEAD], np.float32)
    state = STATES.index("missing" if hat > 0 else "worn")
    wear = Wear(("hat",), np.array([[hat]], np.float32), np.array([[state]], np.int8), np.zeros((1, 1), np.int8), heads)
    return Sight(People(persons, heads), persons[np.zeros(1, np.bool_)], wear)


def kitchen(**of: bool) -> CameraConfig:
    return camera("k1", zones=(ZoneConfig(type=ZoneType.SPECIAL_ROOM),), **of)


def a_path(bench: Bench, config: CameraConfig) -> CameraPath:
    return CameraPath(config, bench.film(), line_for(config, CATALOGUE, ABLE), bench.desk)


def frames(bench: Bench, path: CameraPath, count: int, every_s: float = 2.0) -> list[Frame]:
    """Return due pictures of a still room, each with a sensor's noise."""
    noise = np.random.default_rng(1)
    found: list[Frame] = []
    for packet in bench.film(*[every_s] * count).packets():
        for frame in path.packet(packet):
            grain = noise.normal(0, 2, ROOM.shape)
            found.append(
                Frame(frame.camera, Pixels(np.clip(ROOM + grain, 0, 255).astype(np.uint8)), frame.at, frame.pts_s)
            )
    return found


def test_in_a_still_room_the_models_are_asked_within_a_minute(bench: Bench) -> None:
    path = a_path(bench, kitchen())
    asked = 0
    for frame in frames(bench, path, 90):
        seen = path.known(frame)
        asked += seen is None
        path.decide(frame, seen or sight(-4))
    every = ceil(longest_s(CameraId(path.camera.id)) / 2)  # looks: one in 2 s
    assert asked == 1 + 89 // every
    assert (path.tally.looks, path.tally.spared) == (90, 90 - asked)


def test_whoever_does_not_want_it_has_every_picture_looked_at(bench: Bench) -> None:
    path = a_path(bench, kitchen(spare_unchanged=False))
    for frame in frames(bench, path, 10):
        assert path.known(frame) is None
        path.decide(frame, sight(-4))


def test_a_suspicion_is_never_repeated_from_memory(bench: Bench) -> None:
    path = a_path(bench, kitchen(burst=False))
    first, second, third, fourth = frames(bench, path, 4)
    assert path.known(first) is None
    # One mistake of the models: one look that accuses.
    assert path.decide(first, sight(4)) == ()
    assert path.known(second) is None
    assert path.decide(second, sight(-1)) == ()
    assert path.known(third) is None
    assert path.decide(third, sight(-4)) == ()
    assert path.known(fourth) is not None


def test_what_waits_for_the_models_is_not_overtaken_by_a_later_picture(bench: Bench) -> None:
    path = a_path(bench, kitchen())
    first, second, third, fourth = frames(bench, path, 4)
    path.known(first)
    path.decide(first, sight(-4))
    path._gate.longest_s = 1.0  # the second picture must go to the models
    assert path.known(second) is None
    path._gate.longest_s = 60.0
    assert path.known(third) is None
    path.decide(third, sight(-4))
    assert path.known(fourth) is not None


def test_the_looks_of_a_burst_are_no_new_witnesses_of_the_camera_s_health(bench: Bench) -> None:
    path = a_path(bench, kitchen())
    for frame in frames(bench, path, 10, every_s=0.2):
        path.decide(frame, sight(-4))
    assert path.meter._looks <= 3


def looked(path: CameraPath, packets: list[Packet], later: float) -> list[float]:
    """Judge what is due: the first key frame says little, the second accuses, then comes what is true."""
    times: list[float] = []
    for packet in packets:
        for frame in path.packet(packet):
            hat = -0.5 if frame.pts_s < 2 else 4.0 if frame.pts_s < 2.1 else later
            path.decide(frame, path.known(frame) or sight(hat))
            times.append(frame.pts_s)
    return times


@pytest.mark.parametrize(("later", "confirmed", "refuted"), [(3.0, 1, 0), (-1.0, 0, 1)], ids=["true", "mistake"])
def test_a_suspicion_is_looked_at_closely_until_it_is_settled(
    bench: Bench, tmp_path: Path, *, later: float, confirmed: int, refuted: int
) -> None:
    config = kitchen()
    film = write_film(tmp_path / "film.mp4", Film(frames=120, key_every=20))
    with open_source(config.model_copy(update={"source": str(film)}), clock=SystemClock()) as source:
        path = CameraPath(config, source, line_for(config, CATALOGUE, ABLE), bench.desk)
        times = looked(path, list(source.packets()), later)
    assert (path.tally.bursts, path.tally.confirmed, path.tally.refuted) == (1, confirmed, refuted)
    assert len([b - a for a, b in pairwise(times) if 0.15 < b - a < 0.35]) >= 5
    assert times == sorted(set(times))
