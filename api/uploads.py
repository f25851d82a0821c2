"""Large bodies of requests: streamed into a file of our own, bounded and hashed on the way, gone with the request."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from hashlib import sha256 as new_sha256
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from api.errors import ProblemError
from vision.errors import StorageError

_FLUSH_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Received:
    """A body that arrived whole."""

    path: Path
    sha256: str
    size_bytes: int


@asynccontextmanager
async def received(request: Request, folder: Path, most_bytes: int) -> AsyncIterator[Received]:
    """Give the body as a file.

    Raises:
        ProblemError: 413, it is larger than `most_bytes`.
        StorageError: the folder cannot be written to.
    """
    path = folder / uuid4().hex
    try:
        yield await _received(request, path, most_bytes)
    finally:
        path.unlink(missing_ok=True)


async def _received(request: Request, path: Path, most_bytes: int) -> Received:
    try:
        return await _write(request, path, most_bytes)
    except OSError as error:
        raise StorageError(f"{path.parent}: an upload cannot be written ({error.strerror})") from error


async def _write(request: Request, path: Path, most_bytes: int) -> Received:
    _refuse_length(int(request.headers.get("content-length", "0")), most_bytes)
    digest, size, waiting = new_sha256(), 0, bytearray()
    with path.open("xb") as file:
        async for chunk in request.stream():
            digest.update(chunk)
            waiting += chunk
            size += len(chunk)
            _refuse_length(size, most_bytes)
            if len(waiting) >= _FLUSH_BYTES:
                await run_in_threadpool(file.write, bytes(waiting))
                waiting.clear()
        file.write(waiting)
    return Received(path, digest.hexdigest(), size)


def _refuse_length(size_bytes: int, most_bytes: int) -> None:
    if size_bytes > most_bytes:
        raise ProblemError(f"a body may have {most_bytes} bytes", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@contextmanager
def gathered(chunks: Iterable[bytes], folder: Path, most_bytes: int) -> Iterator[Received]:
    """Give what comes in chunks as a file; the same bounds and errors as for a body."""
    path, digest, size = folder / uuid4().hex, new_sha256(), 0
    try:
        try:
            with path.open("xb") as file:
                for chunk in chunks:
                    size += len(chunk)
                    _refuse_length(size, most_bytes)
                    digest.update(chunk)
                    file.write(chunk)
        except OSError as error:
            raise StorageError(f"{folder}: an upload cannot be written ({error.strerror})") from error
        yield Received(path, digest.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)
