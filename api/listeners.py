"""Who listens to the log right now, and how many may: all together, and each account for itself."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from api.errors import ProblemError
from api.sharing import Sharing


class Listeners:
    """Seats for open streams; used on one event loop only."""

    def __init__(self, seats: int, seats_each: int) -> None:
        self._seats, self._seats_each = seats, seats_each
        self._taken: Counter[str] = Counter()
        self.sharing = Sharing()
        """Most of them stand at the same line, and wake at the same moment."""

    @contextmanager
    def seat(self, account: str) -> Iterator[None]:
        """Hold one seat for an account; ProblemError 429 when its own are taken, 503 when all are."""
        if self._taken[account] >= self._seats_each:
            detail = f"this account listens {self._seats_each} times already; close a page or a client"
            raise ProblemError(detail, status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "15"})
        if self._taken.total() >= self._seats:
            detail = "this process serves as many listeners as it can"
            raise ProblemError(detail, status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "5"})
        self._taken[account] += 1
        try:
            yield
        finally:
            self._taken[account] -= 1
            self._taken += Counter()  # forgets who holds none
