"""Writes places as tables that can be changed in a spreadsheet and taken in again."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from sqlalchemy import Connection

from api.addresses import without_password
from api.places.columns import COLUMNS, Column, TableName
from api.places.contacts import shown
from api.places.sheets import Format
from api.store import bulk
from api.store.scope import Scope

_FORMULA = ("=", "+", "-", "@")
"""A spreadsheet would calculate what begins like this."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be written for whom."""

    tables: tuple[TableName, ...]
    format: Format
    language: Literal["zh", "en"] = "en"
    """Of the headings; both are read again."""
    phones: bool = False
    """Telephone numbers in full."""


def export_places(connection: Connection, scope: Scope, wish: Wish, path: Path) -> None:
    """Write the caller's part of the world into a file; addresses of cameras are masked."""
    if wish.format == "csv":
        _csv(connection, scope, wish, path)
        return
    book = Workbook(write_only=True)
    for table in wish.tables:
        page = book.create_sheet(table)
        page.freeze_panes = "B2"
        page.append([_bold(page, heading) for heading in _headings(table, wish)])
        for row in rows(connection, scope, table, wish):
            page.append([_cell(page, text) for text in row])
    book.save(path)


def _csv(connection: Connection, scope: Scope, wish: Wish, path: Path) -> None:
    (table,) = wish.tables
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # without the mark, Excel takes it for another code
        writer = csv.writer(file)
        writer.writerow(_headings(table, wish))
        writer.writerows([_neutral(text) for text in row] for row in rows(connection, scope, table, wish))


def rows(connection: Connection, scope: Scope, table: TableName, wish: Wish) -> Iterator[Sequence[str]]:
    """Yield each row as text."""
    columns = COLUMNS[table]
    for row in bulk.everything(connection, scope, table):
        told = _fit(table, row, wish)
        yield [_written(column, told[column.stored]) for column in columns]


def _written(column: Column, value: Any) -> str:
    return column.write(value.isoformat() if hasattr(value, "isoformat") else value)


def _fit(table: TableName, row: Mapping[Any, Any], wish: Wish) -> Mapping[Any, Any]:
    if table == "cameras":
        return {**row, "source": without_password(row["source"])}
    return {**row, "contacts": shown(row["contacts"], in_full=wish.phones)} if table == "sites" else row


def _headings(table: TableName, wish: Wish) -> list[str]:
    return [column.zh if wish.language == "zh" else column.name for column in COLUMNS[table]]


def _neutral(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


def _cell(page: Any, text: str) -> Any:
    if not text.startswith(_FORMULA):
        return text
    cell = WriteOnlyCell(page, value=text)
    cell.data_type = "s"  # text, whatever it looks like
    return cell


def _bold(page: Any, text: str) -> Any:
    cell = WriteOnlyCell(page, value=text)
    cell.font = Font(bold=True)
    return cell
