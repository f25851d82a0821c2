from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("ultralytics", reason="the extra `train` is not installed")
from vision.training.course import Course, follow  # noqa: E402  # after the skip


@dataclass
class Line:
    """Learns y = 3x from points that depend on the step alone."""

    stop_at: int = 10**9

    def batches(self, first: int) -> Iterator[Any]:
        for step in count(first):
            if step >= self.stop_at:
                raise KeyboardInterrupt
            yield torch.rand(16, 1, generator=torch.Generator().manual_seed(step))

    def loss(self, network: Any, batch: Any) -> tuple[Any, dict[str, float]]:
        loss = (network(batch) - 3 * batch).square().mean()
        return loss, {"loss": float(loss.detach())}


def network() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(1, 8), torch.nn.Dropout(0.3), torch.nn.Linear(8, 1))


def weights(learnt: Any) -> list[Any]:
    return [value.tolist() for value in learnt.state_dict().values()]


COURSE = Course(steps=40, rate=0.05, seed=7, keep_every=8)


def test_the_same_course_gives_the_same_weights(tmp_path: Path) -> None:
    one, _ = follow(COURSE, network(), Line(), tmp_path / "a")
    other, _ = follow(COURSE, network(), Line(), tmp_path / "b")
    assert weights(one) == weights(other)


def test_an_interrupted_course_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, _ = follow(COURSE, network(), Line(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        follow(COURSE, network(), Line(stop_at=21), tmp_path / "kept")
    resumed, seconds = follow(COURSE, network(), Line(), tmp_path / "kept")
    assert weights(resumed) == weights(whole)
    assert seconds > 0


def test_the_rate_rises_and_falls() -> None:
    rates = [COURSE.rate_at(step) for step in range(COURSE.steps)]
    assert rates[0] < max(rates) > rates[-1] > 0
