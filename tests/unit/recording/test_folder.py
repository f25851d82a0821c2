import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.recording.scenes import CATALOGUE, CONFIG, opened
from vision.catalogue import Place
from vision.errors import StorageError
from vision.events import Evidence
from vision.ports import Outgoing
from vision.recording.body import Phase, event_body
from vision.recording.folder import FolderOutbox
from vision.recording.manifest import canonical
from vision.recording.staging import Staging
from vision.scene import ZoneType

OPENED = opened(3)
ID = str(OPENED.id)


def event(phase: Phase, evidence: Evidence) -> Outgoing:
    duty = CATALOGUE.duty(OPENED.kind, Place(ZoneType.SPECIAL_ROOM))
    assert duty
    return Outgoing(ID, "event", phase, canonical(event_body(phase, OPENED, CONFIG, duty, evidence, "watch")))


def hand_over(outbox: FolderOutbox, staging_dir: Path, *names: str) -> None:
    with Staging(staging_dir, ID) as staging:
        for name in names:
            staging.add(name, name.encode(), "image/jpeg")
        outbox.put(event("opened", Evidence(staging.objects)), *staging.outgoing())


@pytest.fixture
def told() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def outbox(tmp_path: Path, told: list[dict[str, Any]]) -> FolderOutbox:
    return FolderOutbox(tmp_path / "OUT", told.append)


def test_an_event_gets_a_folder_and_urls_into_it(
    outbox: FolderOutbox, told: list[dict[str, Any]], tmp_path: Path
) -> None:
    hand_over(outbox, tmp_path / "staging", "snapshot", "annotated")
    out = tmp_path / "OUT"
    assert (out / ID / "snapshot.jpg").read_bytes() == b"snapshot"
    assert told[0]["data"]["evidence"]["snapshot"]["url"] == f"{ID}/snapshot.jpg"
    assert json.loads((out / ID / "event.json").read_bytes()) == told[0]
    assert not list((tmp_path / "staging").iterdir())


def test_a_second_run_replaces_what_the_first_left_and_nothing_else(outbox: FolderOutbox, tmp_path: Path) -> None:
    hand_over(outbox, tmp_path / "staging", "snapshot", "annotated")
    note = tmp_path / "OUT" / ID / "my-note.txt"
    note.write_text("keep me")
    hand_over(outbox, tmp_path / "staging", "snapshot")
    assert {p.name for p in note.parent.iterdir()} == {"event.json", "snapshot.jpg", "my-note.txt"}


def test_an_out_that_cannot_be_written_is_told_and_nobody_hears_of_the_event(
    outbox: FolderOutbox, told: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "OUT").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="cannot be written"):
        hand_over(outbox, tmp_path / "staging", "snapshot")
    assert told == []
