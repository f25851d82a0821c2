"""The outbox of `mingchu watch`: events and their evidence go into a folder, one subfolder for each event."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vision.errors import StorageError
from vision.ports import Outgoing
from vision.recording.manifest import canonical
from vision.recording.staging import SUFFIXES
from vision.recording.writing import write_whole

OWN_NAMES = (
    *("event.json", "manifest.json", "clip.mp4"),
    *("snapshot.jpg", "annotated.jpg", "snapshot_blurred.jpg", "annotated_blurred.jpg"),
)
"""What we write below OUT/<event id>/; nothing else there is ever touched."""


class FolderOutbox:
    """Puts each event into OUT/<event id>/ and tells `on_event` its body; `event.json` is the newest one.

    Urls of a body are relative to OUT. A second run into the same OUT replaces what the first one left of an event.
    """

    def __init__(self, out_dir: Path, on_event: Callable[[dict[str, Any]], None]) -> None:
        self._out_dir = out_dir
        self._on_event = on_event

    def put(self, *items: Outgoing) -> None:
        """Store the items of one event; its bodies are told only after everything lies there.

        Raises:
            StorageError: the disk is full; what this call had stored is removed again.
        """
        events = [item for item in items if item.part == "event"]
        stored: list[Path] = []
        try:
            for item in events:
                self._clear(item)
            for item in items:
                stored += self._store_media(item)
            bodies = [self._store_event(item) for item in events]
        except OSError as error:
            for path in stored:
                path.unlink(missing_ok=True)
            raise self._full(error) from error
        for body in bodies:
            self._on_event(body)

    def _full(self, error: OSError) -> StorageError:
        if isinstance(error, StorageError):
            return error
        return StorageError(f"{self._out_dir}: cannot be written ({error.strerror})")

    def _clear(self, item: Outgoing) -> None:
        """What an earlier run left must not be taken for evidence of this one."""
        for name in OWN_NAMES if item.name == "opened" else ():
            (self._out_dir / item.event_id / name).unlink(missing_ok=True)

    def _store_media(self, item: Outgoing) -> list[Path]:
        if item.path is None:
            return []
        target = self._out_dir / _relative(item.event_id, item.name, item.media_type)
        target.parent.mkdir(parents=True, exist_ok=True)
        _move(item.path, target)
        return [target]

    def _store_event(self, item: Outgoing) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(item.body)
        for name, stored in body["data"]["evidence"].items():
            stored["url"] = _relative(item.event_id, name, stored["media_type"])
        write_whole(self._out_dir / item.event_id / "event.json", canonical(body))
        return body


def _relative(event_id: str, name: str, media_type: str) -> str:
    return f"{event_id}/{name}.{SUFFIXES[media_type]}"


def _move(source: Path, target: Path) -> None:
    """Rename where both lie on one disk; otherwise copy beside the target first, so that no half file is ever seen."""
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.move(source, part)
        os.replace(part, target)  # noqa: PTH105 - Path.replace would read the other way round here
    finally:
        part.unlink(missing_ok=True)
