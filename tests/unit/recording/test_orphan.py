import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.films import INFO
from tests.unit.recording.scenes import CATALOGUE, CONFIG, MODELS, KeptOutbox, frame, opened, scene
from vision.errors import StorageError
from vision.ports import Outgoing
from vision.recording.manifest import ManifestChain, verify_chain
from vision.recording.orphan import DIED, Notary, attest
from vision.recording.recorder import Desk, EventRecorder

AT_S = 3.0
OPENED = opened(AT_S)
Died = Callable[[], Outgoing]


@pytest.fixture
def outbox() -> KeptOutbox:
    return KeptOutbox()


@pytest.fixture
def notary(outbox: KeptOutbox, tmp_path: Path) -> Notary:
    staging = tmp_path / "staging"
    staging.mkdir()
    return Notary(outbox, ManifestChain(tmp_path / "chain.json", "w1"), staging)


@pytest.fixture
def orphan(outbox: KeptOutbox, notary: Notary) -> Outgoing:
    """What the spool remembers of a violation whose worker was killed right after it opened."""
    desk = Desk("w1", outbox, CATALOGUE, MODELS, notary.chain, notary.staging)
    EventRecorder(CONFIG, INFO, desk).record(OPENED, frame(AT_S), scene(AT_S))
    return Outgoing(str(OPENED.id), "event", "opened", outbox.bodies[f"{OPENED.id}/opened"])


def said(outbox: KeptOutbox, name: str) -> Any:
    return json.loads(outbox.bodies[f"{OPENED.id}/{name}"])


def test_the_manifest_says_what_died_with_the_worker(outbox: KeptOutbox, notary: Notary, orphan: Outgoing) -> None:
    attest(orphan, notary)
    manifest = said(outbox, "manifest")
    assert manifest["clip"] is None
    assert manifest["missing"]["clip"] == DIED
    assert manifest["event"]["id"] == str(OPENED.id)
    assert manifest["chain"] == {"worker": "w1", "sequence": 1, "previous": "", "unsettled": []}
    assert set(manifest["objects"]) == {"snapshot", "annotated", "snapshot_blurred", "annotated_blurred"}
    for role, part in manifest["objects"].items():
        content = outbox.bodies[f"{OPENED.id}/{role}"]
        assert (part["sha256"], part["size_bytes"]) == (sha256(content).hexdigest(), len(content))
    assert not list(notary.staging.iterdir())


def test_the_event_tells_of_its_manifest_in_one_hand_over(outbox: KeptOutbox, notary: Notary, orphan: Outgoing) -> None:
    attest(orphan, notary)
    assert outbox.puts[-1] == ["manifest", "updated"]
    event = said(outbox, "updated")
    digest = sha256(outbox.bodies[f"{OPENED.id}/manifest"]).hexdigest()
    assert (event["id"], event["type"]) == (f"{OPENED.id}/updated", "cn.mingchu.violation.updated")
    assert event["data"]["evidence"]["manifest"]["sha256"] == digest


def test_an_orphan_whose_manifest_left_already_gets_no_second(
    outbox: KeptOutbox, notary: Notary, orphan: Outgoing
) -> None:
    attest(orphan, notary)
    known = len(outbox.puts)
    attest(Outgoing(orphan.event_id, "event", "updated", outbox.bodies[f"{OPENED.id}/updated"]), notary)
    assert len(outbox.puts) == known


def test_a_full_disk_leaves_chain_and_staging_as_they_were(
    outbox: KeptOutbox, notary: Notary, orphan: Outgoing, tmp_path: Path
) -> None:
    outbox.broken = StorageError("spool: no space left on device")
    with pytest.raises(StorageError):
        attest(orphan, notary)
    outbox.broken = None
    attest(orphan, notary)
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(outbox.bodies[f"{OPENED.id}/manifest"])
    assert json.loads(manifest.read_bytes())["chain"]["sequence"] == 1
    assert verify_chain([manifest]) == []
    assert not list(notary.staging.iterdir())
