"""The keys that seal secrets: made once, read by their owner alone, told to nobody."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.commands import put_camera, put_site
from api.keyfile import key_place, new_key, open_keyring
from api.opening import open_database
from api.settings import Settings
from vision.errors import ConfigError, StorageError
from vision.scene import ZoneType


def settings(folder: Path, key: str = "") -> Settings:
    return Settings(data_dir=folder, secrets_key=key)


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = open_keyring(settings(tmp_path))
    place = key_place(settings(tmp_path))
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [file.name for file in place.parent.iterdir()] == [place.name]
    assert open_keyring(settings(tmp_path)).newest == first.newest


def test_the_setting_wins_and_its_first_key_seals(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    sealed = open_keyring(settings(tmp_path, old)).seal("text", "t.c")
    both = open_keyring(settings(tmp_path, f"{new}, {old}"))
    assert both.newest == open_keyring(settings(tmp_path, new)).newest
    assert both.unseal(sealed, "t.c") == "text"
    assert not key_place(settings(tmp_path)).exists()


@pytest.mark.parametrize("wrong", ["x", "c2hvcnQ=", "ü" * 44])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigError, match="MINGCHU_SECRETS_KEY") as refused:
        open_keyring(settings(tmp_path, wrong))
    assert f"'{wrong}'" not in str(refused.value)
    place = key_place(settings(tmp_path))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(wrong)
    with pytest.raises(StorageError, match="keys that seal") as refused_file:
        open_keyring(settings(tmp_path))
    assert f"'{wrong}'" not in str(refused_file.value)


def test_an_empty_file_is_no_key(tmp_path: Path) -> None:
    key_place(settings(tmp_path)).parent.mkdir(parents=True)
    key_place(settings(tmp_path)).touch()
    with pytest.raises(StorageError, match="keys that seal"):
        open_keyring(settings(tmp_path))


def test_no_key_is_in_a_repr(tmp_path: Path) -> None:
    key = new_key()
    told = settings(tmp_path, key)
    assert key not in repr(told) + repr(open_keyring(told)) + repr(vars(open_keyring(told)))


def test_a_database_under_another_key_is_not_opened(tmp_path: Path) -> None:
    opened = open_database(settings(tmp_path))
    now = datetime(2026, 11, 24, tzinfo=UTC)
    with opened.write() as connection:
        put_site(connection, "s", "S", now)
        camera = {"id": "wok", "site_id": "s", "name": "", "source": "rtsp://u:p@192.0.2.1/1"}
        put_camera(connection, camera, ZoneType.COOKING, now)
    opened.close()
    other = settings(tmp_path, new_key())
    with pytest.raises(StorageError, match="secrets forget-lost"):
        open_database(other)
    open_database(settings(tmp_path)).close()
