"""`mingchu` with two differences: it sees blocks instead of running models, and it keeps a journal for the drills.

The journal is the witness that the product is judged by: one line before and one after each hand-over to the spool, and
one for each look that opened something. A line is one `write` to a file opened for appending: kill -9 cannot tear it.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import vision.commands.work as command
import vision.main
from tests.e2e.blocks import BareHeads, BlockDetector
from vision.commands.composing import Sightedness
from vision.events import Opened
from vision.outbox.spool import Spool
from vision.path import CameraPath
from vision.ports import Outgoing


class Journal:
    """Appends facts; each line names the process that saw them."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, said: str, **facts: Any) -> None:
        os.write(self._file, (json.dumps({"said": said, "pid": os.getpid(), **facts}) + "\n").encode())

    def note_items(self, said: str, items: tuple[Outgoing, ...]) -> None:
        told = [{"event": i.event_id, "part": i.part, "name": i.name, "sha256": i.sha256} for i in items]
        self.note(said, items=told)


def keep_journal(journal: Journal) -> None:
    """Let the real spool and the real path tell the journal what they do."""
    put, record = Spool.put, CameraPath._record

    def witnessed_put(spool: Spool, *items: Outgoing) -> None:
        journal.note_items("about", items)
        put(spool, *items)
        journal.note_items("kept", items)

    def witnessed_record(path: CameraPath, transitions: tuple[Any, ...]) -> tuple[Any, ...]:
        opened = [str(each.id) for each in transitions if isinstance(each, Opened)]
        if opened:
            journal.note("opened", camera=path.camera.id, events=opened)
        return record(path, transitions)

    Spool.put, CameraPath._record = witnessed_put, witnessed_record  # type: ignore[method-assign]


def see_blocks() -> None:
    """Replace the models, and nothing else."""
    sight = Sightedness(BlockDetector(), BareHeads(), {})  # type: ignore[arg-type]
    assert command.load_sight
    command.load_sight = lambda *_, **__: sight


def witnessed() -> None:
    """Be such a command line; the first argument names the journal."""
    keep_journal(Journal(Path(sys.argv.pop(1))))
    see_blocks()
    vision.main.main()
