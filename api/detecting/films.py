"""Video jobs: a film is sent, watched by one thread, and its events and clips are kept for a day.

A job lives in DATA_DIR/videos/<id>/: `job.json` what became of it, `source` the film until it was watched, `out/` the
events. What was under way when the process ended is `lost`, and says so: nobody is told that a film was watched to its
end when it was not.
"""

import asyncio
import json
import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from api.detecting.budget import BusyError
from api.detecting.fetching import Fetcher
from api.detecting.figures import Figures
from api.detecting.receiving import Bounds
from api.detecting.service import Models
from api.detecting.watching import Order, Stage, watch_film
from api.errors import ProblemError
from vision.clock import Clock
from vision.errors import MingchuError, StorageError
from vision.recording.manifest import canonical
from vision.recording.writing import write_whole

_log = logging.getLogger(__name__)
MOST_WAITING, MOST_WAITING_EACH = 8, 4
MOST_KEPT = 64
KEPT_FOR = timedelta(hours=24)
FETCH_S = 300.0


class State(StrEnum):
    """What has become of a film."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"
    """The process ended while it was under way; send it again."""


UNDER_WAY = frozenset({State.QUEUED, State.RUNNING})


@dataclass(frozen=True, slots=True)
class Film:
    """One job as it stands."""

    id: str
    owner: str
    """Id of the caller; nobody else learns that it exists (I9)."""
    order: Order
    url: str
    """Where the film is to be fetched; empty when it was sent."""
    created_at: datetime
    state: State = State.QUEUED
    stage: Stage = field(default_factory=Stage)
    finished_at: datetime | None = None
    error: str = ""

    @property
    def ended_at(self) -> datetime:
        """Return from when on its files count as old."""
        return self.finished_at or self.created_at

    def stored(self) -> bytes:
        """Return the job as it is kept on the disk."""
        told = asdict(self) | {"created_at": self.created_at.isoformat(), "order": self.order.stored()}
        return canonical(told | {"finished_at": self.finished_at.isoformat() if self.finished_at else None})

    @classmethod
    def read(cls, content: bytes) -> "Film":
        """Return a job from the disk; KeyError, TypeError or ValueError when it is none."""
        told: dict[str, Any] = json.loads(content)
        told["created_at"] = datetime.fromisoformat(told["created_at"])
        told["finished_at"] = datetime.fromisoformat(told["finished_at"]) if told["finished_at"] else None
        parts = {"order": Order.read(told["order"]), "stage": Stage(**told["stage"]), "state": State(told["state"])}
        return cls(**told | parts)


class StoppedError(MingchuError):
    """Its owner does not want it any more, or the process ends."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What watching a film needs."""

    models: Models
    fetcher: Fetcher
    figures: Figures
    clock: Clock
    most_bytes: int = 512 << 20


