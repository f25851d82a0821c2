"""What follows an answer: tables, and a receiver that lives for weeks on a simulated clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.notify.ladder import LONGEST_S, MOST_LETTERS, PATIENCE, STEPS_S, Answer, Move, Standing, Verdict, after, wait_s

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
TAKEN, REFUSED, AWAY, GONE = Answer(204), Answer(400), Answer(503), Answer(410)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, Verdict.TAKEN) for status in (200, 201, 202, 204, 299)),
        *((status, Verdict.AWAY) for status in (0, 408, 425, 429, 502, 503, 504)),
        *((status, Verdict.REFUSED) for status in (100, 199, 301, 307, 400, 401, 404, 413, 422, 500, 501, 505)),
        (410, Verdict.GONE),
    ],
)
def test_each_status_means_one_thing(status: int, verdict: Verdict) -> None:
    assert Answer(status).verdict is verdict


def test_what_is_taken_makes_everything_well() -> None:
    ill = Standing(failures=4, refusals=2, letters=3, failing_since=NOW, due_at=NOW)
    told = after(ill, TAKEN, NOW, 0.5)
    assert (told.move, told.standing) == (Move.ON, Standing())


def test_gone_is_the_end_at_once() -> None:
    told = after(Standing(), GONE, NOW, 0.5)
    assert told.move is Move.END
    assert "410" in told.reason


def lived(answer: Answer, until: timedelta) -> tuple[list[Move], timedelta, Standing]:
    """Return what follows the same answer again and again, how long it went on, and how it stands then."""
    now, stands, moves = NOW, Standing(), list[Move]()
    while now - NOW < until and Move.END not in moves:
        told = after(stands, answer, now, 0.5)
        moves.append(told.move)
        stands = told.standing
        now = stands.due_at or now
    return moves, now - NOW, stands


def test_a_message_that_is_refused_is_given_up_after_the_whole_ladder() -> None:
    moves, passed, _ = lived(REFUSED, timedelta(seconds=sum(STEPS_S) + 1))
    first = moves.index(Move.LETTER)
    assert moves[:first] == [Move.AGAIN] * len(STEPS_S)
    assert passed >= timedelta(minutes=40)


def test_who_refuses_everything_is_switched_off_and_who_is_away_loses_nothing() -> None:
    moves, _, _ = lived(REFUSED, timedelta(days=2))
    assert moves.count(Move.LETTER) == MOST_LETTERS - 1
    assert moves[-1] is Move.END
    moves, passed, _ = lived(AWAY, timedelta(days=30))
    assert set(moves[:-1]) == {Move.AGAIN}
    assert moves[-1] is Move.END
    assert PATIENCE <= passed < PATIENCE + timedelta(seconds=LONGEST_S)


def test_a_day_of_absence_is_waited_out() -> None:
    moves, _, stands = lived(AWAY, timedelta(days=1))
    assert set(moves) == {Move.AGAIN}
    assert after(stands, TAKEN, NOW + timedelta(days=1), 0.5).move is Move.ON


def test_absence_is_no_refusal() -> None:
    stands = Standing()
    for _ in range(50):
        stands = after(stands, AWAY, NOW, 0.5).standing
    assert stands.refusals == 0
    assert after(stands, REFUSED, NOW, 0.5).move is Move.AGAIN


@given(st.integers(1, 100), st.floats(0, 1), st.floats(0, 1e6))
def test_a_wait_grows_is_shaken_and_never_shorter_than_asked(failures: int, chance: float, asked_s: float) -> None:
    step_s = STEPS_S[failures - 1] if failures <= len(STEPS_S) else LONGEST_S
    waited_s = wait_s(failures, Answer(503, retry_after_s=asked_s), chance)
    assert waited_s >= min(asked_s, LONGEST_S)
    assert 0.79 * step_s <= wait_s(failures, AWAY, chance) <= 1.21 * step_s
    assert waited_s <= 1.21 * LONGEST_S


answers = st.lists(st.sampled_from([TAKEN, REFUSED, AWAY]), max_size=300)


@given(answers, st.floats(0, 1))
def test_every_message_is_taken_or_a_letter_or_still_waits(said: list[Answer], chance: float) -> None:
    now, stands, taken, letters, refused = NOW, Standing(), 0, 0, 0
    for answer in said:
        told = after(stands, answer, now, chance)
        refused = refused + 1 if answer is REFUSED else refused
        taken += told.move is Move.ON
        letters += told.move is Move.LETTER
        if told.move is Move.END:
            break
        assert (told.standing.due_at is None) == (told.move is not Move.AGAIN)
        stands, now = told.standing, told.standing.due_at or now
    assert taken <= said.count(TAKEN)
    assert letters * (len(STEPS_S) + 1) <= refused
