"""When a site works, so that a deadline counts the hours in which somebody could act: over midnight, holidays, DST."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from api.cases.offices import Offices
from vision.errors import InvalidInputError
from vision.rules.schedule import EVERY_DAY, Schedule

SEARCHED_DAYS = 400
"""A calendar without a shift in so many days has none."""
_DAY = timedelta(days=1)
Span = tuple[datetime, datetime]
"""Half-open, aware UTC."""


@dataclass(frozen=True, slots=True)
class Meal:
    """A service of the day as the clock on the wall shows it; `until` not later than `begins` means over midnight."""

    begins: str
    until: str


BREAKFAST, LUNCH, DINNER = Meal("06:00", "10:00"), Meal("10:00", "15:00"), Meal("15:00", "22:00")


@dataclass(frozen=True, slots=True)
class SiteCalendar:
    """A site's weeks and holidays in its own time zone."""

    hours: Schedule = field(default_factory=Schedule)
    holidays: frozenset[date] = frozenset()
    """Days on which no shift begins."""
    meals: tuple[Meal, ...] = (BREAKFAST, LUNCH, DINNER)
    """In the order of the day; served on the days on which somebody works."""
    offices: Offices = field(default_factory=Offices)
    """Those whose days the law counts."""

    def is_working(self, at: datetime) -> bool:
        """Tell whether the site works at an aware instant."""
        begins, _ = next(self.working_spans(at))
        return begins <= at

    def after_working(self, at: datetime, work: timedelta) -> datetime:
        """Return when so much working time will have passed since an instant; no time at all has passed at once."""
        spans, ends_at, left = self.working_spans(at), at, work
        while left:
            begins, until = next(spans)
            worked = min(left, until - max(begins, at))
            ends_at, left = max(begins, at) + worked, left - worked
        return ends_at

    def working_time(self, since: datetime, until: datetime) -> timedelta:
        """Return how much working time lies between two instants; none where the second is not later."""
        spans = takewhile(lambda span: span[0] < until, self.working_spans(since))
        return sum((max(min(ends, until) - max(begins, since), timedelta()) for begins, ends in spans), timedelta())

    def after_working_days(self, at: datetime, days: int) -> datetime:
        """Return the end of work of the n-th working day after the day of `at`, as offices count."""
        today = at.astimezone(self._zone).date()
        later = (day for day in self._working_days(at) if day > today)
        return self._span(next(islice(later, days - 1, None)), self.hours.opens, self.hours.closes)[1]

    def after_office_days(self, at: datetime, days: int) -> datetime:
        """Return the end of the n-th day after the day of `at` on which offices work, the site's holidays left out.

        Periods of days in the law are working days of offices, also for a kitchen that never closes (Administrative
        Penalty Law of China, article 85). Statutory holidays are data (`offices.toml`).
        """
        day, left = at.astimezone(self._zone).date(), days
        while left:
            day += _DAY
            left -= self.offices.are_open(day) and day not in self.holidays
        return self._instant(day, "24:00")

    def end_of_meal(self, at: datetime) -> datetime:
        """Return when the meal of `at` is over; between meals, when the next one is."""
        meals = (self._span(day, meal.begins, meal.until) for day in self._working_days(at) for meal in self.meals)
        return next(until for _, until in meals if until > at)

    def working_spans(self, at: datetime) -> Iterator[Span]:
        """Yield the spans of work that end after an instant, in order and without end.

        Raises:
            InvalidInputError: there is no shift within `SEARCHED_DAYS`.
        """
        spans = (self._span(day, self.hours.opens, self.hours.closes) for day in self._working_days(at))
        return (span for span in spans if span[1] > max(at, span[0]))

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.hours.time_zone)

    def _working_days(self, at: datetime) -> Iterator[date]:
        """Yield the days on which a shift begins, from the day before `at`: its shift may last over midnight."""
        day, idle = at.astimezone(self._zone).date() - _DAY, 0
        while idle <= SEARCHED_DAYS:
            works = day.isoweekday() in self.hours.weekdays and day not in self.holidays
            if works:
                yield day
            day, idle = day + _DAY, 0 if works else idle + 1
        raise InvalidInputError("calendar", self.hours.weekdays, f"a shift within {SEARCHED_DAYS} days")

    def _span(self, day: date, begins: str, until: str) -> Span:
        start, end = self._instant(day, begins), self._instant(day, until)
        return start, end if until > begins else self._instant(day + _DAY, until)

    def _instant(self, day: date, wall: str) -> datetime:
        """Return when the clock on the wall shows it; an hour that summer time leaves out is the next."""
        if wall == "24:00":
            day, wall = day + _DAY, "00:00"
        return datetime.combine(day, time.fromisoformat(wall), self._zone).astimezone(UTC)


ROUND_THE_CLOCK = SiteCalendar(Schedule("00:00", "24:00", EVERY_DAY))
