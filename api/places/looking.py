"""Looks through a workbook part by part, as its reader will, and passes on only what it has seen: no bomb goes off."""

from array import array
from collections.abc import Iterator, Mapping
from typing import IO
from xml.parsers.expat import ParserCreate
from zipfile import ZIP_STORED, ZipFile

from vision.errors import InvalidInputError

MOST_UNPACKED_BYTES = 512 << 20
MOST_OTHER_BYTES = 16 << 20
"""Of a part that is neither a sheet nor the texts that sheets share."""
MOST_CELLS = 16_000_000
"""Of one sheet, from A1 to its last cell: the library makes each of them, however empty."""
MOST_TEXTS = 4_000_000
"""That sheets share."""
MOST_CHARACTERS = 256 << 20
"""Of all cells that show a shared text: the library copies it into each."""
MOST_FAULTS = 100_000
"""Cells of one sheet that hold an error."""
READABLE = "a workbook (.xlsx) that Excel can open, without a password"
_DEPTH, _CHUNK, _LONGEST_TAG = 64, 1 << 20, 4 << 20
MOST_DIRECTORY_BYTES = 1 << 20
_TAIL = (1 << 16) + 22
_END, _END_64 = b"PK\5\6", b"PK\6\7"
_TEXTS, _SHEETS = "xl/sharedstrings.xml", "xl/worksheets/"
_PARTS = (".xml", ".rels")


def require_small_directory(content: bytes) -> None:
    """Pass when the list of an archive's members is short: it is read before anything else can be asked."""
    tail = content[-_TAIL:]
    at = tail.find(_END)
    while at >= 0:
        size = int.from_bytes(tail[at + 12 : at + 16], "little")
        if size > MOST_DIRECTORY_BYTES:
            raise InvalidInputError("file", f"a directory of {size} bytes", f"at most {MOST_DIRECTORY_BYTES} bytes")
        at = tail.find(_END, at + 1)
    if _END_64 in tail:
        raise InvalidInputError("file", "an archive in the 64-bit form", READABLE)


def seen_through(archive: ZipFile, out: IO[bytes]) -> dict[str, Mapping[int, frozenset[int]]]:
    """Write the parts that a reader needs into a new archive, byte for byte as they were looked at; return the faults.

    What an archive says about itself (sizes, two members of one name, members in members) its reader never sees.

    Raises:
        InvalidInputError: a part is too large, too deep, or would become so in its reader's memory.
    """
    size = sum(member.file_size for member in archive.infolist())
    if size > MOST_UNPACKED_BYTES:
        raise InvalidInputError("file", f"{size} bytes unpacked", f"at most {MOST_UNPACKED_BYTES} bytes unpacked")
    names = sorted({name for name in archive.namelist() if name.lower().endswith(_PARTS)}, key=_texts_first)
    lengths, faults = array("I"), {}
    with ZipFile(out, "w", ZIP_STORED) as clean:
        for name in names:
            look = Look(name, lengths)
            with clean.open(name, "w") as copy:
                for chunk in look.through(archive, name):
                    copy.write(chunk)
            faults[name] = look.faults
    return faults


def _texts_first(name: str) -> tuple[bool, str]:
    return name.lower() != _TEXTS, name


class Look:
    """Goes through one part: a far cell makes everything before it exist, a shared text is copied into each cell."""

    def __init__(self, name: str, lengths: "array[int]") -> None:
        self._holds_texts, self._is_sheet = name.lower() == _TEXTS, name.lower().startswith(_SHEETS)
        self._lengths = lengths
        self._row = self._column = self._last_row = self._last_column = 0
        self._depth = self._characters = self._fault_count = 0
        self._is_shared, self._number = False, list[str]()
        self._faults: dict[int, set[int]] = {}

    @property
    def faults(self) -> Mapping[int, frozenset[int]]:
        """Return the columns with faults, by row, both from 1."""
        return {row: frozenset(columns) for row, columns in self._faults.items()}

    def through(self, archive: ZipFile, name: str) -> Iterator[bytes]:
        """Yield the part's bytes, each piece after it was looked at."""
        parser = ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.StartDoctypeDeclHandler = _refuse_types
        parser.CharacterDataHandler = self._text
        most = MOST_UNPACKED_BYTES if self._holds_texts or self._is_sheet else MOST_OTHER_BYTES
        fed = 0
        with archive.open(name) as part:
            while chunk := part.read(_CHUNK):
                fed += len(chunk)
                _require(fed, most, "bytes in one part")
                parser.Parse(chunk, False)
                _require(fed - parser.CurrentByteIndex, _LONGEST_TAG, "bytes in one tag")
                self._require_bounds()
                yield chunk
        parser.Parse(b"", True)

    def _begin(self, tag: str, told: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise InvalidInputError("file", f"{self._depth} elements in each other", f"at most {_DEPTH}")
        tag = local(tag)
        if tag == "c":
            self._cell(told)
        elif tag == "row":
            self._row, self._column = int(told.get("r", self._row + 1)), 0
        elif tag == "si" and self._holds_texts:
            self._lengths.append(0)

    def _cell(self, told: Mapping[str, str]) -> None:
        self._column += 1
        if reference := told.get("r"):
            self._column, self._row = _place(reference)
        self._last_row, self._last_column = max(self._last_row, self._row), max(self._last_column, self._column)
        kind = told.get("t")
        self._is_shared = kind == "s"
        if kind == "e":
            self._fault_count += 1
            self._faults.setdefault(self._row, set()).add(self._column)

    def _text(self, text: str) -> None:
        if self._holds_texts and self._lengths:
            self._lengths[-1] += len(text)
        elif self._is_shared:
            self._number.append(text)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if self._is_shared and local(tag) == "v":
            told = "".join(self._number).strip()
            self._number.clear()
            if told.isdecimal() and int(told[:12]) < len(self._lengths):
                self._characters += self._lengths[int(told[:12])]

    def _require_bounds(self) -> None:
        _require(self._last_row * self._last_column, MOST_CELLS, "cells in a sheet")
        _require(len(self._lengths), MOST_TEXTS, "shared texts")
        _require(self._characters, MOST_CHARACTERS, "characters in all cells of a sheet")
        _require(self._fault_count, MOST_FAULTS, "cells with an error in a sheet")


def _require(count: int, most: int, what: str) -> None:
    if count > most:
        raise InvalidInputError("file", f"{count} {what}", f"at most {most} {what}")


def _refuse_types(*_: object) -> None:
    raise InvalidInputError("file", "a document type", READABLE)


def local(tag: str) -> str:
    """Return a tag or attribute without its prefix."""
    return tag.rpartition(":")[2]


def _place(reference: str) -> tuple[int, int]:
    """Return column and row, from 1, of a reference such as BC23; ValueError where it is none."""
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters[:4].upper():
        column = column * 26 + ord(letter) - 64
    return column, int(reference[len(letters) :][:9])
