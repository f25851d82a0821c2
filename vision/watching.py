"""Looks at one source to its end in the caller's thread: nothing is dropped, the same file gives the same ids."""

from collections.abc import Callable
from datetime import datetime

from vision.path import CameraPath, Tally
from vision.ports import Source
from vision.sight import Eyes

Progress = Callable[[float], None]
"""Told the stream's time in seconds, packet by packet."""


def watch_through(source: Source, path: CameraPath, eyes: Eyes, progress: Progress) -> Tally:
    """Look at every due key frame until the source ends; raises the `SourceError` family and StorageError."""
    last_at: datetime | None = None
    for packet in source.packets():
        last_at = packet.received_at
        progress(packet.pts_s)
        frame = path.packet(packet)
        if frame is not None:
            path.decide(frame, eyes.see([frame.image])[0])
    if last_at is not None:
        path.finish(last_at, "ended")
    return path.tally
