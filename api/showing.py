"""The newest picture of each camera, in the memory of this process: bounded, blurred before it came, never stored."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SOON_S = 2.0
"""Between two pictures of a camera that somebody watches."""
RARELY_S = 60.0
"""Between two that nobody watches: so old at most is what a wall shows first."""
WATCHED_FOR = timedelta(seconds=12)
"""A wall asks every few seconds; whoever asked that long ago has gone."""
MOST_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class Picture:
    """One camera as its worker saw it last."""

    at: datetime
    jpeg: bytes = field(repr=False)
    boxes: tuple[tuple[float, float, float, float], ...]
    """xyxy as shares of the picture."""


class Showcase:
    """Pictures by camera, the longest unchanged leaving first; any thread may come."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        self._watched_until: dict[str, datetime] = {}
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()

    def put(self, camera: str, picture: Picture, now: datetime) -> float:
        """Keep a picture unless a newer one is here; return after how many seconds the next is wanted."""
        with self._lock:
            known = self._pictures.get(camera)
            if known is None or known.at <= picture.at:
                self._drop(camera)
                self._pictures[camera] = picture
                self._bytes += len(picture.jpeg)
            while self._bytes > self._most_bytes and len(self._pictures) > 1:
                self._drop(next(iter(self._pictures)))
            return SOON_S if now < self._watched_until.get(camera, now) else RARELY_S

    def find(self, camera: str) -> Picture | None:
        """Return the newest picture of a camera."""
        with self._lock:
            return self._pictures.get(camera)

    def watch(self, cameras: list[str], now: datetime) -> None:
        """Let these be sent often for a while."""
        with self._lock:
            gone = [camera for camera, until in self._watched_until.items() if until < now]
            for camera in gone:
                del self._watched_until[camera]
            self._watched_until.update(dict.fromkeys(cameras, now + WATCHED_FOR))

    def _drop(self, camera: str) -> None:
        gone = self._pictures.pop(camera, None)
        self._bytes -= len(gone.jpeg) if gone else 0
