"""The change gate: light and noise are no change, a rat is, and a minute is the longest rest."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.frames import CameraId
from vision.sampling.gate import LONGEST_S, ChangeGate, longest_s, zone_mask
from vision.scene import Zone, ZoneType
from vision.sources.health import cells_of

START = datetime(2026, 11, 24, tzinfo=UTC)
HW = (360, 640, 3)
TEXTURE = np.random.default_rng(7).integers(40, 180, HW).astype(np.float32)
few = settings(max_examples=25)
"""Every example is a whole picture."""


def room(seed: int = 1, noise: float = 2.0, light: float = 0.0) -> NDArray[np.uint8]:
    """A textured view with sensor noise."""
    grain = np.random.default_rng(seed).normal(0, noise, HW)
    return np.clip(TEXTURE + grain + light, 0, 255).astype(np.uint8)


def gate_after(picture: NDArray[np.uint8], *zones: Zone) -> ChangeGate:
    gate = ChangeGate(zones)
    gate.saw(cells_of(picture), START)
    return gate


def spares(gate: ChangeGate, picture: NDArray[np.uint8], seconds: float = 2.0) -> bool:
    return gate.is_unchanged(cells_of(picture), START + timedelta(seconds=seconds))


def test_the_first_picture_is_always_new() -> None:
    assert not ChangeGate().is_unchanged(cells_of(room()), START)


@few
@given(st.integers(2, 10_000), st.floats(0, 6), st.floats(-25, 25))
def test_noise_and_light_are_no_change(seed: int, noise: float, light: float) -> None:
    gate = gate_after(room(1, noise))
    assert spares(gate, room(seed, noise, light))
    assert gate.skipped == 1


@few
@given(st.integers(0, HW[0] - 8), st.integers(0, HW[1] - 12))
def test_a_rat_is_a_change_wherever_it_runs(top: int, left: int) -> None:
    picture = room(2)
    # 8 x 12 px here are 24 x 36 px of a 1080p picture.
    picture[top : top + 8, left : left + 12] = 0
    assert not spares(gate_after(room()), picture)


def test_a_red_thing_as_bright_as_what_it_hides_is_a_change() -> None:
    grey = np.full(HW, 120, np.uint8)
    picture = grey.copy()
    # 0.299 R + 0.587 G + 0.114 B stays 120.
    picture[100:140, 200:240] = (60, 60, 250)
    picture[100:140, 200:240, 1] = round((120 - 0.299 * 250 - 0.114 * 60) / 0.587)
    assert not spares(gate_after(grey), picture)


def test_outside_all_zones_nothing_matters() -> None:
    left = Zone("left", ZoneType.COOKING, ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    picture = room(2)
    picture[160:240, 400:560] = 255
    assert spares(gate_after(room(), left), picture)
    picture[160:240, 40:160] = 255
    assert not spares(gate_after(room(), left), picture)


def test_slow_changes_add_up_because_the_comparison_is_with_what_the_models_saw() -> None:
    gate = gate_after(room())
    picture = room(2).astype(np.int16)
    refused = 0
    for step in range(1, 8):
        picture[120:200, 200:280] += 2
        refused += not spares(gate, np.clip(picture, 0, 255).astype(np.uint8), step)
    assert refused >= 1


@pytest.mark.parametrize(("seconds", "spared"), [(59.9, True), (60.0, False)])
def test_a_minute_is_the_longest_rest(seconds: float, *, spared: bool) -> None:
    assert spares(gate_after(room()), room(2), seconds) is spared


def test_another_size_is_a_change() -> None:
    assert not spares(gate_after(room()), room(2)[:90])


def test_cells_are_means_and_zones_mark_their_cells() -> None:
    assert cells_of(room())[3, 5] == pytest.approx(room()[24:32, 40:48].mean(axis=(0, 1)), abs=1)
    corner = Zone("corner", ZoneType.OTHER, ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)))
    assert zone_mask([corner], (4, 4)).tolist() == [[True, True, False, False]] * 2 + [[False] * 4] * 2
    assert zone_mask([corner, Zone("all", ZoneType.OTHER)], (4, 4)).all()


def test_the_models_turns_of_a_quiet_fleet_are_spread() -> None:
    turns_s = [longest_s(CameraId(f"camera-{number}")) for number in range(1000)]
    assert 0.75 * LONGEST_S < min(turns_s) < 0.76 * LONGEST_S
    assert 0.99 * LONGEST_S < max(turns_s) <= LONGEST_S
