"""Looks at pictures for callers of the API: decoded by a few threads, seen by one, exactly as `mingchu detect` does."""

import asyncio
import base64
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar, cast

from api.detecting.batcher import Batcher, Limits
from api.detecting.bodies import Wishes
from api.detecting.budget import Budget, BusyError
from api.detecting.fetching import Fetcher
from api.detecting.figures import Figures
from api.detecting.receiving import Bounds, Gathered, Held, PictureSource
from api.errors import ProblemError
from vision.catalogue import Catalogue, Place, load_catalogue
from vision.commands.composing import Sightedness, load_sight
from vision.detectors.look import Json, annotate, look_at_each
from vision.detectors.picture import Picture, open_picture
from vision.errors import InvalidInputError, ModelError, PictureError
from vision.frames import Image
from vision.picture_file import MOST_BYTES, picture_hw
from vision.recording.snapshot import jpeg

MOST_HELD_BYTES = 256 << 20
"""Of files that all requests together hold."""
MOST_HELD_PIXELS = 300_000_000
"""Of pictures that are decoded: 900 MB."""
MOST_SCANS = 128
"""Of a progressive JPEG; encoders write about ten. Each costs the decoder a pass over the whole picture."""
FETCH = Bounds(MOST_BYTES, 10.0)
Asked = tuple[Picture, Place]
T = TypeVar("T")


class ModelsUnavailableError(ProblemError):
    """The models of this installation do not load: the operator's matter, not the caller's."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class Models:
    """The models of this process: loaded when first needed, once."""

    def __init__(self, load: Callable[[], Sightedness] = load_sight) -> None:
        self._load = load
        self._sight: Sightedness | None = None
        self._lock = threading.Lock()
        self.catalogue: Catalogue = load_catalogue()

    def sight(self) -> Sightedness:
        """Return the loaded models; ModelsUnavailableError when they do not load."""
        with self._lock:
            if self._sight is None:
                try:
                    self._sight = self._load()
                except ModelError as error:
                    raise ModelsUnavailableError(f"the models cannot be used: {error}") from error
            return self._sight

    def look_at_each(self, asked: Sequence[Asked]) -> list[Json]:
        """Return one look for each picture."""
        sight = self.sight()
        return look_at_each(asked, sight.detector, sight.wear, self.catalogue)


class Detecting:
    """The one place in this process where pictures from the API are looked at."""

    def __init__(self, models: Models, fetcher: Fetcher, figures: Figures, limits: Limits) -> None:
        self.models = models
        self.fetcher = fetcher
        self.figures = figures
        self._seats = Budget("pictures", limits.waiting)
        self._bytes = Budget("bytes", MOST_HELD_BYTES)
        self._pixels = Budget("pixels", MOST_HELD_PIXELS)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="models")
        self._decoders = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="decoder")
        self._batcher: Batcher[Asked, Json] = Batcher(models.look_at_each, limits, figures, self._thread)

    def holding(self) -> Held:
        """Return what counts a request's bytes, until its block ends."""
        return Held(self._bytes)

    @contextmanager
    def seats(self, count: int = 1) -> Iterator[None]:
        """Keep room for so many pictures for as long as a block lasts; raises BusyError when there is none."""
        try:
            with self._seats.holding(count, self._batcher.wait_s):
                yield
        except BusyError:
            self.figures.pictures.labels("busy").inc(count)
            raise

    def knock(self) -> None:
        """Refuse at once, before a body is read, where there is no room; BusyError."""
        with self.seats():
            pass

    async def look(self, source: PictureSource, wishes: Wishes, held: Held) -> Json:
        """Return the look at one picture, for a caller who has a seat.

        Raises:
            InvalidInputError: the picture or its URL is wrong.
            BusyError: too many pixels at once.
            ModelsUnavailableError: the models do not load.
        """
        with self._counted():
            content = source if isinstance(source, bytes) else await self._fetched(source, held)
            height, width = measured(content)
            with self._pixels.holding(height * width, 1.0):
                return await self._looked(content, wishes)

    async def aside(self, call: Callable[..., T], *arguments: Any) -> T:
        """Return what a call returns that would hold the event loop up."""
        return await asyncio.get_running_loop().run_in_executor(self._decoders, call, *arguments)

    def close(self) -> None:
        """Give up what waits, and end every thread."""
        self._batcher.drop()
        for pool in (self._decoders, self._thread):
            pool.shutdown(wait=True, cancel_futures=True)
        self.fetcher.close()

    async def _fetched(self, url: str, held: Held) -> bytes:
        gathered = Gathered(held)
        await self.fetcher.fetch(url, FETCH, gathered)
        return gathered.whole()

    async def _looked(self, content: bytes, wishes: Wishes) -> Json:
        picture = await self.aside(open_picture, content)
        self.figures.seconds.labels("decode").observe(picture.decode_ms / 1e3)
        look = await asyncio.wrap_future(self._batcher.submit((picture, Place(wishes.zone))))
        if wishes.kinds:
            look["violations"] = [v for v in cast("list[Json]", look["violations"]) if v["kind"] in wishes.kinds]
        if wishes.annotate:
            look["annotated"] = await self.aside(_annotated, picture.image, look)
        return look

    @contextmanager
    def _counted(self) -> Iterator[None]:
        outcome = "failed"
        try:
            yield
            outcome = "done"
        except BusyError:
            outcome = "busy"
            raise
        except InvalidInputError:
            outcome = "refused"
            raise
        except asyncio.CancelledError:
            outcome = "left"
            raise
        finally:
            self.figures.pictures.labels(outcome).inc()


def measured(content: bytes) -> tuple[int, int]:
    """Return (height, width) of a picture that may be decoded; PictureError where that would take too much."""
    size = picture_hw(content)
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MOST_SCANS:
        raise PictureError("picture", "a JPEG of very many scans", f"at most {MOST_SCANS} scans")
    return size


def _annotated(image: Image, look: Json) -> Json:
    return {"media_type": "image/jpeg", "base64": base64.b64encode(jpeg(annotate(image, look))).decode()}
