"""Slows down whoever guesses, by account and address together, so that nobody can lock another out."""

from datetime import datetime, timedelta

from api.store import factors
from api.store.database import Database

_FREE = 5
"""Wrong guesses that cost nothing: people mistype."""
_LONGEST = timedelta(minutes=5)
_ADDRESS_CHARACTERS = 64


def wait_after(count: int) -> timedelta:
    """Return how long a pair waits after so many wrong guesses: from the sixth on it doubles up to five minutes."""
    return min(_LONGEST, timedelta(seconds=2 ** min(count - _FREE, 10))) if count > _FREE else timedelta()


class Backoff:
    """Failures of each (account, address), in the database: more processes are not more guesses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait_s(self, account: str, address: str, now: datetime) -> float:
        """Return the seconds before this pair may try again."""
        with self._database.read() as connection:
            known = factors.failures(connection, account, address[:_ADDRESS_CHARACTERS])
        return max(0.0, (known["until"] - now).total_seconds()) if known else 0.0

    def failed(self, account: str, address: str, now: datetime) -> None:
        """Count a wrong guess."""
        address = address[:_ADDRESS_CHARACTERS]
        with self._database.write() as connection:
            known = factors.failures(connection, account, address)
            count = 1 + (known["count"] if known else 0)
            factors.count_failure(connection, account, address, count, now + wait_after(count))

    def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of a pair that got it right."""
        with self._database.write() as connection:
            factors.forget_failures(connection, account, address[:_ADDRESS_CHARACTERS])
