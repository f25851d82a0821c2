"""Where media lie: the seam, the rules for keys, and the choice between a folder and S3."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from vision.errors import InvalidInputError

CHUNK_BYTES = 1 << 18
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){0,9}")


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """What a store tells about one object without reading it."""

    key: str
    size_bytes: int
    modified_at: datetime


class ObjectStore(Protocol):
    """Keeps immutable objects by key; every method raises StorageError when the store itself fails."""

    def prepare(self) -> None:
        """Make the folder or bucket unless it is there, and clear away what dead processes left."""
        ...

    def put(self, key: str, path: Path, sha256: str, media_type: str) -> None:
        """Keep a copy of a file durably and all or nothing; StorageError when its bytes do not have this hash."""
        ...

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield `length` bytes from `start`, fewer where the object ends; FileNotFoundError when there is none."""
        ...

    def stat(self, key: str) -> ObjectStat | None:
        """Return size and time, None when there is no such object."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; no error when it is gone already."""
        ...

    def walk(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Yield every object whose key begins with this, in any order."""
        ...

    def upload_url(self, key: str, within: timedelta) -> str | None:
        """Return an address to which anybody may PUT this object meanwhile; None where a store has no such address."""
        ...

    def probe(self) -> None:
        """Raise StorageError unless the store is there and answers; nothing is made."""
        ...


def is_key(text: str) -> bool:
    """Tell whether an object can have this name; what else lies in a store is not ours."""
    return _KEY.fullmatch(text) is not None


def checked(key: str) -> str:
    """Return a key that cannot leave the store: plain segments, none of them hidden or `..`."""
    if not is_key(key):
        raise InvalidInputError("key", key, "segments of letters, digits, . _ - joined by single slashes")
    return key
