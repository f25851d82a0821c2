"""The week's or the month's report of a region: the same figures as workbook and as paper, in one language."""

import io
import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.styles import Font

from api.insight.figures import heat, pareto, share, trend
from api.papers.blocks import Block, Grid, Heading, Paper, Row, Words
from api.store.figures import Span
from vision.catalogue import load_catalogue
from vision.errors import InvalidInputError

Language = Literal["zh", "en"]
_WEEK, _MONTH = re.compile(r"(\d{4})-W(\d{2})"), re.compile(r"(\d{4})-(\d{2})")
_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("食品安全监管报告", "Food safety report"),
    "funnel": ("处置情况", "From detection to closure"),
    "kinds": ("违规类型", "Kinds"),
    "days": ("每日确认数", "Confirmed by day"),
    "hours": ("星期与时段", "Weekday and hour"),
    "precision": ("识别准确率", "Precision"),
    "sites": ("重点单位", "Sites by risk"),
    "detected": ("发现", "detected"),
    "reviewed": ("已复核", "reviewed"),
    "confirmed": ("已确认", "confirmed"),
    "in_case": ("已立案事件", "in a case"),
    "cases": ("案件", "cases"),
    "ordered": ("已责令", "ordered"),
    "closed": ("已办结", "closed"),
    "closed_on_time": ("按时办结", "closed on time"),
    "step": ("环节", "step"),
    "count": ("数量", "count"),
    "kind": ("类型", "kind"),
    "share": ("占比", "share"),
    "cumulative": ("累计", "cumulative"),
    "day": ("日期", "day"),
    "interval": ("95% 区间", "95 % interval"),
    "n": ("复核数", "n"),
    "site": ("单位", "site"),
    "risk": ("风险", "risk"),
    "points": ("得分", "score"),
    "weekday": ("星期", "weekday"),
    "note": (
        "只计入经人工确认的事件；得分只计入已责令且未在申诉中的案件。本报告只评价单位，不评价个人。",
        "Confirmed events only; scores count cases that were ordered and not contested. Of sites, never of persons.",
    ),
    "none": ("本期没有。", "None in this period."),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A week or a month of a calendar."""

    name: str
    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read 2026-W47 or 2026-11; InvalidInputError where there is none like it."""
        try:
            if found := _WEEK.fullmatch(text):
                first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
                return cls(text, first, first + timedelta(days=6))
            if found := _MONTH.fullmatch(text):
                year, month = int(found[1]), int(found[2])
                return cls(text, date(year, month, 1), date(year, month, monthrange(year, month)[1]))
        except ValueError:
            pass
        raise InvalidInputError("period", text, "a week like 2026-W47 or a month like 2026-11")

    def span(self, time_zone: str, region: str) -> Span:
        """Return it as the store takes it, with the midnights of a time zone."""
        zone = ZoneInfo(time_zone)
        since, until = (datetime.combine(day, time(), zone) for day in (self.first, self.last + timedelta(days=1)))
        return Span(since.astimezone(UTC), until.astimezone(UTC), region=region)


@dataclass(frozen=True, slots=True)
class Material:
    """What was counted for a report."""

    period: Period
    region: str
    """Its name."""
    funnel: Mapping[str, int]
    slots: Sequence[Any]
    """Confirmed events by quarter of an hour and kind."""
    verdicts: Mapping[tuple[str, str], int]
    """By kind and status."""
    targets: Sequence[Mapping[Any, Any]]
    """Rows of the worklist, the riskiest first."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a report."""

    name: str
    head: Row
    rows: tuple[Row, ...]
    shares: tuple[float, ...] = ()


def parts(told: Material, language: Language) -> tuple[Part, ...]:
    """Return every table in the order of the report."""
    word = _dictionary(language)
    return (
        _funnel(told, word),
        _kinds(told, word, language),
        _days(told, word),
        _hours(told, word),
        _precision(told, word, language),
        _sites(told, word),
    )


def _dictionary(language: Language) -> Mapping[str, str]:
    return {name: pair[language == "en"] for name, pair in _WORDS.items()}


