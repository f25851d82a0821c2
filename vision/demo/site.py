"""The demo site: which rendered cameras hang where, and their films in a folder, rendered when they are missing."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from vision.config import Hours, ZoneConfig
from vision.demo.render import is_fresh, render
from vision.demo.script import SCENES, Person, Script
from vision.errors import MingchuError, StorageError

DEMO_SITE, NIGHT_SITE = "demo", "demo-night"
NAMES = (
    *("special-room", "hot-kitchen", "preparation", "dishwashing"),
    *("serving", "corridor", "dry-store", "store-night"),
)
"""In the order of the console's camera list; scripts of the same names lie in `scenes/`."""
EARLY = 2
"""So many of the quickest films are made first; the longest come next, so that the last core does not end alone."""
TERMINATED = 143
"""Exit code of a program that SIGTERM ended."""
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


def ready(folder: Path) -> frozenset[str]:
    """Return the ids of the cameras whose films are there."""
    return frozenset(_camera(script).id for script in scripts() if is_fresh(script, folder))


def ensure_site(folder: Path, progress: Progress | None = None, workers: int | None = None) -> list[Path]:
    """Return the films of the site, rendering those that are missing or older than script and renderer.

    One process per core, the quickest films first, so that there is soon something to see, then the longest. Raises
    StorageError when the folder does not take them.
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
    """Render in processes of their own, at most `workers` at a time; end them all when the caller gives up."""
    by_work = sorted(due, key=_work)
    waiting = [*by_work[EARLY:], *reversed(by_work[:EARLY])]
    running: dict[BaseProcess, Script] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                script = waiting.pop()
                running[_started(script, folder)] = script
            for process in _ended(running):
                yield _done(process, running.pop(process))
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.join()


def _started(script: Script, folder: Path) -> BaseProcess:
    # Not forked from here, because the caller may have threads; forked from a server that has imported all once.
    servers = multiprocessing.get_context("forkserver")
    servers.set_forkserver_preload([render.__module__])
    process = servers.Process(target=_render_alone, args=(script, folder), daemon=True)
    process.start()
    return process


def _ended(running: Iterable[BaseProcess]) -> list[BaseProcess]:
    wait([process.sentinel for process in running])
    return [process for process in running if not process.is_alive()]


def _done(process: BaseProcess, script: Script) -> Script:
    process.join()
    if process.exitcode:
        raise StorageError(f"{script.name}: the film could not be rendered (exit code {process.exitcode})")
    return script


def _render_alone(script: Script, folder: Path) -> None:
    """Render in this process; SIGTERM unwinds it, so that no half of a film is left lying about."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        render(script, folder)
    except MingchuError as error:
        sys.exit(str(error))


def _work(script: Script) -> float:
    """Estimate how long a film takes: people are what costs, then fumes, then the picture itself."""
    people_s = sum(_stay_s(person, script.seconds) for person in script.persons)
    fumes_s = sum(min(fume.to_s, script.seconds) - fume.from_s for fume in script.fumes)
    return people_s + fumes_s / 2 + script.seconds / 3


def _stay_s(person: Person, seconds: float) -> float:
    last = person.steps[-1]
    return (last.at_s if last.leave else seconds) - person.steps[0].at_s


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
