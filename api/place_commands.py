"""`mingchu site import` and `export`: places in bulk from a shell on the machine itself."""

import csv
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.audit import SHELL
from api.opening import open_database
from api.places.columns import TABLES, TableName
from api.places.exporting import Wish, export_places
from api.places.importing import Importer, Keep, Order, Report, accept_any, import_places
from api.settings import Settings
from api.shell import out
from api.store.scope import WHOLE
from vision.errors import InvalidInputError

_SHOWN = 20
_COLUMNS = ("table", "row", "field", "value", "allowed")


def register(site_app: typer.Typer) -> None:
    """Add both commands to `mingchu site`."""
    site_app.command("import")(import_file)
    site_app.command("export")(export_file)


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX.")],
    table: Annotated[str, typer.Option(help="What a CSV file holds: regions, sites or cameras.")] = "sites",
    keep: Annotated[str, typer.Option(help="all = nothing unless every row is good; good = the good rows.")] = "all",
    report: Annotated[str, typer.Option(help="Write every wrong cell into this CSV file.")] = "",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Take regions, sites and cameras in; a row whose id is there already changes it. Exit 1 if a row is wrong."""
    if not file.is_file():
        raise InvalidInputError("file", str(file), "a file that is there")
    order = Order(file, Importer(SHELL, WHOLE, trees=True), _table(table), _keep(keep), dry_run)
    with closing(open_database(Settings())) as database:
        found = import_places(database, order, accept_any, datetime.now(UTC))
    _tell(found, dry=dry_run)
    if report:
        _write(found, Path(report))
    raise typer.Exit(1 if found.complaints.count else 0)


def _table(name: str) -> TableName:
    for table in TABLES:
        if table == name:
            return table
    raise InvalidInputError("table", name, f"one of {', '.join(TABLES)}")


def _keep(name: str) -> Keep:
    if name == "all":
        return "all"
    if name == "good":
        return "good"
    raise InvalidInputError("keep", name, "all or good")


def _tell(found: Report, *, dry: bool) -> None:
    for name, tally in found.tables.items():
        out.print(f"{name}: {tally.added} added, {tally.changed} changed, {tally.unchanged} unchanged")
    for error in found.complaints.kept[:_SHOWN]:
        told = error.body()
        out.print(f"{told['table']} row {told['row']}: {told['field']} is {told['value']}; allowed: {told['allowed']}")
    if found.complaints.count > _SHOWN:
        out.print(f"… {found.complaints.count} wrong cells in all")
    if not found.kept:
        out.print("nothing was kept" if not dry else "nothing was kept: it was only looked at")


def _write(found: Report, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(error.body() for error in found.complaints.kept)


def export_file(
    file: Annotated[Path, typer.Argument(help="Where to: name.xlsx, or name.csv with one table.")],
    table: Annotated[list[str] | None, typer.Option(help="regions, sites or cameras; default all.")] = None,
    language: Annotated[str, typer.Option(help="Of the headings: en or zh.")] = "en",
    *,
    phones: Annotated[bool, typer.Option("--phones", help="Telephone numbers in full.")] = False,
) -> None:
    """Write regions, sites and cameras as tables that `site import` reads; passwords in addresses are masked."""
    tables = tuple(_table(name) for name in table or TABLES)
    suffix = file.suffix.lower()
    if suffix not in {".csv", ".xlsx"} or (suffix == ".csv" and len(tables) != 1):
        raise InvalidInputError("file", file.name, "a name that ends in .xlsx, or in .csv with --table")
    wish = Wish(tables, "csv" if suffix == ".csv" else "xlsx", "zh" if language == "zh" else "en", phones)
    with closing(open_database(Settings())) as database, database.read() as connection:
        export_places(connection, WHOLE, wish, file)
    sys.stdout.write(f"{file}\n")
