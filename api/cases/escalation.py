"""What falls due while nobody acts, each thing at its own instant: reminders, what a supervisor let lie, cards.

However often or rarely somebody looks, the same things come in the same order with the same instants: a machine that
was away for a week writes the same story as one that looked each second.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.cases.calendar import SiteCalendar
from api.cases.clocks import Clock
from api.cases.machine import Case, Stage, Step, taken, upcoming

OVERDUE = 1.0
"""The share of a clock at which it has run out."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """A clock's party is told that a share of it has passed."""

    number: int
    """Of the clock, in the order in which the case started them."""
    clock: Clock
    share: float
    at: datetime

    @property
    def name(self) -> str:
        """Return what it is called in the log: the last one says that the clock has run out."""
        return "overdue" if self.share == OVERDUE else "reminded"


@dataclass(frozen=True, slots=True)
class Watched:
    """A case and how many reminders each of its clocks has given."""

    case: Case
    reminded: tuple[int, ...]

    def after(self, case: Case, at: datetime) -> "Watched":
        """Return the case as a step has left it; a clock that got a new end reminds anew of what is still to come."""
        counted = tuple(self._count(number, clock, case, at) for number, clock in enumerate(case.clocks))
        return Watched(case, counted)

    def _count(self, number: int, clock: Clock, case: Case, at: datetime) -> int:
        if number >= len(self.reminded):
            return 0
        if clock.due_at == self.case.clocks.all[number].due_at:
            return self.reminded[number]
        return sum(clock.reminder_at(share) <= at for share in shares(case, clock))


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that fell due, and the case after it."""

    due: Reminder | Step
    watched: Watched


def shares(case: Case, clock: Clock) -> tuple[float, ...]:
    """Return at which shares of a clock its party is told.

    Cards speak of a kitchen's clock that has run out; of a supervisor's nobody else would. Behind a closed case nobody
    is reminded that it can still be contested.
    """
    if clock.party == "system" or (clock.name == "appeal" and case.stage is Stage.CLOSED):
        return ()
    return (*case.terms.reminders, OVERDUE) if clock.party == "supervisor" else case.terms.reminders


def next_due(watched: Watched) -> Reminder | Step | None:
    """Return what will happen first if nobody acts; a reminder comes before a card of the same instant."""
    coming: list[Reminder | Step] = [*_reminders(watched.case, watched.reminded)]
    step = upcoming(watched.case)
    return min([*coming, step] if step else coming, key=lambda due: due.at, default=None)


def fallen_due(watched: Watched, at: datetime, calendar: SiteCalendar) -> Iterator[Turn]:
    """Yield everything that fell due by an instant, in order."""
    while (due := next_due(watched)) and due.at <= at:
        watched = _after(watched, due, calendar)
        yield Turn(due, watched)


def _reminders(case: Case, reminded: Sequence[int]) -> Iterator[Reminder]:
    """Yield the next reminder of each clock that runs."""
    for number, (clock, given) in enumerate(zip(case.clocks, reminded, strict=True)):
        left = shares(case, clock)[given:]
        if clock.is_running and left:
            yield Reminder(number, clock, left[0], clock.reminder_at(left[0]))


def _after(watched: Watched, due: Reminder | Step, calendar: SiteCalendar) -> Watched:
    if isinstance(due, Step):
        return watched.after(taken(watched.case, due, calendar), due.at)
    given = tuple(count + (number == due.number) for number, count in enumerate(watched.reminded))
    return Watched(watched.case, given)
