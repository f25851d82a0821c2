"""A one-time challenge: issued by us, bound to who asks with which phone for what, good for one proof in minutes."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from vision.errors import InvalidInputError

TTL = timedelta(minutes=5)
MOST_TRIES = 5
"""Refused proofs for one challenge: whoever probes what passes, must ask anew."""
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 O 1 I L U: a person may read it from a picture."""
_LENGTH = 12
"""58 bits."""


class Subject(StrEnum):
    """What a photo can be about."""

    CASE = "case"
    SELFCHECK = "selfcheck"
    SPOT = "spot"
    BATCH = "batch"
    INSPECTION = "inspection"


@dataclass(frozen=True, slots=True)
class Binding:
    """For whom, where, with which phone and about what a challenge is."""

    user: str
    site: str
    device: str
    subject: Subject
    about: str
    """Id of the case, the self-check …; the name of a spot."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """As it stands; made by `issued`, changed by `used` and `refused` only."""

    id: str
    nonce: str
    binding: Binding
    issued_at: datetime
    tries: int = 0
    used_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """Return from when on it is worth nothing."""
        return self.issued_at + TTL

    def fault(self, nonce: str, binding: Binding, at: datetime) -> str:
        """Return why a proof cannot answer it at an instant: the reason's code, empty where it can."""
        faults = {
            "used": self.used_at is not None,
            "expired": not self.issued_at <= at < self.expires_at,
            "tries": self.tries >= MOST_TRIES,
            "nonce": not secrets.compare_digest(self.nonce.encode(), nonce.encode()),
            "binding": self.binding != binding,
        }
        return next((code for code, holds in faults.items() if holds), "")


def new_nonce(choose: Callable[[str], str] = secrets.choice) -> str:
    """Return a fresh nonce."""
    return "".join(choose(_ALPHABET) for _ in range(_LENGTH))


def issued(challenge_id: str, nonce: str, binding: Binding, at: datetime) -> Challenge:
    """Return a fresh challenge."""
    return Challenge(challenge_id, nonce, binding, at)


def used(challenge: Challenge, at: datetime) -> Challenge:
    """Return the challenge after a proof was accepted; InvalidInputError where it cannot be used (again)."""
    fault = challenge.fault(challenge.nonce, challenge.binding, at)
    if fault:
        raise InvalidInputError("challenge", challenge.id, f"a live challenge; this one is {fault}")
    return replace(challenge, used_at=at)


def refused(challenge: Challenge) -> Challenge:
    """Return the challenge after a proof was refused."""
    return replace(challenge, tries=challenge.tries + 1)
