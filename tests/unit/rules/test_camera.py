import math
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from vision.events import KindName
from vision.rules.camera import EVIDENCE, CameraRule
from vision.scene import Vitals

Feed = Callable[..., list[tuple[float, str, str]]]
FINE = Vitals(luma=110, contrast=50, sharpness=1, change=2.5, edge_loss=0.05, shift=0.0, clock_drift_s=0.2)
ILL = {
    "camera_offline": Vitals(connected=False, silent_s=40),
    "camera_black": Vitals(luma=3, contrast=1, change=0.4, edge_loss=1.0, sharpness=0.0),
    "camera_frozen": Vitals(luma=110, contrast=50, sharpness=1, change=0.0, edge_loss=0.0),
    "camera_covered": Vitals(luma=90, contrast=20, sharpness=0.1, change=3, edge_loss=0.97, shift=0.3),
    "camera_blurred": Vitals(luma=110, contrast=40, sharpness=0.08, change=2, edge_loss=0.5),
    "camera_moved": Vitals(luma=110, contrast=50, sharpness=1, change=3, edge_loss=0.6, shift=0.2),
    "clock_drift": Vitals(luma=110, contrast=50, sharpness=1, change=2, clock_drift_s=-40),
}


def test_every_kind_of_ill_health_is_tried() -> None:
    assert set(ILL) == set(EVIDENCE)


@pytest.mark.parametrize("cause", ILL)
@pytest.mark.parametrize("kind", EVIDENCE)
def test_each_cause_gives_its_own_finding_and_no_other(
    make: SimpleNamespace, changes: Feed, kind: KindName, cause: str
) -> None:
    rule = CameraRule(make.charge(kind, "camera"), (make.main,))
    told = changes(rule, [make.scene(2.0 * i, vitals=ILL[cause]) for i in range(10)])
    assert [subject for _, _, subject in told] == (["camera"] if kind == cause else [])


@pytest.mark.parametrize("kind", EVIDENCE)
def test_a_healthy_camera_has_no_finding_and_a_cured_one_is_closed(
    make: SimpleNamespace, changes: Feed, kind: KindName
) -> None:
    rule = CameraRule(make.charge(kind, "camera"), (make.main,))
    assert changes(rule, [make.scene(2.0 * i, vitals=FINE) for i in range(10)]) == []
    told = changes(rule, [make.scene(20 + 2.0 * i, vitals=ILL[kind]) for i in range(10)])
    told += changes(rule, [make.scene(40 + 2.0 * i, vitals=FINE) for i in range(10)])
    assert [change for _, change, _ in told] == ["Opened", "Closed"]


@pytest.mark.parametrize("kind", [kind for kind in EVIDENCE if kind != "camera_offline"])
def test_what_is_not_measured_is_unknown(make: SimpleNamespace, changes: Feed, kind: KindName) -> None:
    """I3 for cameras: NaN vitals, and vitals of a camera that is not connected."""
    assert math.isnan(EVIDENCE[kind](Vitals()))
    rule = CameraRule(make.charge(kind, "camera"), (make.main,))
    lost = Vitals(connected=False, luma=0, contrast=0, sharpness=0, change=0, edge_loss=1, shift=1, clock_drift_s=99)
    scenes = [make.scene(2.0 * i, vitals=vitals) for i, vitals in enumerate([Vitals()] * 9 + [lost] * 9)]
    assert changes(rule, scenes) == []


def test_a_short_silence_is_no_outage(make: SimpleNamespace, changes: Feed) -> None:
    rule = CameraRule(make.charge("camera_offline", "camera"), (make.main,))
    assert (
        changes(rule, [make.scene(2.0 * i, vitals=Vitals(connected=False, silent_s=2.0 * i)) for i in range(6)]) == []
    )


def test_a_dark_night_with_contrast_is_not_black() -> None:
    assert EVIDENCE[KindName("camera_black")](Vitals(luma=12, contrast=25)) < 0


def test_without_a_duty_nobody_is_asked(make: SimpleNamespace, changes: Feed) -> None:
    rule = CameraRule(make.charge("camera_black", "camera", ()), (make.main,))
    assert changes(rule, [make.scene(2.0 * i, vitals=ILL["camera_black"]) for i in range(10)]) == []
    assert rule.finish(make.start_at, 0, "ended") == []


def test_ill_health_asks_for_no_closer_look(make: SimpleNamespace) -> None:
    rule = CameraRule(make.charge("camera_black", "camera"), (make.main,))
    rule.update(make.scene(0, vitals=Vitals(luma=2.0, contrast=1.0)))
    assert not rule.suspects
