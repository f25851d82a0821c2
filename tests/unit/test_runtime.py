"""Every retry, loss and shutdown of a worker on a simulated clock: no thread, no socket, no sleep."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.unit.benches import BLACK, BLACK_OPENS_S, Act, Bench, camera, lost
from vision.config import CameraConfig
from vision.errors import (
    ModelError,
    PictureError,
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
    SourceUnreadableError,
    StorageError,
)
from vision.frames import CameraId
from vision.path import CameraPath
from vision.pipeline import LineResult
from vision.ports import Source
from vision.runtime import (
    BEGIN_EVERY_S,
    LAST_RETRY_S,
    MODELS_FAILED,
    REFUSED_RETRY_S,
    REPLACED,
    RULES_FAILED,
    CameraRunner,
)
from vision.tally import CameraStatus, Tally

POISONED = np.full_like(BLACK, 255)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def hire(bench: Bench, *names: str) -> list[CameraRunner]:
    bench.worker.assign([camera(name) for name in names or ("k1",)])
    return [bench.worker._runners[CameraId(name)] for name in names or ("k1",)]


def status(bench: Bench, name: str = "k1") -> CameraStatus:
    return bench.worker.status()[CameraId(name)]


def failing(bench: Bench, runner: CameraRunner, error: Exception, attempts: int) -> Callable[[CameraConfig], Source]:
    """Fail so often, then tell the runner to stop."""

    def connect(_: CameraConfig) -> Source:
        if len(bench.opened) >= attempts:
            runner.stop()
        raise error

    return connect


def together(bench: Bench, *script: Act, last: Act, poisoned: str = "") -> None:
    """Play one script on three cameras at once; then, while all are connected, the last act."""
    runners = {runner.camera.id: runner for runner in hire(bench, "k1", "k2", "k3")}
    then: dict[str, list[Act]] = {"k1": [runners["k2"].run_once], "k2": [runners["k3"].run_once], "k3": [last]}

    def connect(config: CameraConfig) -> Source:
        image = POISONED if config.id == poisoned else BLACK
        return bench.film(*script, *then[config.id], name=config.id, image=image)

    bench.connect = connect
    runners["k1"].run_once()


# --- connecting -----------------------------------------------------------------------------------------------------


def test_a_camera_that_is_not_there_is_tried_less_and_less_often_but_at_least_twice_a_minute(bench: Bench) -> None:
    (runner,) = hire(bench)
    bench.connect = failing(bench, runner, lost(), 12)
    runner.run()
    waits = [after - before for before, after in pairwise(bench.opened)]
    assert len(waits) == 11
    assert 0.5 <= waits[0] <= 2.5
    assert max(waits) <= LAST_RETRY_S + 0.5
    assert min(waits[6:]) >= LAST_RETRY_S / 2
    assert len(set(waits[6:])) > 1, "no jitter: a whole city would knock at once"


@pytest.mark.parametrize(
    ("error", "state", "least_s"),
    [
        (SourceRefusedError("rtsp://***@cam", "401"), "refused", REFUSED_RETRY_S),
        (SourceUnavailableError("rtsp://***@cam", "gone"), "offline", 0.5),
        (SourceUnreadableError("rtsp://***@cam", "no video"), "unreadable", 0.5),
        (PictureError("a.jpg", "rubbish", "a picture"), "unreadable", LAST_RETRY_S),
        (ZeroDivisionError("nobody foresaw this"), "unreadable", LAST_RETRY_S),
    ],
)
def test_each_failure_has_its_state_and_its_patience(
    bench: Bench, error: Exception, state: str, least_s: float
) -> None:
    (runner,) = hire(bench)
    bench.connect = failing(bench, runner, error, 2)
    runner.run()
    first, second = bench.opened
    assert status(bench).state == state
    assert str(error) in status(bench).error
    assert second - first >= least_s


def test_a_failure_is_logged_once_and_not_with_each_attempt(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    (runner,) = hire(bench)
    bench.connect = failing(bench, runner, lost(), 6)
    runner.run()
    assert len([record for record in caplog.records if "offline" in record.message]) == 1
    assert "hunter2" not in caplog.text


def test_looks_and_losses_are_counted_over_all_connections(bench: Bench) -> None:
    (runner,) = hire(bench)
    for _ in range(2):
        bench.connect = lambda _: bench.film(*bench.looks(6), lost())
        with pytest.raises(SourceUnavailableError):
            runner.run_once()
    assert (status(bench).tally.looks, status(bench).connections) == (6, 2)


def test_a_camera_that_shows_a_picture_each_time_is_tried_again_at_once_however_busy_the_models_are(
    bench: Bench,
) -> None:
    (runner,) = hire(bench)

    def connect(_: CameraConfig) -> Source:
        if len(bench.opened) >= 8:
            runner.stop()
        return bench.film(1.0, lost())  # and nobody looks

    bench.connect = connect
    runner.run()
    assert max(after - before for before, after in pairwise(bench.opened)) <= 2.5
    assert status(bench).tally.looks == 0


def test_cameras_that_are_assigned_together_begin_one_after_the_other_and_are_not_missed_before(bench: Bench) -> None:
    runners = hire(bench, *(f"k{number}" for number in range(1000)))
    last = runners[-1]

    def connect(_: CameraConfig) -> Source:
        if bench.now_s > 999 * BEGIN_EVERY_S + 10:
            last.stop()
        raise lost()

    bench.connect = connect
    bench.crew.works["camera-k999"]()
    assert bench.opened[0] == pytest.approx(999 * BEGIN_EVERY_S, abs=0.01)
    assert bench.told() == [], "silent for half a minute at most, not for two"


# --- reading --------------------------------------------------------------------------------------------------------


def test_whoever_watches_lets_packets_gather_but_not_while_every_picture_counts(bench: Bench) -> None:
    (runner,) = hire(bench)
    film = bench.film(*[2.0] * 3)
    bench.connect = lambda _: film
    runner.run_once()
    assert film.rests == 3

    def close(config: CameraConfig, source: Source, tally: Tally) -> CameraPath:
        path = bench.path(config, source, tally)
        path.looks_closely = lambda _: True  # type: ignore[method-assign]
        return path

    hurried = CameraRunner(camera("k1"), replace(bench.seams, path=close), lambda _: None)
    film = bench.film(*[2.0] * 3)
    hurried.run_once()
    assert (film.rests, hurried.status.tally.packets) == (0, 3)


def test_who_works_on_pixels_waits_for_no_disk_and_has_others_wait_for_none(bench: Bench) -> None:
    (runner,) = hire(bench)
    held: list[tuple[str, bool]] = []
    film = bench.film(*bench.looks(BLACK_OPENS_S + 40))
    decode, put = film.decode, bench.outbox.put
    film.decode = lambda packet: (held.append(("decoded", bench.turn.held)), decode(packet))[1]  # type: ignore[method-assign]
    bench.outbox.put = lambda *items: (held.append(("written", bench.turn.held)), put(*items))[1]  # type: ignore[method-assign]
    bench.connect = lambda _: film
    runner.run_once()
    assert set(held) == {("decoded", True), ("written", False)}


# --- a camera that sends nothing ------------------------------------------------------------------------------------


def test_a_camera_that_never_answered_is_found_offline_once(bench: Bench) -> None:
    (runner,) = hire(bench)
    bench.connect = failing(bench, runner, lost(), 12)
    runner.run()
    assert bench.told() == [("camera_offline", "opened"), ("camera_offline", "updated")]
    opened = bench.last("opened")
    dwell_s = bench.desk.catalogue.kinds["camera_offline"].thresholds.dwell_s  # type: ignore[index]
    assert opened["frame_wh"] is None
    assert opened["evidence"] == {}
    assert dwell_s <= opened["opened_pts_s"] <= dwell_s + LAST_RETRY_S
    manifest = json.loads(bench.outbox.bodies[f"{opened['id']}/manifest"])
    assert manifest["missing"]["snapshot"] == "the camera has never sent a picture"


def test_a_camera_that_answers_in_time_is_not_offline(bench: Bench) -> None:
    (runner,) = hire(bench)

    def connect(_: CameraConfig) -> Source:
        if bench.now_s < 5:
            raise lost()
        return bench.film(*bench.looks(60), runner.stop, 1.0, image=grey())

    bench.connect = connect
    runner.run()
    assert ("camera_offline", "opened") not in bench.told()


def grey() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a picture with contrast and edges, so that nothing but silence can be wrong with it."""
    return np.random.default_rng(1).integers(0, 255, BLACK.shape).astype(np.uint8)


