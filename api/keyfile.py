"""Keys that lie in files which their owner alone may read: made once, at the first start, and never sent anywhere."""

import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from pathlib import Path

from api.settings import Settings, listed
from api.store.sealing import KEY_BYTES, Keyring
from vision.errors import ConfigError, StorageError

VARIABLE = "MINGCHU_SECRETS_KEY"


def keep_once(path: Path, content: Callable[[], bytes]) -> None:
    """Write a file of mode 0600 unless there is one; of two processes that try at once, one wins and both use its file.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = _written_beside(path, content())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def put_file(path: Path, content: bytes) -> None:
    """Put a file of mode 0600 in the place of another."""
    _written_beside(path, content).replace(path)


def _written_beside(path: Path, content: bytes) -> Path:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    return part


def new_key() -> str:
    """Return a key as MINGCHU_SECRETS_KEY takes it."""
    return b64encode(os.urandom(KEY_BYTES)).decode()


def key_place(settings: Settings) -> Path:
    """Return where the keys lie that no setting names."""
    return settings.data_dir / "keys" / "secrets.key"


def open_keyring(settings: Settings) -> Keyring:
    """Return the keys that seal secrets: those of the setting, else those of the file, made at the first start.

    Raises:
        ConfigError: the setting holds something else.
        StorageError: the file holds something else, or cannot be read or made.
    """
    told = listed(settings.secrets_key.get_secret_value())
    if told:
        try:
            return Keyring([key_of(text) for text in told])
        except ValueError:
            raise ConfigError(VARIABLE, "***", "keys as `mingchu secrets new-key` makes them, newest first") from None
    return _of_file(key_place(settings))


def _of_file(path: Path) -> Keyring:
    try:
        keep_once(path, _first_line)
        return Keyring([key_of(line) for line in path.read_text("ascii").split()])
    except (OSError, ValueError, StopIteration) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds no key of 32 bytes in base64"
        raise StorageError(f"{path}: the keys that seal secrets cannot be used ({reason})") from None


def _first_line() -> bytes:
    return f"{new_key()}\n".encode()


def key_of(text: str) -> bytes:
    """Return a key; ValueError, which does not repeat it, when it is none."""
    try:
        key = b64decode(text, validate=True)
    except NotBase64:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes in base64")
    return key
