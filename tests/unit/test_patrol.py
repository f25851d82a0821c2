"""Patrol, plan and shedding on a simulated clock: short visits in phase, longer ones where something is up."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.unit.benches import BLACK, Act, Bench, camera, lost
from vision.config import CameraConfig, Hours, ShiftConfig, ZoneConfig
from vision.frames import CameraId, Image
from vision.ports import Source
from vision.runtime import SHED_EVERY_S, CameraRunner
from vision.scene import ZoneType

ROOM: Image = np.random.default_rng(3).integers(40, 200, (96, 160, 3), np.uint8)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def hire(bench: Bench, *configs: CameraConfig) -> list[CameraRunner]:
    bench.worker.assign(configs)
    return [bench.worker._runners[CameraId(config.id)] for config in configs]


def live(bench: Bench, image: Callable[[], Image]) -> Source:
    """A camera that sends a key frame each half second for ever; its pictures are looked at a moment later."""
    return bench.film(*seen(bench, 0.5, 2000), image=image())


def seen(bench: Bench, every_s: float, count: int) -> list[Act]:
    return [act for _ in range(count) for act in (every_s, bench.look)]


def noisy() -> Image:
    return np.clip(ROOM + np.random.default_rng().normal(0, 2, ROOM.shape), 0, 255).astype(np.uint8)


def visits(bench: Bench, runner: CameraRunner, count: int) -> Callable[[CameraConfig], Source]:
    """Connect so often, then tell the runner to stop."""

    def connect(_: CameraConfig) -> Source:
        if len(bench.opened) >= count:
            runner.stop()
        return live(bench, noisy)

    return connect


def test_a_quiet_camera_is_visited_for_a_moment_each_half_minute_in_its_own_phase(bench: Bench) -> None:
    (runner,) = hire(bench, camera(mode="patrol"))
    bench.connect = visits(bench, runner, 6)
    runner.run()
    gaps = [b - a for a, b in pairwise(bench.opened)]
    assert gaps[1:] == pytest.approx([30.0] * (len(gaps) - 1), abs=0.01)
    assert runner.status.tally.looks == 5


def test_a_visitor_does_not_wait_for_packets_to_gather(bench: Bench) -> None:
    (runner,) = hire(bench, camera(mode="patrol"))
    film = bench.film(*seen(bench, 0.5, 20), image=noisy())
    bench.connect = lambda _: film
    assert runner.run_once()
    assert film.rests == 0
    assert bench.told() == []


def test_a_camera_whose_picture_is_black_is_stayed_with_until_that_is_known(bench: Bench) -> None:
    (runner,) = hire(bench, camera(mode="patrol"))
    bench.connect = lambda _: bench.film(*seen(bench, 0.5, 60), runner.stop, 0.5, image=BLACK)
    runner.run()
    assert len(bench.opened) == 1
    assert ("camera_black", "opened") in bench.told()


def test_between_two_visits_nobody_calls_the_camera_silent(bench: Bench) -> None:
    (runner,) = hire(bench, camera(mode="patrol", patrol_s=600))
    bench.connect = visits(bench, runner, 4)
    runner.run()
    assert bench.now_s > 1000
    assert bench.told() == []


def test_a_camera_that_is_gone_at_a_visit_is_found_offline(bench: Bench) -> None:
    (runner,) = hire(bench, camera(mode="patrol"))

    def connect(_: CameraConfig) -> Source:
        if len(bench.opened) == 1:
            return live(bench, noisy)
        if bench.now_s > 120:
            runner.stop()
        raise lost()

    bench.connect = connect
    runner.run()
    assert bench.told()[0] == ("camera_offline", "opened")


def test_the_hour_decides_between_watching_and_patrolling(bench: Bench) -> None:
    # The bench begins at 9:02 in Shanghai.
    lunch = ShiftConfig(hours=Hours(opens="11:00", closes="13:00"), mode="watch", interval_s=1.0)
    config = camera(mode="patrol", shifts=(lunch,), hours=Hours(opens="08:00", closes="22:00"))
    (runner,) = hire(bench, config)
    now = bench.clock.now()
    assert runner._plan.rate(now).mode == "patrol"
    assert runner._plan.rate(bench.after(2.5 * 3600)).interval_s == 1.0
    # Outside of working hours looks are four times rarer, but never rarer than one a minute.
    assert runner._plan.rate(bench.after(14 * 3600)).interval_s == 60.0


def overload(bench: Bench, *runners: CameraRunner, periods: int) -> None:
    """Send each camera three pictures for every one that is looked at."""
    for _ in range(periods):
        for runner in runners:
            for _ in range(3):
                bench.worker._mailboxes.post(CameraId(runner.camera.id), object())  # type: ignore[arg-type]
        bench.worker._mailboxes.take(99, 0)
        bench.clock.sleep(SHED_EVERY_S)
        bench.look()


def test_a_machine_with_too_much_to_do_slows_all_cameras_the_special_room_last(bench: Bench) -> None:
    special = camera("special", zones=(ZoneConfig(type=ZoneType.SPECIAL_ROOM),))
    first, other, third = hire(bench, special, camera("other"), camera("third"))
    overload(bench, first, other, third, periods=4)
    assert first.load.stretch == 1.0
    assert other.load.stretch == third.load.stretch > 2
    assert not other.load.may_burst
    overload(bench, first, other, third, periods=30)
    assert (first.load.stretch, other.load.stretch) == (4.0, 8.0)
    for _ in range(100):
        bench.clock.sleep(SHED_EVERY_S)
        bench.look()
    assert first.load.stretch == other.load.stretch == 1.0


def test_a_slowed_camera_says_so_and_looks_more_rarely(bench: Bench) -> None:
    (runner,) = hire(bench, camera())
    bench.worker._shedder.pressure = runner.load.stretch = 4.0
    bench.connect = lambda _: bench.film(*seen(bench, 1.0, 33), image=noisy())
    runner.run_once()
    # One in eight seconds instead of two at first; the pressure falls by a twentieth each five seconds.
    assert runner.status.tally.looks in {4, 5, 6}
    assert runner.status.interval_s == 2.0
    assert 2.5 < runner.status.stretch < 4.0
