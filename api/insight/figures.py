"""Figures from counts: shares with their interval, what makes up most of it, weeks as they look on the wall."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from typing import Any, Literal
from zoneinfo import ZoneInfo

Z = 1.959963984540054
"""The normal quantile of a 95 % interval."""
Bucket = Literal["day", "week", "month"]
SLOT_S = 900
"""Counts come in quarters of an hour: every time zone on earth is a whole number of them from UTC."""


@dataclass(frozen=True, slots=True)
class Slot:
    """How many things of one key happened in one quarter of an hour, at sites of one time zone."""

    slot: int
    """Quarters of an hour since 1970 in UTC."""
    time_zone: str
    key: str
    count: int

    @property
    def local(self) -> datetime:
        """Return its beginning as the clocks there show it."""
        return datetime.fromtimestamp(self.slot * SLOT_S, UTC).astimezone(ZoneInfo(self.time_zone))


def wilson(hits: int, n: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a share (Wilson 1927), None without any trial."""
    if not n:
        return None
    share, z2 = hits / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def share(hits: int, n: int) -> dict[str, Any]:
    """Return a share with its size and interval; null where nothing was counted."""
    found = wilson(hits, n)
    low, high = (round(found[0], 4), round(found[1], 4)) if found else (None, None)
    return {"n": n, "hits": hits, "share": round(hits / n, 4) if n else None, "low": low, "high": high}


def bucket_of(day: date, size: Bucket) -> date:
    """Return the first day of the day, ISO week or month."""
    if size == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if size == "month" else day


def trend(slots: Iterable[Slot], size: Bucket) -> Mapping[tuple[date, str], int]:
    """Return counts by bucket and key, as the calendars at the sites have it."""
    found: Counter[tuple[date, str]] = Counter()
    for slot in slots:
        found[bucket_of(slot.local.date(), size), slot.key] += slot.count
    return found


def buckets(first: date, last: date, size: Bucket) -> Iterator[date]:
    """Yield every bucket from the one of the first day to that of the last, also empty ones."""
    at = bucket_of(first, size)
    while at <= last:
        yield at
        at = bucket_of(at + timedelta(days=32 if size == "month" else 7 if size == "week" else 1), size)


def heat(slots: Iterable[Slot]) -> list[list[int]]:
    """Return seven rows from Monday to Sunday, each with the counts of its 24 hours on the wall."""
    found = [[0] * 24 for _ in range(7)]
    for slot in slots:
        local = slot.local
        found[local.weekday()][local.hour] += slot.count
    return found


def pareto(counts: Mapping[str, int], most: int) -> list[dict[str, Any]]:
    """Return the largest counts first, each with its share and that of all up to it; what is cut off is one line."""
    total, so_far, lines = sum(counts.values()), 0, []
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    rest = sum(count for _, count in ordered[most:])
    for key, count in [*ordered[:most], *([("", rest)] if rest else [])]:
        so_far += count
        lines.append({"key": key, "count": count, "share": count / total, "cumulative": so_far / total})
    return lines


def camera_days(spans: Sequence[tuple[datetime, datetime | None]], since: datetime, until: datetime) -> float:
    """Return for how many days cameras were registered within a span, all together."""
    days = (min(end or until, until) - max(begin, since) for begin, end in spans)
    return sum(max(each, timedelta()) / timedelta(days=1) for each in days)
