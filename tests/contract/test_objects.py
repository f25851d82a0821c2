"""What every object store promises, tried on a folder and on S3."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.objects import ObjectStore
from api.objects.disk import DiskStore
from api.objects.s3 import S3Place, S3Store
from tests.servers.swift import ACCESS_KEY, SECRET_KEY, Swift
from vision.errors import InvalidInputError, StorageError

KEY = "events/ab/clip-0123.mp4"
CONTENT = bytes(range(256)) * 3
LARGE_BYTES = 12_000_000
NO_KEYS = (
    "",
    "/a",
    "a/",
    "a//b",
    "..",
    "a/../b",
    ".hidden",
    "a/.b",
    "a b",
    "a\\b",
    "a\0",
    "名",
    "a\n",
    "%2e",
    "x" * 129,
)


@dataclass
class Place:
    """A store, and what a look behind its back shows."""

    store: ObjectStore
    everything: Callable[[], list[str]]
    """Every file or object that exists, finished or not."""


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.server("swift"))])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "disk":
        root = tmp_path / "objects"
        folder = DiskStore(root)
        folder.prepare()
        return Place(folder, lambda: sorted(files(root)))
    server: Swift = request.getfixturevalue("swift")
    bucket = server.new_bucket()
    store = S3Store(S3Place.parse(server.address(bucket, "media/1"), ACCESS_KEY, SECRET_KEY))
    return Place(store, lambda: sorted(inside(server, bucket)))


def files(root: Path) -> Iterator[str]:
    for path in root.rglob("*"):
        if path.is_file():
            yield path.relative_to(root).as_posix()


def inside(server: Swift, bucket: str) -> Iterator[str]:
    """Yield objects, and uploads that were begun."""
    client = server.client()
    for item in client.list_objects(bucket_name=bucket, recursive=True):
        yield str(item.object_name).removeprefix("media/1/")
    for upload in client._list_multipart_uploads(bucket).uploads:
        yield f"begun: {upload.object_name}"


@dataclass(frozen=True)
class Source:
    """A file on its way into a store."""

    path: Path
    sha256: str


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Source]:
    def written(content: bytes) -> Source:
        path = tmp_path / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return Source(path, path.name)

    return written


Write = Callable[[bytes], Source]


def put(store: ObjectStore, source: Source, key: str = KEY) -> None:
    store.put(key, source.path, source.sha256, "video/mp4")


def read(store: ObjectStore, key: str = KEY, start: int = 0, length: int | None = None) -> bytes:
    return b"".join(store.open(key, start, length))


def test_what_goes_in_comes_out(place: Place, write: Write) -> None:
    source = write(CONTENT)
    put(place.store, source)
    assert read(place.store) == CONTENT
    stat = place.store.stat(KEY)
    assert stat
    assert (stat.key, stat.size_bytes) == (KEY, len(CONTENT))
    assert abs(datetime.now(UTC) - stat.modified_at) < timedelta(minutes=2)
    assert place.everything() == [KEY]
    assert source.path.exists()  # the sender's copy is the sender's


def test_the_same_again_changes_nothing(place: Place, write: Write) -> None:
    for _ in range(2):
        put(place.store, write(CONTENT))
    assert read(place.store) == CONTENT
    assert place.everything() == [KEY]


def test_nothing_is_an_object_too(place: Place, write: Write) -> None:
    put(place.store, write(b""))
    assert read(place.store) == b""
    assert read(place.store, start=0, length=5) == b""
    stat = place.store.stat(KEY)
    assert stat
    assert stat.size_bytes == 0


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, 900), length=st.none() | st.integers(0, 900))
@pytest.mark.parametrize("content", [CONTENT])
def test_a_part_is_what_python_would_cut_out(
    place: Place, write: Write, content: bytes, start: int, length: int | None
) -> None:
    """Also where it begins behind the end, and where it reaches beyond."""
    if place.store.stat(KEY) is None:
        put(place.store, write(content))
    assert read(place.store, start=start, length=length) == content[start:][:length]


def test_a_large_object_comes_out_whole_and_in_parts(place: Place, write: Write) -> None:
    content = os.urandom(1 << 20) * 12
    put(place.store, write(content))
    assert hashlib.sha256(read(place.store)).digest() == hashlib.sha256(content).digest()
    at = (5 << 20) - 3  # across the border of S3's parts
    assert read(place.store, start=at, length=7) == content[at : at + 7]
    assert read(place.store, start=len(content) - 5) == content[-5:]
    stat = place.store.stat(KEY)
    assert stat
    assert stat.size_bytes == len(content)
    assert place.everything() == [KEY]


def test_other_bytes_than_promised_leave_nothing(place: Place, write: Write) -> None:
    source = write(CONTENT)
    with pytest.raises(StorageError, match="do not have the hash"):
        place.store.put(KEY, source.path, "0" * 64, "video/mp4")
    assert place.everything() == []
    assert place.store.stat(KEY) is None


def test_an_object_in_place_survives_a_bad_second_one(place: Place, write: Write) -> None:
    put(place.store, write(CONTENT))
    with pytest.raises(StorageError, match="do not have the hash"):
        place.store.put(KEY, write(b"other").path, "0" * 64, "video/mp4")
    assert read(place.store) == CONTENT


def test_what_is_not_there_is_said_at_once(place: Place, write: Write) -> None:
    put(place.store, write(CONTENT))
    for key in ("events/ab/other", "events", "events/ab", f"{KEY}/below"):
        assert place.store.stat(key) is None
        with pytest.raises(FileNotFoundError):
            place.store.open(key)
        place.store.delete(key)
    assert place.everything() == [KEY]


def test_a_file_that_is_gone_before_it_is_sent(place: Place, write: Write) -> None:
    source = write(CONTENT)
    source.path.unlink()
    with pytest.raises(StorageError):
        put(place.store, source)
    assert place.everything() == []


def test_deleting_twice_is_deleting(place: Place, write: Write) -> None:
    put(place.store, write(CONTENT))
    for _ in range(2):
        place.store.delete(KEY)
    assert place.store.stat(KEY) is None
    assert place.everything() == []


def test_everything_is_listed(place: Place, write: Write) -> None:
    source = write(CONTENT)
    keys = ["a/1", "a/2", "ab/1", "b"]
    for key in keys:
        put(place.store, source, key)
    assert sorted(stat.key for stat in place.store.walk()) == keys
    assert sorted(stat.key for stat in place.store.walk("a/")) == ["a/1", "a/2"]
    assert sorted(stat.key for stat in place.store.walk("a")) == ["a/1", "a/2", "ab/1"]
    assert {stat.size_bytes for stat in place.store.walk()} == {len(CONTENT)}
    assert list(place.store.walk("c")) == []


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_key_cannot_leave_the_store(place: Place, write: Write, key: str) -> None:
    source = write(CONTENT)
    uses: list[Callable[[], Any]] = [
        lambda: put(place.store, source, key),
        lambda: read(place.store, key),
        lambda: place.store.stat(key),
        lambda: place.store.delete(key),
    ]
    for use in uses:
        with pytest.raises(InvalidInputError, match="key"):
            use()
    assert place.everything() == []


def test_the_same_from_everywhere_is_one_object(place: Place, write: Write) -> None:
    source = write(CONTENT * 100)
    crowd = [threading.Thread(target=put, args=(place.store, source)) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert read(place.store) == CONTENT * 100
    assert place.everything() == [KEY]


def test_a_reader_who_leaves_early_disturbs_nobody(place: Place, write: Write) -> None:
    put(place.store, write(CONTENT * 2000))
    for _ in range(20):
        chunks = place.store.open(KEY)
        assert next(chunks)
        chunks.close()  # type: ignore[attr-defined]
    assert len(read(place.store)) == len(CONTENT) * 2000


def test_it_answers(place: Place) -> None:
    place.store.probe()
    assert place.everything() == []
