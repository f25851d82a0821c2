"""Takes a whole file of places in: everything, or nothing and a list of what is wrong, or the good rows if asked."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping

from api.addresses import without_password
from api.audit import Act
from api.audit import record as note
from api.casework.handing import Handover, follow_site
from api.places import levels
from api.places.checking import AddressCheck, Checked, Complaints, Draft, RowError, checked, error_at, in_order
from api.places.columns import TABLES, TableName
from api.places.contacts import unmasked
from api.places.sheets import sheets
from api.store import bulk, events, log
from api.store.database import Database
from api.store.regions import LONGEST_PATH
from api.store.scope import Scope
from vision.config import Hours, ZoneConfig
from vision.errors import InvalidInputError

Keep = Literal["all", "good"]
"""`all`: one wrong row and nothing is kept; `good`: wrong rows are left out."""
IMPORTED = "by an import"
"""Why a site that moves is handed over."""
Row = dict[str, Any]
Stored = Mapping[str, RowMapping]


@dataclass(frozen=True, slots=True)
class Importer:
    """For whom a file is taken in."""

    actor: str
    scope: Scope
    trees: bool
    """May add regions."""


@dataclass(frozen=True, slots=True)
class Order:
    """What shall be done with a file."""

    path: Path
    by: Importer
    table: TableName | None = None
    """What a file holds that does not say it."""
    keep: Keep = "all"
    dry: bool = False
    """Only look."""


@dataclass(slots=True)
class Tally:
    """How many rows of one table became what."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Report:
    """What became of a file."""

    kept: bool = False
    """Something of it is stored now."""
    tables: dict[TableName, Tally] = field(default_factory=dict)
    complaints: Complaints = field(default_factory=Complaints)

    def body(self, most: int) -> dict[str, Any]:
        """Return it as JSON, with the first errors."""
        counts = {
            name: {"added": each.added, "changed": each.changed, "unchanged": each.unchanged}
            for name, each in self.tables.items()
        }
        errors = [error.body() for error in self.complaints.kept[:most]]
        return {"kept": self.kept, "tables": counts, "error_count": self.complaints.count, "errors": errors}


class _GiveUpError(Exception):
    """Ends the transaction without a trace."""


def import_places(database: Database, order: Order, allows: AddressCheck, now: datetime) -> Report:
    """Read, check and store a file; rows whose id is there already are changed in the columns that the file has.

    Raises:
        InvalidInputError: the file as a whole cannot be read.
    """
    report = Report()
    found = checked(sheets(order.path, order.table), report.complaints, allows)
    if "regions" in found and not order.by.trees:
        raise InvalidInputError(
            "regions", "a table of regions", "sites and cameras: regions are added by an administrator"
        )
    try:
        with database.write() as connection:
            _store(connection, order, found, report, now)
            _keep_or_give_up(order, report)
            counts = {name: [each.added, each.changed] for name, each in report.tables.items()}
            note(connection, Act(order.by.actor, "places.imported", ", ".join(counts), {"rows": counts}), now)
    except _GiveUpError:
        pass
    report.complaints.kept.sort(key=lambda error: (TABLES.index(error.table), error.row))
    return report


def _keep_or_give_up(order: Order, report: Report) -> None:
    report.kept = not order.dry and (order.keep == "good" or not report.complaints.count)
    if not report.kept:
        raise _GiveUpError


def _store(
    connection: Connection, order: Order, found: Mapping[TableName, Checked], report: Report, now: datetime
) -> None:
    for table in in_order(found):
        work = _Work(connection, order.by, table, report, now)
        stored = bulk.known(connection, table.table, (draft.id for draft in table.drafts))
        work.put(_PLANNERS[table.table](work, stored), stored)


@dataclass(frozen=True, slots=True)
class _Work:
    """One table under way; what was stored of the tables before it is visible already."""

    connection: Connection
    by: Importer
    table: Checked
    report: Report
    now: datetime

    def refuse(self, draft: Draft, name: str, value: object, allowed: str) -> None:
        errors: list[RowError] = [error_at(self.table.table, draft.row, name, value, allowed)]
        self.report.complaints.add(errors)

    def put(self, drafts: Iterable[Draft], stored: Stored) -> None:
        """Write what is new or different; count it all."""
        new, changed, tally = [], [], self.report.tables.setdefault(self.table.table, Tally())
        for draft in drafts:
            row = stored.get(draft.id)
            if row is None:
                new.append({**draft.values, **self._stamps(created=True)})
            elif values := self._difference(draft, row):
                changed.append({**values, **self._stamps()})
            else:
                tally.unchanged += 1
        bulk.add(self.connection, self.table.table, new)
        self._change(changed, stored)
        tally.added, tally.changed = len(new), len(changed)

    def _difference(self, draft: Draft, row: RowMapping) -> Row:
        """Return every column that the file has, if one of them differs."""
        given = {name: value for name, value in draft.values.items() if name in self.table.given}
        if "hours" in given:  # three columns of a file, one of the database
            parts = {name: value for name, value in given["hours"].items() if name in self.table.names}
            given["hours"] = {**_spelt_out("hours", row["hours"]), **parts}
        return given if any(not _same(name, value, row[name]) for name, value in given.items()) else {}

    def _stamps(self, *, created: bool = False) -> Row:
        if self.table.table == "regions":
            return {}
        return {"updated_at": self.now, **({"created_at": self.now, "version": 1} if created else {})}

    def _change(self, rows: Sequence[Row], stored: Stored) -> None:
        moved = [row for row in rows if self._moves(row, stored)]
        if moved:
            log.take_turn(self.connection)  # nobody may tell of an event or a case of the region that was, after this
        bulk.change(self.connection, self.table.table, rows)
        if moved:
            events.follow_sites(self.connection, [row["id"] for row in moved])
        for row in moved:
            handover = Handover(stored[row["id"]], row["region_id"], IMPORTED)
            follow_site(self.connection, self.by.actor, handover, self.now)

    def _moves(self, row: Row, stored: Stored) -> bool:
        before = stored[row["id"]]
        return self.table.table == "sites" and row.get("region_id", before["region_id"]) != before["region_id"]


