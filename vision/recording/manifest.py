"""Binds each manifest to the one before it, so that none can be changed, dropped or slipped in unnoticed."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from vision.errors import StorageError
from vision.recording.writing import write_whole

FIRST = ""
"""`previous` of a worker's first manifest."""


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one way to write this JSON: sorted keys, no spaces, UTF-8; refuses NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


@dataclass(frozen=True, slots=True)
class Link:
    """What the next manifest says about those before it."""

    worker: str
    sequence: int
    """Counts the worker's manifests from 1."""
    previous: str
    """SHA-256 of the last manifest that surely left; `FIRST` for the first."""
    unsettled: tuple[str, ...]
    """SHA-256 of manifests that may have left or not, because the worker died while it handed them over."""


class ManifestChain:
    """The end of one worker's chain, kept in a small file; the cameras of a worker share it from many threads."""

    def __init__(self, state: Path, worker: str) -> None:
        self._state = state
        self._worker = worker
        self._turn = threading.Lock()
        self._next: Link | None = None
        """What the next manifest will say; None until the state was read. The disk may lag behind while it is full."""

    def append(self, build: Callable[[Link], bytes], deliver: Callable[[bytes], None]) -> bytes:
        """Build the next manifest, deliver it, and make it the chain's end; return its bytes.

        The intention is on the disk before the delivery: a death in between leaves an `unsettled` hash that the next
        manifest declares, and not a silent fork.

        Raises:
            StorageError: the state cannot be read, or the intention not be written; or whatever `deliver` raises. The
                chain's end then stays. What was delivered never raises: its caller would deliver it a second time.
        """
        with self._turn:
            link = self._next or self._link()
            manifest = build(link)
            digest = sha256(manifest).hexdigest()
            self._next = None  # should anything but the disk stop us now, only the disk knows what may have left
            with self._intention(link, digest):
                deliver(manifest)
            self._next = Link(self._worker, link.sequence + 1, digest, ())
            with suppress(StorageError):  # until there is room, the disk calls it unsettled: a restart declares it so
                self._write(link.sequence, digest, ())
            return manifest

    @contextmanager
    def _intention(self, link: Link, digest: str) -> Iterator[None]:
        try:
            self._write(link.sequence - 1, link.previous, (*link.unsettled, digest))
            yield
        except StorageError:
            # It did not leave, and we know it.
            self._next = link
            with suppress(StorageError):  # a hash too many is unsettled; what was refused is what the caller must hear
                self._write(link.sequence - 1, link.previous, link.unsettled)
            raise

    def _link(self) -> Link:
        if not self._state.exists():
            return Link(self._worker, 1, FIRST, ())
        try:
            state = json.loads(self._state.read_bytes())
            return Link(self._worker, int(state["sequence"]) + 1, str(state["last"]), tuple(state["unsettled"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{self._state.name}: the manifest chain's state cannot be read ({error})") from error

    def _write(self, sequence: int, last: str, unsettled: tuple[str, ...]) -> None:
        write_whole(self._state, canonical({"sequence": sequence, "last": last, "unsettled": list(unsettled)}))


@dataclass(frozen=True, slots=True)
class _Read:
    """One manifest as it lies on the disk."""

    path: Path
    sha256: str
    worker: str
    sequence: int
    previous: str
    unsettled: tuple[str, ...]


def verify_chain(paths: Sequence[Path]) -> list[str]:
    """Check the manifests of one or more workers against each other; return what is wrong, empty when all is well.

    A manifest that was altered no longer has the hash that its successor names; one that was removed leaves its
    successor without a predecessor; one that was slipped in is a second of the same number that nobody declared
    unsettled. What lies before the first given manifest, and the last one's own content, no chain can prove.
    """
    problems: list[str] = []
    found: list[_Read] = []
    for path in paths:
        try:
            found.append(_read(path))
        except (OSError, ValueError, KeyError, TypeError):
            problems.append(f"{path.name}: is no manifest")
    found.sort(key=lambda m: (m.worker, m.sequence))
    for _, manifests in groupby(found, key=lambda m: m.worker):
        problems += _breaks(list(manifests))
    return problems


def _breaks(manifests: list[_Read]) -> list[str]:
    known = {m.sha256 for m in manifests}
    excused = {digest for m in manifests for digest in m.unsettled}
    first = manifests[0].sequence
    unlinked = [m for m in manifests if m.sequence > first and m.previous not in known]
    rivals = [m for m in manifests if m.sha256 not in excused]
    doubled = [b for a, b in pairwise(rivals) if a.sequence == b.sequence]
    return [
        *(f"{m.path.name}: the manifest before number {m.sequence} is missing or was changed" for m in unlinked),
        *(f"{m.path.name}: a second manifest with number {m.sequence}" for m in doubled),
    ]


def _read(path: Path) -> _Read:
    content = path.read_bytes()
    chain = json.loads(content)["chain"]
    unsettled = tuple(str(digest) for digest in chain["unsettled"])
    digest = sha256(content).hexdigest()
    return _Read(path, digest, str(chain["worker"]), int(chain["sequence"]), str(chain["previous"]), unsettled)
