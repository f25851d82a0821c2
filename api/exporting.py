"""Writes long registers as CSV or JSON while they are read: nobody waits for, or holds, a whole one."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Literal

from fastapi.responses import StreamingResponse

from api.bodies import instant

Form = Literal["csv", "json"]
VIEWING = ("at", "user", "site", "event", "photo", "name", "sha256", "reason")
AUDIT = ("sequence", "at", "actor", "action", "target", "detail", "previous", "digest")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins like this is a formula to a spreadsheet."""
Row = Mapping[Any, Any]


def exported(name: str, columns: Sequence[str], rows: Iterable[Row], form: Form) -> StreamingResponse:
    """Return rows as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    if form == "json":
        return StreamingResponse(_json(columns, rows), headers=headers, media_type="application/json")
    return StreamingResponse(_csv(columns, rows), headers=headers, media_type="text/csv; charset=utf-8")


def _plain(value: Any) -> Any:
    return instant(value) if isinstance(value, datetime) else value


def _json(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield "["
    for number, row in enumerate(rows):
        told = {name: _plain(row[name]) for name in columns}
        yield f"{',' if number else ''}\n{json.dumps(told, ensure_ascii=False)}"
    yield "\n]\n"


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield "\ufeff" + _line(columns)  # spreadsheets read Chinese only behind a byte order mark
    for row in rows:
        yield _line([_cell(_plain(row[name])) for name in columns])


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Sequence[str]) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