def test_a_camera_that_was_lost_is_found_offline_with_its_last_picture_and_closed_when_it_is_back(
    bench: Bench,
) -> None:
    (runner,) = hire(bench)
    back_at_s = 120.0

    def connect(_: CameraConfig) -> Source:
        if len(bench.opened) == 1:
            return bench.film(*bench.looks(10), lost(), image=grey())
        if bench.now_s < back_at_s:
            raise lost()
        return bench.film(*bench.looks(10), runner.stop, 1.0, image=grey())

    bench.connect = connect
    runner.run()
    offline = [phase for kind, phase in bench.told() if kind == "camera_offline"]
    assert offline == ["opened", "updated", "closed"]
    opened, closed = bench.last("opened"), bench.last("closed")
    assert {"snapshot", "snapshot_blurred"} <= set(opened["evidence"])
    assert opened["frame_wh"] == [160, 96]
    assert closed["closed_reason"] == "ended"
    assert closed["ended_pts_s"] >= back_at_s - LAST_RETRY_S - 1


def test_an_offline_camera_that_is_dismissed_leaves_nothing_open(bench: Bench) -> None:
    (runner,) = hire(bench)
    bench.connect = failing(bench, runner, lost(), 12)
    runner.run()
    bench.worker.assign([])
    assert bench.last("closed")["closed_reason"] == "interrupted"


