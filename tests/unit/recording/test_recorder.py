import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest

from tests.films import CAMERA, INFO, START_AT, packet, payloads, write_film
from tests.unit.recording.scenes import CATALOGUE, CONFIG, MODELS, KeptOutbox, closed, frame, opened, scene
from vision.clock import SimulatedClock
from vision.config import CameraConfig
from vision.errors import StorageError
from vision.frames import Packet, StreamInfo
from vision.recording.manifest import ManifestChain
from vision.recording.recorder import Desk, EventRecorder
from vision.sources.opening import open_source

PICTURES = ["snapshot", "annotated", "snapshot_blurred", "annotated_blurred"]
AT_S = 3.0
OPENED = opened(AT_S)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[StreamInfo, list[Packet]]:
    """Six seconds, 10 frames and one key frame a second."""
    path = write_film(tmp_path_factory.mktemp("film") / "a.mp4")
    camera = CameraConfig(id=CAMERA, source=str(path))
    with open_source(camera, clock=SimulatedClock(START_AT), start_at=START_AT) as source:
        return source.info, list(source.packets())


class Bench:
    """A recorder, and a look at what left it."""

    def __init__(self, folder: Path, info: StreamInfo) -> None:
        self.outbox = KeptOutbox()
        self.staging = folder / "staging"
        self.staging.mkdir()
        chain = ManifestChain(folder / "chain.json", "w1")
        self.recorder = EventRecorder(CONFIG, info, Desk("w1", self.outbox, CATALOGUE, MODELS, chain, self.staging))

    def keep(self, packets: list[Packet], start_s: float, end_s: float) -> None:
        for one in packets:
            if start_s <= one.pts_s < end_s:
                self.recorder.keep(one)

    def record(self, at_s: float = AT_S) -> None:
        self.recorder.record(opened(at_s), frame(at_s), scene(at_s))

    def close(self, at_s: float) -> None:
        self.recorder.record(closed(OPENED, at_s), frame(at_s), scene(at_s))

    def body(self, name: str) -> Any:
        return json.loads(self.outbox.bodies[f"{OPENED.id}/{name}"])


@pytest.fixture
def bench(tmp_path: Path, film: tuple[StreamInfo, list[Packet]]) -> Bench:
    return Bench(tmp_path, film[0])


def test_an_event_and_its_pictures_leave_in_one_put_at_once(
    bench: Bench, film: tuple[StreamInfo, list[Packet]]
) -> None:
    bench.keep(film[1], 0, 3.05)
    bench.record()
    assert bench.outbox.puts == [["opened", *PICTURES]]
    evidence = bench.body("opened")["data"]["evidence"]
    for name in PICTURES:
        assert evidence[name]["sha256"] == sha256(bench.outbox.bodies[f"{OPENED.id}/{name}"]).hexdigest()
        assert evidence[name]["blurred"] == name.endswith("blurred")
    assert list(bench.staging.iterdir()) == []


def test_clip_and_manifest_follow_after_the_post_roll(
    bench: Bench, film: tuple[StreamInfo, list[Packet]], tmp_path: Path
) -> None:
    bench.keep(film[1], 0, 3.05)
    bench.record()
    bench.keep(film[1], 3.05, 4.05)
    assert len(bench.outbox.puts) == 1, "its last packet may still come"
    bench.keep(film[1], 4.05, 4.15)
    assert bench.outbox.puts[1] == ["clip", "manifest", "updated"]
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(bench.outbox.bodies[f"{OPENED.id}/clip"])
    # From the key frame at 1 s (a second before the start at 2 s) to 4 s, a second after it was opened.
    assert payloads(clip) == [p.data for p in film[1] if 0.999 <= p.pts_s <= 4.001]
    manifest = bench.body("manifest")
    assert manifest["objects"]["clip"]["sha256"] == sha256(clip.read_bytes()).hexdigest()
    assert set(bench.body("updated")["data"]["evidence"]) == {*PICTURES, "clip", "manifest"}
    assert list(bench.staging.iterdir()) == []


def test_the_manifest_tells_everything_that_was_seen(bench: Bench, film: tuple[StreamInfo, list[Packet]]) -> None:
    bench.keep(film[1], 0, 3.05)
    bench.record()
    bench.recorder.finish("the film ended")
    manifest = bench.body("manifest")
    assert "hunter2" not in json.dumps(manifest)
    assert manifest["chain"] == {"worker": "w1", "sequence": 1, "previous": "", "unsettled": []}
    assert manifest["missing"] == {"clip_end": "the film ended"}
    assert manifest["models"] == [{"name": "detector", "version": "2026.11.24", "sha256": "ab" * 32}]
    assert manifest["thresholds"]["open_at"] > manifest["thresholds"]["close_at"]
    bare, hidden = manifest["look"]["persons"]
    assert bare["items"]["hat"] == {"state": "missing", "log_odds": 3.1, "reason": ""}
    assert hidden["items"]["hat"] == {"state": "unknown", "log_odds": None, "reason": "no head seen"}
    assert (bare["head"], hidden["head"]) == ([30, 12, 50, 32], None)
    assert manifest["clip"]["first_pts_s"] == 1
    assert manifest["look"]["vitals"]["sharpness"] is None


