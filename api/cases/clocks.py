"""The clocks of one case: each has an owner and a rule, runs, pauses while an appeal is decided, and is never lost."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from api.cases.calendar import SiteCalendar
from api.cases.terms import Span, Terms

ClockName = Literal["order", "acknowledge", "plan", "fix", "recheck", "appeal", "decide", "red", "on_site"]
Party = Literal["supervisor", "kitchen", "system"]
PARTIES: dict[ClockName, Party] = {
    "order": "supervisor",
    "acknowledge": "kitchen",
    "plan": "kitchen",
    "fix": "kitchen",
    "recheck": "supervisor",
    "appeal": "kitchen",
    "decide": "supervisor",
    "red": "system",
    "on_site": "system",
}
DUTIES: tuple[ClockName, ...] = ("order", "acknowledge", "plan", "fix", "recheck", "decide")
"""Clocks within which a person must act."""
PAUSED_BY_APPEAL: tuple[ClockName, ...] = ("acknowledge", "plan", "fix", "recheck", "red", "on_site")
"""Nobody may act on them meanwhile, the supervisor who would re-check included."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline."""

    name: ClockName
    started_at: datetime
    due_at: datetime
    in_working_time: bool
    """Counts only the hours in which the site works."""
    stopped_at: datetime | None = None
    stopped_by: str = ""
    """The action that stopped it."""
    left: timedelta | None = None
    """What is left of a clock that pauses; negative if it had run out."""

    @property
    def party(self) -> Party:
        """Return whose clock it is."""
        return PARTIES[self.name]

    @property
    def is_running(self) -> bool:
        """Tell whether time passes on it."""
        return self.stopped_at is None and self.left is None

    def is_overdue(self, at: datetime) -> bool:
        """Tell whether it had run out by an instant."""
        return self.is_running and at >= self.due_at

    def reminder_at(self, share: float) -> datetime:
        """Return when a share of it has passed."""
        return self.started_at + (self.due_at - self.started_at) * share


@dataclass(frozen=True, slots=True)
class Clocks:
    """All clocks that a case ever had, in the order in which they were started."""

    all: tuple[Clock, ...] = ()

    def __iter__(self) -> Iterator[Clock]:
        return iter(self.all)

    def is_running(self, name: ClockName, at: datetime) -> bool:
        """Tell whether a clock of that name runs and has not run out by an instant."""
        return any(clock.name == name and clock.is_running and at < clock.due_at for clock in self.all)

    def first_overdue(self, names: Collection[str], at: datetime) -> Clock | None:
        """Return the clock among these that ran out first; None where all are in time."""
        found = [clock for clock in self.all if clock.name in names and clock.is_overdue(at)]
        return min(found, key=lambda clock: clock.due_at, default=None)

    def start(self, names: Iterable[ClockName], terms: Terms, at: datetime, calendar: SiteCalendar) -> "Clocks":
        """Start the clocks of these names for which there are terms."""
        spans = ((name, getattr(terms, name)) for name in names)
        new = (Clock(name, at, span.after(at, calendar), span.is_working_time) for name, span in spans if span)
        return Clocks((*self.all, *new))

    def stop(self, names: Collection[str], at: datetime, by: str) -> "Clocks":
        """Stop these, running or paused."""
        return self._change(names, lambda clock: replace(clock, stopped_at=at, stopped_by=str(by), left=None))

    def stop_all(self, at: datetime, by: str) -> "Clocks":
        """Stop every clock: the case is over."""
        return self.stop(tuple(PARTIES), at, by)

    def pause(self, at: datetime, calendar: SiteCalendar) -> "Clocks":
        """Keep what is left of the clocks on which nobody may act while an appeal is decided."""
        return self._change(PAUSED_BY_APPEAL, lambda clock: replace(clock, left=_left(clock, at, calendar)))

    def resume(self, at: datetime, calendar: SiteCalendar) -> "Clocks":
        """Let the paused clocks run on with what was left."""
        return self._change(PAUSED_BY_APPEAL, lambda clock: _resumed(clock, at, calendar))

    def extend(self, until: datetime) -> "Clocks":
        """Move the deadlines of the site to a later instant; none is moved to an earlier one."""
        names = ("acknowledge", "plan", "fix")
        return self._change(names, lambda clock: replace(clock, due_at=max(clock.due_at, until)))

    def hasten(self, names: Iterable[ClockName], terms: Terms, at: datetime, calendar: SiteCalendar) -> "Clocks":
        """Let clocks end as early as if they had begun under other terms at an instant; none ends later."""
        spans = {name: span for name in names if (span := getattr(terms, name)) is not None}
        return self._change(spans, lambda clock: _hastened(clock, spans[clock.name], at, calendar))

    def with_new(self, others: "Clocks") -> "Clocks":
        """Return these and, behind them, others."""
        return Clocks((*self.all, *others.all))

    def next_duty(self) -> Clock | None:
        """Return the running clock of somebody's duty that ends first; an appeal's window is no duty."""
        duties = [clock for clock in self.all if clock.is_running and clock.name in DUTIES]
        return min(duties, key=lambda clock: clock.due_at, default=None)

    def _change(self, names: Collection[str], change: Callable[[Clock], Clock]) -> "Clocks":
        return Clocks(tuple(change(c) if c.name in names and c.stopped_at is None else c for c in self.all))


def _left(clock: Clock, at: datetime, calendar: SiteCalendar) -> timedelta:
    if not clock.in_working_time or at >= clock.due_at:
        return clock.due_at - at
    return calendar.working_time(at, clock.due_at)


def _hastened(clock: Clock, span: Span, at: datetime, calendar: SiteCalendar) -> Clock:
    sooner = replace(clock, due_at=span.after(at, calendar), in_working_time=span.is_working_time)
    if clock.left is None:
        return sooner if sooner.due_at < clock.due_at else clock
    left = _left(replace(sooner, left=None), at, calendar)
    return replace(sooner, left=left) if left < clock.left else clock


def _resumed(clock: Clock, at: datetime, calendar: SiteCalendar) -> Clock:
    if clock.left is None:
        return clock
    in_work = clock.in_working_time and clock.left > timedelta()
    due_at = calendar.after_working(at, clock.left) if in_work else at + clock.left
    return replace(clock, due_at=due_at, left=None)
