"""What one webhook is told next, and what is written about it after each try, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from api.notify import signing
from api.notify.ladder import Move, Next, Standing, Verdict
from api.notify.sending import WITHIN_S, Letter, Try
from api.store import followers, log, webhooks
from api.store.followers import Hold
from api.store.scope import WHOLE, Scope

PAGE = 20
KEPT = timedelta(days=14)
"""So long the tries are kept."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one webhook is to be told next."""

    row: dict[str, Any] = field(repr=False)
    lines: list[log.Logged] = field(repr=False)
    head: int
    """Where the log ended when we looked: with nothing to tell, everything up to here is settled."""
    again: int | None = None
    """Number of the one line, a dead letter that is tried again; there is no line when its webhook may not see it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One try and what follows."""

    line: log.Logged
    tried: Try
    next: Next
    at: datetime


def turn(connection: Connection, webhook: str, hold: Hold, now: datetime) -> Turn | None:
    """Return what comes next; None when it is not ours to tell, not now, or not any more."""
    row = webhooks.find(connection, WHOLE, webhook)
    if row is None or row["state"] != "active" or row["holder"] != hold.holder:
        return None
    if row["due_at"] > now or not has_time(row, now):
        return None
    scope, head = Scope(row["region_path"]), log.head(connection)
    queued = webhooks.first_queued(connection, webhook)
    if queued is not None:
        line = log.line(connection, scope, queued)
        return Turn(dict(row), [line] if line else [], head, again=queued)
    wanted = log.Wanted(tuple(row["types"]), tuple(row["kinds"]))
    return Turn(dict(row), log.after(connection, scope, row["cursor"], PAGE, wanted), head)


def has_time(row: Mapping[Any, Any], now: datetime) -> bool:
    """Tell whether one try ends while we surely hold the webhook."""
    return bool(now + timedelta(seconds=WITHIN_S) <= row["held_until"])


def pass_over(connection: Connection, turn: Turn, hold: Hold, now: datetime) -> None:
    """Settle what is not for this webhook."""
    if turn.again is not None:
        webhooks.settled(connection, turn.row["id"], turn.again)
    elif turn.row["cursor"] < turn.head:
        followers.settle(connection, turn.row, hold, {"cursor": turn.head}, now)


def letter(row: Mapping[str, Any], line: log.Logged, now: datetime) -> Letter:
    """Return a line as this webhook gets it: the body as logged, the same id at each try."""
    message_id = f"msg_{line.sequence}"
    return Letter(row["url"], signing.headers(message_id, line.body, row["secrets"], now), line.body)


def standing(row: Mapping[str, Any]) -> Standing:
    """Return how it stands with a webhook."""
    return Standing(row["failures"], row["refusals"], row["letters"], row["failing_since"])


def settle(connection: Connection, turn: Turn, told: Told, hold: Hold) -> Turn | None:
    """Write what a try has changed; return the turn as it stands now, or None when it has ended.

    What is written only counts while we hold the webhook and nobody has moved its place.
    """
    row, line = turn.row, told.line
    webhooks.note(connection, note(row["id"], line, row["failures"] + 1, told.tried, told.at))
    values = {} if _is_asked_for(turn) and _is_refused(told) else _columns(told)
    if not _is_asked_for(turn) and (told.next.move is Move.ON or _is_given_up(told)):
        values["cursor"] = line.sequence
    if not followers.settle(connection, row, hold, values, told.at):
        return None
    _keep(connection, turn, told)
    if line.sequence % 100 == 0:
        webhooks.forget(connection, row["id"], told.at - KEPT)
    goes_on = told.next.move in {Move.ON, Move.LETTER} and webhooks.version(connection, row["id"]) == row["version"]
    return replace(turn, row={**row, **values, **hold.values(told.at)}) if goes_on else None


def _is_asked_for(turn: Turn) -> bool:
    """Tell whether a person wants this one tried again; then it is tried once, whatever the ladder says."""
    return turn.again is not None


def _is_refused(told: Told) -> bool:
    return told.tried.answer.verdict is Verdict.REFUSED


def _is_given_up(told: Told) -> bool:
    return _is_refused(told) and told.next.move is not Move.AGAIN


def _columns(told: Told) -> dict[str, Any]:
    stands = told.next.standing
    return {
        "failures": stands.failures,
        "refusals": stands.refusals,
        "letters": stands.letters,
        "failing_since": stands.failing_since,
        "due_at": stands.due_at or told.at,
    }


def _keep(connection: Connection, turn: Turn, told: Told) -> None:
    """Write dead letters, and switch off what will not come back."""
    webhook, sequence, answer = turn.row["id"], told.line.sequence, told.tried.answer
    asked_for = _is_asked_for(turn)
    if asked_for and answer.verdict is Verdict.TAKEN:
        webhooks.settled(connection, webhook, sequence)
    if _is_refused(told) and (asked_for or _is_given_up(told)):
        webhooks.bury(connection, webhook, sequence, {"status": answer.status, "reason": answer.reason, "at": told.at})
    if told.next.move is Move.END and not (asked_for and _is_refused(told)):
        webhooks.switch_off(connection, webhook, told.next.reason, told.at)


def note(webhook: str, line: log.Logged, attempt: int, tried: Try, at: datetime) -> dict[str, Any]:
    """Return the row of one try."""
    return {
        "webhook_id": webhook,
        "sequence": line.sequence,
        "type": line.type,
        "attempt": attempt,
        "at": at,
        "took_ms": tried.took_ms,
        "status": tried.answer.status,
        "outcome": tried.answer.verdict.value,
        "reason": tried.answer.reason,
    }
