"""Turns transitions into evidence: pictures at once, clip and manifest after the post-roll, all through the outbox."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from vision.catalogue import Catalogue, Duty, Place
from vision.config import CameraConfig
from vision.errors import StorageError
from vision.events import Closed, Evidence, Opened, Transition
from vision.frames import Frame, Image, Packet, StreamInfo
from vision.ports import ModelRef, Outbox, Outgoing
from vision.recording.body import Phase, event_body
from vision.recording.clip import can_hold, write_clip
from vision.recording.manifest import Link, ManifestChain, canonical
from vision.recording.ring import PacketRing
from vision.recording.snapshot import annotated, blurred, jpeg
from vision.recording.staging import Staging
from vision.recording.testimony import Testimony, manifest_of
from vision.scene import Scene, ZoneType

MAX_CLIP_BYTES = 60 * 1024 * 1024
"""The intake takes 64 MiB; a clip of a very fat stream ends earlier, and says so."""
NO_PICTURE = "the camera has never sent a picture"


@dataclass(frozen=True, slots=True)
class Desk:
    """What all recorders of one worker share."""

    worker: str
    outbox: Outbox
    catalogue: Catalogue
    models: tuple[ModelRef, ...]
    chain: ManifestChain
    staging: Path
    """An empty folder on the outbox's disk; what lies here was not handed over."""


@dataclass(slots=True)
class _Waiting:
    """A clip that waits for its post-roll, with all that is known of its event."""

    opened: Opened
    scene: Scene
    ends_at: datetime
    evidence: Evidence
    packets: list[Packet]
    size_bytes: int
    missing: dict[str, str] = field(default_factory=dict)
    closed: Closed | None = None
    """The violation ended before its clip did; `closed` leaves after `updated`, so that phases come in order."""

    failed: bool = False
    """It could not be handed over once; a full disk is not asked again with every packet."""

    def is_due(self, packet: Packet) -> bool:
        return packet.received_at > self.ends_at and (packet.is_key or not self.failed)

    def take(self, packet: Packet) -> None:
        if not self.packets and not packet.is_key:
            return
        if self.size_bytes + len(packet.data) > MAX_CLIP_BYTES:
            self.missing["clip_end"] = f"the clip would exceed {MAX_CLIP_BYTES} bytes"
        if packet.received_at <= self.ends_at and "clip_end" not in self.missing:
            self.packets.append(packet)
            self.size_bytes += len(packet.data)


