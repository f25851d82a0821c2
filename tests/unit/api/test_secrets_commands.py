"""`mingchu secrets` from a shell: new keys, keys that are changed, keys that are lost."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import SecretStr
from sqlalchemy import Text, cast, select
from typer.testing import CliRunner, Result

from api.audit import breaks
from api.commands import put_camera, put_site, register
from api.keyfile import key_of, key_place, new_key, open_keyring
from api.opening import open_database
from api.settings import Settings
from api.shell import out
from api.store.database import Database
from api.store.schema import audit, cameras
from api.store.sealing import name_of, seal_key
from tests.unit.api.world import START
from vision.errors import InvalidInputError, StorageError
from vision.scene import ZoneType

ADDRESS = "rtsp://admin:open-sesame@192.0.2.1/1"
Run = Callable[..., Result]


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give the commands, over a database with one camera whose address is sealed."""
    monkeypatch.setenv("MINGCHU_DATA_DIR", str(tmp_path))
    app = typer.Typer()
    register(app)
    with closing(open_database(Settings())) as database, database.write() as connection:
        put_site(connection, "kitchen", "Kitchen", START)
        camera = {"id": "wok", "site_id": "kitchen", "name": "", "source": ADDRESS}
        put_camera(connection, camera, ZoneType.COOKING, START)

    def run(*arguments: str) -> Result:
        with out.capture() as printed:
            result = CliRunner().invoke(app, ("secrets", *arguments))
        result.printed = printed.get()
        return result

    return run


def keys_in_file() -> list[str]:
    return key_place(Settings()).read_text("ascii").split()


def camera() -> dict[str, Any]:
    """Return the camera as the program reads it, and the name of the key that sealed its address."""
    with closing(Database(Settings().database, open_keyring(Settings()))) as database, database.read() as connection:
        row = connection.execute(select(cameras, cast(cameras.c.source, Text).label("stored"))).mappings().one()
        return {**row, "key": seal_key(row["stored"])}


def last_act() -> tuple[str, str, str, dict[str, object]]:
    with closing(Database(Settings().database, open_keyring(Settings()))) as database, database.read() as connection:
        assert list(breaks(connection)) == []
        row = connection.execute(select(audit).order_by(audit.c.sequence.desc())).mappings().first()
        assert row is not None
        return row["actor"], row["action"], row["target"], json.loads(row["detail"])


def test_a_new_key_is_printed_and_put_nowhere(secrets: Run) -> None:
    before = keys_in_file()
    printed = [secrets("new-key").printed.strip() for _ in range(2)]
    assert [len(key_of(text)) for text in printed] == [32, 32]
    assert printed[0] != printed[1]
    assert keys_in_file() == before


def test_keys_of_the_file_are_changed_and_the_old_one_is_kept_for_older_backups(secrets: Run) -> None:
    before = keys_in_file()
    done = secrets("rotate")
    newest, *older = keys_in_file()
    name = name_of(key_of(newest))
    assert older == before
    assert done.printed == f"1 value(s) sealed with key {name}\n"
    assert newest not in done.printed
    assert (camera()["source"], camera()["key"]) == (ADDRESS, name)
    assert last_act() == ("shell", "secrets.resealed", name, {"values": 1})
    key_place(Settings()).write_text(f"{newest}\n", "ascii")
    assert camera()["source"] == ADDRESS, "the old one is needed no more"


def test_keys_of_the_setting_are_changed_where_it_is_set(secrets: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (old,), new = keys_in_file(), new_key()
    monkeypatch.setenv("MINGCHU_SECRETS_KEY", f"{new},{old}")
    refused = secrets("rotate").exception
    assert isinstance(refused, InvalidInputError)
    assert (refused.field, old in str(refused) or new in str(refused)) == ("MINGCHU_SECRETS_KEY", False)
    assert camera()["key"] == name_of(key_of(old))
    assert secrets("reseal").printed == f"1 value(s) sealed with key {name_of(key_of(new))}\n"
    assert (camera()["source"], camera()["key"]) == (ADDRESS, name_of(key_of(new)))
    assert secrets("reseal").printed.startswith("0 value(s)"), "once is enough"


def test_nothing_is_sealed_anew_while_a_key_is_lost(secrets: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (old,) = keys_in_file()
    monkeypatch.setenv("MINGCHU_SECRETS_KEY", new_key())
    refused = secrets("reseal").exception
    assert isinstance(refused, StorageError)
    assert name_of(key_of(old)) in str(refused)
    monkeypatch.delenv("MINGCHU_SECRETS_KEY")
    assert camera()["source"] == ADDRESS


def test_what_a_lost_key_sealed_is_given_up_by_name(secrets: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (old,) = keys_in_file()
    lost = Settings(secrets_key=SecretStr(new_key()))
    with pytest.raises(StorageError, match="secrets forget-lost"):
        open_database(lost)
    monkeypatch.setenv("MINGCHU_SECRETS_KEY", lost.secrets_key.get_secret_value())
    assert secrets("forget-lost").printed == "second_factors 0, webhooks 0, cameras 1\n"
    assert last_act()[:3] == ("shell", "secrets.forgotten", name_of(key_of(old)))
    assert (camera()["source"], camera()["enabled"]) == ("", False)
    open_database(lost).close()


def test_nothing_is_given_up_while_every_key_is_there(secrets: Run) -> None:
    assert secrets("forget-lost").printed == "second_factors 0, webhooks 0, cameras 0\n"
    assert (camera()["source"], camera()["enabled"]) == (ADDRESS, True)
