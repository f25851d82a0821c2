"""Reads the sheets of a workbook, bounded before a library lays a sheet out in memory, its empty cells included."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from posixpath import normpath
from tempfile import NamedTemporaryFile
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from api.places.looking import READABLE, local, require_small_directory, seen_through
from vision.errors import InvalidInputError

Cell = int | float | str | bool | time | date | datetime | timedelta
_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_OTHERS = frozenset({"content.xml", "xl/workbook.bin"})
"""What other formats have that the library would read as well."""
FAULT = "#N/A"
"""Stands for every error of a formula, which the library takes for an empty cell."""


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet."""

    book: CalamineWorkbook = field(repr=False)
    name: str
    faults: Mapping[int, frozenset[int]]
    """Columns by row, both from 1, that hold an error."""

    def rows(self) -> Iterator[list[Cell]]:
        """Yield the cells of each row, from the first of the sheet on; all rows are equally long."""
        try:
            sheet = self.book.get_sheet_by_name(self.name)
            left = sheet.start[1] + 1 if sheet.start else 1
            for number, cells in enumerate(sheet.iter_rows(), 1):
                for column in self.faults.get(number, ()):
                    cells[column - left] = FAULT
                yield cells
        except CalamineError as error:
            raise InvalidInputError("file", type(error).__name__, READABLE) from error


def pages(path: Path) -> Mapping[str, Page]:
    """Return every sheet of a workbook by its name in small letters.

    Raises:
        InvalidInputError: it is none, is no XLSX, or is too large to be laid out.
    """
    content = path.read_bytes()
    require_small_directory(content)
    try:
        with NamedTemporaryFile(suffix=".xlsx") as clean:
            with ZipFile(io.BytesIO(content)) as archive:
                _require_kind(archive)
                faults = seen_through(archive, clean)
                parts = _parts(archive)
            clean.flush()
            book = CalamineWorkbook.from_path(clean.name)
        return {
            name.strip().lower(): Page(book, name, faults.get(parts.get(name, ""), {})) for name in book.sheet_names
        }
    except InvalidInputError:
        raise
    except (BadZipFile, CalamineError, ExpatError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise InvalidInputError("file", type(error).__name__, READABLE) from error


def _require_kind(archive: ZipFile) -> None:
    names = set(archive.namelist())
    if not {_BOOK, _LINKS} <= names or _OTHERS & names:
        raise InvalidInputError("file", "another kind of archive", READABLE)


def _parts(archive: ZipFile) -> dict[str, str]:
    """Return which part each sheet is."""
    targets, sheets = dict[str, str](), dict[str, str]()

    def link(tag: str, told: Mapping[str, str]) -> None:
        if local(tag) == "Relationship":
            target = normpath(f"xl/{told['Target']}") if told["Target"][:1] != "/" else told["Target"][1:]
            if not target.endswith(".xml"):  # it was not looked through, so it must not be read
                raise InvalidInputError("file", target[:80], "a workbook without macros")
            targets[told["Id"]] = target

    def sheet(tag: str, told: Mapping[str, str]) -> None:
        if local(tag) == "sheet":
            numbers = [value for name, value in told.items() if local(name) == "id" and ":" in name]
            sheets[told["name"]] = targets.get(numbers[0], "") if numbers else ""

    for name, begin in ((_LINKS, link), (_BOOK, sheet)):
        parser = ParserCreate()
        parser.StartElementHandler = begin
        parser.Parse(archive.read(name), True)
    return sheets
