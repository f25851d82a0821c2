"""Writes whole files or none: a temporary name, flushed to the disk, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from vision.errors import StorageError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it there when the block succeeds, remove it when it fails.

    Raises:
        StorageError: the disk is full or does not take the file; nothing is left behind.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        _flush(part)
        part.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise _storage_error(path, error) from error
    finally:
        with suppress(OSError):  # a folder that is a file has nothing to remove, and its error is told above
            part.unlink()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file atomically and durably.

    Raises:
        StorageError: the disk is full or does not take the file; nothing is left behind.
    """
    with whole(path) as part:
        part.write_bytes(data)


def file_sha256(path: Path) -> str:
    """Return the file's SHA-256 in hex."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storage_error(path: Path, error: OSError) -> StorageError:
    if isinstance(error, StorageError):
        return error
    return StorageError(f"{path}: cannot be written ({error.strerror or error})")
