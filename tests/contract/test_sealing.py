"""Secrets at rest, on each kind of database: sealed, opened by their keys only, and sealed anew."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import JSON, Column, Connection, Text, cast, func, literal, select, type_coerce, update

from api.backup import restore, save
from api.keyfile import key_place, new_key
from api.notify import signing
from api.objects.disk import DiskStore
from api.opening import open_database
from api.settings import Settings
from api.store import cameras, factors, webhooks
from api.store.database import Database
from api.store.resealing import PLACES, forget, has_touchstone, lie_open, lost_keys, reseal
from api.store.scope import WHOLE
from api.store.sealing import BEGINNING, Keyring, SealedJson, SealedText
from api.store.tables import metadata
from tests.contract.world import NOW, camera_row, furnish
from tests.keys import KEYRING
from vision.errors import StorageError

NEWER = Keyring([b"\x01" * 32, bytes(range(32))])
NEWEST_ONLY = Keyring([b"\x01" * 32])
ADDRESS = "rtsp://admin:open-sesame@camera.example/1"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SECRET = "whsec_" + "b3BlbnNlc2FtZW9wZW5zZXNhbWVvcGVuc2VzYW1lMTI="
NEEDLES = ("open-sesame", SEED, SECRET)


@pytest.fixture
def store(database: Database) -> Iterator[Database]:
    """Give a city with one secret of each kind."""
    with database.write() as connection:
        furnish(connection)
        cameras.add(connection, camera_row("hidden", "hall", source=ADDRESS))
        factors.begin_factor(connection, "user-anna", SEED, NOW)
        place = {"id": "wh_1", "region_id": "root", "url": "https://example.com/", "name": "", "types": [], "kinds": []}
        secrets = signing.rotated((), SECRET, NOW, timedelta())
        webhooks.add(connection, {**place, "state": "active", "secrets": secrets}, 0, NOW)
    return database


def stored(connection: Connection) -> str:
    """Return everything that lies in the sealed columns."""
    return "\n".join(text for column in PLACES for text in connection.scalars(select(cast(column, Text))))


def told(connection: Connection) -> tuple[Any, ...]:
    """Return the secrets as the program reads them."""
    camera, webhook = cameras.find(connection, WHOLE, "hidden"), webhooks.find(connection, WHOLE, "wh_1")
    factor = factors.factor_of(connection, "user-anna")
    assert camera
    assert webhook
    assert factor
    return camera["source"], factor["secret"], webhook["secrets"][0]["secret"]


def with_keys(database: Database, keyring: Keyring) -> Database:
    """Return the same database as another process opens it."""
    return Database(database.engine.url.render_as_string(hide_password=False), keyring)


def lay_open(connection: Connection) -> None:
    """Store the secrets as a release did that knew no keys."""
    for column, value in zip(PLACES, (SEED, [{"secret": SECRET, "until": None}], ADDRESS), strict=False):
        raw = JSON() if isinstance(column.type, SealedJson) else Text()
        mine = column.table.c.id == "hidden" if column.table.name == "cameras" else literal(1) == 1
        plain = type_coerce(literal(value, raw), raw)
        connection.execute(update(column.table).where(mine).values({column.name: plain}))


def test_nothing_lies_open_and_everything_is_read(store: Database) -> None:
    with store.read() as connection:
        text = stored(connection)
        assert not [needle for needle in NEEDLES if needle in text]
        assert text.count(BEGINNING) == connection.scalar(select(func.count()).select_from(PLACES[2].table)) + 2
        assert told(connection) == (ADDRESS, SEED, SECRET)


def test_every_sealed_column_is_known() -> None:
    kinds = (SealedText, SealedJson)
    sealed: set[Column[Any]] = {
        column for table in metadata.tables.values() for column in table.columns if isinstance(column.type, kinds)
    }
    assert sealed == set(PLACES)
    assert all(str(column) == column.type.place for column in sealed)


def test_what_an_older_release_stored_open_is_read_and_then_sealed(store: Database) -> None:
    with store.write() as connection:
        lay_open(connection)
        assert lie_open(connection)
        assert all(needle in stored(connection) for needle in NEEDLES)
        assert told(connection) == (ADDRESS, SEED, SECRET)
        assert reseal(connection, KEYRING) == 3
    with store.write() as connection:
        assert not lie_open(connection)
        assert not [needle for needle in NEEDLES if needle in stored(connection)]
        assert told(connection) == (ADDRESS, SEED, SECRET)
        assert reseal(connection, KEYRING) == 0


def test_keys_are_rotated(store: Database) -> None:
    with closing(with_keys(store, NEWER)) as turning, turning.write() as connection:
        assert told(connection) == (ADDRESS, SEED, SECRET)
        assert lost_keys(connection, NEWEST_ONLY) == {KEYRING.newest}
        assert reseal(connection, NEWER) > 3
        assert lost_keys(connection, NEWEST_ONLY) == set()
    with closing(with_keys(store, NEWEST_ONLY)) as turned, turned.read() as connection:
        assert told(connection) == (ADDRESS, SEED, SECRET)
    with store.read() as connection, pytest.raises(StorageError, match=NEWER.newest):
        told(connection)


def test_what_was_moved_or_changed_does_not_open(store: Database) -> None:
    factor, _, camera, _ = PLACES
    with store.write() as connection:
        moved = select(cast(camera, Text)).where(camera.table.c.id == "hidden").scalar_subquery()
        connection.execute(update(factor.table).values(secret=type_coerce(moved, Text)))
    with store.read() as connection, pytest.raises(StorageError, match="was changed since"):
        factors.factor_of(connection, "user-anna")


def test_who_has_no_keys_learns_nothing(store: Database) -> None:
    other = Database(store.engine.url.render_as_string(hide_password=False))
    with closing(other), other.read() as connection, pytest.raises(StorageError, match="without the keys"):
        told(connection)


def test_what_a_lost_key_sealed_can_be_given_up(store: Database) -> None:
    with closing(with_keys(store, NEWEST_ONLY)) as bereft, bereft.write() as connection:
        gone = forget(connection, lost_keys(connection, NEWEST_ONLY))
        assert gone["second_factors"] == gone["webhooks"] == 1
        assert gone["cameras"] > 1
        assert factors.factor_of(connection, "user-anna") is None
        camera, webhook = cameras.find(connection, WHOLE, "hidden"), webhooks.find(connection, WHOLE, "wh_1")
        assert camera
        assert webhook
        assert (camera["source"], camera["enabled"], camera["version"]) == ("", False, 2)
        assert (webhook["state"], webhook["secrets"]) == ("disabled", [])
        assert lost_keys(connection, NEWEST_ONLY) == set()


def test_a_backup_holds_no_open_secret_and_comes_back_with_the_key(
    store: Database, empty_url: str, tmp_path: Path
) -> None:
    objects = DiskStore(tmp_path / "objects")
    objects.prepare()
    save(store, objects, tmp_path / "saved", NOW)
    text = "".join(gzip.decompress(file.read_bytes()).decode() for file in (tmp_path / "saved/tables").iterdir())
    assert BEGINNING in text
    assert not [needle for needle in NEEDLES if needle in text]
    with closing(Database(empty_url, KEYRING)) as again:
        restore(again, objects, tmp_path / "saved")
        with again.read() as connection:
            assert told(connection) == (ADDRESS, SEED, SECRET)


def opening(store: Database, folder: Path, key: str = "") -> Database:
    """Return the database as a process with a data folder of its own opens it."""
    url = SecretStr(store.engine.url.render_as_string(hide_password=False))
    return open_database(Settings(data_dir=folder, database_url=url, secrets_key=SecretStr(key)))


@pytest.mark.server("postgresql")
def test_a_second_machine_must_have_the_key_of_the_first(postgres_url: str, tmp_path: Path) -> None:
    """Before anything else is sealed: else each would seal what the other cannot open."""
    with closing(Database(postgres_url, KEYRING)) as store:
        opening(store, tmp_path / "first").close()
        with pytest.raises(StorageError, match="all processes of a database share its key"):
            opening(store, tmp_path / "second")
        key = key_place(Settings(data_dir=tmp_path / "first")).read_text("ascii").strip()
        opening(store, tmp_path / "second", key).close()
        opening(store, tmp_path / "third", f"{new_key()},{key}").close()


@pytest.mark.server("postgresql")
def test_of_two_machines_that_start_at_once_one_is_refused(postgres_url: str, tmp_path: Path) -> None:
    refused: list[StorageError] = []

    def start(name: str) -> None:
        try:
            opening(store, tmp_path / name).close()
        except StorageError as error:
            refused.append(error)

    with closing(Database(postgres_url, KEYRING)) as store:
        racing = [threading.Thread(target=start, args=(name,)) for name in ("first", "second")]
        for thread in racing:
            thread.start()
        for thread in racing:
            thread.join(60)
    assert len(refused) == 1


@pytest.mark.server("postgresql")
def test_a_key_is_changed_and_a_lost_one_given_up(postgres_url: str, tmp_path: Path) -> None:
    with closing(Database(postgres_url, KEYRING)) as store:
        opening(store, tmp_path / "first").close()
        newer = Keyring([b"\x02" * 32])
        with closing(with_keys(store, newer)) as bereft, bereft.write() as connection:
            lost = lost_keys(connection, newer)
            assert len(lost) == 1
            forget(connection, lost)
            assert not has_touchstone(connection)
        opening(store, tmp_path / "second").close()
