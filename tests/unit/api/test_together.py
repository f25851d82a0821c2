"""Works of many threads in common transactions: fewer commits, each work once, nobody pays for another's mistake."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from api.auth.caller import Caller
from api.intake import Step, accept
from api.messages import EventMessage
from api.store.schema import log
from api.store.scope import Scope
from api.store.together import MOST, Crowd, Together
from tests.unit.api.world import World, message
from vision.errors import InvalidInputError, StorageError


class Ledger:
    """Stands for the database: what a transaction wrote counts when it ends well."""

    def __init__(self) -> None:
        self.kept: list[int] = []
        self.commits = 0
        self.open = threading.Event()
        """Commits wait for it."""
        self.entered = threading.Event()
        self.fails = False

    @contextmanager
    def write(self) -> Iterator[Any]:
        pending: list[int] = []
        yield pending
        self.entered.set()
        assert self.open.wait(10)
        if self.fails:
            raise StorageError("disk: full")
        self.kept += pending
        self.commits += 1


@dataclass(frozen=True)
class Work:
    """A work with its crowd."""

    do: Callable[[Any], int]
    crowd: Crowd | None = None

    def __call__(self, pending: Any) -> int:
        return self.do(pending)


def crowd(ledger: Ledger, works: Sequence[Callable[[Any], int]]) -> list[object]:
    """Do the first work, let all others gather while it commits, and return what each was told."""
    together = Together(ledger.write)
    told: list[object] = [None] * len(works)

    def ask(number: int) -> None:
        try:
            told[number] = together.do(works[number], getattr(works[number], "crowd", None))
        except (InvalidInputError, StorageError, AssertionError) as error:
            told[number] = error

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(works))]
    threads[0].start()
    assert ledger.entered.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(together._waiting) < len(works) - 1:
        threads[0].join(0.001)
    ledger.open.set()
    for thread in threads:
        thread.join(10)
    return told


def note(number: int) -> Callable[[Any], int]:
    def work(pending: list[int]) -> int:
        pending.append(number)
        return number * 10

    return work


def refuse(_: Connection) -> int:
    raise InvalidInputError("number", 13, "another one")


def break_down(_: Connection) -> int:
    raise AssertionError("a mistake of ours")


def test_those_who_gather_share_one_commit_and_each_hears_of_the_own_work() -> None:
    ledger = Ledger()
    assert crowd(ledger, [note(n) for n in range(20)]) == [n * 10 for n in range(20)]
    assert sorted(ledger.kept) == list(range(20))
    assert ledger.commits == 2


def test_a_transaction_takes_only_so_many() -> None:
    ledger = Ledger()
    crowd(ledger, [note(n) for n in range(MOST + 2)])
    assert sorted(ledger.kept) == list(range(MOST + 2))
    assert ledger.commits == 3


@pytest.mark.parametrize(("wrong", "kind"), [(refuse, InvalidInputError), (break_down, AssertionError)])
def test_one_wrong_work_costs_the_others_nothing(wrong: Callable[[Any], int], kind: type[Exception]) -> None:
    ledger = Ledger()
    told = crowd(ledger, [note(0), note(1), wrong, note(3)])
    assert sum(isinstance(each, kind) for each in told) <= 2, "its own thread, and whoever drove"
    assert isinstance(told[2], kind)
    kept = [each for each in told if isinstance(each, int)]
    assert sorted(ledger.kept) == sorted(each // 10 for each in kept)
    if wrong is refuse:
        assert [told[0], told[1], told[3]] == [0, 10, 30]


def test_nobody_is_told_that_it_is_kept_when_the_disk_is_full() -> None:
    ledger = Ledger()
    ledger.fails = True
    told = crowd(ledger, [note(n) for n in range(6)])
    assert [str(each) for each in told] == ["disk: full"] * 6
    assert ledger.kept == []


def test_on_a_real_database_each_message_of_a_crowd_is_taken_once(world: World) -> None:
    messages = [EventMessage.model_validate(message(str(number % 40))) for number in range(80)]
    caller = Caller("k", "key:k", "integrator", "k", "en", frozenset(), Scope("/north/"))
    began = threading.Barrier(8)
    steps: list[Step] = []

    def push(share: list[EventMessage]) -> None:
        began.wait(10)
        for each in share:
            work = partial(accept, caller=caller, message=each, now=world.clock.now())
            steps.append(world.database.together(work).step)

    threads = [threading.Thread(target=push, args=(messages[number::8],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (steps.count(Step.CREATE), steps.count(Step.IGNORE)) == (40, 40)
    assert [row["sequence"] for row in world.rows(log)] == list(range(1, 41))


def test_alone_it_is_a_plain_transaction() -> None:
    ledger = Ledger()
    ledger.open.set()
    together = Together(ledger.write)
    assert together.do(note(4)) == 40
    with pytest.raises(InvalidInputError):
        together.do(refuse)
    assert (ledger.kept, ledger.commits) == ([4], 1)


def test_works_of_one_kind_are_left_to_their_crowd_and_each_hears_of_the_own() -> None:
    ledger = Ledger()
    sizes: list[int] = []

    def all_at_once(pending: Any, works: Sequence[Any]) -> list[int]:
        sizes.append(len(works))
        return [work(pending) for work in works]

    works = [Work(note(number), all_at_once if number % 2 else None) for number in range(9)]
    assert crowd(ledger, works) == [number * 10 for number in range(9)]
    assert sizes == [4], "the first of all drove alone"
    assert sorted(ledger.kept) == list(range(9))
