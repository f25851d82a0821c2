"""One round of one site, pure: open from the first moment of its period, signed once, reminded of, late, or missed.

::

    open ──(remind before the end)── open ──sign▶ signed
                                       └─(end)── open, late ──sign▶ signed late
                                                     └─(end + late)─▶ missed
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from api.answers import Answer, put_in
from api.selfchecks.lists import Line, Round, RoundName
from vision.errors import InvalidInputError

State = Literal["open", "signed", "missed"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a round, half-open, in the site's time zone."""

    starts_on: date
    ends_on: date

    def begins_at(self, time_zone: str) -> datetime:
        """Return its first instant."""
        return _midnight(self.starts_on, time_zone)

    def ends_at(self, time_zone: str) -> datetime:
        """Return the first instant after it."""
        return _midnight(self.ends_on, time_zone)


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)


def period_of(name: RoundName, day: date) -> Period:
    """Return the period that a day is in: the day, its week from Monday on, its month."""
    if name == "daily":
        return Period(day, day + _DAY)
    if name == "weekly":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + 7 * _DAY)
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1))


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """As it stands; made by `opened`, changed by `answered`, `signed` and `advanced` only."""

    round: Round
    begins_at: datetime
    ends_at: datetime
    lines: tuple[Line, ...]
    state: State = "open"
    answers: Mapping[str, Answer] = field(default_factory=dict)
    reminded_at: datetime | None = None
    signed_at: datetime | None = None

    @property
    def closes_at(self) -> datetime:
        """Return from when on it is missed."""
        return self.ends_at + self.round.late

    @property
    def is_late(self) -> bool:
        """Tell whether it was signed after its period."""
        return self.signed_at is not None and self.signed_at >= self.ends_at

    @property
    def wakes_at(self) -> datetime | None:
        """Return when the system has something to do; None when nothing is left."""
        if self.state != "open":
            return None
        return self.closes_at if self.reminded_at else self._reminds_at

    @property
    def _reminds_at(self) -> datetime:
        return max(self.begins_at, self.ends_at - self.round.remind)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return the lines that have no complete answer: without a result, a photo, or a word about what is wrong."""
        return tuple(line.id for line in self.lines if not _is_complete(line, self.answers.get(line.id)))


def _is_complete(line: Line, answer: Answer | None) -> bool:
    if answer is None:
        return False
    if answer.result == "not_ok":
        return bool(answer.note)
    return answer.result == "not_applicable" or not line.photo or bool(answer.photos)


def opened(round_: Round, period: Period, time_zone: str, lines: tuple[Line, ...]) -> SelfCheck:
    """Return the round of a period, untouched."""
    return SelfCheck(round_, period.begins_at(time_zone), period.ends_at(time_zone), lines)


def answered(check: SelfCheck, answers: Mapping[str, Answer], at: datetime) -> SelfCheck:
    """Return it with these lines answered (again); InvalidInputError where it cannot be, or no such line is asked."""
    _require_open(check, at)
    return replace(check, answers=put_in(check.answers, (line.id for line in check.lines), answers))


def signed(check: SelfCheck, at: datetime) -> SelfCheck:
    """Return it signed; InvalidInputError while lines are open, before it begins, and once it is signed or missed."""
    _require_open(check, at)
    if check.gaps:
        allowed = "a result for each, a photo where one is asked for, and a note where something is not in order"
        raise InvalidInputError("answers", ", ".join(check.gaps), allowed)
    return replace(check, state="signed", signed_at=at)


def advanced(check: SelfCheck, at: datetime) -> SelfCheck:
    """Return it with everything done that fell due by an instant."""
    if check.state != "open":
        return check
    if check.reminded_at is None and at >= check._reminds_at:  # noqa: SLF001 - its own module
        check = replace(check, reminded_at=check._reminds_at)  # noqa: SLF001 - its own module
    return replace(check, state="missed") if at >= check.closes_at else check


def _require_open(check: SelfCheck, at: datetime) -> None:
    if check.state != "open" or at >= check.closes_at:
        raise InvalidInputError("state", check.state, "an open self-check whose time is not over")
    if at < check.begins_at:
        raise InvalidInputError("at", at.isoformat(), f"not before {check.begins_at.isoformat()}")
