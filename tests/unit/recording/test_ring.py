from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.films import START_AT, packet
from vision.frames import Packet
from vision.recording.ring import KEEP_S, PacketRing


def filled(packets: list[Packet], **bounds: int) -> PacketRing:
    ring = PacketRing(**bounds)
    for one in packets:
        ring.append(one)
    return ring


def stream(seconds: int, key_every: int = 2) -> list[Packet]:
    """Return one packet a second."""
    return [packet(s, key=s % key_every == 0) for s in range(seconds)]


@pytest.mark.parametrize(
    ("at_s", "first_s"),
    [(-100, 0), (0, 0), (1.9, 0), (2, 2), (5, 4), (100, 18)],
)
def test_since_begins_at_the_key_frame_at_or_before(at_s: float, first_s: int) -> None:
    packets = stream(20)
    got = filled(packets).since(START_AT + timedelta(seconds=at_s))
    assert got == tuple(packets[first_s:])


def test_an_empty_ring_has_nothing() -> None:
    assert PacketRing().since(START_AT) == ()
    assert filled([packet(0), packet(1)]).lost == 2


def test_old_groups_leave_and_fifteen_seconds_stay() -> None:
    ring = filled(stream(300))
    held = ring.since(START_AT)
    assert held[-1].pts_s - held[0].pts_s <= 32
    sparse = filled(stream(300, key_every=20)).since(START_AT)
    assert sparse[-1].pts_s - sparse[0].pts_s >= KEEP_S


def test_a_group_beyond_the_limit_is_lost_and_the_next_starts_anew() -> None:
    packets = [packet(0, key=True, size_bytes=60), packet(1, size_bytes=60), packet(2, size_bytes=1)]
    ring = filled([*packets, packet(3, key=True, size_bytes=9)], max_bytes=100)
    assert ring.lost == 3
    assert [p.pts_s for p in ring.since(START_AT)] == [3]


PACKETS = st.lists(st.tuples(st.booleans(), st.integers(1, 50), st.floats(0, 12)), max_size=120)


@given(PACKETS, st.integers(20, 2000))
def test_whatever_comes_the_ring_is_bounded_and_starts_at_a_key_frame(
    arrivals: list[tuple[bool, int, float]], max_bytes: int
) -> None:
    ring, now_s = PacketRing(max_bytes=max_bytes), 0.0
    for key, size_bytes, gap_s in arrivals:
        now_s += gap_s
        ring.append(packet(now_s, key=key, size_bytes=size_bytes))
        held = ring.since(START_AT - timedelta(days=1))
        assert sum(len(p.data) for p in held) == ring.size_bytes <= max_bytes
        assert len(ring) == len(held)
        assert not held or held[0].is_key


@given(PACKETS)
def test_age_alone_never_takes_the_last_fifteen_seconds(arrivals: list[tuple[bool, int, float]]) -> None:
    ring, now_s = PacketRing(), 0.0
    since_key: list[Packet] = []
    for key, size_bytes, gap_s in arrivals:
        now_s += gap_s
        newest = packet(now_s, key=key, size_bytes=size_bytes)
        ring.append(newest)
        since_key += [newest] if key or since_key else []
        held = ring.since(START_AT - timedelta(days=1))
        assert held == tuple(since_key[len(since_key) - len(held) :])
        recent = [p for p in since_key if now_s - p.pts_s < KEEP_S - 0.002]
        assert len(held) >= len(recent)
