"""Whether a camera sends, judged by the shipped catalogue; the test brings the time."""

from dataclasses import dataclass, field
from datetime import timedelta

from tests.films import CAMERA, START_AT
from tests.unit.benches import ABLE, camera
from tests.unit.recording.scenes import CATALOGUE
from vision.errors import StorageError
from vision.events import Closed, Opened, Transition
from vision.path import line_for, presence_line
from vision.rules.camera import CameraRule
from vision.scene import Scene
from vision.vigil import OFFLINE, Pulse, Vigil

HW = (96, 160)
LIMITS = CATALOGUE.kinds[OFFLINE].thresholds


@dataclass
class Notebook:
    """A witness that writes down what it is told."""

    told: list[Transition] = field(default_factory=list)
    trouble: StorageError | None = None

    def attest(self, transition: Transition, scene: Scene) -> None:
        assert scene.camera == CAMERA
        self.told.append(transition)


def vigil() -> tuple[Vigil, Notebook]:
    bystander = Notebook()
    return Vigil(Pulse(presence_line(camera(CAMERA), CATALOGUE, ABLE), START_AT), bystander), bystander


def silent(watch: Vigil, start_s: float, end_s: float, every_s: float = 0.5) -> None:
    for step in range(round((end_s - start_s) / every_s)):
        watch.miss(START_AT + timedelta(seconds=start_s + step * every_s))


def sending(watch: Vigil, start_s: float, end_s: float, every_s: float = 0.04) -> None:
    for step in range(round((end_s - start_s) / every_s)):
        watch.beat(START_AT + timedelta(seconds=start_s + step * every_s), HW)


def opened_s(told: list[Transition]) -> list[float]:
    return [(each.at - START_AT).total_seconds() for each in told if isinstance(each, Opened)]


def test_silence_from_the_first_attempt_on_opens_once_after_the_dwell() -> None:
    watch, bystander = vigil()
    silent(watch, 0, 600)
    (at_s,) = opened_s(bystander.told)
    assert LIMITS.dwell_s <= at_s <= LIMITS.dwell_s + 15
    assert len(bystander.told) == 1


def test_attempts_that_hang_for_nine_seconds_each_count_as_silence() -> None:
    watch, bystander = vigil()
    silent(watch, 0, 600, every_s=9.0)
    assert len(opened_s(bystander.told)) == 1


def test_a_short_interruption_is_nothing() -> None:
    watch, bystander = vigil()
    for minute in range(10):
        sending(watch, 60 * minute, 60 * minute + 40)
        silent(watch, 60 * minute + 40, 60 * minute + 60)
    assert bystander.told == []


def test_a_camera_that_sends_once_a_minute_is_not_offline_forever() -> None:
    """Two frames a minute are hardly a camera: what opened in its silence closes only once it goes on sending."""
    watch, bystander = vigil()
    silent(watch, 0, 60)
    watch.beat(START_AT + timedelta(seconds=60), HW)
    assert not [each for each in bystander.told if isinstance(each, Closed)]
    sending(watch, 61, 70)
    (closed,) = [each for each in bystander.told if isinstance(each, Closed)]
    assert closed.reason == "ended"
    assert (closed.ended_at - START_AT).total_seconds() < 60


def test_the_witness_of_the_opening_hears_the_closing_though_another_connection_was_made() -> None:
    watch, bystander = vigil()
    first, second = Notebook(), Notebook()
    watch.connected(first)
    sending(watch, 0, 5)
    silent(watch, 5, 70)
    watch.connected(second)
    sending(watch, 70, 80)
    assert [type(each) for each in first.told] == [Opened, Closed]
    assert second.told == bystander.told == []


def test_whoever_stops_watching_closes_as_interrupted() -> None:
    watch, bystander = vigil()
    silent(watch, 0, 60)
    watch.finish(START_AT + timedelta(seconds=60))
    closed = bystander.told[-1]
    assert isinstance(closed, Closed)
    assert closed.reason == "interrupted"


def test_a_clock_that_was_set_back_does_not_stop_the_vigil() -> None:
    watch, bystander = vigil()
    sending(watch, 3600, 3610)
    silent(watch, 0, 10)
    silent(watch, 3620, 3720)
    assert len(opened_s(bystander.told)) == 1


def test_presence_has_a_line_of_its_own_and_connections_have_none_of_it() -> None:
    presence = presence_line(camera(), CATALOGUE, ABLE)._rules
    connection = line_for(camera(), CATALOGUE, ABLE)._rules
    assert [type(rule) for rule in presence] == [CameraRule]
    assert len(connection) == len([k for k in CATALOGUE.kinds.values() if k.family == "camera"]) - 1
