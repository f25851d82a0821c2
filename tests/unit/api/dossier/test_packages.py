"""Packages: the container has one form, and whoever changes any byte of one is found, by name."""

import json
import random
import struct
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from api.dossier.container import container, entry_of
from api.dossier.merkle import proof, proves, root
from api.dossier.signing import Signer, fingerprint_of, signed_by
from api.dossier.verifying import verify
from vision.errors import InvalidInputError, StorageError

FILES = {
    "summary.pdf": b"%PDF summary",
    "case.json": b'{"id": "c"}',
    "events/e/clip.mp4": bytes(range(256)) * 9,
    "events/e/snapshot.jpg": b"\xff\xd8 snapshot",
    "events/e/manifest.json": json.dumps(
        {"objects": {"clip": {"sha256": sha256(bytes(range(256)) * 9).hexdigest()}}}
    ).encode(),
}
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))


def indexed(files: dict[str, bytes], signer: Signer = SIGNER) -> dict[str, bytes]:
    """Return the files with a signed index before them."""
    told = [{"name": n, "size_bytes": len(c), "sha256": sha256(c).hexdigest()} for n, c in files.items()]
    facts = {"format": "mingchu-evidence/1", "case": "c", "made_at": "2026-11-26T08:00:00Z", "made_by": "user:li"}
    index = json.dumps({**facts, "key": signer.public, "files": told}).encode()
    return {"index.json": index, "signature.txt": signer.sign(index).encode() + b"\n", **files}


def packed(files: dict[str, bytes]) -> bytes:
    return b"".join(container(entry_of(name, content) for name, content in files.items()))


WHOLE = packed(indexed(FILES))


def problems(tmp_path: Path, content: bytes, fingerprint: str = "") -> tuple[str, ...]:
    path = tmp_path / "package.zip"
    path.write_bytes(content)
    return verify(path, fingerprint).problems


