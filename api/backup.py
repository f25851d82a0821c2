"""`mingchu backup` and `restore`: one consistent state of database and objects as plain files, for either database.

A backup is a folder: `manifest.json`, one `tables/NAME.jsonl.gz` per table, and `objects/KEY`. The tables are read in
one transaction that sees one state; objects are immutable and written before their rows, so whatever a row of that
state names is there to be copied afterwards. Columns are read from the database itself, so a newer release restores the
backup of an older one: into the older schema first, which is then migrated.
"""

import gzip
import json
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from alembic import command
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Connection, Date, DateTime, MetaData, Table, func, insert, select

from api.objects import ObjectStore, is_key
from api.store.database import Database
from api.store.migrate import configuration, migrate
from vision.errors import InvalidInputError, StorageError

FORMAT = 1
_BATCH = 500
_NOT_OURS = "alembic_version"
_HUMAN = ("users", "keys", "sites", "events", "audit")
"""A database without a row in these has served nobody; migrations put rows into some of the others."""


@dataclass(slots=True)
class Saved:
    """What a backup holds."""

    rows: dict[str, int] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    """Key → SHA-256."""
    lost: list[str] = field(default_factory=list)
    """Keys that a row names and the store does not have: `mingchu check` says so, too."""


def save(database: Database, objects: ObjectStore, folder: Path, now: datetime) -> Saved:
    """Write a backup into a folder that is not there yet; it appears when it is complete.

    Raises:
        InvalidInputError: the folder is there.
        StorageError: database, objects or the folder's disk fail.
    """
    if folder.exists():
        raise InvalidInputError("folder", str(folder), "a folder that is not there yet")
    part = folder.with_name(f"{folder.name}.part")
    try:
        (part / "tables").mkdir(parents=True)
        saved, tables = Saved(), {}
        with database.read() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            for table in _tables(connection):
                tables[table.name] = _write_table(connection, table, part / "tables", saved)
        for key in sorted(saved.objects):
            _copy(objects, key, part / "objects" / key, saved)
        told = {"format": FORMAT, "made_at": now.isoformat(), "revision": revision, "tables": tables}
        (part / "manifest.json").write_text(json.dumps({**told, "objects": saved.objects}, indent=1), "utf-8")
        part.rename(folder)
    except OSError as error:
        raise StorageError(f"the backup {folder} cannot be written: {error.strerror}") from error
    return saved


def _tables(connection: Connection) -> list[Table]:
    """Return the tables of this database, those that others refer to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != _NOT_OURS]


def _write_table(connection: Connection, table: Table, folder: Path, saved: Saved) -> dict[str, Any]:
    """Write every row as one JSON line and note the objects that the rows name."""
    order = [table.c.path] if "path" in table.c else list(table.primary_key)
    count, path = 0, folder / f"{table.name}.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for row in connection.execution_options(yield_per=_BATCH).execute(select(table).order_by(*order)).mappings():
            file.write(json.dumps(dict(row), default=_text, ensure_ascii=False) + "\n")
            saved.objects.update(dict.fromkeys(_keys_in(row), ""))
            count += 1
    saved.rows[table.name] = count
    return {"rows": count, "sha256": _hash(path)}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise StorageError(f"a value of type {type(value).__name__} has no place in a backup")


def _keys_in(row: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the objects that a row names: the columns `key` and `…_key` that hold a path."""
    for name, value in row.items():
        if (name == "key" or name.endswith("_key")) and isinstance(value, str) and "/" in value and is_key(value):
            yield value


def _copy(objects: ObjectStore, key: str, path: Path, saved: Saved) -> None:
    digest = sha256()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        chunks = objects.open(key)
        with path.open("xb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
    except FileNotFoundError:
        path.unlink(missing_ok=True)
        saved.lost.append(key)
        del saved.objects[key]
        return
    saved.objects[key] = digest.hexdigest()


def restore(database: Database, objects: ObjectStore, folder: Path) -> Saved:
    """Put a backup into an empty database and an object store, and bring the schema up to date.

    Every file is checked against the manifest before anything is written; the rows are one transaction.

    Raises:
        InvalidInputError: the folder is no backup, a file of it was changed, or the database holds something.
        StorageError: database or objects fail; run it again into an empty database.
    """
    manifest = _manifest(folder)
    saved = Saved({name: told["rows"] for name, told in manifest["tables"].items()}, manifest["objects"])
    with database.write() as connection:
        _require_empty(connection, manifest["revision"])
        command.upgrade(configuration(connection), manifest["revision"])
        tables = {table.name: table for table in _tables(connection)}
        for table in reversed(tables.values()):
            connection.execute(table.delete())
        for table in tables.values():
            _read_table(connection, table, folder / "tables" / f"{table.name}.jsonl.gz")
        for key, digest in saved.objects.items():
            kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
            objects.put(key, folder / "objects" / key, digest, kind)
    migrate(database)
    return saved


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a backup whose every file is as it was written."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
        known = manifest["format"] == FORMAT
        expected = {f"tables/{name}.jsonl.gz": told["sha256"] for name, told in manifest["tables"].items()}
        expected |= {f"objects/{key}": digest for key, digest in manifest["objects"].items() if is_key(key)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInputError("folder", str(folder), "a folder that `mingchu backup` has made") from None
    if not known:
        raise InvalidInputError("folder", f"format {manifest['format']}", f"a backup of format {FORMAT}")
    for name, digest in expected.items():
        path = folder / name
        if not path.is_file() or _hash(path) != digest:
            raise InvalidInputError("folder", name, "a file as it was when the backup was made")
    return manifest


def _require_empty(connection: Connection, revision: str) -> None:
    for table in _tables(connection):
        count = connection.scalar(select(func.count()).select_from(table)) if table.name in _HUMAN else 0
        if count:
            raise InvalidInputError("database", f"{count} row(s) in {table.name}", "an empty database")
    now = MigrationContext.configure(connection).get_current_revision()
    if now not in {None, revision}:
        raise InvalidInputError("database", f"revision {now}", f"a database without tables, or at revision {revision}")


def _read_table(connection: Connection, table: Table, path: Path) -> None:
    if not path.is_file():
        return
    kinds = {column.name: column.type for column in table.columns}
    for column in table.columns:
        if isinstance(column.type, JSON):
            column.type.none_as_null = bool(column.nullable)
    naive = connection.dialect.name == "sqlite"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        batch: list[dict[str, Any]] = []
        for line in file:
            batch.append({name: _value(value, kinds[name], naive=naive) for name, value in json.loads(line).items()})
            if len(batch) == _BATCH:
                connection.execute(insert(table), batch)
                batch = []
        if batch:
            connection.execute(insert(table), batch)


def _value(value: Any, kind: Any, *, naive: bool) -> Any:
    """Return a value as its column takes it; SQLite keeps instants as UTC without an offset."""
    if isinstance(kind, DateTime) and value is not None:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=None) if naive else at
    if isinstance(kind, Date) and value is not None:
        return date.fromisoformat(value)
    return value


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
