"""`mingchu watch` on a real film: six bare-headed persons, backs turned; the first acceptance test of the line."""

import hashlib
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import av
import pytest

from tests.e2e.stack import MINGCHU

PERSONS_S = [(7, 19.5), (23, 45), (51, 69), (75, 87), (93, 119), (123, 135.5)]
"""First to last seen, ±1 s, of each person of the clip (the data's README)."""
SLACK_S = 1.0
CLIP = "clips/one-by-one-person-detection.mp4"

Event = dict[str, Any]


def watch(clip: Path, out: Path) -> list[Event]:
    """Run the command as a user would and return its JSON lines."""
    command = [MINGCHU, "watch", clip, "--zone", "special_room", "--out", out, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def clip(shared_data: Path) -> Path:
    return shared_data / CLIP


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watch")


@pytest.fixture(scope="module")
def events(clip: Path, out: Path) -> list[Event]:
    return watch(clip, out)


def of_phase(events: list[Event], phase: str) -> list[Event]:
    return [event["data"] for event in events if event["type"] == f"cn.mingchu.violation.{phase}"]


def test_each_person_is_one_violation_and_nobody_is_accused_of_an_unseen_face(events: list[Event]) -> None:
    opened = of_phase(events, "opened")
    assert Counter(event["kind"] for event in opened)["no_hat"] == len(PERSONS_S)
    assert not [event for event in opened if event["kind"] == "no_mask"]
    hats = sorted((event for event in opened if event["kind"] == "no_hat"), key=lambda event: event["started_pts_s"])
    for event, (first_s, last_s) in zip(hats, PERSONS_S, strict=True):
        assert first_s - SLACK_S <= event["started_pts_s"] <= event["opened_pts_s"] <= last_s + SLACK_S


def test_each_violation_ends_with_its_person(events: list[Event]) -> None:
    closed = [event for event in of_phase(events, "closed") if event["kind"] == "no_hat"]
    closed.sort(key=lambda event: event["started_pts_s"])
    for event, (first_s, last_s) in zip(closed, PERSONS_S, strict=True):
        assert first_s - SLACK_S <= event["ended_pts_s"] <= last_s + 5


def test_the_clip_is_the_cameras_own_packets(events: list[Event], out: Path, clip: Path) -> None:
    original = payloads(clip)
    for event in of_phase(events, "updated"):
        cut = payloads(out / event["evidence"]["clip"]["url"])
        start = original.index(cut[0])
        assert original[start : start + len(cut)] == cut
        assert len(cut) >= 60


def test_a_clip_plays_from_its_first_picture(events: list[Event], out: Path) -> None:
    for event in of_phase(events, "updated"):
        with av.open(out / event["evidence"]["clip"]["url"]) as container:
            video = container.streams.video[0]
            frames = list(container.decode(video))
            assert (video.codec_context.name, video.width, video.height) == ("h264", 768, 432)
            assert frames[0].pts == 0
            assert len(frames) == video.frames


def test_every_object_is_there_with_the_hash_that_the_event_states(events: list[Event], out: Path) -> None:
    last = {event["id"]: event for event in of_phase(events, "updated")}
    assert last
    for event in last.values():
        parts = {"snapshot", "annotated", "snapshot_blurred", "annotated_blurred", "clip", "manifest"}
        assert set(event["evidence"]) == parts
        for part in event["evidence"].values():
            content = (out / part["url"]).read_bytes()
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (part["sha256"], part["size_bytes"])


def test_watching_again_gives_the_same_ids(events: list[Event], clip: Path, tmp_path: Path) -> None:
    assert [event["id"] for event in watch(clip, tmp_path)] == [event["id"] for event in events]


def payloads(path: Path) -> list[bytes]:
    with av.open(path) as container:
        return [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]
