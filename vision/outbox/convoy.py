"""Which of the waiting things go to the API in one request: bodies of events, in the order of each camera."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vision.outbox.spool import Queued

MOST = 100
"""Messages that the API takes in one batch."""
MOST_BYTES = 1_000_000
"""Of them together; the API takes 1 MiB."""
ASK_AGAIN = timedelta(hours=1)
"""Until then, an API that knows no batches gets everything singly; it may be replaced by a newer one meanwhile."""
REMEMBERED = 4096
"""Events whose camera is kept in mind for the media that follow."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing in the queue, and of which camera it is; empty where that cannot be told."""

    queued: Queued
    camera: str


class Convoy:
    """Chooses what goes next; nothing overtakes what waits before it of the same camera."""

    def __init__(self) -> None:
        self._cameras: dict[str, str] = {}
        self._singly: set[int] = set()
        """Numbers in the spool of what a batch did not bring in."""
        self._until = datetime.min.replace(tzinfo=UTC)

    def lined_up(self, queue: Iterable[Queued]) -> list[Waiting]:
        """Return the queue with the camera of each thing."""
        return [Waiting(queued, self._camera_of(queued)) for queued in queue]

    def chosen(self, line: Sequence[Waiting], now: datetime) -> list[Queued]:
        """Return several bodies that go together, the first in line among them, or the first alone."""
        first = line[0].queued
        together = self._together(line) if now >= self._until else []
        return together if len(together) > 1 and together[0] is first else [first]

    def _together(self, line: Sequence[Waiting]) -> list[Queued]:
        together: list[Queued] = []
        size, stopped = 0, set[str]()
        for waiting in line:
            if not waiting.camera:
                break  # it may be of any camera, and nothing of that one may overtake it
            size += len(waiting.queued.item.body)
            if len(together) == MOST or size > MOST_BYTES:
                break
            if waiting.camera not in stopped and self._may_join(waiting.queued):
                together.append(waiting.queued)
            else:
                stopped.add(waiting.camera)
        return together

    def _may_join(self, queued: Queued) -> bool:
        return queued.item.path is None and not queued.attempts and queued.id not in self._singly

    def part(self, queued: Iterable[Queued]) -> None:
        """Let these go singly from now on: one of them may be why the others were not taken."""
        self._singly |= {each.id for each in queued}

    def arrived(self, ids: Collection[int]) -> None:
        """Forget what no longer waits."""
        self._singly.difference_update(ids)

    def give_up(self, now: datetime) -> None:
        """Send everything singly for a while: this API knows no batches."""
        self._until = now + ASK_AGAIN

    def _camera_of(self, queued: Queued) -> str:
        item = queued.item
        if item.path is not None:
            return self._cameras.get(item.event_id, "")
        camera = _camera_in(item.body, item.event_id)
        self._cameras[item.event_id] = camera
        while len(self._cameras) > REMEMBERED:
            del self._cameras[next(iter(self._cameras))]
        return camera


def _camera_in(body: bytes, event_id: str) -> str:
    """Return the camera that a body names; nothing where it is not what the API expects under this id."""
    try:
        data = json.loads(body)["data"]
        return str(data["camera"]) if data["id"] == event_id else ""
    except (ValueError, KeyError, TypeError):
        return ""


def joined(together: Sequence[Queued]) -> bytes:
    """Return the JSON array of several bodies."""
    return b"[%s]" % b",".join(each.item.body for each in together)
