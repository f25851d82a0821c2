"""One durable commit for the work of many requests that come at the same time.

A commit waits for the disk; while one thread waits, others gather. Whoever comes next takes all that have gathered into
the same transaction (group commit), so that the disk is asked once and nobody is answered before it has answered.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from vision.errors import MingchuError, StorageError

T = TypeVar("T")
MOST = 64
"""Works in one transaction: a reader of the log waits for all of them."""


class _State(Enum):
    WAITING = auto()
    ALONE = auto()
    """Something in its company failed: its own thread does it again, in a transaction of its own."""
    DONE = auto()
    FAILED = auto()


@dataclass(slots=True)
class _Ticket:
    work: Callable[[Connection], Any]
    state: _State = _State.WAITING
    result: Any = None
    reason: str = ""


class Together:
    """Does works of many threads in common transactions; each is done once, and durable when `do` returns."""

    def __init__(self, write: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._write = write
        self._waiting: deque[_Ticket] = deque()
        self._turn = threading.Lock()

    def do(self, work: Callable[[Connection], T]) -> T:
        """Return what the work returns, or raise what it raises.

        The work may be called twice, in another transaction the second time, so it must change nothing but rows.

        Raises:
            StorageError: the database does not answer; nothing was kept.
        """
        ticket = _Ticket(work)
        self._waiting.append(ticket)
        with self._turn:
            while ticket.state is _State.WAITING:
                self._drive()
        if ticket.state is _State.FAILED:
            raise StorageError(ticket.reason)
        if ticket.state is _State.DONE:
            result: T = ticket.result
            return result
        with self._write() as connection:
            return work(connection)

    def _drive(self) -> None:
        """Do all that wait; who fails for a reason of its own makes everybody go alone."""
        company = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]
        for ticket in company:
            ticket.state = _State.ALONE
        try:
            with self._write() as connection:
                results = [ticket.work(connection) for ticket in company]
        except StorageError as error:
            for ticket in company:
                ticket.state, ticket.reason = _State.FAILED, str(error)
        except (MingchuError, SQLAlchemyError):
            if len(company) == 1:
                raise  # it was the driver's own
        else:
            for ticket, result in zip(company, results, strict=True):
                ticket.state, ticket.result = _State.DONE, result
