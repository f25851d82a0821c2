"""What becomes of an object when the disk is full, the sender breaks off, or S3 is away, wrong or refuses."""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.objects import ObjectStore
from api.objects.disk import DiskStore
from api.objects.s3 import S3Place, S3Store
from tests.e2e.stack import eventually, free_port
from tests.servers.swift import ACCESS_KEY, SECRET_KEY, Swift
from vision.errors import ConfigError, StorageError

KEY = "events/ab/clip-0123.mp4"
CONTENT = b"film" * 250_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@contextmanager
def files_limited_to(size_bytes: int) -> Iterator[None]:
    """Let the system refuse larger files, as a full disk refuses more bytes; only around the call that is tested."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# A folder.


def prepared(root: Path) -> DiskStore:
    store = DiskStore(root)
    store.prepare()
    return store


def test_a_full_disk_is_said_and_harms_nothing(tmp_path: Path, source: Path) -> None:
    root = tmp_path / "objects"
    store = prepared(root)
    store.put("events/ab/old", source, SHA256, "video/mp4")
    with files_limited_to(len(CONTENT) // 2), pytest.raises(StorageError, match=r"clip-0123\.mp4: File too large"):
        store.put(KEY, source, SHA256, "video/mp4")
    assert files(root) == ["events/ab/old"]
    assert b"".join(store.open("events/ab/old")) == CONTENT
    store.put(KEY, source, SHA256, "video/mp4")
    assert b"".join(store.open(KEY)) == CONTENT


def test_a_killed_writer_leaves_no_object_and_is_swept_up(tmp_path: Path) -> None:
    """It reads from a pipe that never ends, so the kill surely comes in the middle."""
    root, pipe = tmp_path / "objects", tmp_path / "pipe"
    os.mkfifo(pipe)
    script = (
        "import sys; from pathlib import Path; from api.objects.disk import DiskStore\n"
        "store = DiskStore(Path(sys.argv[1])); store.prepare()\n"
        "store.put(sys.argv[2], Path(sys.argv[3]), '0' * 64, 'video/mp4')"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, str(root), KEY, str(pipe)])
    with pipe.open("wb") as film:
        film.write(CONTENT)
        film.flush()
        (left,) = eventually(lambda: files(root))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert list(prepared(root).walk()) == []
    assert files(root) == [left]  # it may be another process that is still at work
    old = time.time() - 25 * 3600
    os.utime(root / left, (old, old))
    prepared(root)
    assert files(root) == []


def test_what_else_lies_in_the_folder_is_passed_over(tmp_path: Path, source: Path) -> None:
    store = prepared(tmp_path / "objects")
    store.put(KEY, source, SHA256, "video/mp4")
    for name in ("my notes.txt", ".DS_Store", "名"):
        (tmp_path / "objects" / name).write_bytes(b"")
    assert [stat.key for stat in store.walk()] == [KEY]


def test_a_folder_that_cannot_be_made(source: Path) -> None:
    with pytest.raises(StorageError, match="Not a directory"):
        DiskStore(source / "objects").prepare()


def test_a_folder_that_went_away(tmp_path: Path, source: Path) -> None:
    store = prepared(tmp_path / "objects")
    (tmp_path / "objects").rename(tmp_path / "elsewhere")
    for use in (store.probe, lambda: store.put(KEY, source, SHA256, "video/mp4")):
        with pytest.raises(StorageError, match="No such file or directory"):
            use()


# S3.


def place(server: Swift, bucket: str, secret: str = SECRET_KEY) -> S3Place:
    return S3Place.parse(server.address(bucket), ACCESS_KEY, secret)


USES: dict[str, Callable[[ObjectStore, Path], Any]] = {
    "put": lambda store, path: store.put(KEY, path, SHA256, "video/mp4"),
    "open": lambda store, _: list(store.open(KEY)),
    "stat": lambda store, _: store.stat(KEY),
    "delete": lambda store, _: store.delete(KEY),
    "walk": lambda store, _: list(store.walk()),
    "probe": lambda store, _: store.probe(),
}


@pytest.mark.parametrize("use", USES)
def test_an_s3_that_is_away_is_said(source: Path, use: str) -> None:
    address = f"s3://bucket?endpoint=http://127.0.0.1:{free_port()}"
    store = S3Store(S3Place.parse(address, ACCESS_KEY, SECRET_KEY))
    with pytest.raises(StorageError, match="does not answer"):
        USES[use](store, source)


@pytest.mark.server("swift")
@pytest.mark.parametrize("use", USES)
def test_a_wrong_secret_is_said_and_never_repeated(swift: Swift, source: Path, use: str) -> None:
    store = S3Store(place(swift, swift.new_bucket(), "not-the-secret"))
    with pytest.raises(StorageError, match="check MINGCHU_S3_ACCESS_KEY") as caught:
        USES[use](store, source)
    assert "not-the-secret" not in str(caught.value)


@pytest.mark.server("swift")
@pytest.mark.parametrize("use", ["put", "walk", "probe"])
def test_a_bucket_that_is_missing_is_said(swift: Swift, source: Path, use: str) -> None:
    store = S3Store(place(swift, "no-such-bucket"))
    with pytest.raises(StorageError, match=r"s3://no-such-bucket at 127\.0\.0\.1:\d+: (.* NoSuchBucket|there is no)"):
        USES[use](store, source)


@pytest.mark.server("swift")
def test_a_bucket_is_made_once(swift: Swift) -> None:
    store = S3Store(place(swift, "new-bucket"))
    for _ in range(2):
        store.prepare()
    store._make_bucket()  # what happens when another process was faster
    store.probe()


@pytest.mark.server("swift")
def test_an_upload_that_breaks_off_leaves_nothing(
    swift: Swift, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file ends before its time, after its first part was read."""
    bucket, path = swift.new_bucket(), tmp_path / "film"
    path.write_bytes(CONTENT * 12)
    store = S3Store(place(swift, bucket))
    begin = store._client._create_multipart_upload

    def begin_and_cut(*arguments: Any, **named: Any) -> Any:
        os.truncate(path, 6_000_000)
        return begin(*arguments, **named)

    monkeypatch.setattr(store._client, "_create_multipart_upload", begin_and_cut)
    with pytest.raises(StorageError, match="clip-0123"):
        store.put(KEY, path, hashlib.sha256(CONTENT * 12).hexdigest(), "video/mp4")
    assert store.stat(KEY) is None
    assert swift.client()._list_multipart_uploads(bucket).uploads == []
    assert swift.segments_of(bucket) == []
    monkeypatch.undo()
    path.write_bytes(CONTENT * 12)
    store.put(KEY, path, hashlib.sha256(CONTENT * 12).hexdigest(), "video/mp4")
    assert len(swift.segments_of(bucket)) > 1
    store.delete(KEY)
    assert swift.segments_of(bucket) == []


