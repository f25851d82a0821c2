"""The Python client against a real server, which is killed and comes back while the client follows the log."""

import json
import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from api.accounts import new_stored_key
from api.client import Client, RefusedError, UnreachableError, _batches, _lines_of
from api.shell import writing
from api.store import sites
from tests.contract.test_http import settings_of
from tests.contract.world import body_of, event_id, site_row
from tests.e2e.stack import Stack, eventually


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("data"))
    with writing(settings_of(stack)) as (connection, _):
        for site in ("main", "a"):
            sites.add(connection, site_row(site))
    stack.start("serve", "serve")
    eventually(stack.ready, within_s=90)
    yield stack
    stack.close()


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    return new_stored_key(settings_of(stack), "program", ["detect", "events:write", "events:read", "sites:read"])


@pytest.fixture
def mingchu(stack: Stack, key: str) -> Iterator[Client]:
    with Client(stack.url, key) as client:
        yield client


def test_a_picture_is_looked_at(mingchu: Client, tmp_path: Path) -> None:
    path = tmp_path / "kitchen.png"
    cv2.imwrite(str(path), np.full((96, 128, 3), 120, np.uint8))
    look = mingchu.detect(path, zone="cooking", kinds=["no_hat"])
    assert (look["image"]["width"], look["image"]["height"]) == (128, 96)
    assert mingchu.detect(path.read_bytes())["image"]["sha256"] == look["image"]["sha256"]
    good, bad = mingchu.detect_many([path, b"BM no picture"])
    assert good["image"] == look["image"]
    assert bad["problem"]["status"] == 422


def test_events_go_in_once_with_their_media_and_come_out_in_order(mingchu: Client, tmp_path: Path) -> None:
    begun = [line.sequence for line in mingchu.pull()]
    sent = [body_of(number) for number in range(1000, 1007)]
    assert [mingchu.push(event) for event in sent] == [True] * 7
    assert mingchu.push(sent[0]) is False
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"a film")
    first, again = (mingchu.attach(event_id(1000), "clip", clip) for _ in range(2))
    assert first == again
    assert first.size_bytes == 6
    lines = list(mingchu.pull(after=len(begun), limit=2))
    assert [line.event["data"]["id"] for line in lines][:7] == [event["data"]["id"] for event in sent]
    assert [line.sequence for line in lines] == sorted({line.sequence for line in lines})
    assert len({event["id"] for event in mingchu.events(limit=3, camera="main-1")}) >= 7


def test_many_events_go_in_by_batches_that_are_neither_too_many_nor_too_long(mingchu: Client) -> None:
    wrong = {**body_of(3500), "specversion": "0.3"}
    sent = [*(body_of(number) for number in range(3000, 3130)), wrong]
    begun = max((line.sequence for line in mingchu.pull()), default=0)
    told = list(mingchu.push_many(sent))
    assert [each.new for each in told] == [True] * 130 + [False]
    assert [each.sequence for each in told] == [*range(begun + 1, begun + 131), None]
    assert told[130].problem
    assert told[130].problem["errors"][0]["field"] == "specversion"
    assert [each.sequence for each in mingchu.push_many(sent[:3])] == [None] * 3
    assert list(mingchu.push_many([])) == []


def test_batches_keep_within_what_the_server_takes() -> None:
    texts = ["x" * size for size in (10, 600_000, 600_000, 1_048_572, 1, 2_000_000, 3)]
    cut = [json.loads(content) for content in _batches([{"t": text} for text in texts])]
    assert [each["t"] for batch in cut for each in batch] == texts
    assert [len(batch) for batch in cut] == [2, 1, 1, 1, 1, 1]
    assert [len(json.loads(content)) for content in _batches({} for _ in range(250))] == [100, 100, 50]


def test_the_log_is_followed_across_a_server_that_dies(mingchu: Client, stack: Stack) -> None:
    start = max((line.sequence for line in mingchu.pull()), default=0)
    assert all(mingchu.push(body_of(number)) for number in range(2000, 2003))
    following = mingchu.follow(after=start)
    seen = list(islice(following, 2))
    stack.kill("serve")
    stack.start("serve", "serve")
    eventually(stack.ready, within_s=90)
    assert all(mingchu.push(body_of(number)) for number in range(2003, 2006))
    seen += islice(following, 4)
    assert [line.event["data"]["id"] for line in seen] == [event_id(number) for number in range(2000, 2006)]


def test_pages_are_walked_to_the_end(mingchu: Client) -> None:
    assert [site["id"] for site in mingchu.sites(limit=1)] == ["a", "main"]


def test_a_refusal_names_the_field(mingchu: Client, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.json"
    nothing.write_text("{}")
    with pytest.raises(RefusedError, match=r"422 .*limit") as refused:
        next(mingchu.events(limit=0))
    assert refused.value.errors[0]["field"] == "limit"
    with pytest.raises(RefusedError) as away:
        mingchu.attach(event_id(9), "clip", nothing)
    assert away.value.status == 404


def test_a_file_of_another_type_is_refused_before_it_is_sent(mingchu: Client) -> None:
    with pytest.raises(ValueError, match=r"test_client\.py: a file with one of the endings"):
        mingchu.attach(event_id(9), "clip", Path(__file__))


def test_a_wrong_key_is_told_and_not_tried_again(stack: Stack) -> None:
    naps: list[float] = []
    with Client(stack.url, "mck_no_key", sleep=naps.append) as stranger, pytest.raises(RefusedError) as refused:
        next(stranger.follow())
    assert (refused.value.status, naps) == (401, [])


def test_nobody_there_is_asked_five_times_with_growing_pauses() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        naps: list[float] = []
        with Client(address, "mck_x_y", sleep=naps.append) as lost, pytest.raises(UnreachableError, match="5 tries"):
            list(lost.pull())
    assert naps == [0.5, 1.0, 2.0, 4.0]


def test_a_stream_is_read_line_by_line_comments_apart() -> None:
    told: Any = [
        ": welcome",
        "",
        "id: 7",
        "event: x",
        "data: {}",
        "",
        ": still here",
        "",
        "id: 8",
        "data: {}",
        "",
        "data: {}",
        "",
        "id: 9",
    ]
    assert [line.sequence for line in _lines_of(told)] == [7, 8]
