import json
from pathlib import Path

import pytest

from vision.errors import StorageError
from vision.recording.manifest import FIRST, Link, ManifestChain, canonical, verify_chain


def build(link: Link) -> bytes:
    chain = {"worker": link.worker, "sequence": link.sequence, "previous": link.previous}
    return canonical({"chain": {**chain, "unsettled": list(link.unsettled)}, "note": "言"})


class Folder:
    """Keeps manifests as files; can die before or after it took one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, manifest: bytes) -> None:
        count = len(list(self.path.glob("*.json")))
        (self.path / f"{count:03}.json").write_bytes(manifest)

    def and_die(self, manifest: bytes) -> None:
        self(manifest)
        raise KeyboardInterrupt

    def full(self, manifest: bytes) -> None:
        raise StorageError(f"no room for {len(manifest)} bytes")

    @property
    def files(self) -> list[Path]:
        return sorted(self.path.glob("*.json"))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "out"
    path.mkdir()
    return Folder(path)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "chain.json"


def test_canonical_json_is_one_and_refuses_nan() -> None:
    assert canonical({"b": [1.5, None], "a": "言"}) == '{"a":"言","b":[1.5,null]}'.encode()
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"a": float("nan")})


def test_each_manifest_names_the_one_before_even_after_a_restart(folder: Folder, state: Path) -> None:
    for _ in range(3):
        ManifestChain(state, "w1").append(build, folder)
    links = [json.loads(path.read_bytes())["chain"] for path in folder.files]
    assert [link["sequence"] for link in links] == [1, 2, 3]
    assert links[0]["previous"] == FIRST
    assert verify_chain(folder.files) == []


@pytest.mark.parametrize("victim", [0, 1])
def test_a_changed_or_removed_manifest_is_noticed(victim: int, folder: Folder, state: Path) -> None:
    chain = ManifestChain(state, "w1")
    for _ in range(4):
        chain.append(build, folder)
    path = folder.files[victim]
    content = path.read_bytes()
    path.write_bytes(content.replace("言".encode(), b"x"))
    assert verify_chain(folder.files) == [
        f"{victim + 1:03}.json: the manifest before number {victim + 2} is missing or was changed"
    ]
    path.write_bytes(content)
    removed = [p for p in folder.files if p != folder.files[1]]
    assert verify_chain(removed) == ["002.json: the manifest before number 3 is missing or was changed"]


def test_one_slipped_in_is_noticed(folder: Folder, state: Path) -> None:
    chain = ManifestChain(state, "w1")
    for _ in range(2):
        chain.append(build, folder)
    forged = json.loads(folder.files[1].read_bytes())
    folder(canonical({**forged, "note": "forged"}))
    assert len(verify_chain(folder.files)) == 1


def test_a_full_disk_moves_nothing(folder: Folder, state: Path) -> None:
    chain = ManifestChain(state, "w1")
    with pytest.raises(StorageError):
        chain.append(build, folder.full)
    chain.append(build, folder)
    link = json.loads(folder.files[0].read_bytes())["chain"]
    assert (link["sequence"], link["unsettled"]) == (1, [])


class Disk:
    """A folder for the chain's state that can be full."""

    def __init__(self, state: Path) -> None:
        self.folder = state.parent
        self.folder.mkdir()

    def fill(self) -> None:
        self.folder.rename(self.folder.with_name("elsewhere"))
        self.folder.write_text("a file where the folder was: nothing can be written")

    def make_room(self) -> None:
        self.folder.unlink()
        self.folder.with_name("elsewhere").rename(self.folder)


def test_what_was_delivered_counts_although_the_state_could_not_be_written(folder: Folder, state: Path) -> None:
    disk, chain = Disk(state), ManifestChain(state, "w1")

    def and_then_full(manifest: bytes) -> None:
        folder(manifest)
        disk.fill()

    chain.append(build, and_then_full)
    with pytest.raises(StorageError):
        chain.append(build, folder)
    disk.make_room()
    chain.append(build, folder)
    assert [json.loads(path.read_bytes())["chain"]["sequence"] for path in folder.files] == [1, 2]
    assert json.loads(folder.files[1].read_bytes())["chain"]["unsettled"] == []
    assert verify_chain(folder.files) == []


def test_after_a_restart_it_declares_what_the_full_disk_could_not_settle(folder: Folder, state: Path) -> None:
    disk = Disk(state)

    def and_then_full(manifest: bytes) -> None:
        folder(manifest)
        disk.fill()

    ManifestChain(state, "w1").append(build, and_then_full)
    disk.make_room()
    ManifestChain(state, "w1").append(build, folder)
    assert len(json.loads(folder.files[1].read_bytes())["chain"]["unsettled"]) == 1
    assert verify_chain(folder.files) == []


def test_a_death_during_delivery_is_declared_and_no_fork(folder: Folder, state: Path) -> None:
    ManifestChain(state, "w1").append(build, folder)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            ManifestChain(state, "w1").append(build, folder.and_die)
    ManifestChain(state, "w1").append(build, folder)
    ManifestChain(state, "w1").append(build, folder)
    assert len(json.loads(folder.files[3].read_bytes())["chain"]["unsettled"]) == 2
    assert verify_chain(folder.files) == []
    assert verify_chain([folder.files[i] for i in (0, 3, 4)]) == [], "they may also never have left"


def test_workers_have_chains_of_their_own_and_rubbish_is_named(folder: Folder, state: Path) -> None:
    ManifestChain(state, "w1").append(build, folder)
    ManifestChain(state.with_name("other.json"), "w2").append(build, folder)
    rubbish = folder.path / "x.json"
    rubbish.write_text("[]")
    assert verify_chain([*folder.files[:2], rubbish]) == ["x.json: is no manifest"]
    assert verify_chain([]) == []


def test_a_broken_state_is_told(state: Path, folder: Folder) -> None:
    state.parent.mkdir()
    state.write_text("{")
    with pytest.raises(StorageError, match=r"chain\.json"):
        ManifestChain(state, "w1").append(build, folder)
