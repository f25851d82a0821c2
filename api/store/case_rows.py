"""Between rows and the pure machine: a case is taken out of the store whole and put back whole."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from api.cases.clocks import Clock, Clocks
from api.cases.escalation import Watched, next_due
from api.cases.machine import SYSTEM, Action, Actor, Case, Stage, Step
from api.cases.terms import Terms
from api.store.case_schema import NEVER

Row = Mapping[Any, Any]
_US = timedelta(microseconds=1)


def watched_of(row: Row, clocks: Iterable[Row], steps: Iterable[Row]) -> Watched:
    """Return the case that these rows hold; `clocks` and `steps` in the order of their numbers."""
    told = tuple(clocks)
    case = Case(
        id=row["id"],
        confirmed_by=row["confirmed_by"],
        terms=Terms.read(row["terms"]),
        stage=Stage(row["stage"]),
        appeal=row["appeal"],
        card=row["card"],
        clocks=Clocks(tuple(map(clock_of, told))),
        steps=tuple(map(_step_of, steps)),
    )
    return Watched(case, tuple(clock["reminded"] for clock in told))


def case_values(watched: Watched) -> dict[str, Any]:
    """Return the columns of `cases` that say where it stands."""
    case, duty, due = watched.case, watched.case.clocks.next_duty(), next_due(watched)
    return {
        "stage": str(case.stage),
        "appeal": case.appeal,
        "card": case.card,
        "turn": case.turn or "none",
        "terms": case.terms.written(),
        "steps": len(case.steps),
        "due_at": duty.due_at if duty else NEVER,
        "wakes_at": due.at if due else NEVER,
    }


def clock_rows(watched: Watched) -> list[dict[str, Any]]:
    """Return every clock as its row."""
    told = zip(watched.case.clocks, watched.reminded, strict=True)
    return [_clock_row(watched.case.id, number, *clock) for number, clock in enumerate(told, 1)]


def step_row(case: Case, number: int, stored_at: datetime) -> dict[str, Any]:
    """Return one step as its row; numbers begin at 1."""
    step = case.steps[number - 1]
    return {
        "case_id": case.id,
        "number": number,
        "action": str(step.action),
        "user_id": None if step.by == SYSTEM else step.by.id,
        "role": step.by.role,
        "at": step.at,
        "stored_at": stored_at,
        "reason": step.reason,
        "proof": list(step.proof),
        "until": step.until,
    }


def _step_of(row: Row) -> Step:
    by = Actor(row["user_id"], row["role"]) if row["user_id"] else SYSTEM
    return Step(Action(row["action"]), by, row["at"], row["reason"], tuple(row["proof"]), row["until"])


def clock_of(row: Row) -> Clock:
    """Return the clock that a row holds."""
    left = None if row["left_us"] is None else row["left_us"] * _US
    plain = ("name", "started_at", "due_at", "in_working_time", "stopped_at", "stopped_by")
    return replace(Clock(**{name: row[name] for name in plain}), left=left)


def _clock_row(case_id: str, number: int, clock: Clock, reminded: int) -> dict[str, Any]:
    plain = ("name", "started_at", "due_at", "in_working_time", "stopped_at", "stopped_by")
    left_us = None if clock.left is None else clock.left // _US
    values = {name: getattr(clock, name) for name in plain}
    return {"case_id": case_id, "number": number, **values, "left_us": left_us, "reminded": reminded}
