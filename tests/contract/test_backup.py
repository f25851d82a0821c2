"""The drill: save, destroy, restore on either kind of database, and find everything in order."""

import gzip
import json
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from api.audit import SHELL, Act
from api.audit import record as note
from api.backup import restore, save
from api.check import findings
from api.objects.disk import DiskStore
from api.store import media
from api.store.database import Database
from api.store.schema import log
from api.store.tables import metadata
from tests.contract.test_store_schema import shape
from tests.contract.world import NOW, event_id, furnish, take, told
from tests.keys import KEYRING
from vision.errors import InvalidInputError


@dataclass
class Kitchen:
    database: Database
    objects: DiskStore
    folder: Path


@pytest.fixture
def kitchen(database: Database, tmp_path: Path) -> Kitchen:
    """Give a city with events, evidence and an audit trail."""
    objects = DiskStore(tmp_path / "objects")
    objects.prepare()
    with database.write() as connection:
        furnish(connection)
        note(connection, Act(SHELL, "city.founded", "city", {"名": "字"}), NOW)
    for number in range(3):
        tell(database, number)
        attach(database, objects, number, tmp_path / "piece")
    return Kitchen(database, objects, tmp_path)


def tell(database: Database, number: int) -> None:
    with database.write() as connection:
        take(connection, told(number))


def attach(database: Database, objects: DiskStore, number: int, path: Path) -> str:
    path.write_bytes(f"clip {number}".encode())
    digest = sha256(path.read_bytes()).hexdigest()
    with database.write() as connection:
        key = f"events/{number}/clip.mp4"
        objects.put(key, path, digest, "video/mp4")
        row = {"event_id": event_id(number), "name": "clip", "key": key, "sha256": digest, "size_bytes": 6}
        media.add(connection, {**row, "media_type": "video/mp4", "blurred": False, "stored_at": NOW})
    return key


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=str)
            for table in metadata.sorted_tables
        }


def test_what_was_destroyed_comes_back_as_it_was(kitchen: Kitchen, empty_url: str) -> None:
    saved = save(kitchen.database, kitchen.objects, kitchen.folder / "saved", NOW)
    assert (saved.rows["events"], len(saved.objects), saved.lost) == (3, 3, [])
    before = everything(kitchen.database)
    shutil.rmtree(kitchen.folder / "objects")
    objects = DiskStore(kitchen.folder / "again")
    objects.prepare()
    with closing(Database(empty_url, KEYRING)) as again:
        restore(again, objects, kitchen.folder / "saved")
        assert everything(again) == before
        assert list(findings(again, objects, datetime.now(UTC), repair=False)) == []
        with again.read() as connection:
            assert shape(connection).keys() == {table.name for table in metadata.sorted_tables}


def test_what_comes_while_it_is_saved_is_in_it_whole_or_not_at_all(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupting(self: DiskStore, *arguments: object) -> object:
        if not interrupted:
            interrupted.append(True)
            tell(kitchen.database, 3)
        return original(self, *arguments)  # type: ignore[arg-type]

    interrupted: list[bool] = []
    original = DiskStore.open
    monkeypatch.setattr(DiskStore, "open", interrupting)
    saved = save(kitchen.database, kitchen.objects, kitchen.folder / "saved", NOW)
    assert interrupted
    assert saved.rows["events"] == saved.rows["log"] == 3
    with kitchen.database.read() as connection:
        assert len(connection.execute(select(log.c.sequence)).all()) == 4


def test_a_lost_object_is_told_and_does_not_stop_the_rest(kitchen: Kitchen) -> None:
    kitchen.objects.delete("events/1/clip.mp4")
    saved = save(kitchen.database, kitchen.objects, kitchen.folder / "saved", NOW)
    assert saved.lost == ["events/1/clip.mp4"]
    assert sorted(saved.objects) == ["events/0/clip.mp4", "events/2/clip.mp4"]


def test_a_backup_that_was_touched_is_refused_and_nothing_is_written(kitchen: Kitchen, empty_url: str) -> None:
    folder = kitchen.folder / "saved"
    save(kitchen.database, kitchen.objects, folder, NOW)
    (folder / "objects/events/1/clip.mp4").write_bytes(b"another")
    objects = DiskStore(kitchen.folder / "again")
    objects.prepare()
    with closing(Database(empty_url, KEYRING)) as again, pytest.raises(InvalidInputError, match=r"events/1/clip\.mp4"):
        restore(again, objects, folder)
    assert list(objects.walk()) == []


def test_a_database_that_holds_something_is_not_written_over(kitchen: Kitchen) -> None:
    save(kitchen.database, kitchen.objects, kitchen.folder / "saved", NOW)
    with pytest.raises(InvalidInputError, match="an empty database"):
        restore(kitchen.database, kitchen.objects, kitchen.folder / "saved")


@pytest.mark.parametrize("manifest", [None, "[]", "{}", '{"format": 9, "tables": {}, "objects": {}}'])
def test_what_is_no_backup_is_refused(sqlite_url: str, tmp_path: Path, manifest: str | None) -> None:
    (tmp_path / "saved").mkdir()
    if manifest is not None:
        (tmp_path / "saved/manifest.json").write_text(manifest)
    with closing(Database(sqlite_url, KEYRING)) as database, pytest.raises(InvalidInputError, match="folder"):
        restore(database, DiskStore(tmp_path / "objects"), tmp_path / "saved")


def test_a_folder_that_is_there_is_left_alone(kitchen: Kitchen) -> None:
    with pytest.raises(InvalidInputError, match="not there yet"):
        save(kitchen.database, kitchen.objects, kitchen.folder, NOW)


def test_rows_are_plain_lines_that_other_programs_can_read(kitchen: Kitchen) -> None:
    save(kitchen.database, kitchen.objects, kitchen.folder / "saved", NOW)
    with gzip.open(kitchen.folder / "saved/tables/regions.jsonl.gz", "rt", encoding="utf-8") as file:
        paths = [json.loads(line)["path"] for line in file]
    assert paths == sorted(paths)
    assert paths[0] == "/"