@pytest.mark.server("swift")
def test_prefixes_part_a_bucket(swift: Swift, source: Path) -> None:
    bucket = swift.new_bucket()
    mine, other = (
        S3Store(S3Place.parse(swift.address(bucket, prefix), ACCESS_KEY, SECRET_KEY)) for prefix in ("a", "a/b")
    )
    mine.put(KEY, source, SHA256, "video/mp4")
    assert other.stat(KEY) is None
    assert list(other.walk()) == []
    stored = swift.client().stat_object(bucket_name=bucket, object_name=f"a/{KEY}")
    assert stored.content_type == "video/mp4"


def test_an_address_is_read() -> None:
    read = S3Place.parse("s3://kitchen.media/a/b/?endpoint=http://minio:9000&region=cn-north-1", "key", "secret")
    assert (read.bucket, read.prefix, read.endpoint) == ("kitchen.media", "a/b/", "minio:9000")
    assert (read.secure, read.region) == (False, "cn-north-1")
    amazon = S3Place.parse("s3://bucket", "key", "secret")
    assert (amazon.endpoint, amazon.secure, amazon.prefix) == ("s3.amazonaws.com", True, "")


@pytest.mark.parametrize(
    "address",
    [
        "s3://",
        "s3:///prefix",
        "s3://UPPER",
        "s3://my_bucket",
        "s3://b",
        "s3://key:pass123@bucket",
        "s3://bucket?endpoint=minio:9000",
        "s3://bucket?endpoint=ftp://minio",
        "s3://bucket?endpoint=http://key:pass123@minio",
        "s3://bucket?endpoint=http://minio/path",
        "s3://bucket?endpont=http://minio",
        "s3://bucket/..?endpoint=http://minio",
        "s3://bucket/a b?endpoint=http://minio",
        "gs://bucket",
    ],
)
def test_a_wrong_address_is_refused(address: str) -> None:
    """A typing error must not send evidence to another place, and a password in it is not repeated."""
    with pytest.raises(ConfigError, match="MINGCHU_OBJECTS") as caught:
        S3Place.parse(address, "key", "secret")
    assert "pass123" not in str(caught.value)


@pytest.mark.parametrize(("keys", "missing"), [(("", "s"), "ACCESS_KEY"), (("k", ""), "SECRET_KEY")])
def test_keys_that_are_missing_are_named(keys: tuple[str, str], missing: str) -> None:
    with pytest.raises(ConfigError, match=f"MINGCHU_S3_{missing}"):
        S3Place.parse("s3://bucket", *keys)


def test_secrets_are_in_no_repr() -> None:
    where = S3Place.parse("s3://bucket?endpoint=http://127.0.0.1:9", "the-access-key", "the-secret-key")
    store = S3Store(where)
    for thing in (where, store, vars(store)):
        assert "the-access-key" not in repr(thing)
        assert "the-secret-key" not in repr(thing)
