"""From a file to rows of text: CSV as Excel writes it in China and elsewhere, and XLSX; bounded before it is read."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Literal
from zipfile import is_zipfile

from api.places.columns import TABLES, Column, TableName, named
from api.places.workbook import Page, pages
from vision.errors import InvalidInputError

Format = Literal["csv", "xlsx"]
MOST_BYTES = 64 << 20
MOST_ROWS = 250_000
MOST_COLUMNS = 64
MOST_CHARACTERS = 8000
"""Of one cell."""
_NEUTRAL = ("'=", "'+", "'-", "'@")
"""What we write before a text that a spreadsheet would take for a formula, and take away again."""
_WHOLE = 1e15
"""A number cell below this is exact."""
Cells = list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file."""

    table: TableName
    columns: tuple[Column | None, ...]
    """By position; None for a column without a heading."""
    rows: Iterable[tuple[int, Cells]] = field(repr=False)
    """With the number of the row as a spreadsheet shows it."""

    @property
    def given(self) -> frozenset[str]:
        """Return the database's columns that the file speaks of."""
        return frozenset(column.stored for column in self.columns if column)


def format_of(path: Path) -> Format:
    """Return what a file is by its content, never by its name."""
    return "xlsx" if is_zipfile(path) else "csv"


def sheets(path: Path, table: TableName | None) -> Iterator[Sheet]:
    """Yield the tables of a file in the order in which they refer to each other; read each before the next.

    A workbook's sheets are called `regions`, `sites` and `cameras`; a CSV file, and a workbook with one sheet of
    another name, hold `table`.

    Raises:
        InvalidInputError: the file is none that we can read, is too large, or has a heading that we do not know.
    """
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInputError("file", f"{path.stat().st_size} bytes", f"at most {MOST_BYTES} bytes")
    if format_of(path) == "csv":
        yield _sheet(_wanted(table), _csv_rows(path))
        return
    yield from _workbook(path, table)


def _wanted(table: TableName | None) -> TableName:
    if table is None:
        raise InvalidInputError("table", "", f"one of {', '.join(TABLES)}, for a file that does not say it")
    return table


def _csv_rows(path: Path) -> Iterator[Cells]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _by_the_national_standard(content)
    if "\0" in text:
        raise InvalidInputError("file", "a NUL character", "CSV or XLSX")
    head = text[:10_000].splitlines()[:1] or [""]
    separator = max(",;\t", key=head[0].count)
    try:
        yield from csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as error:
        raise InvalidInputError("file", str(error), "CSV with quotes closed and doubled") from None


def _by_the_national_standard(content: bytes) -> str:
    """Excel in China writes CSV in GB 18030."""
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError:
        raise InvalidInputError("file", "other bytes", "text in UTF-8 or GB 18030, or XLSX") from None


def _workbook(path: Path, table: TableName | None) -> Iterator[Sheet]:
    found = dict(pages(path))
    known = [name for name in TABLES if name in found]
    if not known and len(found) == 1:
        found, known = {_wanted(table): next(iter(found.values()))}, [_wanted(table)]
    if not known:
        raise InvalidInputError("sheets", ", ".join(found)[:80], f"sheets called {', '.join(TABLES)}")
    for name in known:
        yield _sheet(name, _page_rows(found[name]))


def _page_rows(page: Page) -> Iterator[Cells]:
    for row in page.rows():
        yield [cell if type(cell) is str else _text(cell) for cell in row]


def _text(value: object) -> str:
    """Return a cell as a person reads it: whole numbers without a point, days and times as ISO 8601 writes them."""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        value = int(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sheet(table: TableName, rows: Iterator[Cells]) -> Sheet:
    header = next(rows, [])
    return Sheet(table, _columns(table, header), _numbered(rows))


def _columns(table: TableName, header: Sequence[str]) -> tuple[Column | None, ...]:
    if len(header) > MOST_COLUMNS:
        raise InvalidInputError("columns", len(header), f"at most {MOST_COLUMNS} columns")
    known, found = named(table), []
    for heading in header:
        text = heading.strip().lower()
        if text and text not in known:
            raise InvalidInputError(f"{table}, heading", heading[:80], f"one of {', '.join(known)}")
        found.append(known[text] if text else None)
    twice = [column.name for column in found if column and found.count(column) > 1]
    if twice:
        raise InvalidInputError(f"{table}, heading", twice[0], "each heading once")
    return tuple(found)


def _numbered(rows: Iterator[Cells]) -> Iterator[tuple[int, Cells]]:
    for number, cells in enumerate(islice(rows, MOST_ROWS + 1), 2):
        if number > MOST_ROWS + 1:
            raise InvalidInputError("rows", f"more than {MOST_ROWS}", f"at most {MOST_ROWS} rows in one table")
        told = [_plain(cell) for cell in cells]
        if any(told):
            yield number, told


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith(_NEUTRAL) else text