# --- stopping -------------------------------------------------------------------------------------------------------


def test_stopping_closes_what_is_open_while_its_thread_still_reads(bench: Bench) -> None:
    (runner,) = hire(bench)
    stops: list[int] = []
    bench.connect = lambda _: bench.film(*bench.looks(BLACK_OPENS_S), lambda: stops.append(bench.worker.stop()), 1.0)
    runner.run_once()
    assert stops == [0]
    assert bench.told()[0] == ("camera_black", "opened")
    assert bench.told()[-1] == ("camera_black", "closed")
    assert bench.last("closed")["closed_reason"] == "interrupted"
    assert [phase for _, phase in bench.told()].count("closed") == 1


def test_what_the_models_say_after_the_end_changes_nothing(bench: Bench) -> None:
    (runner,) = hire(bench)
    bench.connect = lambda _: bench.film(2.0, bench.worker.stop, bench.look, lost())
    with pytest.raises(SourceUnavailableError):
        runner.run_once()
    assert runner.status.tally.looks == 0
    assert bench.told() == []


def test_a_connection_that_is_made_after_the_stop_is_hung_up_unread(bench: Bench) -> None:
    """The camera's library may hang for ten seconds in opening it; by then nobody is there any more."""
    (runner,) = hire(bench)
    film = bench.film(*bench.looks(BLACK_OPENS_S))

    def connect(_: CameraConfig) -> Source:
        bench.worker.stop()
        return film

    bench.connect = connect
    runner.run()
    assert film.is_closed
    assert (runner.status.connections, bench.told()) == (0, [])


def test_an_assignment_that_comes_after_the_stop_starts_nothing(bench: Bench) -> None:
    bench.worker.stop()
    bench.worker.assign([camera()])
    assert (bench.worker.status(), bench.crew.started) == ({}, [])


def test_a_disk_that_refuses_one_camera_hinders_no_other(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    stopped: list[int] = []

    def stop() -> None:
        bench.outbox.full = {"k1"}
        stopped.append(bench.worker.stop())

    together(bench, *bench.looks(BLACK_OPENS_S), last=stop)
    assert stopped == [1]
    closed = [data["camera"] for phase, data in bench.outbox.told if phase == "closed"]
    assert sorted(closed) == ["k2", "k3"]
    assert "camera=k1 event=not-closed error=spool w1: No space left" in caplog.text


def test_an_error_that_nobody_foresaw_in_closing_one_camera_hinders_no_other(bench: Bench) -> None:
    first, second = hire(bench, "k1", "k2")

    def explode() -> StorageError | None:
        raise ZeroDivisionError

    closed: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first, "close", explode)
        patch.setattr(second, "close", lambda: closed.append("k2"))
        assert bench.worker.stop() == 1
    assert closed == ["k2"]


# --- the models -----------------------------------------------------------------------------------------------------


def test_frames_of_many_cameras_are_looked_at_together(bench: Bench) -> None:
    together(bench, 2.0, last=bench.look)
    assert bench.eyes.batches == [3]
    assert [status(bench, name).tally.looks for name in ("k1", "k2", "k3")] == [1, 1, 1]


