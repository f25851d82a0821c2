"""Drills: cables are pulled, the API is away for long, disks are full; no violation is lost, none is told twice."""

import json
import os
import random
import re
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.e2e.drills import Cable, Drill, Puller, Reader, SseClient, Witness, fill, pull_cables, small_disk
from tests.e2e.stack import MINGCHU, Stack, eventually
from tests.servers.postgres import running_postgres
from vision.outbox.reporter import LONGEST_PAUSE_S
from vision.recording.manifest import verify_chain

MUCH = 100
"""So many things in a spool are more than what it keeps free for itself."""
pytestmark = pytest.mark.slow
SLACK_S = 10.0
"""Machines of tests are slow and busy."""
ALL_ROLES = {"snapshot", "annotated", "snapshot_blurred", "annotated_blurred", "clip", "manifest"}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, {"MINGCHU_LOCAL_SOURCES": "1"})
    yield stack
    stack.close()


@pytest.fixture
def dice() -> random.Random:
    """Random moments that can be had again: MINGCHU_DRILL_SEED=… (pytest shows the seed of a failed test)."""
    seed = int(os.environ.get("MINGCHU_DRILL_SEED") or random.SystemRandom().randrange(1 << 32))
    say(f"MINGCHU_DRILL_SEED={seed}")
    return random.Random(seed)  # noqa: S311 - moments are no secrets


def say(text: str) -> None:
    """Pytest shows it when the test fails, or with -s."""
    print(text)  # noqa: T201


def cables_of(drill: Drill) -> list[Cable]:
    return [
        Cable("worker", lambda: drill.stack.kill("work"), drill.work),
        Cable("api", lambda: drill.stack.kill("serve"), drill.serve),
    ]


@pytest.mark.server("postgresql")
def test_nothing_is_lost_or_told_twice_when_anything_is_killed_100_times(stack: Stack, dice: random.Random) -> None:
    with running_postgres() as postgres:
        stack.environment["MINGCHU_DATABASE_URL"] = postgres.url
        drill = Drill(stack)
        drill.begin(cameras=2)
        readers = [SseClient(drill), Puller(drill)]
        survive(drill, [*cables_of(drill), Cable("database", postgres.kill, postgres.start)], dice, 100, readers)


def test_nothing_is_lost_or_told_twice_on_sqlite(stack: Stack, dice: random.Random) -> None:
    drill = Drill(stack)
    drill.begin(cameras=2)
    survive(drill, cables_of(drill), dice, 12, [SseClient(drill), Puller(drill)])


def test_an_api_that_was_away_gets_everything_in_order_soon_after_it_is_back(stack: Stack) -> None:
    drill = Drill(stack)
    drill.begin(cameras=2)
    stack.kill("serve")
    eventually(lambda: drill.spooled()["waiting"] >= 100, within_s=60)
    assert "event=waits" in stack.log("work")
    known = drill.spooled()["waiting"]
    drill.serve()
    eventually(stack.ready)
    began = time.monotonic()
    eventually(lambda: drill.spooled()["waiting"] < known, within_s=LONGEST_PAUSE_S + SLACK_S)
    first_s = time.monotonic() - began
    drained_s = drill.drain(within_s=60)
    say(f"{known} waited, the first left after {first_s:.1f} s, the last {drained_s:.1f} s after the cameras had gone")
    eventually(lambda: drill.waiting_as_told() == 0, within_s=20)
    settle(drill, [])


def test_a_worker_whose_disk_is_full_says_so_and_goes_on_when_it_is_not(stack: Stack) -> None:
    with small_disk(stack.folder / "small", 24 << 20) as disk:
        drill = Drill(stack, home=disk)
        drill.begin(cameras=1)
        ballast = fill(disk)
        eventually(lambda: re.search(f"{disk}.*(full|No space)", stack.log("work")), within_s=20)
        time.sleep(3)
        assert stack.processes["work"].poll() is None
        known = len(Witness.read(drill.journal).kept)
        ballast.unlink()
        eventually(lambda: len(Witness.read(drill.journal).kept) > known, within_s=30)
        drill.drain(within_s=60)
        settle(drill, [], disk_was_full=True)
        check_spool(drill)
        stack.close()


def test_a_spool_that_has_filled_its_disk_drains_by_itself(stack: Stack) -> None:
    """Deleting needs room as well: what is delivered must be able to make room."""
    with small_disk(stack.folder / "small", 24 << 20) as disk:
        drill = Drill(stack, home=disk)
        drill.begin(cameras=2)
        stack.kill("serve")
        eventually(lambda: drill.spooled()["waiting"] >= MUCH, within_s=60)
        fill(disk, spare_bytes=1 << 20)
        eventually(lambda: re.search(f"{disk}.*(full|No space)", stack.log("work")), within_s=60)
        time.sleep(5)
        assert stack.processes["work"].poll() is None
        drill.serve()
        drill.drain(within_s=60)
        settle(drill, [], disk_was_full=True)
        check_spool(drill)
        stack.close()


