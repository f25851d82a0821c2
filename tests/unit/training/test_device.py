from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
from torch.utils.data import IterableDataset  # noqa: E402  # after the skip

from vision.training import device  # noqa: E402
from vision.training.device import carried, own_steps, served  # noqa: E402


class Steps(IterableDataset):  # type: ignore[misc,type-arg]  # torch is untyped here
    """Each batch says which step it is of."""

    def __iter__(self) -> Iterator[object]:
        for step in own_steps(5):
            yield torch.full((2,), step)


@pytest.mark.parametrize("processes", [1, 2])
def test_steps_come_in_order_however_many_processes_make_them(monkeypatch: pytest.MonkeyPatch, processes: int) -> None:
    monkeypatch.setattr(device, "makers", lambda: processes)
    assert [int(batch[0]) for batch in islice(served(Steps()), 7)] == [5, 6, 7, 8, 9, 10, 11]


def test_processes_share_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "get_worker_info", lambda: SimpleNamespace(id=1, num_workers=4))
    assert list(islice(own_steps(10), 3)) == [11, 15, 19]


def test_everything_of_a_batch_is_carried() -> None:
    batch = {"img": torch.ones(1), "more": (torch.zeros(2), torch.ones(3))}
    told = carried(batch)
    assert told["img"].device == told["more"][1].device == device.device()
