from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.films import START_AT
from vision.clock import SimulatedClock
from vision.errors import StorageError
from vision.outbox.filing import Filing
from vision.outbox.spool import Spool
from vision.ports import Outgoing


@dataclass
class Folder:
    """Takes one thing after the other, moving its file, until it is `full`."""

    taken: list[str] = field(default_factory=list)
    full: bool = False

    def put(self, *items: Outgoing) -> None:
        if self.full:
            raise StorageError("OUT: No space left on device")
        for item in items:
            self.taken.append(f"{item.event_id}/{item.name}")
            if item.path is not None:
                item.path.unlink()


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START_AT)


@pytest.fixture
def spool(tmp_path: Path, clock: SimulatedClock) -> Iterator[Spool]:
    with Spool(tmp_path / "spool", clock=clock) as opened:
        yield opened


def put(spool: Spool, folder: Path, event_id: str) -> None:
    picture = folder / f"{event_id}.jpg"
    picture.write_bytes(b"jpeg")
    media = Outgoing(event_id, "media", "snapshot", b"", picture, "image/jpeg")
    spool.put(Outgoing(event_id, "event", "opened", b"{}"), media)


def test_everything_is_filed_once_in_its_order(spool: Spool, clock: SimulatedClock, tmp_path: Path) -> None:
    folder = Folder()
    put(spool, tmp_path, "e1")
    put(spool, tmp_path, "e2")
    Filing(spool, folder, clock).run_last()
    assert folder.taken == ["e1/opened", "e1/snapshot", "e2/opened", "e2/snapshot"]
    assert spool.state().waiting == 0


def test_a_full_disk_is_told_once_and_loses_nothing(
    spool: Spool, clock: SimulatedClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Folder(full=True)
    filing = Filing(spool, folder, clock)
    put(spool, tmp_path, "e1")
    for _ in range(20):
        filing.run_last()
        clock.sleep(1)
    assert len([record for record in caplog.records if "No space left" in record.message]) == 1
    folder.full = False
    clock.sleep(60)
    filing.run_last()
    assert folder.taken == ["e1/opened", "e1/snapshot"]


def test_a_file_that_a_killed_worker_had_filed_is_done(spool: Spool, clock: SimulatedClock, tmp_path: Path) -> None:
    folder = Folder()
    put(spool, tmp_path, "e1")
    path = spool.peek(2)[1].item.path
    assert path is not None
    path.unlink()
    Filing(spool, folder, clock).run_last()
    assert folder.taken == ["e1/opened"]
    assert spool.state().waiting == 0
