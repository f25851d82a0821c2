"""The spool's media files: on the disk, flushed, before any row names them."""

import errno
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_CANNOT_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP})


class Shelf:
    """One folder of files under names of its own; raises OSError as the disk does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        flush(folder.parent)

    def path(self, name: str) -> Path:
        """Return where a shelved file lies."""
        return self._folder / name

    @contextmanager
    def taking(self, sources: Sequence[Path]) -> Iterator[list[str]]:
        """Give the names under which the files now lie durably; the sources go away only when the block succeeds.

        A block that fails leaves every source where it was and the shelf as before. A crash in between leaves a file
        that no row names, which `sweep` removes, or a source that was taken already, its owner's staging rubbish.
        """
        with ExitStack() as undo:
            taken = [uuid4().hex + source.suffix for source in sources]
            undo.callback(self.drop, taken)
            for source, name in zip(sources, taken, strict=True):
                _copy(source, self.path(name))
            if taken:
                flush(self._folder)
            yield taken
            undo.pop_all()
        for source in sources:
            with suppress(OSError):  # it is taken; a source that cannot go away is its owner's rubbish
                source.unlink()

    def drop(self, names: Sequence[str]) -> None:
        """Remove files; one that is gone already is no error."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def sweep(self, named: Collection[str]) -> None:
        """Remove every file that no row names: a crash came between file and row, or between row and file."""
        self.drop([path.name for path in self._folder.iterdir() if path.name not in named])


def flush(path: Path) -> None:
    """Force a file's or folder's content onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path) -> None:
    """Hard-link, or copy across file systems, and flush."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        shutil.copyfile(source, target)
    flush(target)
