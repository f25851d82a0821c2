"""One place per camera for its newest frame: a late frame replaces an unread one, and every loss is counted (I2)."""

import threading
from collections import Counter, OrderedDict
from typing import Generic, TypeVar

from vision.frames import CameraId

T = TypeVar("T")


class Mailboxes(Generic[T]):
    """Frames, with whatever belongs to them, on their way from many camera threads to the one that runs the models."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[CameraId, T] = OrderedDict()
        self._arrived = threading.Condition()
        self._replaced: Counter[CameraId] = Counter()
        self._closed = False

    def post(self, camera: CameraId, frame: T) -> None:
        """Leave the newest frame of a camera; an older one that nobody took is dropped and counted."""
        with self._arrived:
            if self._waiting.pop(camera, None) is not None:
                self._replaced[camera] += 1
            self._waiting[camera] = frame
            self._arrived.notify()

    def take(self, most: int, timeout_s: float) -> list[T]:
        """Wait up to `timeout_s` for a frame, then return up to `most`, the longest waiting first."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._waiting or self._closed, timeout_s)
            count = min(most, len(self._waiting))
            return [self._waiting.popitem(last=False)[1] for _ in range(count)]

    def replaced(self, camera: CameraId) -> int:
        """Return how many frames of a camera were replaced unread."""
        return self._replaced[camera]

    def close(self) -> None:
        """Wake everybody who waits; frames that still lie here can still be taken."""
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
