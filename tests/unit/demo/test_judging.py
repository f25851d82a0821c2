from math import nan

import pytest

from vision.demo.judging import Found, judge
from vision.demo.truth import ClipTruth, EventTruth, FrameTruth, PersonTruth

LIN = PersonTruth("lin", (10, 10, 60, 160), (20, 10, 45, 40), "missing", "worn", "n", "jacket", 1.0)
WU = PersonTruth("wu", (200, 10, 260, 170), None, "unknown", "unknown", "u", "jacket", 1.0)
HAT = EventTruth("no_hat", 5.0, 25.0, "main", "lin", 20.0)
BLACK = EventTruth("camera_black", 30.0, 50.0, "main", "camera", 20.0)
DWELL_S = {"camera_black": 10.0}


def truth(*events: EventTruth) -> ClipTruth:
    frames = tuple(FrameTruth(n, n / 2, (LIN, WU)) for n in range(120))
    return ClipTruth("s", "cooking", (320, 240), 2, 60, off_hours=False, renderer="r", frames=frames, events=events)


def found(kind: str, started_s: float, opened_s: float, box: tuple[int, ...] | None = LIN.box) -> Found:
    return Found(kind, "main", started_s, opened_s, nan, box and tuple(map(float, box)))  # type: ignore[arg-type]


def test_an_event_in_its_time_on_its_person_is_found() -> None:
    verdict = judge(truth(HAT), [found("no_hat", 6, 8)], DWELL_S)
    assert [event for event, _ in verdict.found] == [HAT]
    assert not any((verdict.missed, verdict.short, verdict.repeated, verdict.false))


@pytest.mark.parametrize(
    "wrong",
    [
        found("no_mask", 6, 8),
        found("no_hat", 1, 8),
        found("no_hat", 26, 28),
        found("no_hat", 6, 8, WU.box),
        found("no_hat", 6, 8, None),
    ],
    ids=["kind", "too early", "too late", "another person", "nobody"],
)
def test_what_was_not_so_is_false_and_what_was_so_is_missed(wrong: Found) -> None:
    verdict = judge(truth(HAT), [wrong], DWELL_S)
    assert verdict.false == (wrong,)
    assert verdict.missed == (HAT,)


def test_finding_it_twice_is_no_second_event() -> None:
    verdict = judge(truth(HAT), [found("no_hat", 16, 18), found("no_hat", 6, 8)], DWELL_S)
    assert [hit.opened_s for _, hit in verdict.found] == [8]
    assert [again.opened_s for again in verdict.repeated] == [18]


def test_what_was_seen_too_shortly_need_not_be_found() -> None:
    brief = EventTruth("camera_black", 30.0, 45.0, "main", "camera", 15.0)
    verdict = judge(truth(brief, BLACK), [], DWELL_S)
    assert verdict.short == (brief,)
    assert verdict.missed == (BLACK,)


def test_a_zone_is_not_another() -> None:
    elsewhere = Found("camera_black", "other", 30, 42, nan, None)
    assert judge(truth(BLACK), [elsewhere], DWELL_S).false == (elsewhere,)


def test_nothing_opened_and_nothing_so_is_an_empty_verdict() -> None:
    verdict = judge(truth(), [], {})
    assert not any((verdict.found, verdict.repeated, verdict.missed, verdict.short, verdict.false))
