"""The key with which this installation signs evidence: made at the first start, never sent anywhere."""

from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from api.keyfile import keep_once
from vision.errors import StorageError


class Signer:
    """Signs with Ed25519 (RFC 8032); the key lies in a file that its owner alone may read."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        """The public key, 32 bytes in hex."""

    @classmethod
    def at(cls, path: Path) -> "Signer":
        """Return the signer of this installation; its key is made where there is none.

        Raises:
            StorageError: the file holds no Ed25519 key, or cannot be read or made.
        """
        try:
            keep_once(path, _new_pem)
            key = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise StorageError(f"{path}: the key of evidence packages cannot be used ({error})") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise StorageError(f"{path}: is no Ed25519 key")
        return cls(key)

    def sign(self, content: bytes) -> str:
        """Return the signature in hex."""
        return self._key.sign(content).hex()

    @property
    def fingerprint(self) -> str:
        """Return what an authority publishes, so that people can tell its key from others."""
        return fingerprint_of(self.public)

    @property
    def public_pem(self) -> str:
        """Return the public key as other programs read it."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def __repr__(self) -> str:
        return f"Signer({self.fingerprint})"


def _new_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def fingerprint_of(public: str) -> str:
    """Return the SHA-256 of a public key in groups that people can compare by eye."""
    digest = sha256(bytes.fromhex(public)).hexdigest()
    return " ".join(digest[start : start + 8] for start in range(0, 64, 8))


def signed_by(public: str, signature: str, content: bytes) -> bool:
    """Tell whether a signature fits; rubbish does not."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True
