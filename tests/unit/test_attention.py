"""Attention: key frames at their interval, everything between them in a burst, and nothing decoded in vain."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from types import TracebackType
from typing import Self

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.films import CAMERA, INFO, START_AT, packet
from vision.attention import LARGEST_RUN_BYTES, LONGEST_RUN, Attention
from vision.frames import Frame, Packet, StreamInfo
from vision.picture import Pixels
from vision.sources.sampler import KeyFrameSampler

IMAGE = np.zeros((2, 2, 3), np.uint8)


def frame(one: Packet) -> Frame:
    return Frame(CAMERA, Pixels(IMAGE), one.received_at, one.pts_s)


@dataclass(slots=True)
class Followed:
    """A decoder that needs its run whole, like a real one."""

    decoded: list[float] = field(default_factory=list)

    def decode(self, packet: Packet, wants: Callable[[float], bool]) -> list[Frame]:
        assert packet.is_key or self.decoded, "a run begins with a key frame"
        self.decoded.append(packet.pts_s)
        return [frame(packet)] if wants(packet.pts_s) else []


@dataclass(slots=True)
class Camera:
    """A source whose decoders write down what they are given."""

    keys: list[float] = field(default_factory=list)
    followers: list[Followed] = field(default_factory=list)
    info: StreamInfo = INFO
    live: bool = True

    def packets(self) -> Iterator[Packet]:
        return iter(())

    def rest(self) -> None:
        pass

    def decode(self, packet: Packet) -> Frame | None:
        self.keys.append(packet.pts_s)
        return frame(packet)

    def follower(self) -> Followed:
        self.followers.append(Followed())
        return self.followers[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def stream(seconds: float, gop_s: float = 2.0, fps: int = 25) -> Iterator[Packet]:
    for number in range(round(seconds * fps)):
        yield packet(number / fps, key=number % round(gop_s * fps) == 0)


def looked(attention: Attention, packets: Iterator[Packet], burst_at_s: float = -1) -> list[float]:
    """Return the times that were looked at; a suspicion arises with the look at `burst_at_s`."""
    times: list[float] = []
    for one in packets:
        for shown in attention.take(one):
            times.append(shown.pts_s)
            suspects = shown.pts_s >= burst_at_s >= 0
            attention.bursts.heard(shown.at, suspects=suspects, opened=False)
    return times


def attention(interval_s: float = 2.0) -> tuple[Attention, Camera]:
    camera = Camera()
    return Attention(camera, KeyFrameSampler(interval_s)), camera


def test_a_quiet_camera_costs_its_due_key_frames_and_nothing_else() -> None:
    eyes, camera = attention(4.0)
    assert looked(eyes, stream(12)) == [0, 4, 8] == camera.keys
    assert camera.followers == []


def test_a_suspicion_is_followed_at_five_looks_a_second_and_then_left() -> None:
    eyes, camera = attention()
    times = looked(eyes, stream(12), burst_at_s=2.0)
    assert times[:2] == [0, 2]
    closely = [time for time in times if 2 < time < 6]
    assert 16 <= len(closely) <= 20
    assert all(0.15 <= b - a <= 0.25 for a, b in pairwise(closely))
    assert [time for time in times if time > 6.1] == [8, 10]
    assert len(camera.followers) == 1


def test_a_burst_that_begins_late_decodes_its_run_from_the_key_frame_but_looks_at_nothing_twice() -> None:
    eyes, camera = attention()
    packets = list(stream(6))
    for one in packets[:20]:
        eyes.take(one)
    eyes.bursts.heard(packets[19].received_at, suspects=True, opened=False)
    times = [shown.pts_s for one in packets[20:30] for shown in eyes.take(one)]
    assert camera.followers[0].decoded[0] == 0
    assert times == sorted(set(times))
    assert times[0] > 0


def test_a_camera_with_rare_key_frames_is_decoded_fully_and_says_so() -> None:
    eyes, camera = attention()
    times = looked(eyes, stream(30, gop_s=10))
    assert eyes.decodes_fully
    late = [time for time in times if time > 5]
    assert all(1.9 <= b - a <= 2.1 for a, b in pairwise(late))
    assert len(late) >= 11
    assert len(camera.followers[-1].decoded) > 200


def test_before_the_first_key_frame_there_is_nothing_to_see() -> None:
    eyes, camera = attention()
    eyes.bursts.heard(START_AT, suspects=True, opened=False)
    assert eyes.take(packet(0.04)) == []
    assert camera.followers == []


def test_a_run_without_end_is_not_kept() -> None:
    eyes, _ = attention(interval_s=3600)
    eyes.take(packet(0, key=True))
    for number in range(1, 2 * LONGEST_RUN):
        eyes.take(packet(number / 25))
    assert len(eyes._run) <= LONGEST_RUN


@given(st.lists(st.integers(0, 250), max_size=4), st.sampled_from([0.4, 1.0, 2.0]))
def test_looks_are_always_in_the_order_of_time(bursts: list[int], gop_s: float) -> None:
    eyes, _ = attention(1.0)
    times = []
    for number, one in enumerate(stream(10, gop_s)):
        times += [shown.pts_s for shown in eyes.take(one)]
        if number in bursts:
            eyes.bursts.heard(one.received_at + timedelta(seconds=30), suspects=False, opened=True)
            eyes.bursts.heard(one.received_at, suspects=True, opened=False)
    assert times == sorted(set(times))


def test_a_flood_is_not_kept() -> None:
    attention = Attention(Camera(), KeyFrameSampler(1e9))
    chunk = LARGEST_RUN_BYTES // 8
    for number in range(40):
        attention.take(packet(number / 25, key=number == 0, size_bytes=chunk))
        assert sum(len(one.data) for one in attention._run) <= LARGEST_RUN_BYTES + chunk
