"""Objects in any S3-compatible store, through the MinIO client."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256 as new_sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from api.objects import CHUNK_BYTES, ObjectStat, checked
from vision.errors import ConfigError, StorageError

_GONE = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchBucket"})


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where a bucket is and how to get in."""

    endpoint: str
    """host:port"""
    bucket: str
    prefix: str
    """Empty, or ending in a slash."""
    region: str
    secure: bool
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    @classmethod
    def parse(cls, address: str, access_key: str, secret_key: str) -> "S3Place":
        """Return the place that `s3://bucket/prefix?endpoint=http://host:port&region=…` names."""
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        endpoint = urlsplit(query.get("endpoint", "https://s3.amazonaws.com"))
        if parts.scheme != "s3" or not parts.netloc or not endpoint.netloc:
            raise ConfigError("MINGCHU_OBJECTS", address, "a folder or s3://bucket[/prefix]?endpoint=http://host:port")
        prefix = parts.path.strip("/")
        return cls(
            endpoint=endpoint.netloc,
            bucket=parts.netloc,
            prefix=f"{prefix}/" if prefix else "",
            region=query.get("region", "us-east-1"),
            secure=endpoint.scheme == "https",
            access_key=access_key,
            secret_key=secret_key,
        )


class S3Store:
    """An `ObjectStore` in one bucket, below one prefix."""

    def __init__(self, place: S3Place) -> None:
        self._bucket, self._prefix = place.bucket, place.prefix
        self._client = Minio(
            place.endpoint,
            access_key=place.access_key,
            secret_key=place.secret_key,
            region=place.region,
            secure=place.secure,
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(connect=5, read=30),
                maxsize=16,
                retries=urllib3.Retry(total=2, backoff_factor=0.2),
            ),
        )

    def prepare(self) -> None:
        """Make the bucket unless it is there."""
        with _translated(self._bucket):
            if not self._client.bucket_exists(bucket_name=self._bucket):
                self._client.make_bucket(bucket_name=self._bucket)

    def put(self, key: str, path: Path, sha256: str, media_type: str) -> None:
        """Send the file; S3 shows an object only when all of it has arrived."""
        if _digest(path) != sha256:
            raise StorageError(f"{key}: the bytes do not have the hash {sha256}")
        with _translated(key):
            self._client.fput_object(
                bucket_name=self._bucket, object_name=self._name(key), file_path=str(path), content_type=media_type
            )

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in chunks."""
        if self.stat(key) is None:
            raise FileNotFoundError(key)
        return self._chunks(key, start, length) if length != 0 else iter(())

    def stat(self, key: str) -> ObjectStat | None:
        """Return size and time."""
        try:
            with _translated(key):
                found = self._client.stat_object(bucket_name=self._bucket, object_name=self._name(key))
        except FileNotFoundError:
            return None
        return ObjectStat(key, found.size or 0, found.last_modified or datetime.now(UTC))

    def delete(self, key: str) -> None:
        """Remove the object."""
        try:
            with _translated(key):
                self._client.remove_object(bucket_name=self._bucket, object_name=self._name(key))
        except FileNotFoundError:
            return

    def walk(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Yield every object below our prefix."""
        with _translated(prefix):
            found = self._client.list_objects(bucket_name=self._bucket, prefix=self._prefix + prefix, recursive=True)
            for item in found:
                key = str(item.object_name).removeprefix(self._prefix)
                yield ObjectStat(key, item.size or 0, item.last_modified or datetime.now(UTC))

    def probe(self) -> None:
        """Ask for the bucket."""
        with _translated(self._bucket):
            if not self._client.bucket_exists(bucket_name=self._bucket):
                raise StorageError(f"{self._bucket}: no such bucket")

    def _name(self, key: str) -> str:
        return self._prefix + checked(key)

    def _chunks(self, key: str, start: int, length: int | None) -> Iterator[bytes]:
        with _translated(key):
            response: Any = self._client.get_object(
                bucket_name=self._bucket, object_name=self._name(key), offset=start, length=length or 0
            )
            try:
                yield from response.stream(CHUNK_BYTES)
            finally:
                response.close()
                response.release_conn()


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turn what the client raises into our own errors; the text holds a code, never a credential."""
    try:
        yield
    except S3Error as error:
        if error.code in _GONE:
            raise FileNotFoundError(key) from error
        raise StorageError(f"{key}: the object store says {error.code}") from error
    except (MinioException, urllib3.exceptions.HTTPError) as error:
        raise StorageError(f"{key}: the object store does not answer ({type(error).__name__})") from error


def _digest(path: Path) -> str:
    digest = new_sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
