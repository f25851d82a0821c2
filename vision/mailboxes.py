"""One place per camera for its newest frame: a late frame replaces an unread one, and every loss is counted (I2)."""

import threading
from collections import Counter, OrderedDict

from vision.frames import CameraId, Frame


class Mailboxes:
    """Frames on their way from many camera threads to the one that runs the models."""

    def __init__(self) -> None:
        self._frames: OrderedDict[CameraId, Frame] = OrderedDict()
        self._arrived = threading.Condition()
        self._replaced: Counter[CameraId] = Counter()
        self._closed = False

    def post(self, frame: Frame) -> None:
        """Leave the newest frame of its camera; an older one that nobody took is dropped and counted."""
        with self._arrived:
            if self._frames.pop(frame.camera, None) is not None:
                self._replaced[frame.camera] += 1
            self._frames[frame.camera] = frame
            self._arrived.notify()

    def take(self, most: int, timeout_s: float) -> list[Frame]:
        """Wait up to `timeout_s` for a frame, then return up to `most`, the longest waiting first."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._frames or self._closed, timeout_s)
            count = min(most, len(self._frames))
            return [self._frames.popitem(last=False)[1] for _ in range(count)]

    def replaced(self, camera: CameraId) -> int:
        """Return how many frames of a camera were replaced unread."""
        return self._replaced[camera]

    def close(self) -> None:
        """Wake everybody who waits; frames that still lie here can still be taken."""
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
