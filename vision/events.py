"""What leaves the line: a violation opens, a violation closes, and the evidence that goes with it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID, uuid5

from vision.frames import CameraId

KindName = NewType("KindName", str)
"""A key of `catalogue.toml`, such as no_hat."""

NAMESPACE = UUID("6d1e7a52-0f0b-5c1e-9c55-6d696e676368")
"""Root of all our deterministic ids; never change it: stored events would get twins."""


class Tier(StrEnum):
    """How urgent a violation is (Hubei's three classes, domain.md 1.2)."""

    I = "I"  # noqa: E741 - the law's own numeral
    II = "II"
    III = "III"


class Binding(StrEnum):
    """Whether the law demands or only recommends; a recommendation is recorded and never ordered."""

    MANDATORY = "mandatory"
    RECOMMENDED = "recommended"


def event_id(camera: CameraId, kind: KindName, subject: str, started_at: datetime) -> UUID:
    """Return the id that the same violation gets however often it is computed (I1)."""
    return uuid5(NAMESPACE, f"{camera}\x1f{kind}\x1f{subject}\x1f{started_at.isoformat()}")


@dataclass(frozen=True, slots=True)
class Look:
    """One point of the evidence curve that the console draws."""

    pts_s: float
    log_odds: float
    """Of this look; NaN = unknown, drawn hatched."""
    total: float
    """The leaky sum after this look."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A violation has begun, and the evidence passed the opening threshold."""

    id: UUID
    camera: CameraId
    kind: KindName
    tier: Tier
    binding: Binding
    zone: str
    """`Zone.name`."""
    subject: str
    """Whose or what: track-7, zone-main, camera; never a person's identity (I8)."""
    started_at: datetime
    """Instant of the first look that spoke for it; part of the id."""
    started_pts_s: float
    at: datetime
    """Instant of the look that opened it."""
    pts_s: float
    confidence: float
    """Calibrated probability at opening, 0..1."""
    box: tuple[float, float, float, float] | None
    """xyxy in frame px of the look that opened it; None when it is about the whole picture."""
    frame_hw: tuple[int, int]
    looks: tuple[Look, ...]
    """The evidence curve up to the opening; the newest 64."""
    model: str
    """name@version of every model that was asked, joined by +."""
    rule_version: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A violation is over: the evidence fell below the closing threshold, or its subject left."""

    opened: Opened
    ended_at: datetime
    """Instant of the last look that still spoke for it."""
    ended_pts_s: float
    peak: float
    """Highest confidence that was reached, 0..1."""
    looks: tuple[Look, ...]
    """The evidence curve from start to end; the newest 64."""
    reason: str = "ended"
    """ended | left | interrupted (the worker stopped)."""


Transition = Opened | Closed


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One piece of evidence on disk or in the object store."""

    name: str
    """Its role: snapshot, annotated, clip, manifest, snapshot_blurred, annotated_blurred."""
    key: str
    """Where it lies, relative to the store's root."""
    sha256: str
    size_bytes: int
    media_type: str
    blurred: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is kept for one event; a part that could not be made is missing, and the manifest says why."""

    objects: tuple[StoredObject, ...]

    def get(self, name: str) -> StoredObject | None:
        """Return the object with this role."""
        return next((o for o in self.objects if o.name == name), None)
