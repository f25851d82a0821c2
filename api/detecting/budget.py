"""Says how much may be held at once, and tells who asks for more when to come back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from math import ceil

from api.errors import ProblemError

MOST_RETRY_S = 60


class BusyError(ProblemError):
    """There is no room now; `Retry-After` says when there may be."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, detail: str, retry_after_s: float = 1.0) -> None:
        wait_s = min(MOST_RETRY_S, max(1, ceil(retry_after_s)))
        super().__init__(detail, headers={"Retry-After": str(wait_s)})


class Budget:
    """So much of one thing (requests, bytes, pixels) may be held at once; any thread may ask."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._held = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Return how much is held now."""
        return self._held

    def take(self, amount: int, retry_after_s: float = 1.0) -> None:
        """Hold more; raises BusyError, and holds nothing more, where that would be too much.

        What is larger than the whole budget is let in alone: its own bound was checked elsewhere.
        """
        with self._lock:
            if self._held and self._held + amount > self._most:
                raise BusyError(f"too many {self._name} at once: {self._held} of {self._most} are held", retry_after_s)
            self._held += amount

    def give(self, amount: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self._held -= amount

    @contextmanager
    def holding(self, amount: int, retry_after_s: float = 1.0) -> Iterator[None]:
        """Hold so much for as long as a block lasts."""
        self.take(amount, retry_after_s)
        try:
            yield
        finally:
            self.give(amount)