def _funnel(told: Material, word: Mapping[str, str]) -> Part:
    rows = tuple((word[step], str(count)) for step, count in told.funnel.items())
    return Part(word["funnel"], (word["step"], word["count"]), rows, (3, 1))


def _kinds(told: Material, word: Mapping[str, str], language: Language) -> Part:
    totals: dict[str, int] = {}
    for (kind, status), count in told.verdicts.items():
        totals[kind] = totals.get(kind, 0) + (count if status == "confirmed" else 0)
    counted = {kind: count for kind, count in totals.items() if count}
    rows = tuple(
        (_kind(line["key"], language), str(line["count"]), f"{line['share']:.1%}", f"{line['cumulative']:.1%}")
        for line in (pareto(counted, 30) if counted else ())
    )
    head = (word["kind"], word["count"], word["share"], word["cumulative"])
    return Part(word["kinds"], head, rows, (3, 1, 1, 1))


def _kind(name: str, language: Language) -> str:
    known = {str(kind): entry for kind, entry in load_catalogue().kinds.items()}.get(name)
    return (known.zh if language == "zh" else known.en) if known else name


def _days(told: Material, word: Mapping[str, str]) -> Part:
    found: dict[date, int] = {}
    for (day, _), count in trend(told.slots, "day").items():
        found[day] = found.get(day, 0) + count
    length = (told.period.last - told.period.first).days + 1
    days = [told.period.first + timedelta(days=number) for number in range(length)]
    rows = tuple((day.isoformat(), str(found.get(day, 0))) for day in days)
    return Part(word["days"], (word["day"], word["count"]), rows, (3, 1))


def _hours(told: Material, word: Mapping[str, str]) -> Part:
    names = "一二三四五六日" if word["weekday"] == "星期" else ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    head = (word["weekday"], *(f"{hour}-{hour + 3}" for hour in range(0, 24, 3)))
    rows = tuple(
        (name, *(str(sum(row[hour : hour + 3])) for hour in range(0, 24, 3)))
        for name, row in zip(names, heat(told.slots), strict=True)
    )
    return Part(word["hours"], head, rows)


def _precision(told: Material, word: Mapping[str, str], language: Language) -> Part:
    head = (word["kind"], word["precision"], word["interval"], word["n"])
    rows = tuple(_precisions(told, language))
    return Part(word["precision"], head, rows, (3, 1, 2, 1))


def _precisions(told: Material, language: Language) -> Iterator[Row]:
    for kind in sorted({kind for kind, _ in told.verdicts}):
        hits, false = (told.verdicts.get((kind, status), 0) for status in ("confirmed", "dismissed"))
        found = share(hits, hits + false)
        if found["n"]:
            interval = f"{found['low']:.1%} – {found['high']:.1%}"
            yield _kind(kind, language), f"{found['share']:.1%}", interval, str(found["n"])


def _sites(told: Material, word: Mapping[str, str]) -> Part:
    rows = tuple((row["site_name"], f"{row['risk']:g}", f"{row['points']:g}") for row in told.targets)
    return Part(word["sites"], (word["site"], word["risk"], word["points"]), rows, (4, 1, 1))


def workbook(told: Material, language: Language) -> bytes:
    """Return the report as XLSX, one sheet for each table."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for part in parts(told, language):
        page = book.create_sheet(part.name[:31])
        page.append(list(part.head))
        for cell in page[1]:
            cell.font = Font(bold=True)
        for row in part.rows:
            page.append([_cell(text) for text in row])
            page.cell(page.max_row, 1).data_type = "s"  # a site may be called =1+1
        page.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(text: str) -> str | float:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text


def paper(told: Material, language: Language) -> Paper:
    """Return the report as a paper."""
    word = _dictionary(language)
    title = f"{told.region} {word['title']} {told.period.name}"
    blocks: list[Block] = [Words(word["note"], "small")]
    for part in parts(told, language):
        blocks.append(Heading(part.name))
        blocks.append(Grid(part.head, part.rows, part.shares) if part.rows else Words(word["none"]))
    return Paper(title, tuple(blocks), f"{told.region} · {told.period.name}")
