"""From a camera's configuration to an open source: the one door into `vision.sources`."""

from datetime import datetime

from vision.clock import Clock
from vision.config import CameraConfig
from vision.frames import CameraId
from vision.ports import Source
from vision.sources.address import AddressPolicy, SourceKind, parse
from vision.sources.av import open_av
from vision.sources.looping import LoopingSource
from vision.sources.pictures import open_pictures
from vision.sources.snapshot import open_snapshot

TRUSTED = AddressPolicy()


def open_source(
    camera: CameraConfig, *, clock: Clock, start_at: datetime | None = None, policy: AddressPolicy = TRUSTED
) -> Source:
    """Open the camera's address with the adapter that it asks for (see `address.parse`).

    `start_at` is the instant of a file's first packet or folder's first picture; live sources ignore it.

    Raises:
        SourceError: one of its family, in under 10 s; names the masked address.
        PictureError: the first picture is none, or exceeds the bounds.
    """
    address = parse(camera.source, policy)
    camera_id = CameraId(camera.id)
    if address.kind is SourceKind.PICTURES:
        return open_pictures(camera_id, address, camera.interval_s, start_at)
    if address.kind is SourceKind.SNAPSHOT:
        return open_snapshot(camera_id, address, camera.interval_s, clock, policy)
    if address.kind is SourceKind.LOOP:
        return LoopingSource(camera_id, address, clock)
    return open_av(camera_id, address, clock, start_at, trusted=policy.trusted)
