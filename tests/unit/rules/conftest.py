"""Scenes, duties and charges for the tests of the rules, as small as they can be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from vision.catalogue import Duty, Kind, Thresholds
from vision.detections import Detections
from vision.events import Binding, KindName, Tier
from vision.frames import CameraId
from vision.rules.ledger import Charge
from vision.scene import STATES, UNKNOWN_INDEX, Scene, Vitals, Wear, Zone, ZoneType
from vision.tracks import Tracks

START = datetime(2026, 11, 24, 4, tzinfo=UTC)
HW = (400, 800)
MAIN = Zone("main", ZoneType.SPECIAL_ROOM)
NAN = float("nan")
MISSING = 2


def duty(kind: str) -> Duty:
    return Duty(KindName(kind), Tier.II, Binding.MANDATORY, (), None, 24.0)


def make_charge(
    name: str, family: str = "presence", zones: tuple[ZoneType, ...] = (ZoneType.SPECIAL_ROOM,), **of: object
) -> Charge:
    limits = Thresholds(5, 1, 20, 30, float(of.pop("dwell_s", 0)))  # type: ignore[arg-type]
    words = {"item": "", "needs": (), "rejects": ()} | of
    kind = Kind(KindName(name), "", "", family, thresholds=limits, **words)  # type: ignore[arg-type]
    return Charge(CameraId("kitchen-1"), kind, dict.fromkeys(zones, duty(name)), "detector@1", "edition-1")


Thing = tuple[int, str, tuple[float, float, float, float], float]
"""Track, class, box, confidence."""


def tracked(*things: Thing, ended: tuple[int, ...] = ()) -> Tracks:
    classes = tuple(dict.fromkeys(thing[1] for thing in things))
    seen = Detections(
        np.array([thing[2] for thing in things], np.float32).reshape(-1, 4),
        np.array([thing[3] for thing in things], np.float32),
        np.array([classes.index(thing[1]) for thing in things], np.int64),
        (*classes, "person", "cat", "dog") if things else ("person",),
    )
    return Tracks(np.array([t[0] for t in things], np.int64), seen, np.zeros(len(things), np.float32), ended)


def make_scene(
    at_s: float,
    persons: Tracks | None = None,
    objects: Tracks | None = None,
    *,
    hat: tuple[float, ...] | None = None,
    heads: list[tuple[float, float, float, float]] | None = None,
    zones: tuple[Zone, ...] = (MAIN,),
    vitals: Vitals | None = None,
    start_at: datetime = START,
) -> Scene:
    who = tracked() if persons is None else persons
    log_odds = np.array(hat if hat is not None else [NAN] * len(who), np.float32).reshape(-1, 1)
    state = np.where(np.isnan(log_odds), UNKNOWN_INDEX, MISSING).astype(np.int8)
    head = np.array(heads, np.float32) if heads else np.full((len(who), 4), np.nan, np.float32)
    return Scene(
        CameraId("kitchen-1"),
        start_at + timedelta(seconds=at_s),
        at_s,
        HW,
        who,
        tracked() if objects is None else objects,
        Wear(("hat",), log_odds, state, np.zeros_like(state), head),
        zones,
        vitals or Vitals(),
    )


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Return the builders; a fixture, because test folders are no packages."""
    assert STATES[MISSING] == "missing"
    return SimpleNamespace(charge=make_charge, scene=make_scene, tracked=tracked, start_at=START, hw=HW, main=MAIN)


@pytest.fixture(scope="session")
def changes() -> Callable[..., list[tuple[float, str, str]]]:
    """Return a function that feeds scenes to a rule and tells (pts, Opened or Closed, subject) of what came out."""

    def feed(rule: object, scenes: list[Scene]) -> list[tuple[float, str, str]]:
        told = []
        for scene in scenes:
            for change in rule.update(scene):  # type: ignore[attr-defined]
                opened = getattr(change, "opened", change)
                told.append((scene.pts_s, type(change).__name__, opened.subject))
        return told

    return feed
