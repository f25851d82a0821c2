"""One answer for all who ask the same meanwhile; nobody takes it from the others, and nobody gets an old one."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from api.sharing import Sharing
from vision.errors import StorageError


class Slow:
    """Answers when it may, and counts how often it was asked."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked = 0

    def __call__(self) -> int:
        self.asked += 1
        assert self.go_on.wait(10)
        return self.asked


async def gathered(sharing: Sharing, work: Callable[[], int], count: int = 20) -> "list[asyncio.Task[int]]":
    """Return tasks that have all asked."""
    tasks = [asyncio.create_task(sharing.ask("q", work)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_it_is_asked_once_for_all_and_anew_afterwards() -> None:
    sharing, slow = Sharing(), Slow()
    tasks = await gathered(sharing, slow)
    slow.go_on.set()
    assert await asyncio.gather(*tasks) == [1] * 20
    assert await sharing.ask("q", slow) == 2, "an answer is not kept"


async def test_other_questions_are_other_answers() -> None:
    sharing = Sharing()
    assert await asyncio.gather(*(sharing.ask(n, lambda n=n: n) for n in range(5))) == list(range(5))


async def test_who_hangs_up_takes_it_from_nobody() -> None:
    sharing, slow = Sharing(), Slow()
    first, *others = await gathered(sharing, slow)
    first.cancel()
    slow.go_on.set()
    assert await asyncio.gather(*others) == [1] * 19
    assert first.cancelled()


async def test_a_fault_is_everybodys_and_is_forgotten() -> None:
    sharing = Sharing()

    def fail() -> int:
        raise StorageError("the database does not answer")

    tasks = await gathered(sharing, fail, 3)
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in told] == [StorageError] * 3
    assert await sharing.ask("q", lambda: 5) == 5


async def test_a_fault_that_nobody_waits_for_any_more_is_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    sharing, asked = Sharing(), threading.Event()

    def fail() -> int:
        assert asked.wait(10)
        raise StorageError("the database does not answer")

    for task in await gathered(sharing, fail, 2):
        task.cancel()
    asked.set()
    while sharing._asked:  # noqa: ASYNC110 - nobody waits for it, that is the point
        await asyncio.sleep(0.001)
    assert not caplog.records
