"""One worker's working day: every thread runs until a signal or a failure, then all ends in order and in time."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from vision.crew import Crew
from vision.errors import MingchuError
from vision.runtime import WAKE_S, Worker

log = logging.getLogger(__name__)

GRACE_S = 4.0
"""After a signal the process is gone within this time, whatever hangs: all that must last lies on the disk by then, and
what could not be closed, the next start closes."""
LAST_DELIVERY_S = 1.5
"""For what closing put into the spool; the rest waits there."""


class Delivery(Protocol):
    """Empties the spool."""

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop."""
        ...

    def run_last(self) -> None:
        """Deliver what is left for as long as that works."""
        ...


def heed_signals(crew: Crew) -> None:
    """Let SIGINT and SIGTERM end the shift."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: crew.stop.set())


def run_shift(crew: Crew, worker: Worker, delivery: Delivery, tasks: Mapping[str, Callable[[], None]]) -> None:
    """Work until told to stop, then end in order: cameras, what is open, one last delivery.

    Returns after an orderly end; raises what broke. Where a thread hangs in a library, the process ends here and now.
    """
    closed = threading.Event()
    crew.start("models", worker.look)
    deliverer = crew.start("delivery", lambda: _deliver(delivery, crew.stop, closed))
    for name, task in tasks.items():
        crew.start(name, task)
    crew.stop.wait()
    with _deadline(crew):
        worker.stop()
        closed.set()
        deliverer.join(LAST_DELIVERY_S)
        if not crew.join(2 * WAKE_S):
            _leave(crew)
    if crew.failure is not None:
        raise crew.failure


def _deliver(delivery: Delivery, stop: threading.Event, closed: threading.Event) -> None:
    delivery.run(stop)
    closed.wait()
    delivery.run_last()


class _deadline:  # noqa: N801 - reads as a clause of the sentence it stands in
    """Leaves when the grace is over, however far the block has come."""

    def __init__(self, crew: Crew) -> None:
        self._timer = threading.Timer(GRACE_S, _leave, [crew])
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _leave(crew: Crew) -> None:
    """End the process without waiting for anybody.

    An interpreter that ends orderly kills its daemon threads when they come back from a camera's or model's library,
    and some of these libraries do not survive that. Everything that must last is on the disk already.
    """
    logging.shutdown()
    sys.stdout.flush()
    os._exit(_exit_code(crew.failure))


def _exit_code(failure: Exception | None) -> int:
    if failure is None:
        return 0
    return 2 if isinstance(failure, MingchuError) else 1
