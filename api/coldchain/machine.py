"""What may be done with a batch, pure: each scan is accepted or refused with its reason, and refusals are kept, too."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from api.coldchain.papers import Paper, lacking

Direction = Literal["in", "out", "sale"]
Reason = Literal["", "uncoded", "recalled", "expired", "papers", "amount"]
TRACE_WITHIN = timedelta(hours=24)
"""A suspicious batch is traced to every site within so long (issue of the customer)."""
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXY"
"""A prime number of letters: with one more, two of them would weigh the same and one could stand for the other."""
_LENGTH = 12


def check_letter(text: str) -> str:
    """Return the letter that finds every mistyped letter and every two that were exchanged (weights, prime modulus)."""
    total = sum((place + 2) * (_ALPHABET.index(letter) + 1) for place, letter in enumerate(text))
    return _ALPHABET[total % len(_ALPHABET)]


def new_code(choose: Callable[[str], str] = secrets.choice) -> str:
    """Return a fresh code: twelve letters and a check letter."""
    text = "".join(choose(_ALPHABET) for _ in range(_LENGTH))
    return text + check_letter(text)


def is_code(text: str) -> bool:
    """Tell whether a text can be a code: of the right length, without a mistyped letter."""
    known = len(text) == _LENGTH + 1 and all(letter in _ALPHABET for letter in text)
    return known and check_letter(text[:-1]) == text[-1]


@dataclass(frozen=True, slots=True)
class Batch:
    """What matters of a batch at one site."""

    is_recalled: bool
    expires_on: date
    papers: tuple[Paper, ...]
    stock: Decimal
    """At the site that scans."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What somebody does with a batch."""

    direction: Direction
    amount: Decimal


def refusal(batch: Batch | None, scan: Scan, today: date) -> Reason:
    """Return why a scan is refused; empty where it is accepted.

    Going out is always allowed for what is here, unless it is recalled: then it stays where it is. A sale needs a code,
    the four papers, and a day before the end.
    """
    if batch is None:
        return "uncoded"
    if batch.is_recalled:
        return "recalled"
    if scan.direction != "in" and scan.amount > batch.stock:
        return "amount"
    if scan.direction == "sale" and today > batch.expires_on:
        return "expired"
    return "papers" if scan.direction == "sale" and lacking(batch.papers, today) else ""


def stock_after(scans: Iterable[Scan]) -> Decimal:
    """Return what is left of a batch at a site after its accepted scans."""
    return sum((scan.amount if scan.direction == "in" else -scan.amount for scan in scans), Decimal())


def amount_text(amount: Decimal) -> str:
    """Return an amount without needless zeros: 12.5, 30."""
    return f"{amount:.3f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Trace:
    """A question where a batch has gone, and its clock."""

    asked_at: datetime
    answered_at: datetime | None = None

    @property
    def due_at(self) -> datetime:
        """Return by when it must be answered."""
        return self.asked_at + TRACE_WITHIN

    def left(self, at: datetime) -> timedelta | None:
        """Return how much time is left, negative when it is overdue; None when it is answered."""
        return None if self.answered_at else self.due_at - at

    def is_overdue(self, at: datetime) -> bool:
        """Tell whether it was, or is, answered too late."""
        return (self.answered_at or at) > self.due_at
