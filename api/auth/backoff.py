"""Slows down whoever guesses, by account and address together, so that nobody can lock another out."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

_FREE = 5
"""Wrong guesses that cost nothing: people mistype."""
_LONGEST = timedelta(minutes=5)
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    until: datetime


class Backoff:
    """Failures of each (account, address); pure but for its lock, time is an argument."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, account: str, address: str, now: datetime) -> float:
        """Return the seconds before this pair may try again."""
        with self._lock:
            failures = self._failures.get((account, address))
        return max(0.0, (failures.until - now).total_seconds()) if failures else 0.0

    def failed(self, account: str, address: str, now: datetime) -> None:
        """Count a wrong guess; from the sixth on the wait doubles up to five minutes."""
        with self._lock:
            known = self._failures.pop((account, address), None)
            count = 1 + (known.count if known else 0)
            wait = min(_LONGEST, timedelta(seconds=2 ** min(count - _FREE, 10))) if count > _FREE else timedelta()
            self._failures[account, address] = _Failures(count, now + wait)
            if len(self._failures) > _REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of a pair that got it right."""
        with self._lock:
            self._failures.pop((account, address), None)
