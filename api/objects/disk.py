"""Objects in a folder: written beside, hashed, synced, then renamed into place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256 as new_sha256
from pathlib import Path
from stat import S_ISREG
from time import time
from uuid import uuid4

from api.objects import CHUNK_BYTES, ObjectStat, checked, is_key
from vision.errors import StorageError

_INCOMING = ".incoming"
"""Hidden, so that no key can name it; on the same file system, so that a rename is atomic."""
_LEFT_S = 24 * 3600.0
"""A file that is incoming for so long was left by a process that died; younger ones may be another's work."""


class DiskStore:
    """An `ObjectStore` in one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def prepare(self) -> None:
        """Make the folder, and remove files that were incoming when their process died."""
        incoming = self._root / _INCOMING
        with _translated(self._root):
            incoming.mkdir(parents=True, exist_ok=True)
            for left in list(incoming.iterdir()):
                _remove_if_old(left)

    def put(self, key: str, path: Path, sha256: str, media_type: str) -> None:  # noqa: ARG002 - a folder keeps no types
        """Copy the file in; a reader sees all of it or nothing, also after a power cut."""
        target = self._path(key)
        with _translated(self._root / key), self._temporary() as temporary:
            if _copied(path, temporary) != sha256:
                raise StorageError(f"{key}: the bytes do not have the hash {sha256}")
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.rename(target)
            self._sync_folders(target.parent)

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in chunks."""
        if self.stat(key) is None:  # said now; the file itself is opened when somebody reads
            raise FileNotFoundError(key)
        return self._chunks(key, start, length)

    def stat(self, key: str) -> ObjectStat | None:
        """Return size and time."""
        path = self._path(key)
        with _translated(self._root / key):
            try:
                found = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        if not S_ISREG(found.st_mode):  # a folder: only the beginning of other keys
            return None
        return ObjectStat(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def delete(self, key: str) -> None:
        """Remove the file."""
        with _translated(self._root / key):
            if self.stat(key) is not None:
                self._path(key).unlink(missing_ok=True)

    def walk(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Yield every finished object."""
        for folder, folders, names in os.walk(self._root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            keys = ((Path(folder) / name).relative_to(self._root).as_posix() for name in names)
            ours = (key for key in keys if key.startswith(prefix) and is_key(key))
            yield from (stat for key in ours if (stat := self.stat(key)))

    def upload_url(self, key: str, within: timedelta) -> str | None:  # noqa: ARG002 - the seam's
        """Return none: a folder has no address."""
        checked(key)
        return None

    def probe(self) -> None:
        """Write and remove a file."""
        with _translated(self._root), self._temporary() as temporary:
            temporary.write_bytes(b"")

    def _path(self, key: str) -> Path:
        return self._root / checked(key)

    def _chunks(self, key: str, start: int, length: int | None) -> Iterator[bytes]:
        with _translated(self._root / key), self._path(key).open("rb") as file:
            file.seek(start)
            left = length
            while chunk := file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)):
                left = None if left is None else left - len(chunk)
                yield chunk

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        path = self._root / _INCOMING / uuid4().hex
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _sync_folders(self, folder: Path) -> None:
        """Make the new names durable, up to the root: a fresh folder is itself only a name in its parent."""
        while folder != self._root.parent:
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            folder = folder.parent


@contextmanager
def _translated(place: Path) -> Iterator[None]:
    """Turn what the operating system says into our own error, which names the place: whose disk is full, say."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"{place}: {error.strerror}") from error


def _remove_if_old(left: Path) -> None:
    try:
        if time() - left.stat().st_mtime > _LEFT_S:
            left.unlink()
    except FileNotFoundError:
        return  # another process of ours was faster


def _copied(source: Path, target: Path) -> str:
    digest = new_sha256()
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            digest.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()
