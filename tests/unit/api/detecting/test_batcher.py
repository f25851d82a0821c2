from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from api.detecting.batcher import Batcher, Limits
from api.detecting.budget import Budget, BusyError
from api.detecting.figures import new_figures
from vision.errors import MingchuError, ModelError


class Crank(Executor):
    """Runs nothing by itself: a test turns it."""

    def __init__(self) -> None:
        self.calls: list[tuple[Callable[[], Any], Future[Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls.append((lambda: fn(*args, **kwargs), future := Future()))
        return future

    def turn(self) -> None:
        """Run the oldest call as a pool's thread does."""
        call, future = self.calls.pop(0)
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - as concurrent.futures does
            future.set_exception(error)


class Bench:
    """A batcher that doubles numbers, with a clock that a test moves."""

    def __init__(self, work: Callable[[Sequence[int]], Sequence[int]] | None = None, **limits: int) -> None:
        self.crank, self.now_s, self.batches = Crank(), 0.0, list[list[int]]()
        self.registry = CollectorRegistry()
        chosen = Limits(**({"waiting": 6, "batch": 3} | limits))
        self.batcher: Batcher[int, int] = Batcher(
            work or self.double, chosen, new_figures(self.registry), self.crank, lambda: self.now_s
        )

    def double(self, jobs: Sequence[int]) -> list[int]:
        self.batches.append(list(jobs))
        self.now_s += 0.2
        return [2 * job for job in jobs]

    def figure(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"mingchu_detect_{name}", labels)


def test_who_waits_goes_along_up_to_a_full_batch() -> None:
    bench = Bench()
    answers = [bench.batcher.submit(number) for number in range(5)]
    for _ in range(5):
        bench.crank.turn()
    assert bench.batches == [[0, 1, 2], [3, 4]]
    assert [answer.result(0) for answer in answers] == [0, 2, 4, 6, 8]


def test_a_lone_job_waits_for_nobody() -> None:
    bench = Bench()
    answer = bench.batcher.submit(21)
    bench.crank.turn()
    assert answer.result(0) == 42


def test_over_the_bound_is_refused_at_once_and_told_when_to_come_back() -> None:
    bench = Bench(waiting=2)
    kept = [bench.batcher.submit(1), bench.batcher.submit(2)]
    with pytest.raises(BusyError) as refused:
        bench.batcher.submit(3)
    assert refused.value.status == 429
    assert int(refused.value.headers["Retry-After"]) >= 1
    bench.crank.turn()
    assert [answer.result(0) for answer in kept] == [2, 4]
    assert bench.batcher.submit(3)


def test_the_wait_that_is_told_follows_what_batches_took() -> None:
    bench = Bench(waiting=400)
    for _ in range(60):
        bench.batcher.submit(1)
        bench.now_s += 9.8
        bench.crank.turn()
    for number in range(400):
        bench.batcher.submit(number)
    assert bench.batcher.wait_s == pytest.approx(400 * 0.2, rel=0.1)
    with pytest.raises(BusyError) as refused:
        bench.batcher.submit(1)
    assert refused.value.headers["Retry-After"] == "60"  # never longer than a minute


def test_who_left_is_passed_over_and_makes_room() -> None:
    bench = Bench(waiting=2)
    first, second = bench.batcher.submit(1), bench.batcher.submit(2)
    assert first.cancel()
    third = bench.batcher.submit(3)
    bench.crank.turn()
    assert bench.batches == [[2, 3]]
    assert (second.result(0), third.result(0)) == (4, 6)


def test_what_is_under_way_cannot_be_taken_back() -> None:
    seen: list[bool] = []

    def work(jobs: Sequence[int]) -> Sequence[int]:
        seen.append(answer.cancel())
        return jobs

    bench = Bench(work)
    answer = bench.batcher.submit(1)
    bench.crank.turn()
    assert seen == [False]
    assert answer.result(0) == 1


@pytest.mark.parametrize(("raised", "told"), [(ModelError("m", 1, "2"), ModelError), (RuntimeError(), MingchuError)])
def test_a_failing_batch_fails_its_own_callers_only(raised: Exception, told: type[Exception]) -> None:
    def work(jobs: Sequence[int]) -> Sequence[int]:
        if 13 in jobs:
            raise raised
        return jobs

    bench = Bench(work, batch=2)
    answers = [bench.batcher.submit(number) for number in (1, 13, 2)]
    for _ in answers:
        bench.crank.turn()
    assert [type(answer.exception(0)) for answer in answers] == [told, told, type(None)]


def test_too_few_answers_leave_nobody_waiting() -> None:
    bench = Bench(lambda jobs: jobs[1:])
    answers = [bench.batcher.submit(1), bench.batcher.submit(2)]
    bench.crank.turn()
    assert all(answer.done() for answer in answers)


def test_the_end_cancels_what_waits() -> None:
    bench = Bench()
    answer = bench.batcher.submit(1)
    bench.batcher.drop()
    bench.crank.turn()
    assert answer.cancelled()
    assert bench.batches == []


def test_figures_tell_queue_batches_and_times() -> None:
    bench = Bench()
    for number in range(4):
        bench.batcher.submit(number)
    assert bench.figure("waiting") == 4
    bench.now_s = 1.0
    bench.crank.turn()
    assert bench.figure("waiting") == 1
    assert bench.figure("batch_pictures_sum") == 3
    assert bench.figure("seconds_sum", stage="wait") == pytest.approx(3.0)
    assert bench.figure("seconds_sum", stage="models") == pytest.approx(0.2)


def test_a_budget_refuses_what_is_too_much_and_takes_back() -> None:
    budget = Budget("bytes", 10)
    with budget.holding(8):
        with pytest.raises(BusyError):
            budget.take(3)
        budget.take(2)
        budget.give(2)
    assert budget.held == 0


def test_a_budget_lets_one_large_thing_in_alone() -> None:
    budget = Budget("pixels", 10)
    with budget.holding(50), pytest.raises(BusyError):
        budget.take(1)
    budget.take(1)
