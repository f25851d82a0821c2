"""Reads the sheets of a workbook, bounded before a library lays a sheet out in memory, its empty cells included."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from posixpath import normpath
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from vision.errors import InvalidInputError

MOST_UNPACKED_BYTES = 512 << 20
MOST_CELLS = 16_000_000
"""Of one sheet, from A1 to its last cell: the library makes each of them, however empty."""
Cell = int | float | str | bool | time | date | datetime | timedelta
_CHUNK = 1 << 20
_READABLE = "a workbook (.xlsx) that Excel can open, without a password"
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
            raise InvalidInputError("file", type(error).__name__, _READABLE) from error


def pages(path: Path) -> Mapping[str, Page]:
    """Return every sheet of a workbook by its name in small letters.

    Raises:
        InvalidInputError: it is none, is no XLSX, or is too large to be laid out.
    """
    content = path.read_bytes()
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            faults = _looked_through(archive)
            parts = _parts(archive)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return {
            name.strip().lower(): Page(book, name, faults.get(parts.get(name, ""), {})) for name in book.sheet_names
        }
    except InvalidInputError:
        raise
    except (BadZipFile, CalamineError, ExpatError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise InvalidInputError("file", type(error).__name__, _READABLE) from error


def _looked_through(archive: ZipFile) -> dict[str, Mapping[int, frozenset[int]]]:
    """Return the faults of each part that may be a sheet; refuse what is too large."""
    size = sum(member.file_size for member in archive.infolist())
    if size > MOST_UNPACKED_BYTES:
        raise InvalidInputError("file", f"{size} bytes unpacked", f"at most {MOST_UNPACKED_BYTES} bytes unpacked")
    names = sorted({member.filename for member in archive.infolist()})
    if not {_BOOK, _LINKS} <= set(names) or _OTHERS & set(names):
        raise InvalidInputError("file", "another kind of archive", _READABLE)
    return {name: _Look().through(archive, name) for name in names if name.endswith(".xml")}


def _parts(archive: ZipFile) -> dict[str, str]:
    """Return which part each sheet is."""
    targets, sheets = dict[str, str](), dict[str, str]()

    def link(tag: str, told: Mapping[str, str]) -> None:
        if _local(tag) == "Relationship":
            target = normpath(f"xl/{told['Target']}") if told["Target"][:1] != "/" else told["Target"][1:]
            if not target.endswith(".xml"):  # it was not looked through, so it must not be read
                raise InvalidInputError("file", target[:80], "a workbook without macros")
            targets[told["Id"]] = target

    def sheet(tag: str, told: Mapping[str, str]) -> None:
        if _local(tag) == "sheet":
            numbers = [value for name, value in told.items() if _local(name) == "id" and ":" in name]
            sheets[told["name"]] = targets.get(numbers[0], "") if numbers else ""

    for name, begin in ((_LINKS, link), (_BOOK, sheet)):
        parser = ParserCreate()
        parser.StartElementHandler = begin
        parser.Parse(archive.read(name), True)
    return sheets


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


class _Look:
    """Goes through a part as its reader will: one far cell makes everything before it exist."""

    def __init__(self) -> None:
        self._row = self._column = self._last_row = self._last_column = 0
        self._faults: dict[int, frozenset[int]] = {}

    def through(self, archive: ZipFile, name: str) -> Mapping[int, frozenset[int]]:
        """Return the columns with faults, by row."""
        parser = ParserCreate()
        parser.StartElementHandler = self._begin
        parser.StartDoctypeDeclHandler = self._refuse_types
        with archive.open(name) as part:
            while chunk := part.read(_CHUNK):
                parser.Parse(chunk, False)
                self._require_bounds()
            parser.Parse(b"", True)
        return self._faults

    def _refuse_types(self, *_: object) -> None:
        raise InvalidInputError("file", "a document type", _READABLE)

    def _begin(self, tag: str, told: Mapping[str, str]) -> None:
        tag = _local(tag)
        if tag == "row":
            self._row, self._column = int(told.get("r", self._row + 1)), 0
        elif tag == "c":
            self._column += 1
            if reference := told.get("r"):
                self._column, self._row = _place(reference)
            self._last_row, self._last_column = max(self._last_row, self._row), max(self._last_column, self._column)
            if told.get("t") == "e":
                self._faults[self._row] = self._faults.get(self._row, frozenset()) | {self._column}

    def _require_bounds(self) -> None:
        cells = self._last_row * self._last_column
        if cells > MOST_CELLS:
            raise InvalidInputError("file", f"a sheet of {cells} cells", f"at most {MOST_CELLS} cells in a sheet")


def _place(reference: str) -> tuple[int, int]:
    """Return column and row, from 1, of a reference such as BC23; ValueError where it is none."""
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters[:4].upper():
        column = column * 26 + ord(letter) - 64
    return column, int(reference[len(letters) :][:9])
