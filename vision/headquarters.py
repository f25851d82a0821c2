"""What a worker asks of the API besides delivering events: what to look at, and where to say how it goes."""

import logging
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from pydantic import ValidationError

from vision.config import Assignment
from vision.frames import CameraId
from vision.runtime import CameraStatus

log = logging.getLogger(__name__)

WAIT_S = 20.0
"""Long poll: the API answers at once when something changes."""
STATUS_EVERY_S = 5.0
LONGEST_RETRY_S = 30.0


class Headquarters:
    """The API as one worker sees it; its client carries address and key."""

    def __init__(self, client: httpx.Client, worker: str) -> None:
        self._client = client
        self._worker = worker
        self._etag = ""
        self._trouble = ""

    def assignment(self) -> Assignment | None:
        """Return the cameras when they have changed; None when not, or when the API does not answer."""
        path = f"/v1/workers/{self._worker}/assignment"
        try:
            headers = {"If-None-Match": self._etag}
            answer = self._client.get(path, params={"wait_s": WAIT_S}, headers=headers, timeout=WAIT_S + 10)
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                return self._settled(None)
            answer.raise_for_status()
            found = Assignment.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            self._failed(type(error).__name__)
            return None
        self._etag = answer.headers.get("ETag", "")
        return self._settled(found)

    def report(self, cameras: Mapping[CameraId, CameraStatus], spooled: int) -> None:
        """Tell how the cameras are doing; a report that does not arrive is not repeated, the next one says more."""
        body = {"cameras": [_told(key, status) for key, status in cameras.items()], "spool": spooled}
        try:
            self._client.put(f"/v1/workers/{self._worker}/status", json=body, timeout=10)
        except httpx.HTTPError as error:
            self._failed(type(error).__name__)

    @property
    def in_trouble(self) -> bool:
        """Tell whether the last question failed."""
        return bool(self._trouble)

    def _settled(self, found: Assignment | None) -> Assignment | None:
        if self._trouble:
            log.info("worker=%s event=api-answers-again", self._worker)
        self._trouble = ""
        return found

    def _failed(self, kind: str) -> None:
        """Log a trouble once, not each time."""
        if kind != self._trouble:
            log.warning("worker=%s event=api-does-not-answer kind=%s", self._worker, kind)
        self._trouble = kind


def follow(headquarters: Headquarters, assign: Callable[[Assignment], None], stop: threading.Event) -> None:
    """Hand every new assignment on until told to stop; wait longer while the API does not answer, with jitter."""
    wait_s = 0.5
    while not stop.is_set():
        found = headquarters.assignment()
        if found is not None:
            assign(found)
        wait_s = min(LONGEST_RETRY_S, wait_s * 2) if headquarters.in_trouble else 0.5
        stop.wait(wait_s * random.uniform(0.5, 1.0) if headquarters.in_trouble else 0.05)  # noqa: S311 - jitter


def _told(camera: CameraId, status: CameraStatus) -> dict[str, Any]:
    tally = status.tally
    return {
        "camera": camera,
        "state": status.state,
        "last_look_at": tally.last_look_at.isoformat() if tally.last_look_at else None,
        "looks": tally.looks,
        "drops": {**status.drops, "damaged": tally.damaged},
        "error": status.error[:500],
    }
