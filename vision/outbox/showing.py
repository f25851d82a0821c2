"""The newest look of each camera, small and blurred, for whoever watches the wall: droppable, never an event.

The API says after each picture when it wants the next of that camera: soon while somebody watches, else rarely.
So a wall costs what is looked at, and a worker that cannot send drops pictures and counts them (I2).
"""

import base64
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from vision.clock import Clock
from vision.errors import StorageError
from vision.frames import CameraId
from vision.outbox.standing import Backoff, Standing, state_of
from vision.outbox.verdict import failed
from vision.ports import Shown

log = logging.getLogger(__name__)
FIRST_S = 2.0
"""Before the API has said anything: cameras do not begin all at once with what they saw first."""
TIMEOUT_S = 5.0
WAKE_S = 0.5
EPOCH = datetime.min.replace(tzinfo=UTC)


def told(picture: Shown) -> dict[str, Any]:
    """Return the body that the API takes."""
    return {"at": picture.at.isoformat(), "boxes": picture.boxes, "jpeg": base64.b64encode(picture.jpeg).decode()}


class Showing:
    """Takes looks from the models' thread, sends from its own."""

    def __init__(self, client: httpx.Client, worker: str, clock: Clock) -> None:
        self._client = client
        self._path = f"/v1/workers/{worker}/pictures"
        self._clock = clock
        self._waiting: dict[CameraId, Shown] = {}
        self._due_at: dict[CameraId, datetime] = {}
        self._lock = threading.Lock()
        self._backoff = Backoff(longest_s=60)
        self.standing = Standing("wall")
        self.dropped = 0
        """Prepared pictures that were replaced by newer ones before they could go, or did not arrive."""

    def offer(self, camera: CameraId, make: Callable[[], Shown]) -> None:
        """Make and keep a picture if one of this camera is due; costs nothing otherwise."""
        now = self._clock.now()
        if now < self._due_at.setdefault(camera, now + timedelta(seconds=FIRST_S)):
            return
        try:
            picture = make()
        except StorageError as error:
            log.warning("camera=%s event=not-shown error=%s", camera, error)
            return
        with self._lock:
            self.dropped += camera in self._waiting
            self._waiting[camera] = picture

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop."""
        while not stop.wait(WAKE_S):
            self.run_once()

    def run_once(self) -> int:
        """Send what waits; return how many pictures arrived. What fails is not sent again: the next look is newer."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        return sum(self._sent(camera, picture) for camera, picture in waiting.items())

    def _sent(self, camera: CameraId, picture: Shown) -> bool:
        again_in_s = self._put(camera, picture)
        if again_in_s is None:
            self.dropped += 1
            again_in_s = self._backoff.wait_s(self.standing.failures - 1)
            self._due_at[camera] = self._clock.now() + timedelta(seconds=again_in_s)
            return False
        self.standing.well()
        self._due_at[camera] = self._clock.now() + timedelta(seconds=again_in_s)
        return True

    def _put(self, camera: CameraId, picture: Shown) -> float | None:
        """Return after how many seconds the API wants the next picture; None where this one did not arrive."""
        try:
            answer = self._client.put(f"{self._path}/{camera}", json=told(picture), timeout=TIMEOUT_S)
        except httpx.HTTPError as error:
            self.standing.ill("silent", failed(error).reason)
            return None
        if not answer.is_success:
            self.standing.ill(state_of(answer.status_code), str(answer.status_code))
            return None
        wanted: Mapping[str, Any] = answer.json()
        return max(0.5, float(wanted["again_in_s"]))
