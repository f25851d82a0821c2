"""One durable commit for the work of many requests that come at the same time.

A commit waits for the disk; while one thread waits, others gather. Whoever comes next takes all that have gathered into
the same transaction (group commit), so that the disk is asked once and nobody is answered before it has answered.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from vision.errors import MingchuError, StorageError

T = TypeVar("T")
R = TypeVar("R")
MOST = 64
"""Works in one transaction: a reader of the log waits for all of them."""


Crowd = Callable[[Connection, Sequence[Any]], Sequence[Any]]
"""Does many works of one kind with fewer statements than one after the other, and returns their results in order."""


class _State(Enum):
    WAITING = auto()
    ALONE = auto()
    """Something in its company failed: its own thread does it again, in a transaction of its own."""
    DONE = auto()
    FAILED = auto()


@dataclass(slots=True)
class _Ticket:
    work: Callable[[Connection], Any]
    crowd: "Crowd | None" = None
    called: threading.Event = field(default_factory=threading.Event)
    """Set when the work is done or failed, or when it is this thread's turn to drive."""
    state: _State = _State.WAITING
    result: Any = None
    reason: str = ""


class Together:
    """Does works of many threads in common transactions; each is done once, and durable when `do` returns."""

    def __init__(self, write: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._write = write
        self._waiting: deque[_Ticket] = deque()
        self._driven = False
        """Somebody drives now, or has been called to."""
        self._lock = threading.Lock()

    def do(self, work: Callable[[Connection], T], crowd: Crowd | None = None) -> T:
        """Return what the work returns, or raise what it raises; works with the same `crowd` are left to it.

        The work may be called twice, in another transaction the second time, so it must change nothing but rows.

        Raises:
            StorageError: the database does not answer; nothing was kept.
        """
        ticket = _Ticket(work, crowd)
        if not self._joined(ticket):
            ticket.called.wait()
        if ticket.state is _State.WAITING:
            self._drive()
        if ticket.state is _State.FAILED:
            raise StorageError(ticket.reason)
        if ticket.state is _State.DONE:
            result: T = ticket.result
            return result
        with self._write() as connection:
            return work(connection)

    def _joined(self, ticket: _Ticket) -> bool:
        """Queue up; tell whether nobody drives, so that this thread does."""
        with self._lock:
            self._waiting.append(ticket)
            drives, self._driven = not self._driven, True
            return drives

    def _drive(self) -> None:
        """Do all that wait, the driver's own work first among them; then call the next driver and the company."""
        with self._lock:
            company = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]
        for ticket in company:
            ticket.state = _State.ALONE
        try:
            self._do_all(company)
        finally:
            self._hand_over()
            for ticket in company:
                ticket.called.set()

    def _do_all(self, company: list[_Ticket]) -> None:
        """Do works in one transaction; who fails for a reason of its own makes everybody go alone."""
        try:
            with self._write() as connection:
                _work(connection, company)
        except StorageError as error:
            for ticket in company:
                ticket.state, ticket.reason = _State.FAILED, str(error)
        except (MingchuError, SQLAlchemyError):
            if len(company) == 1:
                raise  # it was the driver's own
        else:
            for ticket in company:
                ticket.state = _State.DONE

    def _hand_over(self) -> None:
        with self._lock:
            self._driven = bool(self._waiting)
            if self._waiting:
                self._waiting[0].called.set()


class Stages:
    """Many rows of several senders: one prepares them while another writes, and everybody else waits outside.

    Whoever else prepared would only take the processor from the one that holds the log's turn, and wait for it in the
    database; and if nobody did, the processor would wait while the database works.
    """

    def __init__(self) -> None:
        self._preparing = threading.Lock()
        self._writing = threading.Lock()

    def run(self, prepare: Callable[[], T], write: Callable[[T], R]) -> R:
        """Return what `write` makes of what `prepare` returns."""
        with self._preparing:
            ready = prepare()
            self._writing.acquire()
        try:
            return write(ready)
        finally:
            self._writing.release()


def _work(connection: Connection, company: Sequence[_Ticket]) -> None:
    kinds: dict[Crowd | None, list[_Ticket]] = {}
    for ticket in company:
        kinds.setdefault(ticket.crowd, []).append(ticket)
    for crowd, tickets in kinds.items():
        if crowd is None or len(tickets) == 1:
            results: Sequence[Any] = [ticket.work(connection) for ticket in tickets]
        else:
            results = crowd(connection, [ticket.work for ticket in tickets])
        for ticket, result in zip(tickets, results, strict=True):
            ticket.result = result
