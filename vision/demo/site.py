"""The demo site: which rendered cameras hang where, and their films in a folder, rendered when they are missing."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from vision.config import Hours, ZoneConfig
from vision.demo.render import is_fresh, render
from vision.demo.script import SCENES, Script
from vision.errors import StorageError

DEMO_SITE, NIGHT_SITE = "demo", "demo-night"
NAMES = (
    *("special-room", "hot-kitchen", "preparation", "dishwashing"),
    *("serving", "corridor", "dry-store", "store-night"),
)
"""In the order of the console's camera list; scripts of the same names lie in `scenes/`."""
Progress = Callable[[str, int, int], None]
"""Told the film that is there now, how many are, and how many there will be."""


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A food business that exists in our renderer only."""

    id: str
    name: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """One rendered camera, as the API registers it."""

    id: str
    site: str
    name: str
    zones: tuple[ZoneConfig, ...]

    @property
    def source(self) -> str:
        """Return the address that a worker opens."""
        return f"demo:{self.id.removeprefix('demo-')}"


DEMO_SITES = (
    DemoSite(DEMO_SITE, "演示餐厅（渲染） Demo restaurant (rendered)", Hours()),
    DemoSite(NIGHT_SITE, "演示餐厅打烊后（渲染） Demo restaurant after closing (rendered)", Hours(weekdays=())),
)
"""The same house twice, because hours belong to a site: whoever is seen after closing is an intruder."""


def scripts() -> tuple[Script, ...]:
    """Return the scene of every camera."""
    return tuple(Script.load(SCENES / f"{name}.toml") for name in NAMES)


def _camera(script: Script) -> DemoCamera:
    site = NIGHT_SITE if script.after_hours else DEMO_SITE
    return DemoCamera(f"demo-{script.name}", site, f"{script.zh} {script.en}", script.zones)


def demo_cameras() -> tuple[DemoCamera, ...]:
    """Return every camera of both demo sites."""
    return tuple(map(_camera, scripts()))


def ensure_site(folder: Path, progress: Progress | None = None, workers: int | None = None) -> list[Path]:
    """Return the films of the site, rendering those that are missing or older than script and renderer.

    One process per core, longest films first. Raises StorageError when the folder does not take them.
    """
    wanted = scripts()
    due = [script for script in wanted if not is_fresh(script, folder)]
    for done, script in enumerate(_rendered(due, folder, workers or _cores()), start=len(wanted) - len(due) + 1):
        if progress:
            progress(script.name, done, len(wanted))
    return [folder / f"{script.name}.mp4" for script in wanted]


def site_is_fresh(folder: Path) -> bool:
    """Tell whether nothing needs rendering."""
    return all(is_fresh(script, folder) for script in scripts())


def _rendered(due: Sequence[Script], folder: Path, workers: int) -> Iterator[Script]:
    if not due:
        return
    # Spawned, because the caller may have threads.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(due)), mp_context=context, initializer=_end_tidily)
    try:
        jobs = {pool.submit(render, script, folder): script for script in sorted(due, key=_work, reverse=True)}
        for job in as_completed(jobs):
            yield _finished(job, jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _end_tidily() -> None:
    """Let SIGTERM unwind a rendering, so that no half of a film is left lying about."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _finished(job: "Future[Path]", jobs: "dict[Future[Path], Script]") -> Script:
    try:
        job.result()
    except BrokenProcessPool as error:
        raise StorageError(f"{jobs[job].name}: the process that rendered it was killed; start again") from error
    return jobs[job]


def _work(script: Script) -> float:
    """Estimate how long a film takes: pictures with people in them are what costs."""
    faults_s = sum(m.to_s - m.from_s for m in script.mishaps if m.state == "frozen")
    return (script.seconds - faults_s) * (1 + len(script.persons) + len(script.fumes) / 2)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
