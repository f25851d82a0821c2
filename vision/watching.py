"""Looks at one source to its end in the caller's thread: nothing is dropped, the same file gives the same ids."""

from collections.abc import Callable
from datetime import datetime

from vision.path import CameraPath
from vision.ports import Source
from vision.rules import Reason
from vision.sight import Eyes
from vision.tally import Tally

Progress = Callable[[float], None]
"""Told the stream's time in seconds, packet by packet."""


def watch_through(source: Source, path: CameraPath, eyes: Eyes, progress: Progress) -> Tally:
    """Look at every picture that is due until the source ends; raises the `SourceError` family and StorageError.

    However it ends, what is open is closed: as ended where the source ends, as interrupted where it is lost.
    """
    last_at: datetime | None = None
    reason: Reason = "interrupted"
    try:
        for packet in source.packets():
            last_at = packet.received_at
            progress(packet.pts_s)
            for frame in path.packet(packet):
                path.decide(frame, path.known(frame) or eyes.see([frame.picture])[0])
            _raise_trouble(path)
        reason = "ended"
    finally:
        if last_at is not None:
            path.finish(last_at, reason)
    _raise_trouble(path)
    return path.tally


def _raise_trouble(path: CameraPath) -> None:
    """Nobody is there to wait for a full disk: it ends the watch."""
    if path.trouble is not None:
        raise path.trouble
