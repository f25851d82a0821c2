"""One-time codes of an authenticator app: RFC 6238 with its defaults (SHA-1, 6 digits, 30 s), which every app knows."""

import hmac
import secrets
from base64 import b32decode, b32encode
from datetime import datetime
from hashlib import sha1
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
_SECRET_BYTES = 20
"""As long as the hash, as RFC 4226 (section 4) recommends."""
_NEIGHBOURS = (0, -1, 1)
"""Steps beside the present one that are taken, too: clocks differ, and people type slowly (RFC 6238, 5.2)."""


def new_secret() -> str:
    """Return a secret in base 32, as it is typed when no picture can be taken."""
    return b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def step_at(at: datetime) -> int:
    """Return the number of the time step since 1970."""
    return int(at.timestamp()) // STEP_S


def code_at(secret: str, step: int) -> str:
    """Return the code of a time step (RFC 4226, 5.3)."""
    mac = hmac.digest(b32decode(secret), step.to_bytes(8, "big"), sha1)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step near now whose code this is, None when there is none."""
    steps = [step_at(now) + apart for apart in _NEIGHBOURS]
    right = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), code.encode())]
    return right[0] if right else None


def uri(secret: str, account: str, issuer: str) -> str:
    """Return the `otpauth` address that apps read from a QR code (Google's key URI format)."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    rest = f"algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer, safe='')}&{rest}"
