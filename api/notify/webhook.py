"""Tells webhooks what the log says: each in order and one message at a time, however many processes serve the log."""

import asyncio
import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import uuid4

import httpx

from api.bell import Bell
from api.dialling import Dialler
from api.notify import settling
from api.notify.figures import Figures
from api.notify.ladder import after
from api.notify.sending import Letter, Try, send
from api.notify.settling import Told, Turn
from api.store import followers, log, webhooks
from api.store.database import Database
from api.store.followers import Hold
from vision.clock import Clock
from vision.errors import StorageError

_log = logging.getLogger(__name__)
T = TypeVar("T")
POLL_S = 2.0
"""Another process may have written, or a wait may have ended."""
AT_ONCE = 64
"""Receivers that one process serves at the same time; the others wait for a place, or for another process."""


def new_hold(span_s: float = 20.0) -> Hold:
    """Return a hold under a name that no other process has."""
    return Hold(uuid4().hex, timedelta(seconds=span_s))


@dataclass(frozen=True, slots=True)
class Post:
    """What telling needs of the world."""

    database: Database
    clock: Clock
    bell: Bell
    dialler: Dialler
    figures: Figures
    hold: Hold = field(default_factory=new_hold)


class Webhooks:
    """Serves every webhook that no other process serves."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._served: dict[str, asyncio.Task[None]] = {}
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="webhooks")
        self._dice = random.Random()  # noqa: S311 - it spreads tries and guards nothing

    async def try_out(self, letter: Letter) -> Try:
        """Send one message now, outside of any order; the caller notes it."""
        async with self._post.dialler.client() as client:
            tried = await send(self._post.dialler, client, letter, self._post.clock.now())
        self._post.figures.webhooks.labels(tried.answer.verdict.value).inc()
        return tried

    async def run(self) -> None:
        """Tell what there is to tell until cancelled."""
        try:
            while True:
                await self._look()
                await self._post.bell.wait(POLL_S)
        finally:
            tasks = list(self._served.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def close(self) -> None:
        """Give the threads back; only after `run` has ended."""
        self._threads.shutdown()
        self._post.dialler.close()

    async def _look(self) -> None:
        """Claim who is to be served, as many as there is room for, and begin."""
        try:
            claimed = await self._in_thread(lambda: self._claimed(AT_ONCE - len(self._served)))
        except StorageError as error:
            _log.warning("event=webhooks-wait reason=%s", error)
            return
        for webhook in claimed:
            task = asyncio.create_task(self._serve(webhook), name=f"webhook {webhook}")
            self._served[webhook] = task
            task.add_done_callback(partial(self._ended, webhook))

    def _ended(self, webhook: str, _: "asyncio.Task[None]") -> None:
        self._served.pop(webhook, None)

    def _claimed(self, room: int) -> list[str]:
        now, post = self._post.clock.now(), self._post
        with post.database.read() as connection:
            waiting = webhooks.waiting(connection, log.head(connection), now, room)
        waiting = [webhook for webhook in waiting if webhook not in self._served]
        if not waiting:
            return []
        with post.database.write() as connection:
            return followers.claim(connection, waiting, post.hold, now)

    async def _serve(self, webhook: str) -> None:
        """Tell one webhook all that there is, or until it fails; then let others serve it."""
        try:
            async with self._post.dialler.client() as client:
                while await self._told_some(client, webhook):
                    pass
        except StorageError as error:
            _log.warning("event=webhook-waits webhook=%s reason=%s", webhook, error)
        finally:
            await asyncio.shield(self._in_thread(lambda: self._release(webhook)))

    async def _told_some(self, client: httpx.AsyncClient, webhook: str) -> bool:
        """Tell one page in order; tell whether there may be more to tell now."""
        turn = await self._in_thread(lambda: self._turn(webhook))
        if turn is None:
            return False
        told = turn
        for line in turn.lines:
            settled = await self._told(client, told, line)
            if settled is None:
                break  # look again: it waits, or was changed, or another has it
            told = settled
        return bool(turn.lines) or turn.again is not None

    async def _told(self, client: httpx.AsyncClient, turn: Turn, line: log.Logged) -> Turn | None:
        """Tell one line and settle it; return the turn as it stands then, None when it has ended."""
        now, post = self._post.clock.now(), self._post
        if not settling.has_time(turn.row, now):
            return None  # before the answer is there, another process may think that we are dead
        tried = await send(post.dialler, client, settling.letter(turn.row, line, now), now)
        post.figures.webhooks.labels(tried.answer.verdict.value).inc()
        done = post.clock.now()
        told = Told(line, tried, after(settling.standing(turn.row), tried.answer, done, self._dice.random()), done)
        return await self._in_thread(
            lambda: post.database.together(lambda connection: settling.settle(connection, turn, told, post.hold))
        )

    def _turn(self, webhook: str) -> Turn | None:
        post, now = self._post, self._post.clock.now()
        with post.database.read() as connection:
            turn = settling.turn(connection, webhook, post.hold, now)
        if turn is not None and not turn.lines:
            with post.database.write() as connection:
                settling.pass_over(connection, turn, post.hold, now)
        return turn

    def _release(self, webhook: str) -> None:
        try:
            with self._post.database.write() as connection:
                followers.release(connection, webhook, self._post.hold, self._post.clock.now())
        except StorageError as error:  # then it is free when our time has run out
            _log.warning("event=webhook-held webhook=%s reason=%s", webhook, error)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