def test_phases_come_in_order_even_if_it_closes_before_its_clip(
    bench: Bench, film: tuple[StreamInfo, list[Packet]]
) -> None:
    bench.keep(film[1], 0, 3.05)
    bench.record()
    bench.close(3.5)
    assert len(bench.outbox.puts) == 1
    bench.keep(film[1], 3.05, 4.15)
    assert [put[-1] for put in bench.outbox.puts[1:]] == ["updated", "closed"]
    body = bench.body("closed")["data"]
    assert body["ended_pts_s"] == 3.5
    assert set(body["evidence"]) == {*PICTURES, "clip", "manifest"}


def test_closed_after_the_clip_leaves_at_once(bench: Bench, film: tuple[StreamInfo, list[Packet]]) -> None:
    bench.keep(film[1], 0, 3.05)
    bench.record()
    bench.keep(film[1], 3.05, 6)
    bench.close(5.5)
    assert bench.outbox.puts[-1] == ["closed"]
    assert "clip" in bench.body("closed")["data"]["evidence"]


def test_closing_what_another_connection_opened(bench: Bench) -> None:
    bench.close(5.5)
    assert bench.outbox.puts == [["closed"]]
    assert bench.body("closed")["data"]["evidence"] == {}


def test_pictures_have_no_clip_and_the_manifest_says_why(tmp_path: Path) -> None:
    bench = Bench(tmp_path, replace(INFO, codec="pictures"))
    bench.recorder.keep(packet(3, key=True))
    bench.record()
    bench.recorder.finish("no more pictures")
    assert bench.outbox.puts[1] == ["manifest", "updated"]
    assert "pictures" in bench.body("manifest")["missing"]["clip"]
    assert bench.body("manifest")["clip"] is None


def test_a_connection_that_began_just_now_says_what_is_missing(
    bench: Bench, film: tuple[StreamInfo, list[Packet]]
) -> None:
    bench.keep(film[1], 2.5, 3.5)
    bench.record()
    bench.recorder.finish("lost")
    assert set(bench.body("manifest")["missing"]) == {"clip_start", "clip_end"}
    assert bench.body("manifest")["clip"]["first_pts_s"] == 3


def test_a_full_disk_at_opening_changes_nothing_and_it_can_be_tried_again(
    bench: Bench, film: tuple[StreamInfo, list[Packet]]
) -> None:
    bench.keep(film[1], 0, 3.05)
    bench.outbox.broken = StorageError("disk full")
    with pytest.raises(StorageError):
        bench.record()
    assert list(bench.staging.iterdir()) == []
    bench.outbox.broken = None
    bench.record()
    bench.recorder.finish("end")
    assert [put[0] for put in bench.outbox.puts] == ["opened", "clip"]


def test_a_full_disk_at_the_clip_is_tried_again_with_the_next_key_frame(
    bench: Bench, film: tuple[StreamInfo, list[Packet]]
) -> None:
    bench.keep(film[1], 0, 3.05)
    bench.record()
    bench.close(3.9)
    bench.outbox.broken = StorageError("disk full")
    with pytest.raises(StorageError):
        bench.keep(film[1], 3.05, 4.2)
    bench.keep(film[1], 4.2, 4.95)
    bench.outbox.broken = None
    bench.keep(film[1], 4.95, 5.05)
    assert [put[-1] for put in bench.outbox.puts] == ["annotated_blurred", "updated", "closed"]
    assert bench.body("manifest")["chain"]["sequence"] == 1


def test_several_events_share_the_packets_and_the_chain(bench: Bench, film: tuple[StreamInfo, list[Packet]]) -> None:
    bench.keep(film[1], 0, 3.05)
    bench.record()
    other = opened(AT_S, "track-2")
    bench.recorder.record(other, frame(AT_S), scene(AT_S))
    bench.keep(film[1], 3.05, 6)
    second = json.loads(bench.outbox.bodies[f"{other.id}/manifest"])
    assert second["chain"]["previous"] == sha256(bench.outbox.bodies[f"{OPENED.id}/manifest"]).hexdigest()


def test_the_clip_plays(bench: Bench, film: tuple[StreamInfo, list[Packet]], tmp_path: Path) -> None:
    bench.keep(film[1], 0, 3.05)
    bench.record()
    bench.recorder.finish("end")
    path = tmp_path / "clip.mp4"
    path.write_bytes(bench.outbox.bodies[f"{OPENED.id}/clip"])
    with av.open(path) as container:
        assert len(list(container.decode(video=0))) == 21
