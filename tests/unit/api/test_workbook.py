"""Workbooks: what Excel writes is read as a person sees it; what would fill the memory, or is no XLSX, is refused."""

import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook

from api.places import looking
from api.places.sheets import sheets
from api.places.workbook import FAULT, pages
from vision.errors import InvalidInputError

SHEET, BOOK, LINKS = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
TEXTS = "xl/sharedStrings.xml"


def written(path: Path, *rows: list[object], title: str = "sites") -> Path:
    book = Workbook()
    page = book.worksheets[0]
    page.title = title
    for row in rows:
        page.append(row)
    book.save(path)
    return path


def bent(path: Path, changes: dict[str, Callable[[bytes], bytes]]) -> Path:
    """Change parts of a workbook; a part that is not there is added."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    out = path.with_suffix(".bent")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in {**parts, **changes}:
            archive.writestr(name, changes.get(name, bytes)(parts.get(name, b"")))
    return out


def test_cells_are_read_as_a_person_sees_them(tmp_path: Path) -> None:
    days = [date(2027, 1, 31), datetime(2027, 1, 31), time(9, 30)]  # noqa: DTZ001 - a sheet knows no time zone
    path = written(
        tmp_path / "a.xlsx", ["id", "name", "area_m2", "opens", "published"], ["s1", 7, 120.0, days[2], True]
    )
    (sheet,) = sheets(path, None)
    assert list(sheet.rows) == [(2, ["s1", "7", "120", "09:30", "true"])]
    path = written(tmp_path / "b.xlsx", ["id", "graded_on", "licence_expires_on", "diners"], ["s1", *days[:2], 1.5])
    (sheet,) = sheets(path, None)
    assert list(sheet.rows) == [(2, ["s1", "2027-01-31", "2027-01-31", "1.5"])]


def test_rows_keep_their_numbers_and_a_formula_that_failed_is_no_empty_cell(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", ["id", "name", "area_m2"], [], ["s1", "一号店", "#DIV/0!"], [None, "x"])
    (sheet,) = sheets(path, None)
    assert list(sheet.rows) == [(3, ["s1", "一号店", FAULT]), (4, ["", "x", ""])]


def _far(cell: str) -> Callable[[bytes], bytes]:
    return lambda part: part.replace(b"</sheetData>", f'<row><c r="{cell}"><v>1</v></c></row></sheetData>'.encode())


def _deep(part: bytes) -> bytes:
    wide = b"<row>" + b"<c/>" * 2000 + b"</row>"
    return part.replace(b"</sheetData>", wide + b"<row/>" * 9000 + b"<row><c/></row></sheetData>")


_LONG = b"<a b='" + b"x" * (6 << 20) + b"'/>"
HOSTILE: dict[str, dict[str, Callable[[bytes], bytes]]] = {
    "a far cell": {SHEET: _far("XFD1048576")},
    "a far row": {SHEET: _far("C16000000")},
    "no row that exists": {SHEET: _far("1A")},
    "cells without a place": {SHEET: _deep},
    "a document type": {SHEET: lambda part: b'<!DOCTYPE a [<!ENTITY b "c">]>' + part},
    "broken XML": {SHEET: lambda part: part[:-20]},
    "broken XML elsewhere": {"docProps/custom.xml": lambda _: b"<a>"},
    "macros": {LINKS: lambda part: part.replace(b"sheet1.xml", b"sheet1.bin")},
    "another format inside": {"content.xml": lambda _: b"<a/>"},
    "a deep part": {SHEET: lambda part: part.replace(b"<sheetData>", b"<a>" * 70 + b"</a>" * 70 + b"<sheetData>")},
    "an endless tag": {
        SHEET: lambda part: part.replace(b"<sheetData>", b"<a b='" + b"x" * (6 << 20) + b"'/><sheetData>")
    },
    "a large part that is no sheet": {"docProps/custom.xml": lambda _: b"<a>" + b" " * (17 << 20) + b"</a>"},
    "a binary workbook inside": {"xl/workbook.bin": lambda _: b"\0"},
}


@pytest.mark.parametrize("how", HOSTILE)
def test_what_is_hostile_or_broken_is_refused_before_it_is_laid_out(tmp_path: Path, how: str) -> None:
    path = bent(written(tmp_path / "a.xlsx", ["id", "name"]), HOSTILE[how])
    with pytest.raises(InvalidInputError) as refused:
        list(pages(path))
    assert refused.value.field == "file"


def sharing(texts: int, shown: int, path: Path) -> Path:
    """Return a workbook with so many shared texts of 20,000 characters, the first of which so many cells show."""
    told = b"".join(b"<si><t>" + b"x" * 20_000 + b"</t></si>" for _ in range(texts))
    cells = b"".join(b'<row><c t="s"><v>0</v></c></row>' for _ in range(shown))
    return bent(
        written(path, ["id"]),
        {
            TEXTS: lambda _: b"<sst>" + told + b"</sst>",
            SHEET: lambda part: part.replace(b"</sheetData>", cells + b"</sheetData>"),
        },
    )


def test_a_text_that_very_many_cells_show_is_refused_before_it_is_copied_into_each(tmp_path: Path) -> None:
    assert len(list(pages(sharing(1, 3, tmp_path / "a.xlsx"))["sites"].rows())) == 4
    with pytest.raises(InvalidInputError, match="characters in all cells"):
        pages(sharing(1, 14_000, tmp_path / "b.xlsx"))  # 280 million characters out of some thousand bytes


@pytest.mark.parametrize(
    ("name", "what"),
    [("MOST_TEXTS", "shared texts"), ("MOST_FAULTS", "cells with an error"), ("MOST_UNPACKED_BYTES", "bytes")],
)
def test_what_is_counted_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, what: str) -> None:
    faults = b'<row><c t="e"><v>#N/A</v></c><c t="e"><v>#N/A</v></c></row></sheetData>'
    path = bent(sharing(2, 1, tmp_path / "a.xlsx"), {SHEET: lambda part: part.replace(b"</sheetData>", faults)})
    pages(path)
    monkeypatch.setattr(looking, name, 1)
    with pytest.raises(InvalidInputError, match=what):
        pages(path)


def test_what_an_archive_says_of_its_sizes_is_not_believed(tmp_path: Path) -> None:
    """Its reader sees what was looked at and nothing else, whatever the headers say."""
    path = sharing(1, 3, tmp_path / "a.xlsx")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        sheet = archive.getinfo(SHEET)
    at = content.rfind(b"PK\1\2", 0, content.rfind(SHEET.encode()))
    assert struct.unpack_from("<I", content, at + 24) == (sheet.file_size,)
    struct.pack_into("<I", content, at + 24, 40)
    path.write_bytes(content)
    with pytest.raises(InvalidInputError):
        list(pages(path)["sites"].rows())


def test_an_archive_of_very_many_members_is_refused_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST_DIRECTORY_BYTES", 4000)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(80):
            archive.writestr(f"xl/{number}.xml", b"")
    with pytest.raises(InvalidInputError, match="directory"):
        pages(path)


def test_as_many_cells_as_are_allowed_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bent(written(tmp_path / "a.xlsx", ["id", "name"]), {SHEET: _far("C9")})
    monkeypatch.setattr(looking, "MOST_CELLS", 27)
    assert len(list(pages(path)["sites"].rows())) == 9
    monkeypatch.setattr(looking, "MOST_CELLS", 26)
    with pytest.raises(InvalidInputError, match="at most 26 cells"):
        pages(path)


def test_a_name_is_found_however_it_is_written(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", ["id"], title=" Sites ")
    assert list(pages(path)) == ["sites"]
