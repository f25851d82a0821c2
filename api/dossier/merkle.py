"""One hash for many records, and short proofs that a record was among them (RFC 6962, section 2.1)."""

from collections.abc import Sequence
from hashlib import sha256

_LEAF, _NODE = b"\0", b"\1"
"""Told apart, so that nobody passes an inner node off as a record."""
Proof = tuple[tuple[str, str], ...]
"""From the record up: on which side the other hash stands (left or right), and that hash in hex."""


def root(records: Sequence[str]) -> str:
    """Return the hash over records, which are hex digests themselves; of none the hash of nothing."""
    return _root([_leaf(record) for record in records]).hex()


def proof(records: Sequence[str], index: int) -> Proof:
    """Return what it takes to compute the root from one record."""
    return tuple(_proof([_leaf(record) for record in records], index))


def proves(record: str, path: Sequence[Sequence[str]], expected: str) -> bool:
    """Tell whether a record and its proof lead to a root."""
    digest = _leaf(record)
    for side, other in path:
        pair = (bytes.fromhex(other), digest) if side == "left" else (digest, bytes.fromhex(other))
        digest = sha256(_NODE + pair[0] + pair[1]).digest()
    return digest.hex() == expected


def _leaf(record: str) -> bytes:
    return sha256(_LEAF + bytes.fromhex(record)).digest()


def _root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return sha256(_NODE + _root(leaves[:split]) + _root(leaves[split:])).digest()


def _proof(leaves: Sequence[bytes], index: int) -> list[tuple[str, str]]:
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*_proof(leaves[:split], index), ("right", _root(leaves[split:]).hex())]
    return [*_proof(leaves[split:], index - split), ("left", _root(leaves[:split]).hex())]


def _split(count: int) -> int:
    """Return the largest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1
