"""A step that a person takes, and the steps that fall due by themselves: the machine's word, kept and told at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.auth.caller import Caller
from api.bodies import instant, version_etag
from api.cases.escalation import Reminder, Turn, fallen_due
from api.cases.machine import RULES, Action, Case, IllegalStepError, Step, taken
from api.casework.delivering import deliver, seen_by_site
from api.casework.holding import Held, actor_of, as_seen_by, hold
from api.casework.ordering import order_texts
from api.casework.proving import require_decision, require_proofs, require_records
from api.casework.telling import Happening, tell
from api.errors import ConflictError, ForbiddenError, field_error
from api.preconditions import require
from api.store import cases, log
from api.store.scope import WHOLE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants to do to a case, having seen one version of it."""

    case_id: str
    action: Action
    if_match: str
    reason: str = ""
    proof: tuple[str, ...] = ()
    until: datetime | None = None


def act(connection: Connection, caller: Caller, wanted: Wanted, now: datetime) -> None:
    """Take a step of a person.

    Raises:
        NotFoundError: there is no such case for this caller.
        StaleError: it was changed since the caller looked.
        ForbiddenError: this role never takes such a step.
        ConflictError: not now; its `errors` say what is permitted.
        InvalidInputError: reason, proof or deadline is missing or wrong.
    """
    log.take_turn(connection)
    held = hold(connection, caller.scope, wanted.case_id)
    require(wanted.if_match, version_etag(held.row))
    actor = actor_of(caller)
    if RULES[wanted.action].by != actor.role:
        raise ForbiddenError(f"only a {RULES[wanted.action].by} may {wanted.action}")
    held = catch_up(connection, held, now)
    if wanted.action is Action.RECTIFY:
        require_proofs(connection, held.case, wanted.proof)
    if wanted.action in (Action.INSPECT, Action.FIND_UNFIXED):
        require_records(connection, held, wanted.proof)
    require_decision(connection, held.case, wanted.action, wanted.reason)
    at = max([now, *(step.at for step in held.case.steps[-1:])])  # the clock of another process may be ahead
    step = Step(wanted.action, actor, at, wanted.reason, wanted.proof, wanted.until)
    after = held.watched.after(_taken(connection, held, step), at)
    values: dict[str, Any] = {"updated_at": now}
    if wanted.action is Action.ORDER:
        values["order_texts"] = order_texts(connection, held.row, after.case)
        deliver(connection, caller, held.row, values["order_texts"], at)
    if actor.role == "kitchen":
        seen_by_site(connection, caller, wanted.case_id, at)
    cases.put(connection, held.watched, after, values)
    tell(connection, held.case.id, _step_taken(after.case, caller.actor), now)


def _taken(connection: Connection, held: Held, step: Step) -> Case:
    try:
        case = taken(as_seen_by(connection, held.case, step.by), step, held.calendar)
    except IllegalStepError as error:
        allowed = ", ".join(error.permitted) or "nothing"
        raise ConflictError(str(error), errors=[field_error("action", str(step.action), allowed)]) from error
    return replace(case, confirmed_by=held.case.confirmed_by)


def advance(connection: Connection, case_id: str, now: datetime) -> int:
    """Let everything happen to a case that fell due; return how much did.

    Whoever comes second, in this process or another, waits for the first and then finds nothing left to do.
    """
    log.take_turn(connection)
    held = hold(connection, WHOLE, case_id)
    turns = list(fallen_due(held.watched, now, held.calendar))
    _keep(connection, held, turns, now)
    return len(turns)


def catch_up(connection: Connection, held: Held, now: datetime) -> Held:
    """Let everything happen first that fell due before somebody acts."""
    turns = list(fallen_due(held.watched, now, held.calendar))
    return _keep(connection, held, turns, now)


def _keep(connection: Connection, held: Held, turns: list[Turn], now: datetime) -> Held:
    for turn in turns:
        cases.put(connection, held.watched, turn.watched, {"updated_at": now})
        tell(connection, held.case.id, _fallen(turn), now)
        held = replace(held, watched=turn.watched)
    return held


def _fallen(turn: Turn) -> Happening:
    due = turn.due
    if isinstance(due, Reminder):
        return _reminder(due)
    return _step_taken(turn.watched.case)


def _reminder(due: Reminder) -> Happening:
    told = {"clock": due.clock.name, "party": due.clock.party, "due_at": instant(due.clock.due_at), "share": due.share}
    mark = f"clock/{due.number + 1}/{due.share:g}/{told['due_at']}"
    return Happening(due.name, mark, due.at, told=told, audited=False)


def _step_taken(case: Case, actor: str = "") -> Happening:
    """Return what the newest step of a case is to the log."""
    step = case.steps[-1]
    told: Mapping[str, Any] = {"reason": step.reason, "proof": list(step.proof), "until": instant(step.until)}
    happening = Happening(str(step.action), f"step/{len(case.steps)}", step.at, told=told)
    return replace(happening, actor=actor) if actor else happening