def test_a_frame_at_which_the_models_fail_is_counted_and_costs_no_other_camera_its_look(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    together(bench, 2.0, last=bench.look, poisoned="k2")
    assert [status(bench, name).tally.looks for name in ("k1", "k2", "k3")] == [1, 0, 1]
    assert status(bench, "k2").drops[MODELS_FAILED] == 1
    assert status(bench, "k1").drops[MODELS_FAILED] == 0
    assert "divides by zero" in status(bench, "k2").error
    assert "camera=k2" in caplog.text


def test_the_next_good_frame_mends_what_the_status_tells(bench: Bench) -> None:
    together(bench, 2.0, last=bench.look, poisoned="k2")
    together(bench, 2.0, last=bench.look)
    assert status(bench, "k2").error == ""
    assert status(bench, "k2").drops[MODELS_FAILED] == 1


def test_broken_models_are_an_error_and_not_a_row_of_bad_frames(bench: Bench) -> None:
    bench.eyes.broken = True
    with pytest.raises(ModelError, match="divides by zero"):
        together(bench, 2.0, last=bench.look)


def test_a_rule_that_breaks_at_a_frame_is_counted_and_costs_no_other_camera_its_look(bench: Bench) -> None:
    def explode(_: object) -> LineResult:
        raise ZeroDivisionError

    def break_rule() -> None:
        bench.worker._mailboxes._waiting[CameraId("k1")].path._line.look = explode  # type: ignore[method-assign]
        bench.look()

    together(bench, 2.0, last=break_rule)
    assert [status(bench, name).tally.looks for name in ("k1", "k2", "k3")] == [0, 1, 1]
    assert status(bench, "k1").drops[RULES_FAILED] == 1


def test_a_frame_that_nobody_took_in_time_is_replaced_and_counted(bench: Bench) -> None:
    (runner,) = hire(bench)
    bench.connect = lambda _: bench.film(2.0, 2.0, 2.0, bench.look)
    runner.run_once()
    assert status(bench).tally.looks == 1
    assert status(bench).drops[REPLACED] == 2


def test_a_frame_of_an_ended_connection_is_not_judged_by_the_next_one(bench: Bench) -> None:
    """I8: its tracks have ended; in the next line it would be a look from the past."""
    (runner,) = hire(bench)
    bench.connect = lambda _: bench.film(2.0, lost())
    with pytest.raises(SourceUnavailableError):
        runner.run_once()
    bench.connect = lambda _: bench.film(bench.look, 2.0)
    runner.run_once()
    assert status(bench).tally.looks == 0


# --- assignments ----------------------------------------------------------------------------------------------------


def test_only_cameras_that_changed_are_started_again(bench: Bench) -> None:
    before = hire(bench, "k1", "k2")
    bench.worker.assign([camera("k1"), camera("k2", interval_s=5.0), camera("k3")])
    after = bench.worker._runners
    assert after[CameraId("k1")] is before[0]
    assert after[CameraId("k2")] is not before[1]
    assert bench.crew.started == ["camera-k1", "camera-k2", "camera-k2", "camera-k3"]
    bench.worker.assign([])
    assert bench.worker.status() == {}


# --- a full disk ----------------------------------------------------------------------------------------------------


def test_a_full_disk_delays_an_event_and_loses_none(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    (runner,) = hire(bench)

    def fill() -> None:
        bench.outbox.full = {"k1"}

    def free() -> None:
        assert bench.told() == []
        assert "No space left" in status(bench).error
        assert status(bench).state == "ok", "it still looks"
        bench.outbox.full = set()

    bench.connect = lambda _: bench.film(fill, *bench.looks(30), free, *bench.looks(10))
    runner.run_once()
    assert [phase for kind, phase in bench.told() if kind == "camera_black"] == ["opened", "updated", "closed"]
    assert len([record for record in caplog.records if "No space left" in record.message]) == 1
    assert status(bench).tally.unrecorded == 0
    assert status(bench).error == ""


def test_what_a_connection_could_not_say_before_it_ended_is_said_during_the_next(bench: Bench) -> None:
    (runner,) = hire(bench)

    def fill() -> None:
        bench.outbox.full = {"k1"}

    bench.connect = lambda _: bench.film(*bench.looks(BLACK_OPENS_S), fill, lost(), image=BLACK)
    with pytest.raises(SourceError):
        runner.run_once()
    assert [phase for _, phase in bench.told()] == ["opened"]
    bench.outbox.full = set()
    bench.connect = lambda _: bench.film(*bench.looks(4), image=grey())
    runner.run_once()
    assert [phase for kind, phase in bench.told() if kind == "camera_black"] == ["opened", "updated", "closed"]
