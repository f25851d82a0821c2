"""When a site works, in its own time zone: over midnight, through summer time."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vision.errors import InvalidInputError

_MIDNIGHT = "24:00"
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Working hours as the clock on the wall shows them.

    `closes` earlier than `opens` means over midnight, and the hours after midnight belong to the weekday on which the
    shift began. `closes` equal to `opens` means round the clock. Around a change of summer time the wall clock decides:
    an hour that comes twice is open twice, an hour that is left out is not open.
    """

    opens: str = "00:00"
    """HH:MM on the wall."""
    closes: str = _MIDNIGHT
    """HH:MM on the wall, half-open; 24:00 is the end of the day."""
    weekdays: tuple[int, ...] = EVERY_DAY
    """ISO weekdays, Monday = 1."""
    time_zone: str = "Asia/Shanghai"
    """IANA name."""

    def __post_init__(self) -> None:
        """Refuse hours, weekdays and time zones that do not exist."""
        _minutes("Schedule.opens", self.opens)
        _minutes("Schedule.closes", self.closes)
        if not set(self.weekdays) <= set(EVERY_DAY):
            raise InvalidInputError("Schedule.weekdays", self.weekdays, "1 (Monday) to 7 (Sunday)")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InvalidInputError(
                "Schedule.time_zone", self.time_zone, "an IANA name such as Asia/Shanghai"
            ) from error

    def is_open(self, at: datetime) -> bool:
        """Tell whether the site works at this aware instant."""
        wall = at.astimezone(ZoneInfo(self.time_zone))
        minute, today = wall.hour * 60 + wall.minute, wall.isoweekday()
        opens, closes = _minutes("opens", self.opens), _minutes("closes", self.closes)
        if opens < closes:
            return today in self.weekdays and opens <= minute < closes
        yesterday = (wall.date() - timedelta(days=1)).isoweekday()
        return (today in self.weekdays and minute >= opens) or (yesterday in self.weekdays and minute < closes)


def _minutes(field: str, wall: str) -> int:
    """Return the minutes since midnight that HH:MM means."""
    if wall == _MIDNIGHT:
        return 24 * 60
    try:
        moment = time.fromisoformat(wall)
    except ValueError as error:
        raise InvalidInputError(field, wall, "HH:MM from 00:00 to 24:00") from error
    return moment.hour * 60 + moment.minute