def test_a_whole_package_is_whole_and_every_unzip_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    path.write_bytes(WHOLE)
    verdict = verify(path, SIGNER.fingerprint.upper())
    assert verdict.problems == ()
    assert verdict.fingerprint == SIGNER.fingerprint
    assert "case c" in verdict.about
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        assert {name: package.read(name) for name in FILES} == FILES


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text(st.characters(min_codepoint=33, max_codepoint=0x9FFF), min_size=1), st.binary(), max_size=6)
)
def test_the_container_is_what_the_standard_library_reads(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(BytesIO(packed(files))) as package:
        assert {info.filename: package.read(info) for info in package.infolist()} == {**files}


@pytest.mark.parametrize("bit", [0, 7])
def test_every_byte_that_is_flipped_is_noticed(tmp_path: Path, bit: int) -> None:
    step = 7 if bit else 5
    for place in [*range(0, len(WHOLE), step), *range(len(WHOLE) - 400, len(WHOLE))]:
        changed = bytearray(WHOLE)
        changed[place] ^= 1 << bit
        assert problems(tmp_path, bytes(changed)), place


@pytest.mark.parametrize("name", [*FILES, "index.json", "signature.txt"])
def test_the_file_that_was_changed_is_named_and_no_other(tmp_path: Path, name: str) -> None:
    files = indexed(FILES)
    files[name] = files[name][:-2] + bytes([files[name][-2] ^ 1]) + files[name][-1:]
    found = problems(tmp_path, packed(files))
    named = {line.partition(":")[0] for line in found}
    assert named == {"index.json"} if name == "signature.txt" else name in named
    assert not named & (FILES.keys() - {name})


@pytest.mark.parametrize("name", [*FILES, "index.json", "signature.txt"])
def test_the_file_that_was_taken_out_is_named(tmp_path: Path, name: str) -> None:
    files = indexed(FILES)
    del files[name]
    assert problems(tmp_path, packed(files)) == (f"{name}: is missing",)


@pytest.mark.parametrize("name", ["events/e/extra.jpg", "../../etc/passwd", "/etc/passwd", "a\x1b[31m", "C:\\x"])
def test_the_file_that_was_added_is_named_and_nothing_is_unpacked(tmp_path: Path, name: str) -> None:
    (line,) = problems(tmp_path, packed({**indexed(FILES), name: b"x"}))
    assert line.endswith(": was added")
    assert line.isprintable()
    assert [path.name for path in tmp_path.rglob("*")] == ["package.zip"]


def test_an_other_order_and_a_file_that_stands_twice_are_told(tmp_path: Path) -> None:
    files = indexed(FILES)
    turned = dict(reversed(files.items()))
    assert problems(tmp_path, packed(turned)) == ("container: the files stand in another order",)
    twice = b"".join(container([entry_of(n, c) for n, c in files.items()] + [entry_of("case.json", b"other")]))
    assert problems(tmp_path, twice) == ("case.json: stands in the package more than once",)


def test_what_stands_between_or_behind_the_files_is_told(tmp_path: Path) -> None:
    found = problems(tmp_path, WHOLE + b"behind")
    assert found
    assert found[0].startswith("container:")
    commented = WHOLE[:-2] + struct.pack("<H", 5) + b"hello"
    assert problems(tmp_path, commented)[0].startswith("container:")
    assert problems(tmp_path, b"before" + WHOLE)[0].startswith("container:")


def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, content in indexed({**FILES, "events/e/bomb.mp4": bytes(64 << 20)}).items():
            package.writestr(name, content)
    found = verify(path).problems
    assert any("bomb.mp4: is compressed" in line for line in found)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"no package" * 99, WHOLE[: len(WHOLE) // 2]]
)
def test_what_is_no_package_is_told(tmp_path: Path, content: bytes) -> None:
    assert problems(tmp_path, content)


@pytest.mark.parametrize(
    "index", [b"", b"[]", b'{"format": "mingchu-evidence/1"}', b"[" * 100_000, b'{"files": [1], "format": "x"}']
)
def test_an_index_that_is_none_is_told(tmp_path: Path, index: bytes) -> None:
    assert problems(tmp_path, packed({**indexed(FILES), "index.json": index}))


def test_whoever_signs_anew_with_another_key_is_found_by_the_fingerprint(tmp_path: Path) -> None:
    other = Signer(Ed25519PrivateKey.generate())
    forged = packed(indexed({**FILES, "case.json": b"forged"}, other))
    assert problems(tmp_path, forged) == (), "without the fingerprint nobody can tell"
    (line,) = problems(tmp_path, forged, SIGNER.fingerprint)
    assert "another key" in line


def test_media_that_are_not_those_of_the_manifest_are_told_though_somebody_signed_them(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, packed(indexed({**FILES, "events/e/clip.mp4": b"another clip"})))
    assert line == "events/e: clip is not the one that its manifest names"


def test_random_damage_never_passes_and_never_raises(tmp_path: Path) -> None:
    dice = random.Random(5)  # noqa: S311 - damage, no secret
    for _ in range(150):
        damaged = bytearray(WHOLE)
        for _ in range(dice.randint(1, 6)):
            place = dice.randrange(len(damaged))
            match dice.randrange(3):
                case 0:
                    damaged[place] ^= dice.randint(1, 255)
                case 1:
                    del damaged[place : place + dice.randint(1, 30)]
                case _:
                    damaged[place:place] = dice.randbytes(dice.randint(1, 30))
        if bytes(damaged) != WHOLE:
            assert problems(tmp_path, bytes(damaged))


def test_a_container_has_bounds() -> None:
    with pytest.raises(InvalidInputError, match="10 000 files"):
        list(container(entry_of(str(number), b"") for number in range(10_001)))


digests = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=40)


@given(digests, st.data())
def test_each_record_proves_itself_and_no_other(records: list[str], data: st.DataObject) -> None:
    whole = root(records)
    index = data.draw(st.integers(0, len(records) - 1))
    path = proof(records, index)
    assert proves(records[index], path, whole)
    assert not proves(sha256(b"another").hexdigest(), path, whole)
    assert len(path) <= (len(records) - 1).bit_length()


@given(digests)
def test_a_root_changes_with_each_record_and_their_order(records: list[str]) -> None:
    assert root([*records, records[0]]) != root(records)
    assert root(records[1:]) != root(records)
    if records != records[::-1]:
        assert root(records[::-1]) != root(records)


def test_roots_are_those_of_the_standard() -> None:
    """RFC 6962, section 2.1: of nothing, and of one leaf."""
    assert root([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root(["00" * 32]) == sha256(bytes(33)).hexdigest()


def test_the_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "evidence.pem"
    first, again = Signer.at(path), Signer.at(path)
    assert first.fingerprint == again.fingerprint == fingerprint_of(first.public)
    assert path.stat().st_mode & 0o077 == 0
    assert signed_by(again.public, first.sign(b"x"), b"x")
    assert not signed_by(again.public, first.sign(b"x"), b"y")
    assert not signed_by("zz", "", b"x")
    assert "PRIVATE" not in repr(first) + first.public_pem
    path.write_bytes(b"rubbish")
    with pytest.raises(StorageError, match="cannot be used"):
        Signer.at(path)
