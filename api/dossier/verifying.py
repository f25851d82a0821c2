"""Checks an evidence package with nothing but the package: what was changed, removed, added or moved is named.

Pure but for reading the file. Nothing is unpacked, no name of the package is ever used as a path, and nothing that is
compressed is read: a package cannot make us do more than read it once or twice.
"""

import json
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from api.audit import seal_of_told
from api.dossier.container import MOST_ENTRIES, Entry, container, crc_of
from api.dossier.merkle import proves
from api.dossier.signing import fingerprint_of, signed_by

FORMAT = "mingchu-evidence/1"
INDEX, SIGNATURE, CHAIN = "index.json", "signature.txt", "chain.json"
_UNLISTED = (INDEX, SIGNATURE)
_MOST_JSON_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20
_BROKEN = (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, RecursionError, OSError, struct.error)
"""What the standard library raises over a damaged ZIP or JSON; OSError too, for places before its beginning."""
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found."""

    problems: tuple[str, ...]
    """One line for each thing that is wrong; empty = the package is as it was signed."""
    fingerprint: str = ""
    """Of the key that signed it; whose key that is, only its owner can say."""
    about: str = ""
    """Case and time, as the index tells."""


def verify(path: Path, fingerprint: str = "") -> Verdict:
    """Check a package; with a fingerprint also who signed it. Never raises for what is in the file.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb"):
        pass
    try:
        with zipfile.ZipFile(path) as package:
            return _judged(path, package, fingerprint)
    except _BROKEN as error:
        return Verdict((f"container: cannot be read as a package ({error})",))


def _judged(path: Path, package: zipfile.ZipFile, fingerprint: str) -> Verdict:
    problems = list(_shape(package))
    if problems:
        return Verdict(tuple(problems))
    index = _json(package, INDEX, problems)
    if not _is_index(index):
        return Verdict((*problems, f"{INDEX}: is no index of an evidence package"))
    problems += _signature(package, index, fingerprint)
    problems += _files(package, index)
    if not problems:
        problems += _claims(package, index)
    if not problems:
        problems += _bytes(path, package)
    about = f"case {index['case']}, packed at {index['made_at']} by {index['made_by']}"
    return Verdict(tuple(problems), fingerprint_of(index["key"]), about)


def _shape(package: zipfile.ZipFile) -> Iterator[str]:
    infos = package.infolist()
    names = [info.filename for info in infos]
    if len(names) > MOST_ENTRIES:
        yield f"container: {len(names)} entries; a package has {MOST_ENTRIES} at most"
        return
    for name in sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else ():
        yield f"{_shown(name)}: stands in the package more than once"
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size or info.flag_bits & 1:
            yield f"{_shown(info.filename)}: is compressed or encrypted, which nothing in a package is"
    for name in _UNLISTED:
        if name not in names:
            yield f"{name}: is missing"


def _is_index(index: Any) -> bool:
    texts = ("case", "made_at", "made_by", "key")
    return (
        isinstance(index, dict)
        and index.get("format") == FORMAT
        and all(isinstance(index.get(name), str) for name in texts)
        and _is_hex(index["key"], 64)
        and isinstance(index.get("files"), list)
        and all(_is_file(each) for each in index["files"])
    )


def _is_file(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and isinstance(told.get("name"), str)
        and isinstance(told.get("size_bytes"), int)
        and isinstance(told.get("sha256"), str)
    )


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and not set(text) - set("0123456789abcdef")


def _signature(package: zipfile.ZipFile, index: Json, fingerprint: str) -> Iterator[str]:
    signature = _read(package, SIGNATURE, 1024).decode("ascii", "replace").strip()
    if not signed_by(index["key"], signature, _read(package, INDEX, _MOST_JSON_BYTES)):
        yield f"{INDEX}: the signature does not fit: it was changed, or {SIGNATURE} was"
    wanted = "".join(fingerprint.split()).lower()
    if wanted and wanted != "".join(fingerprint_of(index["key"]).split()):
        yield f"{SIGNATURE}: was made with another key ({fingerprint_of(index['key'])})"


def _files(package: zipfile.ZipFile, index: Json) -> Iterator[str]:
    told = {each["name"]: each for each in index["files"]}
    infos = {info.filename: info for info in package.infolist()}
    for name, each in told.items():
        if name not in infos:
            yield f"{_shown(name)}: is missing"
        else:
            yield from _file(package, infos[name], each)
    for name in infos.keys() - told.keys() - set(_UNLISTED):
        yield f"{_shown(name)}: was added"
    order = [name for name in infos if name in told]
    if not (told.keys() - infos.keys()) and order != list(told):
        yield "container: the files stand in another order"