def test_an_api_whose_disk_is_full_says_so_and_goes_on_when_it_is_not(stack: Stack, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 48 << 20) as disk:
        stack.folder, stack.notes = disk, tmp_path
        drill = Drill(stack, home=tmp_path)
        drill.begin(cameras=2)
        eventually(lambda: len(drill.log()) > 10)
        ballast = fill(disk)
        eventually(lambda: re.search(r"store_unavailable reason=.*(full|No space)", stack.log("serve")), within_s=20)
        assert str(disk) in stack.log("serve")
        eventually(lambda: drill.spooled()["waiting"] >= 60, within_s=60)
        ballast.unlink()
        drill.drain(within_s=60)
        settle(drill, [])
        rows = sqlite3.connect(disk / "mingchu.sqlite3")
        assert rows.execute("pragma integrity_check").fetchall() == [("ok",)]
        rows.close()
        stack.close()


def test_watching_into_a_full_disk_ends_with_one_clear_line(tmp_path: Path, shared_data: Path) -> None:
    film = shared_data / "clips/one-by-one-person-detection.mp4"
    with small_disk(tmp_path / "small", 1 << 20) as disk:
        command = [MINGCHU, "watch", film, "--zone", "special_room", "--out", disk / "OUT", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 2, done.stderr
        assert re.fullmatch(rf"mingchu: {disk}\S*: cannot be written \(No space left on device\)\n", done.stderr)
        told = {part["url"]: part for line in done.stdout.splitlines() for part in evidence_of(line)}
        assert told, "the first event fits"
        for url, part in told.items():
            assert sha256((disk / "OUT" / url).read_bytes()).hexdigest() == part["sha256"]
        assert not list(disk.rglob("*.part"))
        assert not list(disk.glob(".mingchu-*"))


def evidence_of(line: str) -> list[dict[str, str]]:
    return list(json.loads(line)["data"]["evidence"].values())


def check_spool(drill: Drill) -> None:
    rows = sqlite3.connect(drill.spool / "spool.sqlite3")
    assert rows.execute("pragma integrity_check").fetchall() == [("ok",)]
    rows.close()


def survive(drill: Drill, cables: list[Cable], dice: random.Random, times: int, readers: list[Reader]) -> None:
    """Pull cables, let everything settle, and compare what is stored with what the witness saw."""
    for reader in readers:
        reader.start()
    pulled = pull_cables(drill, cables, dice, times)
    drained_s = drill.drain(within_s=60)
    say(f"{dict(pulled)}, drained in {drained_s:.1f} s, ended by themselves: {drill.deaths}")
    settle(drill, readers)


def settle(drill: Drill, readers: list[Reader], *, disk_was_full: bool = False) -> None:
    """Compare what is stored with what the witness saw, and with what the readers were told.

    What opens while the disk is full waits in memory, a bounded number; that is the only loss there may be.
    """
    lines = drill.log()
    eventually(lambda: all(len(reader.lines) >= len(lines) for reader in readers), within_s=10)
    for reader in readers:
        reader.stop()
    witness = Witness.read(drill.journal)
    say(f"{len(lines)} lines in the log, {len({line['data']['id'] for line in lines})} events")
    drill.stack.kill("work")
    assert disk_was_full or not witness.missed, "opened by the line and never handed over"
    check_log(lines, witness)
    for reader in readers:
        assert reader.sequences == list(range(1, len(lines) + 1)), type(reader)
        assert reader.lines == lines, type(reader)
    check_evidence(drill, witness)
    check_house(drill)


def check_log(lines: list[dict[str, object]], witness: Witness) -> None:
    """Every phase that the spool took is one line of the log; what was not taken for sure may be there, once."""
    told = Counter((data["id"], str(line["type"]).rpartition(".")[2]) for line in lines if (data := line["data"]))
    assert not [phase for phase, times in told.items() if times > 1], "told twice"
    assert witness.phases(), "the drill was too short to see anything"
    lost, invented = witness.phases() - set(told), set(told) - witness.phases(begun=True)
    assert not lost
    assert not invented
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    for event in {event for event, _ in told}:
        phases = [str(line["type"]).rpartition(".")[2] for line in lines if line["data"]["id"] == event]
        assert phases[0] == "opened", (event, phases)
        assert phases[-1] == "closed", (event, phases)


def check_evidence(drill: Drill, witness: Witness) -> None:
    """Every piece that the spool took lies in the store with its hash, and every event is complete."""
    stored = {sha256(path.read_bytes()).hexdigest() for path in objects(drill)}
    last = {line["data"]["id"]: line["data"] for line in drill.log()}
    found = {key: drill.get(f"/v1/events/{key}") for key in last}
    told = {(key, role): part["sha256"] for key, event in found.items() for role, part in event["evidence"].items()}
    for place, digest in witness.media().items():
        assert told.get(place) == digest, place
    assert set(told.values()) <= stored
    incomplete = {key: set(event["evidence"]) for key, event in found.items() if set(event["evidence"]) != ALL_ROLES}
    assert not [roles for roles in incomplete.values() if ALL_ROLES - roles - {"clip"}], incomplete
    assert not verify_chain([path for path in objects(drill) if path.name.startswith("manifest")])


def objects(drill: Drill) -> list[Path]:
    return [path for path in (drill.stack.folder / "objects").rglob("*") if path.is_file()]


def check_house(drill: Drill) -> None:
    """Nothing half-done lies about, nobody cried, and the product's own check agrees."""
    assert "everything is in order" in drill.stack.cli("check")
    assert not list((drill.spool / "media").iterdir())
    assert not list((drill.spool / "staging").iterdir())
    for name in ("serve", "work"):
        log = (drill.stack.notebook / f"{name}.log").read_text(errors="replace")
        at = log.find("Traceback")
        assert at == -1, log[max(0, at - 500) : at + 3000]
