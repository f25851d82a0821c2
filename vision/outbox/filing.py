"""Empties the spool into another outbox on this machine: what a worker without an API does with its events."""

import logging
import threading
from datetime import timedelta

from vision.clock import Clock
from vision.errors import StorageError
from vision.outbox.reporter import BATCH, IDLE_S
from vision.outbox.spool import Queued, Spool
from vision.outbox.standing import Backoff, Standing
from vision.ports import Outbox

log = logging.getLogger(__name__)


class Filing:
    """Files what the spool holds, in its order; one thread runs it. What the disk refuses is tried again."""

    def __init__(self, spool: Spool, outbox: Outbox, clock: Clock) -> None:
        self._spool = spool
        self._outbox = outbox
        self._clock = clock
        self._backoff = Backoff()
        self._standing = Standing("filing")

    def run(self, stop: threading.Event) -> None:
        """File until told to stop."""
        while not stop.is_set():
            if not self._batch():
                stop.wait(IDLE_S)

    def run_last(self) -> None:
        """File what is left for as long as the disk takes it; the rest waits for the next start."""
        while self._batch():
            pass

    def _batch(self) -> int:
        try:
            return self.run_once()
        except StorageError as error:
            self._standing.ill("failing", str(error))
            return 0

    def run_once(self) -> int:
        """File the next batch; return how many things were taken. Raises StorageError when the spool cannot be read."""
        return sum(self._file(queued) for queued in self._spool.peek(BATCH))

    def _file(self, queued: Queued) -> bool:
        item = queued.item
        try:
            # A file that is gone was filed by a worker that died before it could say so.
            if item.path is None or item.path.exists():
                self._outbox.put(item)
        except StorageError as error:
            self._standing.ill("failing", str(error))
            wait = timedelta(seconds=self._backoff.wait_s(queued.attempts))
            self._spool.fail(queued.id, str(error), self._clock.now() + wait)
            return False
        self._spool.done([queued.id])
        self._standing.well()
        return True
