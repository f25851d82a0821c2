"""A detector that is never wrong: turns a frame's truth into the look that flawless models would take of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from vision.demo.script import Script
from vision.demo.truth import OBJECTS, FrameTruth, PersonTruth
from vision.detections import Detections
from vision.frames import CameraId
from vision.pipeline import Abilities, CameraContext, LookInput
from vision.ports import People
from vision.rules.schedule import Schedule
from vision.scene import REASONS, STATES, ItemState, Unseen, Vitals, Wear

START = datetime(2026, 11, 24, 4, tzinfo=UTC)
LOOK_S = 2.0
ITEMS = ("hat", "mask", "uniform", "torso")
CLASSES = ("person", "head", *OBJECTS)
ABILITIES = Abilities("truth@1", (*CLASSES, "dog"), ITEMS)
SURE = 0.98
UNSEEN_HEAD = (float("nan"),) * 4
VITALS = {
    "ok": Vitals(luma=100, contrast=50, sharpness=1, change=1, edge_loss=0.02, shift=0, clock_drift_s=0),
    "black": Vitals(luma=3, contrast=1, sharpness=0, change=0.1, edge_loss=1, clock_drift_s=0),
    "covered": Vitals(luma=50, contrast=20, sharpness=0.05, change=1, edge_loss=1, clock_drift_s=0),
    "blurred": Vitals(luma=100, contrast=45, sharpness=0.08, change=1, edge_loss=0.3, shift=0, clock_drift_s=0),
    "frozen": Vitals(luma=100, contrast=50, sharpness=1, change=0, edge_loss=0.02, shift=0, clock_drift_s=0),
    "moved": Vitals(luma=100, contrast=50, sharpness=1, change=1, edge_loss=0.5, shift=0.15, clock_drift_s=0),
}
_WRONG = {"missing": ItemState.MISSING, "improper": ItemState.IMPROPER, "worn": ItemState.WORN}


def context(script: Script) -> CameraContext:
    """Return what a worker knows of the scene's camera."""
    weekdays = () if script.after_hours else (1, 2, 3, 4, 5, 6, 7)
    zones = tuple(zone.zone() for zone in script.zones)
    return CameraContext(CameraId(script.name), zones, schedule=Schedule(weekdays=weekdays), max_gap_s=2.5 * LOOK_S)


def look(truth: FrameTruth, frame_hw: tuple[int, int]) -> LookInput:
    """Return what flawless models say about a frame."""
    return LookInput(
        START + timedelta(seconds=truth.at_s),
        truth.at_s,
        frame_hw,
        People(_boxes(["person"] * len(truth.persons), [p.box for p in truth.persons]), _heads(truth.persons)),
        _boxes([thing.label for thing in truth.objects], [thing.box for thing in truth.objects]),
        _wear(truth.persons),
        VITALS[truth.camera],
    )


def _boxes(labels: Sequence[str], boxes: Sequence[tuple[int, ...]]) -> Detections:
    count = len(labels)
    ids = np.array([CLASSES.index(label) for label in labels], np.int64)
    return Detections(np.array(boxes, np.float32).reshape(count, 4), np.full(count, SURE, np.float32), ids, CLASSES)


def _heads(persons: Sequence[PersonTruth]) -> NDArray[np.float32]:
    return np.array([p.head or UNSEEN_HEAD for p in persons], np.float32).reshape(len(persons), 4)


def _wear(persons: Sequence[PersonTruth]) -> Wear:
    states = [[_WRONG.get(word, ItemState.UNKNOWN) for word in _words(person)] for person in persons]
    state = np.array([[STATES.index(s) for s in row] for row in states], np.int8).reshape(len(persons), len(ITEMS))
    odds = {ItemState.WORN: -4.0, ItemState.UNKNOWN: float("nan")}
    log_odds = np.array([[odds.get(s, 4.0) for s in row] for row in states], np.float32).reshape(state.shape)
    unseen = np.where(np.isnan(log_odds), REASONS.index(Unseen.TURNED_AWAY), 0).astype(np.int8)
    return Wear(ITEMS, log_odds, state, unseen, _heads(persons))


def _words(person: PersonTruth) -> tuple[str, ...]:
    uniform = "missing" if person.clothing in {"everyday", "bare"} else "worn"
    return person.hat, person.mask, uniform, "missing" if person.clothing == "bare" else "worn"
