"""Everything random or hashed: session tokens, CSRF tokens, first-login codes, API keys, passwords."""

import hmac
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from api.errors import ProblemError
from vision.errors import InvalidInputError

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 O 1 I L U: a code is read from a terminal and typed."""
_CODE_LENGTH = 12
_WAITING = 6
"""Logins that may wait for their turn; more would hold every thread of the process."""
MIN_PASSWORD, MAX_PASSWORD = 10, 256


def digest(secret: str) -> str:
    """Return what is stored of a secret that is random enough to need no slow hash."""
    return sha256(secret.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare without telling by the time where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())


def new_token() -> str:
    """Return a session token of 256 bits."""
    return secrets.token_urlsafe(32)


def csrf_of(token: str) -> str:
    """Return the token that a page must send with its writes; only who knows the session can make it."""
    return hmac.new(token.encode(), b"mingchu csrf", sha256).hexdigest()


def new_code() -> str:
    """Return a first-login code of 58 bits, in groups."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(text[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


def code_digest(code: str) -> str:
    """Return the digest of a code however it was typed."""
    return digest("".join(letter for letter in code.upper() if letter.isalnum()))


@dataclass(frozen=True, slots=True)
class NewKey:
    """A fresh API key; its text is shown once."""

    prefix: str
    text: str = field(repr=False)
    digest: str = field(repr=False)


def new_key() -> NewKey:
    """Return `mck_<prefix>_<secret>`; the prefix finds the row, the digest of the whole proves it."""
    prefix = secrets.token_hex(6)
    text = f"mck_{prefix}_{secrets.token_hex(24)}"
    return NewKey(prefix, text, digest(text))


def prefix_of(key: str) -> str:
    """Return the prefix of a key, empty when it cannot be one."""
    parts = key.split("_")
    return parts[1] if len(parts) == 3 and parts[0] == "mck" else ""


class Passwords:
    """Argon2id, a few at a time: each takes tens of MiB, and a crowd of logins must not take them all."""

    def __init__(self, hasher: Argon2Hasher | None = None, at_once: int = 2) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._slots = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + _WAITING)
        self._nobody = self._hash.hash(new_token())

    def hash(self, password: str) -> str:
        """Return what is stored; InvalidInputError when the password is too short or absurdly long."""
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise InvalidInputError("password", "***", f"{MIN_PASSWORD} to {MAX_PASSWORD} characters")
        with self._turn():
            return self._hash.hash(password)

    def verify(self, password: str, stored: str) -> bool:
        """Tell whether it is the password; as slow for somebody who does not exist as for somebody who does."""
        with self._turn():
            try:
                right = self._hash.verify(password[:MAX_PASSWORD], stored or self._nobody)
            except UnknownHashError:
                return False
        return right and bool(stored)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for a slot in a short queue; ProblemError 503 when the queue is full, so that other work goes on."""
        if not self._places.acquire(blocking=False):
            detail = "too many people log in at this moment; try again"
            raise ProblemError(detail, status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "2"})
        try:
            with self._slots:
                yield
        finally:
            self._places.release()
