"""A training learns on the GPU where the machine has one, and as many processes as it has cores make its pictures."""

import os
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import cv2
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

AHEAD = 6
"""Batches that each process makes ahead."""


def device() -> torch.device:
    """Return where networks learn."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def narrowed() -> torch.autocast:
    """Return a context that computes in bfloat16 where the hardware does; elsewhere it would be three times slower."""
    if torch.cuda.is_available():
        return torch.autocast("cuda", torch.bfloat16)
    able = torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001  # torch tells it nowhere else
    return torch.autocast("cpu", torch.bfloat16, enabled=able)


def makers() -> int:
    """Return how many processes make pictures: one beside a processor that learns, all cores but one beside a GPU."""
    return max(1, len(os.sched_getaffinity(0)) - 1) if torch.cuda.is_available() else 1


def served(feed: IterableDataset[Any]) -> Iterator[Any]:
    """Yield a feed's batches in the order of their steps, whoever makes them."""
    gpu = torch.cuda.is_available()
    return iter(
        DataLoader(
            feed,
            batch_size=None,
            num_workers=makers(),
            prefetch_factor=AHEAD,
            pin_memory=gpu,
            multiprocessing_context="fork",
        )
    )


def own_steps(first: int) -> Iterator[int]:
    """Yield the steps from `first` on whose batches this process makes: every n-th where n processes share them."""
    told = get_worker_info()
    if told is not None and told.num_workers > 1:
        cv2.setNumThreads(0)  # each process has one core
    return count(first + (told.id if told else 0), told.num_workers if told else 1)


def carried(batch: Any) -> Any:
    """Return a batch, or a tuple or a mapping of tensors, on the device that learns."""
    if isinstance(batch, Mapping):
        return {name: carried(value) for name, value in batch.items()}
    if isinstance(batch, (tuple, list)):
        return tuple(carried(value) for value in batch)
    return batch.to(device(), non_blocking=True)
