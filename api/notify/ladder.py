"""What a receiver's answer means and what follows from it: pure, with time and chance as arguments.

A receiver that is away holds everything up, in order, and loses nothing. One that is there and refuses a message is
asked again five times; then that message becomes a dead letter, so that the next ones get through.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

STEPS_S = (5, 30, 120, 600, 1800)
"""Waits after failures in a row; a message that is refused once more after the last is given up."""
LONGEST_S = 3600
"""Between two tries at somebody who is away, however long."""
PATIENCE = timedelta(days=5)
"""So long a receiver may be away without a break before it is switched off; the log still holds everything for it."""
MOST_LETTERS = 10
"""Dead letters in a row, after which a receiver refuses everything and is switched off."""
SHAKEN = 0.2
"""A wait is up to so much shorter or longer: receivers that failed together must not come back together."""


class Verdict(StrEnum):
    """What one try has shown."""

    TAKEN = "taken"
    REFUSED = "refused"
    """Somebody is there and does not want this message."""
    AWAY = "away"
    """Nobody is there, or nobody who can work now."""
    GONE = "gone"
    """Says that it will never come back."""


class Move(StrEnum):
    """What follows."""

    ON = "on"
    """To the next message."""
    AGAIN = "again"
    LETTER = "letter"
    """The message becomes a dead letter; then on to the next."""
    END = "end"
    """Switch the receiver off; its place in the log stays."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One try: HTTP status, 0 when there was none, and what the receiver asked for."""

    status: int
    reason: str = ""
    retry_after_s: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """Return what it means."""
        if 200 <= self.status < 300:
            return Verdict.TAKEN
        if self.status == 410:
            return Verdict.GONE
        return Verdict.AWAY if self.status in _AWAY else Verdict.REFUSED


_AWAY = frozenset({0, 408, 425, 429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with one receiver."""

    failures: int = 0
    """In a row, of any kind."""
    refusals: int = 0
    """Of the message whose turn it is."""
    letters: int = 0
    """In a row."""
    failing_since: datetime | None = None
    due_at: datetime | None = None
    """Not to be tried before; None = at once."""


@dataclass(frozen=True, slots=True)
class Next:
    """What follows, and how it stands then."""

    move: Move
    standing: Standing
    reason: str = ""
    """Why it ends; empty otherwise."""


def after(before: Standing, answer: Answer, now: datetime, chance: float) -> Next:
    """Decide what follows an answer; `chance` is a random number from 0 to 1."""
    verdict = answer.verdict
    if verdict is Verdict.TAKEN:
        return Next(Move.ON, Standing())
    if verdict is Verdict.GONE:
        return Next(Move.END, replace(before, due_at=None), "it answered 410: gone")
    since = before.failing_since or now
    failed = replace(before, failures=before.failures + 1, failing_since=since)
    if verdict is Verdict.AWAY:
        return _away(failed, answer, now, chance)
    return _refused(replace(failed, refusals=before.refusals + 1), answer, now, chance)


def _away(failed: Standing, answer: Answer, now: datetime, chance: float) -> Next:
    if failed.failing_since is not None and now - failed.failing_since >= PATIENCE:
        return Next(Move.END, failed, f"it was away for {PATIENCE.days} days")
    return _again(failed, answer, now, chance)


def _refused(failed: Standing, answer: Answer, now: datetime, chance: float) -> Next:
    if failed.refusals <= len(STEPS_S):
        return _again(failed, answer, now, chance)
    letters = failed.letters + 1
    on = Standing(letters=letters, failing_since=failed.failing_since)
    if letters >= MOST_LETTERS:
        return Next(Move.END, on, f"it refused {letters} messages in a row")
    return Next(Move.LETTER, on)


def _again(failed: Standing, answer: Answer, now: datetime, chance: float) -> Next:
    return Next(Move.AGAIN, replace(failed, due_at=now + timedelta(seconds=wait_s(failed.failures, answer, chance))))


def wait_s(failures: int, answer: Answer, chance: float) -> float:
    """Return the seconds before the next try: never less than was asked for, never much more than an hour."""
    step_s = STEPS_S[failures - 1] if failures <= len(STEPS_S) else LONGEST_S
    shaken_s = step_s * (1 - SHAKEN + 2 * SHAKEN * chance)
    return max(shaken_s, min(answer.retry_after_s, LONGEST_S))
