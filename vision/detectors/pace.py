"""Finds once how many threads run a network soonest on this machine, and remembers it beside the worker's data."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from vision.detectors.manifest import ModelManifest
from vision.detectors.session import Engine, open_session

log = logging.getLogger(__name__)
ROUNDS = 4
"""Looks per number of threads, of which the quickest counts: neighbours on the machine disturb the others."""
WORTH = 0.9
"""More threads must be so much quicker at least: idle cores decode the other cameras' packets."""


def candidates(cores: int) -> list[int]:
    """Return the numbers of threads worth trying: 1, 2, 4, … and all cores."""
    return sorted({2**power for power in range(cores.bit_length()) if 2**power <= cores} | {max(1, cores)})


def fewest(numbers: Iterable[int], spent_s: Callable[[int], float]) -> int:
    """Return the smallest number of threads beyond which more are not worth it."""
    chosen, best_s = 1, float("inf")
    for number in numbers:
        took_s = spent_s(number)
        if took_s < best_s * WORTH:
            chosen, best_s = number, took_s
    return chosen


def look_s(manifest: ModelManifest, threads: int, engine: Engine) -> float:
    """Return the seconds of the quickest look at a black picture; raises ModelError."""
    session = open_session(manifest, threads, engine)
    picture = np.zeros((1, 3, *manifest.input.shapes[-1]), np.float32)
    spent = []
    for _ in range(ROUNDS + 1):
        began_s = time.perf_counter()
        session.run(picture, session.outputs[:1])
        spent.append(time.perf_counter() - began_s)
    return min(spent[1:])  # the first one allocates


def remembered(path: Path, machine: str, measure: Callable[[], int]) -> int:
    """Return what was measured on this machine before, else measure and keep it; a file that is spoilt is made anew."""
    known = _read(path)
    if isinstance(found := known.get(machine), int) and found > 0:
        return found
    number = measure()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(known | {machine: number}, indent=1), encoding="utf-8")
    except OSError as error:
        log.warning("event=threads-not-remembered error=%s", error.strerror)
    return number


def _read(path: Path) -> dict[str, object]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
