import math
from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.films import CAMERA, START_AT, packet
from vision.frames import Frame
from vision.picture import Pixels
from vision.scene import Vitals
from vision.sources.health import PacketStats, VitalsMeter, _explained, _likeness, _thinned, grey_copy

Picture = NDArray[np.uint8]


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def kitchen(random: np.random.Generator) -> Picture:
    """A view with many edges: 24 × 40 flat tiles of random colour, 960 × 540 px."""
    tiles = random.integers(0, 255, (24, 40, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(tiles, (960, 540), interpolation=cv2.INTER_NEAREST), np.uint8)


def noisy(image: Picture, random: np.random.Generator) -> Picture:
    return np.clip(image.astype(np.int16) + random.integers(-3, 4, image.shape, np.int16), 0, 255).astype(np.uint8)


def measured(meter: VitalsMeter, image: Picture, *, unchanged: bool = False) -> Vitals:
    return meter.measure(Frame(CAMERA, Pixels(image), START_AT, 0.0), PacketStats(), unchanged=unchanged)


@pytest.fixture
def meter(kitchen: Picture, random: np.random.Generator) -> VitalsMeter:
    """A meter that knows its view."""
    meter = VitalsMeter()
    for _ in range(8):
        measured(meter, noisy(kitchen, random))
    return meter


def test_the_first_look_claims_nothing_it_cannot_know(kitchen: Picture) -> None:
    vitals = measured(VitalsMeter(), kitchen)
    assert all(map(math.isnan, (vitals.sharpness, vitals.change, vitals.edge_loss, vitals.shift)))
    assert vitals.luma == pytest.approx(127, abs=10)
    assert vitals.contrast > 20


def test_as_usual(meter: VitalsMeter, kitchen: Picture, random: np.random.Generator) -> None:
    vitals = measured(meter, noisy(kitchen, random))
    assert vitals.sharpness == pytest.approx(1, abs=0.05)
    assert vitals.edge_loss < 0.05
    assert vitals.shift < 0.01
    assert vitals.change > 0


def test_only_an_identical_picture_does_not_change(meter: VitalsMeter, kitchen: Picture) -> None:
    measured(meter, kitchen)
    assert measured(meter, kitchen.copy()).change == 0
    other = kitchen.copy()
    other[1, 1] ^= 1  # a pixel that the small copy does not show
    assert 0 < measured(meter, other).change < 0.01


def test_covered(meter: VitalsMeter, kitchen: Picture, random: np.random.Generator) -> None:
    assert measured(meter, noisy(np.full_like(kitchen, 90), random)).edge_loss > 0.95


def test_black(meter: VitalsMeter, kitchen: Picture) -> None:
    vitals = measured(meter, np.zeros_like(kitchen))
    assert (vitals.luma, vitals.contrast) == (0, 0)


def test_blurred(meter: VitalsMeter, kitchen: Picture, random: np.random.Generator) -> None:
    soft = np.asarray(cv2.GaussianBlur(kitchen, (0, 0), 8), np.uint8)
    assert measured(meter, noisy(soft, random)).sharpness < 0.2


def test_moved(meter: VitalsMeter, kitchen: Picture, random: np.random.Generator) -> None:
    assert measured(meter, noisy(np.roll(kitchen, 96, axis=1), random)).shift == pytest.approx(0.1, abs=0.02)


def test_a_wide_lens_that_is_turned_is_moved(meter: VitalsMeter, kitchen: Picture, random: np.random.Generator) -> None:
    """Turned by ten degrees: no single shift brings all of the view to its place."""
    assert 0.05 < measured(meter, noisy(turned(kitchen, 10.0), random)).shift < 0.3


def turned(view: Picture, degrees: float) -> Picture:
    """Return what a lens of 63 degrees sees of the same wall once it is turned to the side."""
    height, width = view.shape[:2]
    focal, angle = 0.82 * width, math.radians(degrees)
    lens = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    turn = np.array([[math.cos(angle), 0, math.sin(angle)], [0, 1, 0], [-math.sin(angle), 0, math.cos(angle)]])
    way = lens @ turn @ np.linalg.inv(lens)
    return np.asarray(cv2.warpPerspective(view, way, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def test_a_passer_by_is_not_learnt(meter: VitalsMeter, kitchen: Picture, random: np.random.Generator) -> None:
    visitor = kitchen.copy()
    visitor[:, :480] = 90
    for _ in range(10):
        loss = measured(meter, noisy(visitor, random)).edge_loss
    assert loss > 0.3


def test_another_size_starts_anew(meter: VitalsMeter) -> None:
    assert math.isnan(measured(meter, np.zeros((96, 160, 3), np.uint8)).change)


def test_silence_and_drift() -> None:
    stats = PacketStats()
    assert math.isnan(stats.drift_s)
    assert stats.silent_s(START_AT) == 0
    stats.add(packet(0))
    stats.add(replace(packet(10), received_at=START_AT + timedelta(seconds=13)))
    assert stats.drift_s == pytest.approx(-3)
    assert stats.silent_s(START_AT + timedelta(seconds=20)) == 7


@pytest.mark.parametrize("hw", [(1080, 1920), (721, 1281), (1, 2000), (40, 50)])
def test_the_grey_copy_is_made_of_every_so_many_pixels(hw: tuple[int, int], random: np.random.Generator) -> None:
    image = random.integers(0, 255, (*hw, 3), dtype=np.uint8)
    grey = grey_copy(image)
    assert grey.shape == (max(1, round(hw[0] * 320 / hw[1])), 320)
    step = max(1, hw[1] // 640)
    np.testing.assert_array_equal(
        _thinned(image, step), image[::step, ::step][: max(1, hw[0] // step), : hw[1] // step]
    )


def tiled() -> Picture:
    image = np.full((540, 960, 3), 190, np.uint8)
    image[::60] = image[:, ::60] = image[1::60] = image[:, 1::60] = image[2::60] = image[:, 2::60] = 90
    return image


def test_somebody_before_a_wall_of_tiles_does_not_move_the_camera(random: np.random.Generator) -> None:
    """Every period of the wall is a peak of the correlation; only a shift that explains the view is one."""
    meter = VitalsMeter()
    for step in range(40):
        image = tiled()
        cv2.ellipse(image, (480 + round(390 * math.sin(step / 6.5)), 360), (90, 180), 0, 0, 360, (60, 60, 60), -1)
        vitals = measured(meter, noisy(image, random))
        assert not vitals.shift > 0.05


def test_a_light_that_is_switched_off_covers_and_blurs_nothing(
    meter: VitalsMeter, kitchen: Picture, random: np.random.Generator
) -> None:
    dark = (kitchen * 0.12 + 6).astype(np.uint8)
    vitals = measured(meter, noisy(dark, random))
    assert vitals.edge_loss <= 0.5
    assert vitals.sharpness > 0.5


def test_a_blur_is_not_usual_after_a_minute(meter: VitalsMeter, kitchen: Picture, random: np.random.Generator) -> None:
    for _ in range(60):
        measured(meter, noisy(kitchen, random))
    soft = np.asarray(cv2.GaussianBlur(kitchen, (0, 0), 12), np.uint8)
    seen = [measured(meter, noisy(soft, random)) for _ in range(50)]
    assert all(vitals.sharpness < 0.3 for vitals in seen)


def test_of_an_unchanged_view_one_in_three_is_measured_in_full(
    meter: VitalsMeter, kitchen: Picture, random: np.random.Generator
) -> None:
    measured(meter, noisy(kitchen, random))
    soft = np.asarray(cv2.GaussianBlur(noisy(kitchen, random), (0, 0), 6), np.uint8)
    vitals = [measured(meter, soft, unchanged=True) for _ in range(3)]
    assert [each.sharpness < 0.5 for each in vitals] == [False, False, True]
    assert vitals[1].change == vitals[2].change == 0, "whether a picture stands still is asked each time"
    assert measured(meter, noisy(kitchen, random)).sharpness > 0.5, "what changed is measured at once"


@pytest.mark.parametrize("hw", [(90, 160), (160, 90), (40, 160), (160, 20)])
def test_views_are_compared_however_little_both_show(hw: tuple[int, int], random: np.random.Generator) -> None:
    view = random.integers(0, 255, hw).astype(np.float32)
    for dx in range(-hw[1], hw[1] + 1, 7):
        for dy in range(-hw[0], hw[0] + 1, 7):
            assert -1.0 <= _likeness(view, view, dx, dy) <= 1.0 + 1e-6
    assert _likeness(view, view, 0, 0) == pytest.approx(1.0 if min(hw) >= 40 else -1.0, abs=1e-3)


def test_of_views_that_fit_neither_moved_nor_still_nothing_is_known(random: np.random.Generator) -> None:
    place, other = (cv2.GaussianBlur(random.normal(128, 60, (90, 160)).astype(np.float32), (0, 0), 2) * 4 for _ in "ab")
    assert _explained(place, np.roll(place, 12, axis=1), 12, 0) == 1.0
    assert _explained(place, place, 12, 0) == 0.0
    assert math.isnan(_explained(place, other, 12, 0))
