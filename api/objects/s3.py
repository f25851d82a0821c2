"""Objects in any S3-compatible store, through the MinIO client."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256 as new_sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from api.objects import CHUNK_BYTES, ObjectStat, checked, is_key
from vision.config import masked
from vision.errors import ConfigError, StorageError

_GONE = frozenset({"NoSuchKey", "NoSuchObject"})
_REFUSED = frozenset({"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ENDPOINT = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.:\[\]-]+)/?")
_AMAZON = "https://s3.amazonaws.com"


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
        """Return the place that `s3://bucket/prefix?endpoint=http://host:port&region=…` names; ConfigError if none."""
        parts = urlsplit(address)
        query = dict(parse_qsl(parts.query))
        endpoint = _ENDPOINT.fullmatch(query.pop("endpoint", _AMAZON))
        region, prefix = query.pop("region", "us-east-1"), parts.path.strip("/")
        right = endpoint and not query and (not prefix or is_key(prefix))
        # A name behind `@` would be a password that somebody put into the address: it must not be repeated.
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or not right or not endpoint:
            told, allowed = masked(address), "a folder or s3://bucket[/prefix]?endpoint=http://host:port[&region=NAME]"
            raise ConfigError("MINGCHU_OBJECTS", told, allowed)
        if not access_key or not secret_key:
            missing = "MINGCHU_S3_SECRET_KEY" if access_key else "MINGCHU_S3_ACCESS_KEY"
            raise ConfigError(missing, "", f"the key to the bucket {parts.netloc}")
        return cls(
            endpoint=endpoint["host"],
            bucket=parts.netloc,
            prefix=f"{prefix}/" if prefix else "",
            region=region,
            secure=endpoint["scheme"] == "https",
            access_key=access_key,
            secret_key=secret_key,
        )


class S3Store:
    """An `ObjectStore` in one bucket, below one prefix."""

    def __init__(self, place: S3Place) -> None:
        self._bucket, self._prefix = place.bucket, place.prefix
        self._place = f"s3://{place.bucket} at {place.endpoint}"
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
        with self._translated():
            if not self._client.bucket_exists(bucket_name=self._bucket):
                self._make_bucket()

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(bucket_name=self._bucket)
        except S3Error as error:
            if error.code != "BucketAlreadyOwnedByYou":  # another process of ours was faster
                raise

    def put(self, key: str, path: Path, sha256: str, media_type: str) -> None:
        """Send the file; S3 shows an object only when all of it has arrived."""
        name = self._name(key)
        with self._translated(key):
            if _digest(path) != sha256:
                raise StorageError(f"{key}: the bytes do not have the hash {sha256}")
            # One part after the other: of several at a time, one may arrive after an upload was given up.
            self._client.fput_object(
                bucket_name=self._bucket,
                object_name=name,
                file_path=str(path),
                content_type=media_type,
                num_parallel_uploads=1,
            )

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in chunks."""
        found = self.stat(key)
        if found is None:
            raise FileNotFoundError(key)
        # S3 answers 416 to a range that holds nothing, and takes a length of 0 for everything.
        return self._chunks(key, start, length) if start < found.size_bytes and length != 0 else iter(())

    def stat(self, key: str) -> ObjectStat | None:
        """Return size and time."""
        name = self._name(key)
        try:
            with self._translated(key):
                found = self._client.stat_object(bucket_name=self._bucket, object_name=name)
        except FileNotFoundError:
            return None
        return ObjectStat(key, found.size or 0, found.last_modified or datetime.now(UTC))

    def delete(self, key: str) -> None:
        """Remove the object."""
        name = self._name(key)
        try:
            with self._translated(key):
                self._client.remove_object(bucket_name=self._bucket, object_name=name)
        except FileNotFoundError:
            return

    def walk(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Yield every object below our prefix."""
        with self._translated(prefix):
            found = self._client.list_objects(bucket_name=self._bucket, prefix=self._prefix + prefix, recursive=True)
            for item in found:
                key = str(item.object_name).removeprefix(self._prefix)
                if is_key(key):
                    yield ObjectStat(key, item.size or 0, item.last_modified or datetime.now(UTC))

    def upload_url(self, key: str, within: timedelta) -> str | None:
        """Sign an address; the store is not asked."""
        name = self._name(key)
        with self._translated(key):
            return str(self._client.presigned_put_object(bucket_name=self._bucket, object_name=name, expires=within))

    def probe(self) -> None:
        """Ask for the bucket."""
        with self._translated():
            if not self._client.bucket_exists(bucket_name=self._bucket):
                raise StorageError(f"{self._place}: there is no such bucket")

    def _name(self, key: str) -> str:
        return self._prefix + checked(key)

    def _chunks(self, key: str, start: int, length: int | None) -> Iterator[bytes]:
        with self._translated(key):
            response: Any = self._client.get_object(
                bucket_name=self._bucket, object_name=self._name(key), offset=start, length=length or 0
            )
            try:
                yield from response.stream(CHUNK_BYTES)
            finally:
                response.close()
                response.release_conn()

    @contextmanager
    def _translated(self, key: str = "") -> Iterator[None]:
        """Turn what the client raises into our own errors; the text holds a code, never a credential."""
        place = f"{key} in {self._place}" if key else self._place
        try:
            yield
        except StorageError:
            raise
        except S3Error as error:
            if error.code in _GONE:
                raise FileNotFoundError(key) from error
            hint = "; check MINGCHU_S3_ACCESS_KEY and MINGCHU_S3_SECRET_KEY" if error.code in _REFUSED else ""
            raise StorageError(f"{place}: the object store says {error.code}{hint}") from error
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise StorageError(f"{place}: the object store does not answer ({type(error).__name__})") from error
        except OSError as error:
            raise StorageError(f"{place}: {error.strerror or type(error).__name__}") from error


def _digest(path: Path) -> str:
    digest = new_sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