def _file(package: zipfile.ZipFile, info: zipfile.ZipInfo, told: Json) -> Iterator[str]:
    name = _shown(told["name"])
    if info.file_size != told["size_bytes"]:
        yield f"{name}: was changed ({info.file_size} bytes instead of {told['size_bytes']})"
        return
    digest = sha256()
    try:
        for chunk in _chunks(package, info):
            digest.update(chunk)
    except _BROKEN as error:
        yield f"{name}: was changed ({error})"
        return
    if digest.hexdigest() != told["sha256"]:
        yield f"{name}: was changed (its SHA-256 is {digest.hexdigest()})"


def _chunks(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with package.open(info) as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _read(package: zipfile.ZipFile, name: str, most_bytes: int) -> bytes:
    info = package.getinfo(name)
    if info.file_size > most_bytes:
        raise ValueError(f"{name} has {info.file_size} bytes")
    return package.read(info)


def _json(package: zipfile.ZipFile, name: str, problems: list[str]) -> Any:
    try:
        return json.loads(_read(package, name, _MOST_JSON_BYTES))
    except _BROKEN as error:
        problems.append(f"{name}: cannot be read ({error})")
        return None


def _claims(package: zipfile.ZipFile, index: Json) -> Iterator[str]:
    """Check what the files say of each other: manifests of their media, audit rows and day roots of themselves.

    Whoever signed vouches for the files; these checks show whether the signer's own chain holds.
    """
    names = {each["name"]: each["sha256"] for each in index["files"]}
    problems: list[str] = []
    for name in names:
        if name.endswith("/manifest.json"):
            yield from _manifest(name, _json(package, name, problems), names)
    chain = _json(package, CHAIN, problems) if CHAIN in names else {}
    yield from problems
    if isinstance(chain, dict):
        yield from _rows(chain.get("audit", ()))
        yield from _proofs(chain)


def _manifest(name: str, manifest: Any, names: Mapping[str, str]) -> Iterator[str]:
    """Yield where the media of an event are not those that its camera's worker had sealed."""
    folder = name.rpartition("/")[0]
    objects = manifest.get("objects", {}) if isinstance(manifest, dict) else {}
    for role, told in objects.items() if isinstance(objects, dict) else ():
        kept = next((names[each] for each in names if each.startswith(f"{folder}/{role}.")), None)
        if kept is not None and isinstance(told, dict) and kept != told.get("sha256"):
            yield f"{folder}: {role} is not the one that its manifest names"


def _rows(rows: Iterable[Any]) -> Iterator[str]:
    previous = None
    for row in rows:
        try:
            if seal_of_told(row) != row["digest"]:
                yield f"{CHAIN}: audit row {row['sequence']} is not what its seal says"
            if previous and row["sequence"] == previous["sequence"] + 1 and row["previous"] != previous["digest"]:
                yield f"{CHAIN}: audit row {row['sequence']} does not continue the one before it"
        except (KeyError, TypeError, ValueError, AttributeError):
            yield f"{CHAIN}: an audit row cannot be read"
            continue
        previous = row


def _proofs(chain: Json) -> Iterator[str]:
    days = {day["day"]: day["root"] for day in chain.get("days", ())}
    for each in chain.get("proofs", ()):
        if each["day"] not in days or not proves(each["record"], each["path"], days[each["day"]]):
            yield f"{CHAIN}: {each['of']} is not in the root of {each['day']}"


def _bytes(path: Path, package: zipfile.ZipFile) -> Iterator[str]:
    """Compare the container with the only one that these files make: whatever else was touched shows here."""
    offset = 0
    with path.open("rb") as file:
        for expected in container(_entries(package)):
            if file.read(len(expected)) != expected:
                yield f"container: something between files was changed, near byte {offset}"
                return
            offset += len(expected)
        if file.read(1):
            yield f"container: something was added behind byte {offset}"


def _entries(package: zipfile.ZipFile) -> Iterator[Entry]:
    for info in package.infolist():
        crc = crc_of(_chunks(package, info))
        yield Entry(info.filename, info.file_size, crc, lambda info=info: _chunks(package, info))  # type: ignore[misc]


def _shown(name: str) -> str:
    """Return a name that harms no terminal."""
    return name if name.isprintable() and len(name) <= 200 else f"{name[:200]!r}"