def _same(name: str, value: object, stored: object) -> bool:
    """Tell whether a value says what is stored; nothing told yet is the same as empty."""
    return value in (stored, _spelt_out(name, stored)) or (stored is None and not value)


def _spelt_out(name: str, stored: Any) -> Any:
    """Return what is stored with its defaults, as a body writes it."""
    if name == "hours":
        return Hours.model_validate(stored or {}).model_dump(mode="json")
    if name == "zones":
        return [ZoneConfig.model_validate(zone).model_dump(mode="json") for zone in stored or ()]
    return stored


def _regions(work: _Work, stored: Stored) -> Iterator[Draft]:
    """Yield regions, parents first, each with its path."""
    tree: dict[str, Mapping[Any, Any]] = dict(bulk.regions_of(work.connection, work.by.scope))
    waiting = {draft.id: draft for draft in work.table.drafts}
    for draft in work.table.drafts:
        for each in _with_parents(draft, waiting):
            del waiting[each.id]
            allowed = _region_fault(each, tree, stored)
            if allowed:
                work.refuse(each, *allowed)
                continue
            row = stored.get(each.id)
            path = row["path"] if row is not None else f"{tree[each.values['parent_id']]['path']}{each.id}/"
            values = {**each.values, "path": path}
            tree[each.id] = values
            yield Draft(each.row, each.id, values)


def _with_parents(draft: Draft, waiting: Mapping[str, Draft]) -> list[Draft]:
    """Return a region that waits behind those of its ancestors that wait; a circle ends where it closes."""
    chain: list[Draft] = []
    at: Draft | None = waiting.get(draft.id)
    while at is not None and at not in chain:
        chain.append(at)
        at = waiting.get(at.values["parent_id"])
    return chain[::-1]


_Fault = tuple[str, object, str] | None
"""Field, value and what is allowed."""


def _region_fault(draft: Draft, tree: Mapping[str, Mapping[Any, Any]], stored: Stored) -> _Fault:
    row, above = stored.get(draft.id), draft.values["parent_id"]
    if row is not None and draft.id not in tree:
        return "id", draft.id, "an id that is not taken"
    if row is not None and row["parent_id"] != above:
        return "parent", above, f"{row['parent_id']}: a region stays below its parent"
    parent = tree.get(above)
    if parent is None:  # the caller's own topmost region hangs below one that is not the caller's
        return None if row is not None else ("parent", above, "a region of yours, or one of this file without a circle")
    allowed = levels.fault(draft.values["level"], parent["level"] or "")
    if allowed:
        return "level", draft.values["level"], allowed
    if len(parent["path"]) + len(draft.id) + 1 > LONGEST_PATH:
        return "parent", above, f"all ids of a path together have at most {LONGEST_PATH} characters"
    return None


def _sites(work: _Work, stored: Stored) -> Iterator[Draft]:
    tree = bulk.regions_of(work.connection, work.by.scope)
    for draft in work.table.drafts:
        row = stored.get(draft.id)
        says_where = row is None or "region_id" in work.table.given
        region = draft.values["region_id"] if says_where or row is None else row["region_id"]
        contacts, lost = unmasked(draft.values["contacts"], row["contacts"] if row else None)
        if row is not None and row["region_id"] not in tree:
            work.refuse(draft, "id", draft.id, "an id that is not taken")
        elif region not in tree:
            work.refuse(draft, "region", region, "a region of yours")
        elif lost:
            work.refuse(draft, "contacts", lost, "whole numbers, or those of an export for the same role")
        else:
            yield Draft(draft.row, draft.id, {**draft.values, "region_id": region, "contacts": contacts})


def _cameras(work: _Work, stored: Stored) -> Iterator[Draft]:
    wanted = {draft.values["site_id"] for draft in work.table.drafts}
    mine = bulk.sites_of(work.connection, work.by.scope, [*wanted, *(row["site_id"] for row in stored.values())])
    for draft in work.table.drafts:
        row = stored.get(draft.id)
        fault = _camera_fault(draft, row, mine)
        if fault:
            work.refuse(draft, *fault)
        elif row is not None and "***" in draft.values["source"]:
            yield Draft(draft.row, draft.id, {**draft.values, "source": row["source"]})
        else:
            yield draft


def _camera_fault(draft: Draft, row: RowMapping | None, mine: Container[str]) -> _Fault:
    source, site = draft.values["source"], draft.values["site_id"]
    if row is not None and (row["site_id"] not in mine or row["removed_at"] is not None):
        return "id", draft.id, "an id that is not taken"
    if site not in mine:
        return "site", site, "a site of yours, or a good one of this file"
    if row is not None and row["site_id"] != site:
        return "site", site, f"{row['site_id']}: a camera stays at its site"
    if "***" in source and (row is None or without_password(row["source"]) != source):
        return "source", source, "the whole address, or the masked one of an export"
    return None


_PLANNERS = {"regions": _regions, "sites": _sites, "cameras": _cameras}


def accept_any(source: str) -> None:
    """Pass every address that can be one: where it leads is the choice of whoever has a shell."""
    if not source.isprintable():
        raise InvalidInputError("source", "***", "printable characters")
