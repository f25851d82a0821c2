"""Lets many who ask the database the same thing at the same moment share one answer."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from fastapi.concurrency import run_in_threadpool

T = TypeVar("T")


class Sharing:
    """Questions that are under way; used on one event loop only."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, asyncio.Future[Any]] = {}

    async def ask(self, question: Hashable, work: Callable[[], T]) -> T:
        """Return what the work returns, or raise what it raises; it runs once for all who ask meanwhile.

        Who joins gets what was true when the first one asked: whatever must be newer is part of the question.
        """
        answer: asyncio.Future[T] | None = self._asked.get(question)
        if answer is None:
            answer = asyncio.ensure_future(run_in_threadpool(work))
            self._asked[question] = answer
            answer.add_done_callback(lambda done: self._forget(question, done))
        return await asyncio.shield(answer)  # who hangs up must not take the answer from the others

    def _forget(self, question: Hashable, done: "asyncio.Future[Any]") -> None:
        del self._asked[question]
        if not done.cancelled():
            done.exception()  # looked at, also when everybody has hung up