class Films:
    """Every video job of this process; any thread may ask."""

    def __init__(self, folder: Path, studio: Studio) -> None:
        """Take up what an earlier process left: finished jobs stay, the others are lost."""
        self._folder = folder
        self.studio = studio
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="films")
        self._films = {film.id: film for film in _left(folder, studio.clock.now())}
        self._sweep()

    def folder(self, film_id: str) -> Path:
        """Return where a job's files lie."""
        return self._folder / film_id

    def room_for(self, owner: str) -> None:
        """Raise BusyError when too many films wait already, in all or of one owner."""
        with self._lock:
            waiting = [film.owner for film in self._films.values() if film.state in UNDER_WAY]
        if len(waiting) >= MOST_WAITING or waiting.count(owner) >= MOST_WAITING_EACH:
            raise BusyError("as many films wait as may; try again when one is done", 30)

    def add(self, film: Film) -> Film:
        """Queue a film whose file lies in its folder, or whose URL says where it is; BusyError, StorageError."""
        self.room_for(film.owner)
        write_whole(self.folder(film.id) / "job.json", film.stored())
        with self._lock:
            self._films[film.id] = film
        self._count()
        self._thread.submit(self._watch, film.id)
        return film

    def of(self, owner: str) -> list[Film]:
        """Return an owner's jobs, newest first."""
        self._sweep()
        with self._lock:
            mine = [film for film in self._films.values() if film.owner == owner]
        return sorted(mine, key=lambda film: film.created_at, reverse=True)

    def find(self, owner: str, film_id: str) -> Film | None:
        """Return one of an owner's jobs."""
        return next((film for film in self.of(owner) if film.id == film_id), None)

    def remove(self, film: Film) -> None:
        """Forget a job and its files; one that is under way stops at its next packet."""
        with self._lock:
            known = self._films.pop(film.id, None)
        if known is not None and known.state is not State.RUNNING:
            shutil.rmtree(self.folder(film.id), ignore_errors=True)
        self._count()

    def close(self) -> None:
        """Stop what is under way; it will be found lost."""
        self._closing.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _watch(self, film_id: str) -> None:
        """Watch one film to its end, in the films' thread; whatever happens, the job does not stay under way."""
        film = None if self._closing.is_set() else self._change(film_id, state=State.RUNNING)
        if film is None:
            return
        ended: dict[str, Any] = {"state": State.FAILED, "error": "something went wrong on our side"}
        try:
            ended = {"state": State.DONE, "stage": self._watched(film)}
        except StoppedError:
            ended = {}
        except (MingchuError, OSError) as error:
            told = error.detail if isinstance(error, ProblemError) else str(error)
            ended["error"] = told.replace(str(self.folder(film_id)), "film")
        finally:
            self._end(film_id, ended)

    def _end(self, film_id: str, ended: Mapping[str, Any]) -> None:
        """Keep what became of a film; without anything, the process ends (it will be found lost) or nobody wants it."""
        if ended and self._change(film_id, **ended, finished_at=self.studio.clock.now()):
            (self.folder(film_id) / "source").unlink(missing_ok=True)
        elif not self._closing.is_set():
            shutil.rmtree(self.folder(film_id), ignore_errors=True)
        self._sweep()

    def _watched(self, film: Film) -> Stage:
        folder = self.folder(film.id)
        if film.url:
            asyncio.run(self._fetch(film, folder / "source"))
        return watch_film(folder, film.order, self.studio.models, self._teller(film.id))

    def _teller(self, film_id: str) -> Callable[[Stage], None]:
        def tell(stage: Stage) -> None:
            with self._lock:
                film = self._films.get(film_id)
                if film is None or self._closing.is_set():
                    raise StoppedError(f"the film {film_id} is not wanted any more")
                self._films[film_id] = replace(film, stage=stage)

        return tell

    async def _fetch(self, film: Film, path: Path) -> None:
        tell = self._teller(film.id)
        with path.open("xb") as file:

            async def sink(chunk: bytes) -> None:
                tell(Stage())
                file.write(chunk)

            await self.studio.fetcher.fetch(film.url, Bounds(self.studio.most_bytes, FETCH_S), sink)

    def _change(self, film_id: str, **values: Any) -> Film | None:
        """Change a job here and on the disk; None when it was removed."""
        with self._lock:
            film = self._films.get(film_id)
            if film is None:
                return None
            film = self._films[film_id] = replace(film, **values)
            write_whole(self.folder(film_id) / "job.json", film.stored())
        self._count()
        return film

    def _sweep(self) -> None:
        """Remove what has been kept long enough, and the oldest beyond the number that is kept."""
        now = self.studio.clock.now()
        with self._lock:
            ended = sorted(
                (f for f in self._films.values() if f.state not in UNDER_WAY), key=lambda f: f.ended_at, reverse=True
            )
            old = [film for at, film in enumerate(ended) if at >= MOST_KEPT or now - film.ended_at > KEPT_FOR]
        for film in old:
            self.remove(film)

    def _count(self) -> None:
        with self._lock:
            states = [film.state for film in self._films.values()]
        for state in UNDER_WAY:
            self.studio.figures.films.labels(state.value).set(states.count(state))


def _left(folder: Path, now: datetime) -> list[Film]:
    """Return the jobs of an earlier process; what holds no job is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for each in sorted(folder.iterdir()):
        try:
            film = Film.read((each / "job.json").read_bytes())
        except (OSError, ValueError, KeyError, TypeError):
            shutil.rmtree(each, ignore_errors=True)
            continue
        if film.state in UNDER_WAY:
            film = replace(film, state=State.LOST, finished_at=now, error="the process ended while it was under way")
            (each / "source").unlink(missing_ok=True)
            write_whole(each / "job.json", film.stored())
        found.append(film)
    return found


def require_space(folder: Path, size_bytes: int) -> None:
    """Raise StorageError when the disk would be nearly full with so much more."""
    if shutil.disk_usage(folder).free < 2 * size_bytes:
        raise StorageError("DATA_DIR: too little space for a film")
