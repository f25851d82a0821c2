"""One inspection, pure: open while it is filled in, concluded once with an outcome, or void; and what it admits to.

::

    open ──answer▶ open ──conclude▶ passed | to_correct | failed      open ──void▶ void

A key line that is not in order fails the whole; a general one is to be corrected within a time limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from api.answers import Answer, put_in
from api.inspections.lists import CheckList, Line
from vision.errors import InvalidInputError

State = Literal["open", "concluded", "void"]
Outcome = Literal["", "passed", "to_correct", "failed"]
Admission = Literal["pending", "admitted", "to_correct", "refused", "expired"]
STANDS: frozenset[Admission] = frozenset({"admitted", "to_correct"})
"""With which a site may supply."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """As it stands; made by its constructor while open, changed by `answered`, `concluded` and `voided` only."""

    list: CheckList
    lines: tuple[Line, ...]
    opened_at: datetime
    state: State = "open"
    answers: Mapping[str, Answer] = field(default_factory=dict)
    outcome: Outcome = ""
    valid_until: datetime | None = None
    """Until when the outcome lets the site supply; None where it does not, or the list gates nothing."""

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return the lines without an answer, and those that are not in order without a word about it."""
        return tuple(line.id for line in self.lines if not _is_complete(self.answers.get(line.id)))

    @property
    def faults(self) -> tuple[Line, ...]:
        """Return the lines that are not in order."""
        return tuple(line for line in self.lines if self._result(line) == "not_ok")

    def _result(self, line: Line) -> str:
        answer = self.answers.get(line.id)
        return answer.result if answer else ""


def _is_complete(answer: Answer | None) -> bool:
    return answer is not None and (answer.result == "ok" or bool(answer.note))


def answered(inspection: Inspection, answers: Mapping[str, Answer]) -> Inspection:
    """Return it with these lines answered (again); InvalidInputError where it is not open, or no such line is asked."""
    _require_open(inspection)
    return replace(inspection, answers=put_in(inspection.answers, (line.id for line in inspection.lines), answers))


def concluded(inspection: Inspection, at: datetime) -> Inspection:
    """Return it with its outcome; InvalidInputError names the lines that are open."""
    _require_open(inspection)
    if inspection.gaps:
        allowed = "a result for each, and a note where something is not in order or does not apply"
        raise InvalidInputError("answers", ", ".join(inspection.gaps), allowed)
    faults = inspection.faults
    outcome: Outcome = "passed"
    if faults:
        outcome = "failed" if any(line.key for line in faults) else "to_correct"
    span = {"passed": inspection.list.valid, "to_correct": inspection.list.correct}.get(outcome)
    return replace(inspection, state="concluded", outcome=outcome, valid_until=at + span if span else None)


def voided(inspection: Inspection) -> Inspection:
    """Return it void: it was opened by mistake."""
    _require_open(inspection)
    return replace(inspection, state="void")


def _require_open(inspection: Inspection) -> None:
    if inspection.state != "open":
        raise InvalidInputError("state", inspection.state, "an open inspection")


def admission(outcome: Outcome, valid_until: datetime | None, at: datetime) -> Admission:
    """Return what the newest result of a gating list means at an instant; an empty one: none is concluded yet."""
    if not outcome:
        return "pending"
    if outcome == "failed":
        return "refused"
    if valid_until is None or at >= valid_until:
        return "expired"
    return "admitted" if outcome == "passed" else "to_correct"
