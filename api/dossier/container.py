"""The ZIP of an evidence package, written in the one way in which it can be written: whoever changes a byte is found.

Nothing is compressed, every date is the same, no field is optional; so the container follows from its contents alone.
Format: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16, without ZIP64.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from vision.errors import InvalidInputError

MOST_BYTES = (1 << 32) - 1
MOST_ENTRIES = 10_000
_VERSION, _UTF8, _STORED, _EPOCH = 20, 0x800, 0, (0, 0x21)  # 1980-01-01 00:00
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a package; its content can be read more than once."""

    name: str
    size_bytes: int
    crc32: int
    content: Callable[[], Iterable[bytes]]


def crc_of(chunks: Iterable[bytes]) -> int:
    """Return the CRC-32 of a content."""
    crc = 0
    for chunk in chunks:
        crc = zlib.crc32(chunk, crc)
    return crc


def entry_of(name: str, content: bytes) -> Entry:
    """Return the entry of a small file."""
    return Entry(name, len(content), zlib.crc32(content), lambda: (content,))


def container(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield the bytes of the package.

    Raises:
        InvalidInputError: it would have more than 4 GiB or 10 000 files.
    """
    directory, offset, count = bytearray(), 0, 0
    for entry in entries:
        header = _facts(entry)
        name = entry.name.encode()
        directory += _CENTRAL + struct.pack("<H", _VERSION) + header + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name
        local = _LOCAL + header + name
        offset, count = offset + len(local) + entry.size_bytes, count + 1
        _require_small(offset + len(directory), count)
        yield local
        yield from entry.content()
    yield bytes(directory)
    yield _END + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), offset, 0)


def _facts(entry: Entry) -> bytes:
    """Return what both headers of an entry say."""
    sizes = (entry.crc32, entry.size_bytes, entry.size_bytes, len(entry.name.encode()), 0)
    return struct.pack("<HHHHHIIIHH", _VERSION, _UTF8, _STORED, *_EPOCH, *sizes)


def _require_small(size_bytes: int, count: int) -> None:
    if size_bytes > MOST_BYTES or count > MOST_ENTRIES:
        raise InvalidInputError("package", f"{count} files, {size_bytes} bytes", "10 000 files and 4 GiB at most")
