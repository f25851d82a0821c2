"""What the outbox promises (I1, I2), tried on the real disk: crashes, kill -9, a full disk, two workers."""

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vision.clock import SimulatedClock
from vision.errors import StorageError
from vision.outbox.spool import Spool
from vision.ports import Outgoing

START_AT = datetime(2026, 11, 24, tzinfo=UTC)


def event(event_id: str, phase: str = "opened", body: bytes = b"{}") -> Outgoing:
    return Outgoing(event_id, "event", phase, body)


def media(event_id: str, name: str, folder: Path, content: bytes = b"jpeg") -> Outgoing:
    path = folder / f"{event_id}.{name}.jpg"
    path.write_bytes(content)
    return Outgoing(event_id, "media", name, b"", path, "image/jpeg", hashlib.sha256(content).hexdigest())


def names(spool: Spool, n: int = 10_000) -> list[tuple[str, str]]:
    return [(queued.item.event_id, queued.item.name) for queued in spool.peek(n)]


def crashed(folder: Path, into: Path) -> Path:
    """Copy what is on the disk while the spool is open: what a kill at this moment leaves behind."""
    return Path(shutil.copytree(folder, into, ignore=shutil.ignore_patterns("*-shm")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def test_media_are_taken_over_and_deleted_after_delivery(folder: Path, tmp_path: Path) -> None:
    item = media("e1", "snapshot", tmp_path, b"pixels")
    with Spool(folder) as spool:
        spool.put(event("e1"), item)
        assert item.path is not None
        assert not item.path.exists()
        first, second = spool.peek(10)
        assert second.item.path is not None
        assert second.item.path.read_bytes() == b"pixels"
        assert (second.item.sha256, second.item.media_type) == (item.sha256, "image/jpeg")
        spool.done([first.id, second.id])
        assert not second.item.path.exists()
        assert (spool.state().waiting, spool.state().size_bytes) == (0, 0)


def test_copies_where_it_cannot_link(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_device(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_device)
    with Spool(folder) as spool:
        spool.put(media("e1", "clip", tmp_path, b"film"))
        path = spool.peek(1)[0].item.path
        assert path is not None
        assert path.read_bytes() == b"film"
    assert list(tmp_path.glob("e1*")) == []


def test_a_put_of_many_is_all_or_none(folder: Path, tmp_path: Path) -> None:
    with Spool(folder) as spool:
        here, gone = media("e1", "snapshot", tmp_path), media("e1", "clip", tmp_path)
        assert gone.path is not None
        gone.path.unlink()
        before = spool.state()
        with pytest.raises(StorageError, match="No such file"):
            spool.put(event("e1"), here, gone)
        assert spool.state() == before
        assert here.path is not None
        assert here.path.exists()
        assert list((folder / "media").iterdir()) == []
        assert crashed_orphans(folder, tmp_path) == []


def crashed_orphans(folder: Path, tmp_path: Path) -> list[str]:
    copy = crashed(folder, tmp_path / "copy")
    with Spool(copy) as spool:
        found = [orphan.event_id for orphan in spool.orphans()]
    shutil.rmtree(copy)
    return found


def test_a_full_database_is_a_clear_error_and_changes_nothing(folder: Path, tmp_path: Path) -> None:
    with Spool(folder) as spool:
        spool.put(event("e0"))
        spool._rows.execute("pragma max_page_count = 1")  # SQLite then answers as it does on a full disk
        item = media("e1", "snapshot", tmp_path)
        with pytest.raises(StorageError, match=r"spool \S+spool: database or disk is full"):
            spool.put(event("e1", body=b"x" * 100_000), item)
        assert item.path is not None
        assert item.path.exists()
        assert list((folder / "media").iterdir()) == []
        spool._rows.execute("pragma max_page_count = 1000000")
        assert names(spool) == [("e0", "opened")]
        spool.put(event("e1"), item)
        assert names(spool) == [("e0", "opened"), ("e1", "opened"), ("e1", "snapshot")]


def test_a_file_that_the_disk_does_not_take_changes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_device(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_device)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Spool(folder) as spool:
        item = media("e1", "clip", tmp_path, b"f" * 3_000_000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            with pytest.raises(StorageError, match="File too large"):
                spool.put(event("e1"), item)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert names(spool) == []
        assert list((folder / "media").iterdir()) == []
        spool.put(event("e1"), item)
        assert len(names(spool)) == 2


def test_above_the_bound_media_are_refused_and_events_never(folder: Path, tmp_path: Path) -> None:
    with Spool(folder, max_bytes=1000) as spool:
        spool.put(event("e1"), media("e1", "snapshot", tmp_path, b"x" * 900))
        late = media("e2", "snapshot", tmp_path, b"x" * 900)
        spool.put(event("e2"), late)
        assert late.path is not None
        assert late.path.exists()
        with pytest.raises(StorageError, match="900 bytes of media do not fit"):
            spool.put(late)
        spool.put(event("e3", body=b"x" * 5000))
        assert names(spool) == [("e1", "opened"), ("e1", "snapshot"), ("e2", "opened"), ("e3", "opened")]
        assert spool.state().refused_media == 2
        spool.done([queued.id for queued in spool.peek(10)])
        spool.put(late)
        assert names(spool) == [("e2", "snapshot")]


def test_a_second_worker_is_refused_until_the_first_is_gone(folder: Path) -> None:
    with Spool(folder), pytest.raises(StorageError, match="another worker uses it"):
        Spool(folder)
    Spool(folder).close()


def test_a_spool_of_a_newer_version_is_refused(folder: Path) -> None:
    with Spool(folder) as spool:
        spool._rows.execute("pragma user_version = 99")
    with pytest.raises(StorageError, match="schema 99 is not ours"):
        Spool(folder)


def test_rubbish_instead_of_a_database_is_a_clear_error(folder: Path) -> None:
    folder.mkdir()
    (folder / "spool.sqlite3").write_bytes(b"I am not a database. " * 100)
    with pytest.raises(StorageError, match="file is not a database"):
        Spool(folder)


def test_files_that_no_row_names_are_swept_at_the_start(folder: Path, tmp_path: Path) -> None:
    with Spool(folder) as spool:
        spool.put(media("e1", "snapshot", tmp_path))
        (folder / "media" / "left-by-a-crash.jpg").write_bytes(b"")
    with Spool(folder) as spool:
        path = spool.peek(1)[0].item.path
        assert path is not None
        assert [p.name for p in (folder / "media").iterdir()] == [path.name]


def test_orphans_are_what_an_earlier_run_opened_and_nobody_closed(folder: Path) -> None:
    with Spool(folder) as spool:
        spool.put(event("a"), event("b"), event("c"))
        spool.put(event("b", "closed"), event("c", "updated", b"more"))
        assert spool.orphans() == [], "this run is still alive"
    with Spool(folder) as spool:
        spool.put(event("d"))
        assert [(o.event_id, o.body) for o in spool.orphans()] == [("a", b"{}"), ("c", b"more")]
        spool.put(event("a", "closed"))
        assert [o.event_id for o in spool.orphans()] == ["c"]
        spool.forget("c")
        assert spool.orphans() == []
    with Spool(folder) as spool:
        assert [o.event_id for o in spool.orphans()] == ["d"]


def test_updated_after_closed_opens_nothing_again(folder: Path) -> None:
    with Spool(folder) as spool:
        spool.put(event("a"), event("a", "closed"), event("a", "updated"))
    with Spool(folder) as spool:
        assert spool.orphans() == []


@dataclass
class Kept:
    """One item in the model of the spool."""

    key: tuple[str, str]
    retry_at: datetime = START_AT
    tried: bool = False
    buried: bool = False
    serial: int = field(default=0)


class SpoolMachine(RuleBasedStateMachine):
    """Any order of calls, crashes and restarts against a list."""

    @initialize()
    def start(self) -> None:
        self.root = Path(mkdtemp())
        self.clock = SimulatedClock(START_AT)
        self.spool = Spool(self.root / "0", clock=self.clock)
        self.kept: list[Kept] = []
        self.open: dict[str, None] = {}
        self.orphans: list[str] = []
        self.serial = 0

    def teardown(self) -> None:
        if hasattr(self, "root"):
            self.spool.close()
            shutil.rmtree(self.root)

    @rule(
        ids=st.lists(st.sampled_from("abc"), min_size=1, max_size=3),
        phase=st.sampled_from(["opened", "updated", "closed", ""]),
    )
    def put(self, ids: list[str], phase: str) -> None:
        """Phase or, where it is empty, media."""
        items = []
        for event_id in ids:
            self.serial += 1
            name = phase or f"media-{self.serial}"
            items.append(event(event_id, phase) if phase else media(event_id, name, self.root))
            self.kept.append(Kept((event_id, name), serial=self.serial))
            if phase == "opened":
                self.open.pop(event_id, None)
                self.open[event_id] = None
            elif phase == "closed":
                self.open.pop(event_id, None)
        self.spool.put(*items)
        self.orphans = [i for i in self.orphans if i in self.open]

    @precondition(lambda self: self.expected())
    @rule(data=st.data(), fate=st.sampled_from(["done", "fail", "bury"]), wait_s=st.integers(1, 60))
    def settle(self, data: st.DataObject, fate: str, wait_s: int) -> None:
        """Settle one of what may be sent now."""
        expected, due = self.expected(), self.spool.peek(100)
        i = data.draw(st.integers(0, len(expected) - 1))
        kept, queued = expected[i], due[i]
        if fate == "done":
            self.spool.done([queued.id])
            self.kept.remove(kept)
        elif fate == "bury":
            self.spool.bury(queued.id, "why")
            kept.buried = True
        else:
            kept.retry_at, kept.tried = self.clock.now() + timedelta(seconds=wait_s), True
            self.spool.fail(queued.id, "why", kept.retry_at)

    @rule(wait_s=st.integers(1, 60))
    def wait(self, wait_s: int) -> None:
        self.clock.sleep(wait_s)

    @rule(kind=st.sampled_from(["close", "crash"]))
    def restart(self, kind: str) -> None:
        """Open again after a polite end, or on what a kill would have left."""
        old = self.root / "0"
        if kind == "crash":
            copy = crashed(old, self.root / "1")
        self.spool.close()
        if kind == "crash":
            shutil.rmtree(old)
            copy.rename(old)
        self.spool = Spool(old, clock=self.clock)
        self.orphans = list(self.open)

    def expected(self) -> list[Kept]:
        """Return what may be sent now, as the model says."""
        waiting = [kept for kept in self.kept if not kept.buried]
        tried = {kept.key[0] for kept in waiting if kept.tried}
        fresh = [kept for kept in waiting if kept.key[0] not in tried]
        again = [kept for kept in waiting if kept.key[0] in tried and not self._held(kept, waiting)]
        return fresh + again

    def _held(self, kept: Kept, waiting: list[Kept]) -> bool:
        earlier = [other for other in waiting if other.key[0] == kept.key[0] and other.serial <= kept.serial]
        return any(other.retry_at > self.clock.now() for other in earlier)

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "spool"):
            return
        assert names(self.spool) == [kept.key for kept in self.expected()]
        assert sorted((q.item.event_id, q.item.name) for q, _ in self.spool.buried()) == sorted(
            k.key for k in self.kept if k.buried
        )
        assert sorted(o.event_id for o in self.spool.orphans()) == sorted(self.orphans)
        files = [q.item.path for q in [*self.spool.peek(100), *(q for q, _ in self.spool.buried())] if q.item.path]
        assert all(path.read_bytes() == b"jpeg" for path in files)


TestSpoolMachine = SpoolMachine.TestCase
TestSpoolMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)

WRITER = """
import sys
from pathlib import Path
from vision.outbox.spool import Spool
from vision.ports import Outgoing

root = Path(sys.argv[1])
spool = Spool(root / "spool")
for orphan in spool.orphans():
    spool.put(Outgoing(orphan.event_id, "event", "closed", orphan.body))
for n in range(int(sys.argv[2]), 1_000_000):
    picture = root / f"{n}.jpg"
    picture.write_bytes(b"%d" % n * 1000)
    snapshot = Outgoing(str(n), "media", "snapshot", b"", picture, sha256=str(n))
    spool.put(Outgoing(str(n), "event", "opened", b"%d" % n), snapshot)
    print(n, flush=True)  # whoever reads this may rely on it
    if n % 3:
        spool.put(Outgoing(str(n), "event", "closed", b"%d" % n))
"""


def test_nothing_that_put_has_confirmed_is_lost_by_kill_9(tmp_path: Path) -> None:
    """Ten kills at different moments; each time the whole spool is read back and must hold all that was confirmed."""
    confirmed: list[int] = []
    for round_ in range(10):
        confirmed += killed_after(0.02 + 0.017 * round_, tmp_path, start=(confirmed[-1] + 2) if confirmed else 0)
    with Spool(tmp_path / "spool") as spool:
        found = names(spool, 1_000_000)
        assert len(found) == len(set(found)), "one put, one row"
        assert {(str(n), "opened") for n in confirmed} | {(str(n), "snapshot") for n in confirmed} <= set(found)
        opened, closed = ({i for i, name in found if name == phase} for phase in ("opened", "closed"))
        assert opened == closed | {o.event_id for o in spool.orphans()}, "each violation is closed, or known as open"
        for queued in spool.peek(1_000_000):
            if queued.item.path is not None:
                assert queued.item.path.read_bytes() == queued.item.event_id.encode() * 1000
        assert len(confirmed) > 10


def killed_after(wait_s: float, root: Path, start: int) -> list[int]:
    """Run the writer, kill it `wait_s` after its first confirmation, and return what it confirmed."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, root, str(start)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(wait_s)
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read()
    lines = (first + rest).split("\n")[:-1]  # the last piece may be torn
    return [int(line) for line in lines if line]