class EventRecorder:
    """The recorder of one camera's connection; see `vision.ports.Recorder`.

    Not thread-safe. Whatever raises StorageError has changed nothing and may be called again.
    """

    def __init__(self, camera: CameraConfig, info: StreamInfo, desk: Desk) -> None:
        self._camera = camera
        self._info = info
        self._desk = desk
        self._ring = PacketRing()
        self._waiting: dict[UUID, _Waiting] = {}
        self._done: dict[UUID, Evidence] = {}

    def keep(self, packet: Packet) -> None:
        """Take one packet into the ring and into every waiting clip; finish the clips whose post-roll it ends.

        Raises:
            StorageError: a finished clip could not be handed over; it is tried again with the next key frame.
        """
        self._ring.append(packet)
        for waiting in self._waiting.values():
            waiting.take(packet)
        for waiting in [w for w in self._waiting.values() if w.is_due(packet)]:
            self._complete(waiting)

    def record(self, transition: Transition, frame: Frame | None, scene: Scene) -> None:
        """Put the event and its pictures into the outbox now; clip and manifest follow after the post-roll.

        `frame` is None where the camera has never sent a picture: then there is none, and the manifest says why.

        Raises:
            StorageError: the disk is full; nothing was handed over and nothing stays in the staging folder.
        """
        if isinstance(transition, Opened):
            self._open(transition, frame, scene)
        elif transition.opened.id in self._waiting:
            self._waiting[transition.opened.id].closed = transition
        else:
            self._close(transition)

    def finish(self, reason: str) -> None:
        """Complete every waiting clip with what there is; `reason` tells the manifest why it is short.

        Raises:
            StorageError: the last of those that could not be handed over; the others have left.
        """
        failure: StorageError | None = None
        for waiting in list(self._waiting.values()):
            waiting.missing.setdefault("clip_end", reason)
            try:
                self._complete(waiting)
            except StorageError as error:
                failure = error
        if failure:
            raise failure

    def _open(self, opened: Opened, frame: Frame | None, scene: Scene) -> None:
        with Staging(self._desk.staging, str(opened.id)) as staging:
            for name, data, is_blurred in _pictures(opened, frame.image, scene) if frame else ():
                staging.add(name, data, "image/jpeg", blurred=is_blurred)
            evidence = Evidence(staging.objects)
            event = self._event("opened", opened, evidence)
            self._desk.outbox.put(event, *staging.outgoing())
        self._waiting[opened.id] = self._wait(opened, scene, evidence)
        if frame is None:
            self._waiting[opened.id].missing["snapshot"] = NO_PICTURE

    def _wait(self, opened: Opened, scene: Scene, evidence: Evidence) -> _Waiting:
        begins_at = opened.started_at - timedelta(seconds=self._camera.pre_roll_s)
        ends_at = opened.at + timedelta(seconds=self._camera.post_roll_s)
        waiting = _Waiting(opened, scene, ends_at, evidence, [], 0)
        for packet in self._ring.since(begins_at):
            waiting.take(packet)
        if waiting.packets and waiting.packets[0].received_at > begins_at:
            waiting.missing["clip_start"] = "no older packets were kept"
        return waiting

    def _complete(self, waiting: _Waiting) -> None:
        """Hand over clip, manifest and `updated` in one put, then `closed` if the violation is over already."""
        waiting.failed = True
        with Staging(self._desk.staging, str(waiting.opened.id)) as staging:
            evidence = self._with_clip(waiting, staging)
            evidence = self._with_manifest(waiting, evidence, staging)
        del self._waiting[waiting.opened.id]
        self._done[waiting.opened.id] = evidence
        if waiting.closed:
            self._close(waiting.closed)

    def _with_clip(self, waiting: _Waiting, staging: Staging) -> Evidence:
        reason = self._clip_hindrance(waiting)
        if reason:
            waiting.missing["clip"] = reason
            return waiting.evidence
        path = staging.path("clip.mp4")
        write_clip(path, self._info, waiting.packets)
        clip = staging.adopt("clip", path, "video/mp4")
        return Evidence((*waiting.evidence.objects, clip))

    def _clip_hindrance(self, waiting: _Waiting) -> str:
        if not can_hold(self._info):
            return f"a source of {self._info.codec} has no packets that an MP4 can hold"
        return "" if waiting.packets else "no packets from a key frame on were kept"

    def _with_manifest(self, waiting: _Waiting, evidence: Evidence, staging: Staging) -> Evidence:
        """Write the manifest as the chain's next link; everything leaves together or not at all."""
        complete = evidence

        def build(link: Link) -> bytes:
            return canonical(manifest_of(self._testimony(waiting, evidence), link))

        def deliver(manifest: bytes) -> None:
            nonlocal complete
            stored = staging.add("manifest", manifest, "application/json", blurred=True)
            complete = Evidence((*evidence.objects, stored))
            event = self._event("updated", waiting.closed or waiting.opened, complete)
            self._desk.outbox.put(*staging.outgoing(), event)

        self._desk.chain.append(build, deliver)
        return complete

    def _testimony(self, waiting: _Waiting, evidence: Evidence) -> Testimony:
        kind = self._desk.catalogue.kinds.get(waiting.opened.kind)
        has_clip = evidence.get("clip") is not None
        return Testimony(
            camera=self._camera,
            info=self._info,
            models=self._desk.models,
            thresholds=kind.thresholds if kind else None,
            opened=waiting.opened,
            scene=waiting.scene,
            evidence=evidence,
            clip=tuple(waiting.packets) if has_clip else (),
            missing=waiting.missing,
        )

    def _close(self, closed: Closed) -> None:
        evidence = self._done.get(closed.opened.id, Evidence(()))
        self._desk.outbox.put(self._event("closed", closed, evidence))
        self._done.pop(closed.opened.id, None)

    def _event(self, phase: Phase, transition: Transition, evidence: Evidence) -> Outgoing:
        opened = transition.opened if isinstance(transition, Closed) else transition
        body = event_body(phase, transition, self._camera, self._duty(opened), evidence, self._desk.worker)
        return Outgoing(str(opened.id), "event", phase, canonical(body))

    def _duty(self, opened: Opened) -> Duty:
        types = {zone.name: zone.type for zone in self._camera.zones}
        zone_type = types.get(opened.zone, ZoneType.OTHER)
        place = Place(zone_type, self._camera.site_type, self._camera.jurisdiction)
        duty = self._desk.catalogue.duty(opened.kind, place, opened.at.date())
        return duty or Duty(opened.kind, opened.tier, opened.binding, (), None, None)


def _pictures(opened: Opened, image: Image, scene: Scene) -> Iterator[tuple[str, bytes, bool]]:
    """Yield (role, JPEG, blurred) of the moment; boxes and blur are drawn on copies (I4)."""
    hidden = blurred(image, scene)
    yield "snapshot", jpeg(image), False
    yield "annotated", jpeg(annotated(image, opened)), False
    yield "snapshot_blurred", jpeg(hidden), True
    yield "annotated_blurred", jpeg(annotated(hidden, opened)), True
