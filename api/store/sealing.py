"""Columns that whoever reads the database's file, or a backup of it, must not understand: sealed with a key kept apart.

AES-256-GCM (NIST SP 800-38D) with a random nonce; the column's name is authenticated too, so that a value moved into
another column does not open. `sealed1:<key>:<nonce, text and tag in base64>` names the key, so that several can open.
A value without that beginning was stored before there was a key: it is read as it is, and sealed at the next write.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import JSON, Dialect, Text
from sqlalchemy.types import TypeDecorator

from vision.errors import StorageError

BEGINNING = "sealed1:"
KEY_BYTES = 32
_NONCE_BYTES = 12


class Keyring:
    """The keys of an installation, the newest first: that one seals, and each opens what it has sealed."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {name_of(key): AESGCM(key) for key in keys}
        self.newest = next(iter(self._ciphers))
        """The name of the key that seals."""

    def seal(self, text: str, place: str) -> str:
        """Return what is stored in a place, `table.column`, in place of a text."""
        nonce = os.urandom(_NONCE_BYTES)
        closed = nonce + self._ciphers[self.newest].encrypt(nonce, text.encode(), place.encode())
        return f"{BEGINNING}{self.newest}:{b64encode(closed).decode()}"

    def unseal(self, stored: str, place: str) -> str:
        """Return the text that was sealed.

        Raises:
            StorageError: its key is none of these, or it was changed or moved.
        """
        name, _, closed = stored.removeprefix(BEGINNING).partition(":")
        if name not in self._ciphers:
            raise StorageError(f"a value of {place} is sealed with key {name}, which is not here")
        try:
            content = b64decode(closed, validate=True)
            return self._ciphers[name].decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise StorageError(f"a value of {place} was changed since it was sealed") from error

    def knows(self, name: str) -> bool:
        """Tell whether a key of this name is here."""
        return name in self._ciphers

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._ciphers)})"


def name_of(key: bytes) -> str:
    """Return what a key is called: says nothing about it, and is the same everywhere."""
    return sha256(b"mingchu sealing key\n" + key).hexdigest()[:8]


def seal_key(stored: str) -> str:
    """Return the name of the key that sealed a value; empty for one that lies open."""
    return stored.removeprefix(BEGINNING).partition(":")[0] if stored.startswith(BEGINNING) else ""


def give_keys(dialect: Dialect, keyring: Keyring | None) -> None:
    """Let the sealed columns of one engine find its keys: all share the columns, each engine has its own dialect."""
    setattr(dialect, _KEYRING, keyring)


def _keyring_of(dialect: Dialect) -> Keyring:
    keyring: Keyring | None = getattr(dialect, _KEYRING, None)
    if keyring is None:
        raise StorageError("this database was opened without the keys that seal secrets")
    return keyring


_KEYRING = "mingchu_keyring"


class SealedText(TypeDecorator[str]):
    """A text that is sealed in the database; the empty one, which says that there is none, is not."""

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what is stored."""
        return _keyring_of(dialect).seal(value, self.place) if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what was meant."""
        sealed = value is not None and value.startswith(BEGINNING)
        return _keyring_of(dialect).unseal(str(value), self.place) if sealed else value


class SealedJson(TypeDecorator[Any]):
    """JSON that is sealed in the database: there it is one string."""

    impl = JSON
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Return what is stored."""
        return _keyring_of(dialect).seal(json.dumps(value), self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return what was meant."""
        return json.loads(_keyring_of(dialect).unseal(value, self.place)) if isinstance(value, str) else value
