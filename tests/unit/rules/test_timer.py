from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from vision.rules.schedule import Schedule
from vision.rules.timer import AbsenceRule, FlameRule, IntruderRule
from vision.scene import Scene, Vitals, Zone, ZoneType

Feed = Callable[..., list[tuple[float, str, str]]]
BODY = (300.0, 100.0, 400.0, 380.0)
FLAME = (100.0, 300.0, 130.0, 330.0)
HOURS = Schedule("09:00", "21:00")
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 16, tzinfo=UTC)
LEFT_HALF = Zone("left", ZoneType.SPECIAL_ROOM, ((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
RIGHT_HALF = Zone("right", ZoneType.SPECIAL_ROOM, ((0.5, 0), (1, 0), (1, 1), (0.5, 1)))
STOVE = Zone("stove", ZoneType.COOKING)


def hours(make: SimpleNamespace, *somebody: bool, **of: object) -> list[Scene]:
    who = make.tracked((1, "person", BODY, 0.9))
    return [make.scene(2.0 * i, who if here else None, **of) for i, here in enumerate(somebody)]


def absence(make: SimpleNamespace) -> AbsenceRule:
    return AbsenceRule(make.charge("absence", "timer", dwell_s=60), HOURS)


def test_an_empty_post_opens_after_its_dwell_and_closes_when_somebody_comes(
    make: SimpleNamespace, changes: Feed
) -> None:
    told = changes(absence(make), hours(make, *[False] * 40, *[True] * 3, start_at=NOON))
    assert told[0] == (60.0, "Opened", "zone-main")
    assert told[1][1] == "Closed"
    assert 80 <= told[1][0] <= 84


def test_somebody_now_and_then_is_enough(make: SimpleNamespace, changes: Feed) -> None:
    assert changes(absence(make), hours(make, *([True] + [False] * 15) * 6, start_at=NOON)) == []


def test_outside_hours_nobody_must_be_there(make: SimpleNamespace, changes: Feed) -> None:
    assert changes(absence(make), hours(make, *[False] * 60, start_at=NIGHT)) == []


@pytest.mark.parametrize("vitals", [Vitals(connected=False), Vitals(luma=3, contrast=1)], ids=["lost", "black"])
def test_a_camera_that_sees_nothing_does_not_see_nobody(make: SimpleNamespace, changes: Feed, vitals: Vitals) -> None:
    """I3: absence of a picture is no picture of absence."""
    assert changes(absence(make), hours(make, *[False] * 90, start_at=NOON, vitals=vitals)) == []


def test_each_post_is_asked_for_itself(make: SimpleNamespace, changes: Feed) -> None:
    told = changes(absence(make), hours(make, *[True] * 40, start_at=NOON, zones=(LEFT_HALF, RIGHT_HALF)))
    assert told == [(60.0, "Opened", "zone-right")]


@pytest.mark.parametrize(("start_at", "expected"), [(NIGHT, ["zone-main"]), (NOON, [])])
def test_an_intruder_is_somebody_at_the_wrong_hour(
    make: SimpleNamespace, changes: Feed, start_at: datetime, expected: list[str]
) -> None:
    rule = IntruderRule(make.charge("intruder", "timer"), HOURS, 0.35)
    told = changes(rule, hours(make, *[True] * 6, start_at=start_at))
    assert [subject for _, _, subject in told] == expected


def test_an_empty_night_is_quiet(make: SimpleNamespace, changes: Feed) -> None:
    rule = IntruderRule(make.charge("intruder", "timer"), HOURS, 0.35)
    assert changes(rule, hours(make, *[False] * 30, start_at=NIGHT)) == []


def flames(make: SimpleNamespace, count: int, *, attended: bool = False, zone: Zone = STOVE) -> list[Scene]:
    who = make.tracked((1, "person", BODY, 0.9)) if attended else None
    what = make.tracked((2, "flame", FLAME, 0.9))
    return [make.scene(2.0 * i, who, what, zones=(zone,)) for i in range(count)]


def flame_rule(make: SimpleNamespace) -> FlameRule:
    return FlameRule(make.charge("flame_unattended", "timer", (ZoneType.COOKING,), dwell_s=60), 0.35)


def test_a_flame_left_alone_opens_after_its_dwell(make: SimpleNamespace, changes: Feed) -> None:
    assert changes(flame_rule(make), flames(make, 40)) == [(60.0, "Opened", "zone-stove")]


def test_a_flame_with_a_cook_is_cooking(make: SimpleNamespace, changes: Feed) -> None:
    assert changes(flame_rule(make), flames(make, 90, attended=True)) == []


def test_a_flame_outside_a_cooking_zone_is_for_another_rule(make: SimpleNamespace, changes: Feed) -> None:
    assert changes(flame_rule(make), flames(make, 90, zone=Zone("store", ZoneType.STORAGE))) == []


def test_no_flame_no_finding(make: SimpleNamespace, changes: Feed) -> None:
    assert changes(flame_rule(make), [make.scene(2.0 * i, zones=(STOVE,)) for i in range(90)]) == []


def test_finishing_closes(make: SimpleNamespace) -> None:
    rule = flame_rule(make)
    for scene in flames(make, 40):
        rule.update(scene)
    (closed,) = rule.finish(scene.at, scene.pts_s, "interrupted")
    assert closed.reason == "interrupted"  # type: ignore[union-attr]
