"""The schema that migrations build, from nothing, on each kind of database."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Inspector, inspect, select

from api.store import migrate as migrating
from api.store.database import Database, answers
from api.store.migrate import configuration, migrate
from api.store.schema import heads, regions
from api.store.tables import metadata
from tests.keys import KEYRING


def built(url: str) -> Database:
    database = Database(url, KEYRING)
    migrate(database)
    return database


def shape(connection: Connection) -> dict[str, Any]:
    """Return everything that the database says about its tables, but for Alembic's own."""
    inspector = inspect(connection)
    names = sorted(set(inspector.get_table_names()) - {"alembic_version"})
    return {name: table_shape(inspector, name) for name in names}


def table_shape(inspector: Inspector, name: str) -> dict[str, Any]:
    columns = [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(name)]
    parts: Mapping[str, Any] = {
        "key": [inspector.get_pk_constraint(name)],
        "foreign": inspector.get_foreign_keys(name),
        "unique": inspector.get_unique_constraints(name),
        "checks": inspector.get_check_constraints(name),
        "indexes": [index_shape(index) for index in inspector.get_indexes(name)],
    }
    return {"columns": sorted(columns), **{part: sorted(map(repr, found)) for part, found in parts.items()}}


def index_shape(index: Mapping[str, Any]) -> dict[str, Any]:
    """Return an index with the condition of a partial one as text."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {**index, "dialect_options": options}


def test_the_history_builds_what_the_metadata_say(empty_url: str) -> None:
    database = built(empty_url)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        migrated = shape(connection)
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        metadata.drop_all(connection)
        metadata.create_all(connection)
    with database.read() as connection:
        direct = shape(connection)
    assert sorted(migrated) == sorted(table.name for table in metadata.tables.values())
    assert migrated == direct  # check constraints too, which Alembic does not compare
    database.close()


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    built(empty_url).close()
    database = built(empty_url)
    with database.read() as connection:
        assert answers(connection)
        assert connection.scalars(select(regions.c.path)).all() == ["/"]
        assert sorted(connection.execute(select(heads.c.name, heads.c.sequence, heads.c.digest))) == [
            ("audit", 0, ""),
            ("log", 0, ""),
        ]
    database.close()


def test_a_migration_that_fails_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All of it is one transaction: a half-built schema would need somebody to clean it up."""
    broken = tmp_path / "migrations"
    (broken / "versions").mkdir(parents=True)
    (broken / "env.py").write_text(Path(migrating.__file__).with_name("migrations").joinpath("env.py").read_text())
    first = 'revision, down_revision = "a", None\nfrom alembic import op\n'
    body = "def upgrade():\n    op.execute('CREATE TABLE half (id INTEGER)')\n    op.execute('SELECT no_such_thing')\n"
    (broken / "versions" / "a.py").write_text(first + body)
    monkeypatch.setattr(migrating, "_FOLDER", broken)
    database = Database(empty_url, KEYRING)
    with pytest.raises(Exception, match="no_such_thing"):
        migrate(database)
    with database.read() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()
    monkeypatch.undo()
    built(empty_url).close()


def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    script = (
        "import sys; from api.store.database import Database; from api.store.migrate import migrate\n"
        "print(flush=True); sys.stdin.readline(); migrate(Database(sys.argv[1]))"
    )
    racing = [
        subprocess.Popen([sys.executable, "-c", script, empty_url], stdin=PIPE, stdout=PIPE, stderr=PIPE)
        for _ in range(3)
    ]
    for process in racing:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
    for process in racing:
        assert process.stdin
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in racing:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told.decode()
    built(empty_url).close()


def test_there_is_one_way_only(database: Database) -> None:
    """Evidence is not un-migrated: going back is restoring a backup, and Alembic must not pretend otherwise."""
    with pytest.raises(Exception, match="downgrade"), database.write() as connection:
        command.downgrade(configuration(connection), "base")
    with database.read() as connection:
        assert inspect(connection).has_table("events")
