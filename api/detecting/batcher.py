"""Gathers concurrent requests into batches for one thread: whoever waits goes along, nobody waits for company.

There is no timer: while a batch is being worked off the next one collects, so that a lone caller pays nothing and a
crowd is served in full batches.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from api.detecting.budget import BusyError
from api.detecting.figures import Figures
from vision.errors import MingchuError

_log = logging.getLogger(__name__)
Job = TypeVar("Job")
Answer = TypeVar("Answer")

_MEMORY = 0.1
"""Weight of the newest batch in the running mean of seconds per job."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a batcher takes."""

    waiting: int = 96
    """Most jobs in the queue; the next one is refused."""
    batch: int = 2
    """Most jobs in one call of the models."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[Job, Answer]):
    job: Job
    answer: "Future[Answer]"
    since_s: float


class Batcher(Generic[Job, Answer]):
    """A bounded queue and the one thread that empties it; submit from anywhere."""

    def __init__(
        self,
        work: Callable[[Sequence[Job]], Sequence[Answer]],
        limits: Limits,
        figures: Figures,
        executor: Executor,
        now_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Take what works off a batch (one answer per job, in order) and whose one thread does it.

        What `work` raises fails its batch and nothing else.
        """
        self._work = work
        self._limits = limits
        self._figures = figures
        self._executor = executor
        self._now_s = now_s
        self._queue: deque[_Waiting[Job, Answer]] = deque()
        self._lock = threading.Lock()
        self._each_s = 0.05

    @property
    def wait_s(self) -> float:
        """Return about how long the queue will take, from how long the last batches took."""
        return len(self._queue) * self._each_s

    def submit(self, job: Job) -> "Future[Answer]":
        """Queue a job; cancel what is returned to take it out again. Raises BusyError when the queue is full."""
        waiting: _Waiting[Job, Answer] = _Waiting(job, Future(), self._now_s())
        with self._lock:
            if not self._has_room():
                raise BusyError("the models have as much to do as they can; try again", self.wait_s)
            self._queue.append(waiting)
            self._figures.waiting.set(len(self._queue))
        self._executor.submit(self.step).add_done_callback(_tell)
        return waiting.answer

    def step(self) -> int:
        """Work off one batch of what waits now; return how many jobs it had, 0 when others went along before."""
        with self._lock:
            batch = self._next_batch()
            self._figures.waiting.set(len(self._queue))
        if batch:
            self._settle(batch)
        return len(batch)

    def drop(self) -> None:
        """Cancel everything that waits: the end has come."""
        with self._lock:
            left = list(self._queue)
            self._queue.clear()
        for waiting in left:
            waiting.answer.cancel()

    def _has_room(self) -> bool:
        """Tell whether one more fits; those who left make room before anybody is refused."""
        if len(self._queue) >= self._limits.waiting:
            self._queue = deque(each for each in self._queue if not each.answer.cancelled())
        return len(self._queue) < self._limits.waiting

    def _next_batch(self) -> list[_Waiting[Job, Answer]]:
        """Take the longest waiting, and pass over those whose caller has left."""
        batch: list[_Waiting[Job, Answer]] = []
        while self._queue and len(batch) < self._limits.batch:
            waiting = self._queue.popleft()
            if waiting.answer.set_running_or_notify_cancel():
                batch.append(waiting)
        return batch

    def _settle(self, batch: list[_Waiting[Job, Answer]]) -> None:
        began_s = self._now_s()
        try:
            answers = self._work([each.job for each in batch])
            self._measure(batch, began_s)
            for each, answer in zip(batch, answers, strict=True):
                each.answer.set_result(answer)
        except MingchuError as error:
            for each in batch:
                each.answer.set_exception(error)
        finally:
            # Also after what nobody foresaw (a library's own error): nobody shall wait for ever.
            for each in batch:
                if not each.answer.done():
                    each.answer.set_exception(MingchuError("the models failed on this batch"))

    def _measure(self, batch: list[_Waiting[Job, Answer]], began_s: float) -> None:
        spent_s = self._now_s() - began_s
        self._each_s += _MEMORY * (spent_s / len(batch) - self._each_s)
        self._figures.batches.observe(len(batch))
        self._figures.seconds.labels("models").observe(spent_s)
        for each in batch:
            self._figures.seconds.labels("wait").observe(began_s - each.since_s)


def _tell(done: "Future[int]") -> None:
    error = done.exception()
    if error is not None:
        _log.error("models_failed kind=%s", type(error).__name__)
