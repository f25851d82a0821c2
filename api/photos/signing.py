"""Phones sign with a key that their browser does not give away: its public half and signatures are checked here."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from vision.errors import InvalidInputError

_SIZE_BYTES = 32
"""Of a coordinate of P-256 (RFC 7518, section 6.2.1.2)."""
_ALLOWED = "a public P-256 key as JWK: kty EC, crv P-256, x and y in base64url, without d"


def thumbprint(jwk: Mapping[str, object]) -> str:
    """Return the SHA-256 thumbprint of a public key in hex (RFC 7638); InvalidInputError where it is none."""
    x, y = _point(jwk)
    named = {"crv": "P-256", "kty": "EC", "x": _spelled(x), "y": _spelled(y)}
    return hashlib.sha256(json.dumps(named, separators=(",", ":")).encode()).hexdigest()


def is_signed(jwk: Mapping[str, object], message: bytes, signature: bytes) -> bool:
    """Tell whether the key signed the message; `signature` is r ‖ s, as WebCrypto writes it (IEEE P1363)."""
    key = _key(*_point(jwk))
    if len(signature) != 2 * _SIZE_BYTES:
        return False
    r, s = int.from_bytes(signature[:_SIZE_BYTES]), int.from_bytes(signature[_SIZE_BYTES:])
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def decoded(text: str, field: str) -> bytes:
    """Return the bytes of base64url text without padding."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError(field, text[:16], "base64url without padding") from None


def _point(jwk: Mapping[str, object]) -> tuple[bytes, bytes]:
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        raise InvalidInputError("public_key", jwk.get("crv"), _ALLOWED)
    x, y = (decoded(str(jwk.get(name, "")), f"public_key.{name}") for name in ("x", "y"))
    if len(x) != _SIZE_BYTES or len(y) != _SIZE_BYTES:
        raise InvalidInputError("public_key", f"{len(x)} and {len(y)} bytes", _ALLOWED)
    _key(x, y)
    return x, y


def _key(x: bytes, y: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    except ValueError:
        raise InvalidInputError("public_key", "a point that is not on the curve", _ALLOWED) from None


def _spelled(number: bytes) -> str:
    return base64.urlsafe_b64encode(number).decode().rstrip("=")
