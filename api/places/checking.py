"""Row by row: what is wrong with which cell, before the store is asked about anything."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from api.errors import FieldError, field_error
from api.places.columns import BODIES, REQUIRED, TABLES, Facts, TableName, facts_of
from api.places.sheets import MOST_CHARACTERS, Cells, Sheet
from vision.errors import InvalidInputError

MOST_TOLD = 10_000
"""Errors of one file that are listed; the others are counted."""
_PRIVATE = frozenset({"contacts", "source"})
"""Fields whose wrong values may hold a telephone number or a password."""
AddressCheck = Callable[[str], None]
"""Raises InvalidInputError for an address that no camera may have."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One cell that is wrong."""

    table: TableName
    row: int
    column: str
    value: str
    allowed: str

    def body(self) -> dict[str, Any]:
        """Return it as one entry of a problem's `errors`."""
        told = {"field": self.column, "value": self.value, "allowed": self.allowed}
        return {"table": self.table, "row": self.row, **told}


@dataclass(frozen=True, slots=True)
class Draft:
    """A row whose cells are all in order."""

    row: int
    id: str
    values: Facts = field(repr=False)
    """Columns of the database."""


@dataclass(slots=True)
class Checked:
    """A whole table, checked cell by cell."""

    table: TableName
    given: frozenset[str]
    """Columns of the database that the file speaks of: the others stay as they are."""
    names: frozenset[str]
    """Columns of the file."""
    drafts: list[Draft] = field(default_factory=list)


@dataclass(slots=True)
class Complaints:
    """Every error of a file; the first ones are kept, all are counted."""

    kept: list[RowError] = field(default_factory=list)
    count: int = 0

    def add(self, errors: Iterable[RowError]) -> None:
        """Take more."""
        for error in errors:
            self.count += 1
            if len(self.kept) < MOST_TOLD:
                self.kept.append(error)


def checked(sheets: Iterable[Sheet], complaints: Complaints, allows: AddressCheck) -> dict[TableName, Checked]:
    """Return every table with its good rows; what is wrong goes to the complaints."""
    return {sheet.table: _table(sheet, complaints, allows) for sheet in sheets}


def _table(sheet: Sheet, complaints: Complaints, allows: AddressCheck) -> Checked:
    _require_columns(sheet)
    names = frozenset(column.name for column in sheet.columns if column)
    found, seen = Checked(sheet.table, sheet.given, names), dict[str, int]()
    for number, cells in sheet.rows:
        draft, errors = _draft(sheet, number, cells, allows)
        if draft and draft.id in seen:
            errors.append(error_at(sheet.table, number, "id", draft.id, f"each id once; it is in row {seen[draft.id]}"))
        complaints.add(errors)
        if draft and not errors:
            seen[draft.id] = number
            found.drafts.append(draft)
    return found


def _require_columns(sheet: Sheet) -> None:
    names = {column.name for column in sheet.columns if column}
    missing = [name for name in REQUIRED[sheet.table] if name not in names]
    if missing:
        raise InvalidInputError(f"{sheet.table}, heading", ", ".join(sorted(names))[:80], f"a column {missing[0]}")


def _draft(sheet: Sheet, number: int, cells: Cells, allows: AddressCheck) -> tuple[Draft | None, list[RowError]]:
    if max(map(len, cells)) > MOST_CHARACTERS and (
        long := [name for name, cell in _by_name(sheet, cells) if len(cell) > MOST_CHARACTERS]
    ):
        return None, [error_at(sheet.table, number, long[0], "a long text", f"at most {MOST_CHARACTERS} characters")]
    try:
        facts = facts_of(sheet.columns, cells)
        draft = Draft(number, str(facts.get("id", "")), _values(sheet.table, facts))
        if draft.values.get("source") and "***" not in draft.values["source"]:
            allows(draft.values["source"])
    except ValidationError as error:
        given = dict(_by_name(sheet, cells))
        told = [_told(sheet.table, number, each, given) for each in error.errors(include_url=False)]
        return None, list({each.column: each for each in reversed(told)}.values())[::-1]  # the first of each cell
    except InvalidInputError as error:
        return None, [error_at(sheet.table, number, error.field, error.value, error.allowed)]
    return draft, []


def _by_name(sheet: Sheet, cells: Cells) -> Iterator[tuple[str, str]]:
    for column, cell in zip(sheet.columns, cells, strict=False):
        if column:
            yield column.name, cell


def _values(table: TableName, facts: Facts) -> Facts:
    body: Any = BODIES[table].model_validate(facts)
    if table == "regions":
        return {"id": body.id, "name": body.name, "parent_id": body.parent, "level": body.level}
    place = {"id": body.id} if table == "sites" else {"id": body.id, "site_id": body.site}
    return {**place, **body.row()}


def _told(table: TableName, number: int, error: Mapping[str, Any], given: Mapping[str, str]) -> RowError:
    loc = [str(part) for part in error["loc"]] or ["id"]
    name = loc[1] if loc[0] == "hours" and len(loc) > 1 else loc[0]
    return error_at(table, number, name, given.get(name, ""), str(error["msg"]).removeprefix("Value error, "))


def error_at(table: TableName, number: int, name: str, value: object, allowed: str) -> RowError:
    """Return an error whose value is fit for a report."""
    told: FieldError = field_error(name, "***" if name in _PRIVATE and value else value, allowed)
    return RowError(table, number, name, told["value"], allowed)


def in_order(found: Mapping[TableName, Checked]) -> Iterator[Checked]:
    """Yield the tables that a file has, in the order in which they refer to each other."""
    return (found[name] for name in TABLES if name in found)
