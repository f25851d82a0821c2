"""Where the parts of one event are written before the outbox takes them over."""

import shutil
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from vision.events import StoredObject
from vision.ports import Outgoing
from vision.recording.writing import file_sha256, write_whole

SUFFIXES = {"image/jpeg": "jpg", "video/mp4": "mp4", "application/json": "json"}


class Staging:
    """A folder for one hand-over; whatever the outbox did not take is gone when the block ends."""

    def __init__(self, root: Path, event_id: str) -> None:
        self._folder = root / f"{event_id}-{uuid4().hex[:8]}"
        self._event_id = event_id
        self._stored: list[tuple[StoredObject, Path]] = []

    def path(self, name: str) -> Path:
        """Return where a part may be written; `adopt` it afterwards."""
        return self._folder / name

    def add(self, name: str, data: bytes, media_type: str, *, blurred: bool = False) -> StoredObject:
        """Write one part; `blurred` tells that it shows nobody.

        Raises:
            StorageError: the disk does not take it.
        """
        path = self.path(f"{name}.{SUFFIXES[media_type]}")
        write_whole(path, data)
        return self._enter(name, path, media_type, sha256(data).hexdigest(), blurred=blurred)

    def adopt(self, name: str, path: Path, media_type: str) -> StoredObject:
        """Take in a part that lies in this folder already."""
        return self._enter(name, path, media_type, file_sha256(path), blurred=False)

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Return what was added so far."""
        return tuple(stored for stored, _ in self._stored)

    def outgoing(self) -> list[Outgoing]:
        """Return all parts as the outbox takes them, in the order added."""
        return [
            Outgoing(self._event_id, "media", o.name, b"", path, o.media_type, o.sha256) for o, path in self._stored
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _enter(self, name: str, path: Path, media_type: str, digest: str, *, blurred: bool) -> StoredObject:
        key = f"{self._event_id}/{path.name}"
        stored = StoredObject(name, key, digest, path.stat().st_size, media_type, blurred)
        self._stored.append((stored, path))
        return stored
