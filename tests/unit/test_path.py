"""One connection's path with a real recorder and line; the disk may refuse what it is given."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from tests.unit.benches import BLACK_OPENS_S, Act, Bench, blind_sight, camera, lost
from vision.errors import SourceUnavailableError, StorageError
from vision.events import Closed, Opened
from vision.path import OWED_MOST, CameraPath, Hand, Owed
from vision.watching import watch_through


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def play(bench: Bench, path: CameraPath, until_s: float, *then: Act) -> None:
    """Read and judge so many seconds of a black camera, and what comes then."""
    for packet in bench.film(*[2.0] * round(until_s / 2), *then).packets():
        (frame,) = path.packet(packet)
        path.decide(frame, blind_sight())


def a_path(bench: Bench) -> CameraPath:
    return bench.path(camera(), bench.film())


def test_finishing_closes_once_and_nothing_is_taken_afterwards(bench: Bench) -> None:
    path = a_path(bench)
    play(bench, path, BLACK_OPENS_S)
    (closed,) = path.finish(bench.clock.now(), "ended")
    assert isinstance(closed, Closed)
    assert path.finish(bench.clock.now(), "interrupted") == ()
    before, looks = list(bench.told()), path.tally.looks
    (packet,) = bench.film(2.0).packets()
    assert path.packet(packet) == []
    frame = bench.film().decode(packet)
    assert frame is not None
    assert path.decide(frame, blind_sight()) == ()
    assert (bench.told(), path.tally.looks) == (before, looks)
    assert before[-1] == ("camera_black", "closed")


def test_what_the_disk_refuses_is_tried_again_in_order_and_told_meanwhile(bench: Bench) -> None:
    path = a_path(bench)
    bench.outbox.full = {"k1"}

    def free() -> None:
        assert isinstance(path.trouble, StorageError)
        assert bench.told() == []
        bench.outbox.full = set()

    play(bench, path, BLACK_OPENS_S, free, 2.0)
    assert path.trouble is None
    assert bench.told() == [("camera_black", "opened")]


def test_an_end_on_a_full_disk_can_be_settled_later(bench: Bench) -> None:
    path = a_path(bench)
    play(bench, path, BLACK_OPENS_S)
    bench.outbox.full = {"k1"}
    path.finish(bench.clock.now(), "interrupted")
    assert not path.settle()
    bench.outbox.full = set()
    assert path.settle()
    assert [phase for _, phase in bench.told()] == ["opened", "updated", "closed"]


def opened(bench: Bench) -> Opened:
    path = a_path(bench)
    for packet in bench.film(*[2.0] * 20).packets():
        (frame,) = path.packet(packet)
        for change in path.decide(frame, blind_sight()):
            assert isinstance(change, Opened)
            return change
    raise AssertionError("nothing opened")


class Refusing:
    """A recorder whose disk takes nothing of some events."""

    def __init__(self, refuses: Callable[[Owed], bool]) -> None:
        self.refuses = refuses
        self.taken: list[Owed] = []

    def record(self, *parts: object) -> None:
        owed = Owed(*parts)  # type: ignore[arg-type]
        if self.refuses(owed):
            raise StorageError("spool w1: No space left on device")
        self.taken.append(owed)


def test_an_event_that_is_refused_holds_back_itself_and_no_other(bench: Bench) -> None:
    one, other = opened(bench), opened(bench)
    assert one.id != other.id
    parts = [Owed(change, None, None) for change in (one, closing(one), other)]  # type: ignore[arg-type]
    recorder = Refusing(lambda owed: owed.transition is one)
    hand = Hand(recorder, a_path(bench).tally)  # type: ignore[arg-type]
    for each in parts:
        hand.owe(each)
    hand.settle()
    assert [owed.transition for owed in recorder.taken] == [other]
    assert hand.trouble is not None
    recorder.refuses = lambda _: False
    hand.settle()
    assert [owed.transition for owed in recorder.taken] == [other, one, parts[1].transition]
    assert hand.trouble is None


def closing(change: Opened) -> Closed:
    return Closed(change, change.at, change.pts_s, 1.0, ())


def test_what_is_kept_for_a_full_disk_is_bounded_and_the_loss_is_counted(bench: Bench) -> None:
    change = opened(bench)
    tally = a_path(bench).tally
    hand = Hand(Refusing(lambda _: True), tally)  # type: ignore[arg-type]
    for _ in range(OWED_MOST + 3):
        hand.owe(Owed(replace(change, id=uuid4()), None, None))  # type: ignore[arg-type]
        hand.settle()
    assert tally.unrecorded == 3


def test_with_an_opening_that_is_lost_goes_its_closing(bench: Bench) -> None:
    """Nobody may hear of an end whose beginning was never told."""
    events = [replace(opened(bench), id=uuid4()) for _ in range(OWED_MOST + 1)]
    recorder = Refusing(lambda _: True)
    hand = Hand(recorder, a_path(bench).tally)  # type: ignore[arg-type]
    told = [events[0], events[1], closing(events[0]), *events[2:], closing(events[1])]
    for change in told:
        hand.owe(Owed(change, None, None))  # type: ignore[arg-type]
        hand.settle()
    recorder.refuses = lambda _: False
    hand.settle()
    assert [owed.transition for owed in recorder.taken] == events[2:]
    assert hand.tally.unrecorded == 4


# --- watch_through ---------------------------------------------------------------------------------------------------


def test_a_watch_of_a_camera_that_is_lost_closes_what_is_open(bench: Bench) -> None:
    source = bench.film(*[2.0] * 10, lost())
    with pytest.raises(SourceUnavailableError):
        watch_through(source, bench.path(camera(), source), bench.eyes, lambda _: None)  # type: ignore[arg-type]
    assert bench.told()[-1] == ("camera_black", "closed")
    assert bench.last("closed")["closed_reason"] == "interrupted"


def test_a_watch_ends_with_the_disk_s_own_words_when_it_is_full(bench: Bench) -> None:
    source = bench.film(*[2.0] * 10)
    bench.outbox.full = {"k1"}
    with pytest.raises(StorageError, match="No space left"):
        watch_through(source, bench.path(camera(), source), bench.eyes, lambda _: None)  # type: ignore[arg-type]


def test_a_watch_of_a_source_without_packets_is_no_error(bench: Bench) -> None:
    source = bench.film()
    tally = watch_through(source, bench.path(camera(), source), bench.eyes, lambda _: None)  # type: ignore[arg-type]
    assert (tally.packets, tally.looks, bench.told()) == (0, 0, [])


def test_a_finding_between_connections_shows_the_last_picture_with_its_own_heads_blurred(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I7: the last picture may show people, and the scene of the silence knows of nobody."""
    path = a_path(bench)
    play(bench, path, 4)
    seen: list[Owed] = []
    change = opened(bench)
    monkeypatch.setattr(Hand, "_record", lambda _, owed: seen.append(owed))
    path.attest(change, scene="of the silence")  # type: ignore[arg-type]
    (owed,) = seen
    assert path._last is not None
    assert owed.frame is path._last[0]
    assert owed.scene is path._last[1]
