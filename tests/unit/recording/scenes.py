"""Looks and transitions for tests of the recorder."""

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from tests.films import CAMERA, HEIGHT, START_AT, WIDTH, picture
from vision.catalogue import load_catalogue
from vision.config import CameraConfig, ZoneConfig
from vision.detections import Detections
from vision.events import Binding, Closed, KindName, Look, Opened, Tier, event_id
from vision.frames import Frame
from vision.picture import Pixels
from vision.ports import ModelRef, Outgoing
from vision.scene import ItemState, Scene, Unseen, Vitals, Wear, Zone, ZoneType
from vision.tracks import Tracks

NAN = float("nan")
CATALOGUE = load_catalogue()
MODELS = (ModelRef("detector", "2026.11.24", "ab" * 32),)
CONFIG = CameraConfig(
    id=CAMERA,
    site="canteen-7",
    source="rtsp://admin:hunter2@cam/1",
    zones=(ZoneConfig(name="cold", type=ZoneType.SPECIAL_ROOM),),
    pre_roll_s=1,
    post_roll_s=1,
)


def opened(at_s: float, subject: str = "track-1") -> Opened:
    """Return a violation that began a second before it was opened."""
    started_at, at = START_AT + timedelta(seconds=at_s - 1), START_AT + timedelta(seconds=at_s)
    kind = KindName("no_hat")
    looks = (Look(at_s - 1, 3.1, 3.1), Look(at_s, NAN, 2.9))
    return Opened(
        id=event_id(CAMERA, kind, subject, started_at),
        camera=CAMERA,
        kind=kind,
        tier=Tier.II,
        binding=Binding.MANDATORY,
        zone="cold",
        subject=subject,
        started_at=started_at,
        started_pts_s=at_s - 1,
        at=at,
        pts_s=at_s,
        confidence=0.97,
        box=(20.0, 10.0, 60.0, 90.0),
        frame_hw=(HEIGHT, WIDTH),
        looks=looks,
        model="detector@2026.11.24",
        rule_version="2026-11-24",
    )


def closed(opening: Opened, at_s: float) -> Closed:
    at = START_AT + timedelta(seconds=at_s)
    return Closed(opening, at, at_s, 0.99, (*opening.looks, Look(at_s, -4.0, -1.0)), "left")


def frame(at_s: float) -> Frame:
    return Frame(CAMERA, Pixels(picture(round(at_s * 10))), START_AT + timedelta(seconds=at_s), at_s)


def scene(at_s: float) -> Scene:
    """Two persons: one whose head is seen bare, one who shows none."""
    boxes = np.array([[20, 10, 60, 90], [90, 6, 130, 96]], np.float32)
    seen = Detections(boxes, np.array([0.9, 0.8], np.float32), np.zeros(2, np.int64), ("person",))
    states, reasons = list(ItemState), list(Unseen)
    unknown = states.index(ItemState.UNKNOWN)
    wear = Wear(
        ("hat",),
        np.array([[3.1], [NAN]], np.float32),
        np.array([[states.index(ItemState.MISSING)], [unknown]], np.int8),
        np.array([[0], [reasons.index(Unseen.NO_HEAD)]], np.int8),
        np.array([[30, 12, 50, 32], [NAN] * 4], np.float32),
    )
    persons = Tracks(np.array([1, 2]), seen, np.array([1, 1], np.float32))
    zones = (Zone("cold", ZoneType.SPECIAL_ROOM),)
    at = START_AT + timedelta(seconds=at_s)
    return Scene(CAMERA, at, at_s, (HEIGHT, WIDTH), persons, Tracks.empty(), wear, zones, Vitals(luma=100))


@dataclass
class KeptOutbox:
    """An honest outbox in memory: takes files over as the spool does, all or none."""

    puts: list[list[str]] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)
    broken: OSError | None = None

    def put(self, *items: Outgoing) -> None:
        if self.broken:
            raise self.broken
        for item in items:
            key = f"{item.event_id}/{item.name}"
            self.bodies[key] = item.path.read_bytes() if item.path else item.body
            if item.path:
                item.path.unlink()
        self.puts.append([item.name for item in items])
