from collections.abc import Callable
from types import SimpleNamespace

import pytest

from vision.rules.presence import PersonRule, ZoneRule, things
from vision.scene import Scene, Vitals, Zone, ZoneType

Feed = Callable[..., list[tuple[float, str, str]]]
BODY = (300.0, 100.0, 400.0, 380.0)
HEAD = (330.0, 100.0, 370.0, 150.0)
AT_MOUTH = (320.0, 135.0, 340.0, 141.0)
AT_HAND = (310.0, 250.0, 325.0, 275.0)
ON_TABLE = (600.0, 250.0, 615.0, 275.0)
RAT = (100.0, 350.0, 120.0, 360.0)
CAT = (95.0, 340.0, 140.0, 365.0)
Box = tuple[float, float, float, float]


def with_thing(make: SimpleNamespace, name: str, box: Box, count: int = 8, confidence: float = 0.9) -> list[Scene]:
    who, what = make.tracked((1, "person", BODY, 0.9)), make.tracked((2, name, box, confidence))
    return [make.scene(2.0 * i, who, what, heads=[HEAD]) for i in range(count)]


@pytest.fixture
def smoking(make: SimpleNamespace) -> PersonRule:
    return PersonRule(make.charge("smoking", needs=("cigarette", "person")), 0.35)


@pytest.fixture
def phone(make: SimpleNamespace) -> PersonRule:
    return PersonRule(make.charge("phone_use", needs=("phone", "person"), dwell_s=10), 0.35)


@pytest.fixture
def rodent(make: SimpleNamespace) -> ZoneRule:
    return ZoneRule(make.charge("rodent", needs=("rat",), rejects=("cat", "dog")), 0.35)


def test_an_empty_kitchen_is_fine(make: SimpleNamespace, smoking: PersonRule, rodent: ZoneRule, changes: Feed) -> None:
    empty = [make.scene(2.0 * i) for i in range(5)]
    assert changes(smoking, empty) == changes(rodent, empty) == []


def test_things_leave_out_people(make: SimpleNamespace) -> None:
    assert things(make.charge("smoking", needs=("cigarette", "person", "head")).kind) == ("cigarette",)


@pytest.mark.parametrize(("box", "expected"), [(AT_MOUTH, 1), (AT_HAND, 0), (ON_TABLE, 0)])
def test_a_cigarette_counts_at_the_head(
    make: SimpleNamespace, smoking: PersonRule, changes: Feed, box: Box, expected: int
) -> None:
    told = changes(smoking, with_thing(make, "cigarette", box))
    assert [subject for _, _, subject in told] == ["track-1"] * expected


@pytest.mark.parametrize(("box", "expected"), [(AT_HAND, [10.0]), (ON_TABLE, [])])
def test_a_phone_counts_in_the_hand_and_after_its_dwell(
    make: SimpleNamespace, phone: PersonRule, changes: Feed, box: Box, expected: list[float]
) -> None:
    assert [at for at, _, _ in changes(phone, with_thing(make, "phone", box))] == expected


def test_a_phone_put_away_closes(make: SimpleNamespace, phone: PersonRule, changes: Feed) -> None:
    after = [make.scene(2.0 * i, make.tracked((1, "person", BODY, 0.9))) for i in range(8, 30)]
    told = changes(phone, [*with_thing(make, "phone", AT_HAND), *after])
    assert [change for _, change, _ in told] == ["Opened", "Closed"]


def test_one_phone_belongs_to_one_person(make: SimpleNamespace, phone: PersonRule, changes: Feed) -> None:
    who = make.tracked((1, "person", BODY, 0.9), (5, "person", (318.0, 100.0, 418.0, 380.0), 0.9))
    what = make.tracked((2, "phone", AT_HAND, 0.9))
    told = changes(phone, [make.scene(2.0 * i, who, what) for i in range(10)])
    assert [subject for _, _, subject in told] == ["track-1"]


def test_doubtful_boxes_open_nothing(make: SimpleNamespace, smoking: PersonRule, changes: Feed) -> None:
    assert changes(smoking, with_thing(make, "cigarette", AT_MOUTH, count=40, confidence=0.3)) == []


def rats(make: SimpleNamespace, *boxes: Box, step_s: float = 2.0, **of: object) -> list[Scene]:
    return [make.scene(step_s * i, None, make.tracked((2, "rat", box, 0.95)), **of) for i, box in enumerate(boxes)]


def test_a_still_rat_needs_three_looks_and_the_violation_is_about_the_zone(
    make: SimpleNamespace, rodent: ZoneRule, changes: Feed
) -> None:
    assert changes(rodent, rats(make, *[RAT] * 4)) == [(6.0, "Opened", "zone-main")]


def test_a_running_rat_is_believed_sooner(make: SimpleNamespace, rodent: ZoneRule, changes: Feed) -> None:
    running = [(100.0 + 40 * i, 350.0, 120.0 + 40 * i, 360.0) for i in range(3)]
    assert changes(rodent, rats(make, *running)) == [(4.0, "Opened", "zone-main")]


def test_a_rat_that_overlaps_a_cat_is_a_cat(make: SimpleNamespace, rodent: ZoneRule, changes: Feed) -> None:
    both = make.tracked((2, "rat", RAT, 0.95), (3, "cat", CAT, 0.5))
    assert changes(rodent, [make.scene(2.0 * i, None, both) for i in range(12)]) == []


def test_a_track_mostly_called_cat_is_a_cat(make: SimpleNamespace, rodent: ZoneRule, changes: Feed) -> None:
    names = ["cat", "cat", "rat"] * 8
    scenes = [make.scene(2.0 * i, None, make.tracked((2, name, RAT, 0.95))) for i, name in enumerate(names)]
    assert changes(rodent, scenes) == []


def test_a_pet_is_a_pet(make: SimpleNamespace, changes: Feed) -> None:
    pets = ZoneRule(make.charge("pet_animal", needs=("cat", "dog")), 0.35)
    scenes = [make.scene(2.0 * i, None, make.tracked((3, "dog", CAT, 0.9))) for i in range(4)]
    assert changes(pets, scenes) == [(2.0, "Opened", "zone-main")]


def test_broken_tracks_are_one_violation(make: SimpleNamespace, rodent: ZoneRule, changes: Feed) -> None:
    scenes = [make.scene(2.0 * i, None, make.tracked((2 + i // 4, "rat", RAT, 0.95))) for i in range(16)]
    assert [change for _, change, _ in changes(rodent, scenes)] == ["Opened"]


def test_no_rat_is_seen_by_a_lost_camera(make: SimpleNamespace, rodent: ZoneRule, changes: Feed) -> None:
    assert changes(rodent, rats(make, *[RAT] * 8, vitals=Vitals(connected=False))) == []


@pytest.mark.parametrize(
    ("name", "zone", "expected"),
    [
        ("flame", ZoneType.COOKING, []),
        ("flame", ZoneType.STORAGE, ["Opened"]),
        ("smoke", ZoneType.COOKING, ["Opened"]),
    ],
)
def test_a_flame_belongs_into_a_cooking_zone(
    make: SimpleNamespace, changes: Feed, name: str, zone: ZoneType, expected: list[str]
) -> None:
    fire = ZoneRule(
        make.charge("smoke_fire", zones=(ZoneType.COOKING, ZoneType.STORAGE), needs=("flame", "smoke")), 0.35
    )
    what, where = make.tracked((2, name, CAT, 0.9)), (Zone("z", zone),)
    told = changes(fire, [make.scene(2.0 * i, None, what, zones=where) for i in range(5)])
    assert [change for _, change, _ in told] == expected
