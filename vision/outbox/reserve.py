"""Room that is kept for deleting: on a full disk, what was delivered must still be able to leave."""

import os
from pathlib import Path

RESERVE_BYTES = 4 << 20
"""Far more than SQLite's log grows before it starts anew (`wal_autocheckpoint` of the spool)."""


class Reserve:
    """A file that only takes room; giving it free makes room that nobody else was promised."""

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    def keep(self) -> bool:
        """Take the room unless it is taken; False when the disk has not got it."""
        if self._path.exists():
            return True
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            with part.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size_bytes)
            part.replace(self._path)
        except OSError:
            part.unlink(missing_ok=True)
            return False
        return True

    def give(self) -> bool:
        """Make the room free; False when there was none."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True
