"""The threads of one worker: each has a name, none dies in silence, and the first that breaks ends them all."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from vision.errors import MingchuError

log = logging.getLogger(__name__)
T = TypeVar("T")


def survive(step: Callable[[], T], otherwise: Callable[[Exception], T]) -> T:
    """Return what a step gives, or what `otherwise` makes of its failure.

    This is the only place of the tree that catches whatever is raised. It stands where one camera, frame or thread must
    not take the others with it (I5); `otherwise` has to count and tell what it was given.
    """
    try:
        return step()
    except Exception as error:  # noqa: BLE001 - see above
        return otherwise(error)


class Crew:
    """Daemon threads that share one end: `stop` is set by a signal, or by the first thread that breaks."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.failure: Exception | None = None
        """What broke first; None while all is well."""
        self._threads: list[threading.Thread] = []
        self._adding = threading.Lock()

    def start(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Run `work` in a thread of its own."""
        thread = threading.Thread(target=lambda: survive(work, self._broke), name=name, daemon=True)
        with self._adding:
            self._threads = [known for known in self._threads if known.is_alive()]
            thread.start()
            self._threads.append(thread)
        return thread

    def join(self, timeout_s: float) -> bool:
        """Wait for all threads together; tell whether every one has ended."""
        until_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until_s - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _broke(self, error: Exception) -> None:
        name = threading.current_thread().name
        unforeseen = None if isinstance(error, MingchuError) else error
        log.critical("thread=%s event=broke error=%s: %s", name, type(error).__name__, error, exc_info=unforeseen)
        self.failure = self.failure or error
        self.stop.set()
