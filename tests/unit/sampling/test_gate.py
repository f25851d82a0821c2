"""The change gate: light and noise are no change, a rat is, and a minute is the longest rest."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.sampling.gate import ChangeGate, cell_means, zone_mask
from vision.scene import Zone, ZoneType

START = datetime(2026, 11, 24, tzinfo=UTC)
HW = (180, 320)


def room(seed: int = 1, noise: float = 2.0, light: float = 0.0) -> NDArray[np.uint8]:
    """A textured grey view with sensor noise."""
    texture = np.random.default_rng(7).integers(40, 180, HW).astype(np.float32)
    grain = np.random.default_rng(seed).normal(0, noise, HW)
    return np.clip(texture + grain + light, 0, 255).astype(np.uint8)


def gate_after(picture: NDArray[np.uint8], *zones: Zone) -> ChangeGate:
    gate = ChangeGate(zones)
    gate.saw(picture, START)
    return gate


def soon(seconds: float = 2.0) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_first_picture_is_always_new() -> None:
    assert not ChangeGate().is_unchanged(room(), START)


@given(st.integers(2, 10_000), st.floats(0, 6), st.floats(-25, 25))
def test_noise_and_light_are_no_change(seed: int, noise: float, light: float) -> None:
    gate = gate_after(room(1, noise))
    assert gate.is_unchanged(room(seed, noise, light), soon())
    assert gate.skipped == 1


@given(st.integers(0, HW[0] - 4), st.integers(0, HW[1] - 6))
def test_a_rat_is_a_change_wherever_it_runs(top: int, left: int) -> None:
    picture = room(2)
    # The cells at the edge of 180 x 320 are whole; 4 x 6 px of the copy are 24 x 36 px of a 1080p picture.
    picture[top : top + 4, left : left + 6] = 0
    assert not gate_after(room()).is_unchanged(picture, soon())


def test_outside_all_zones_nothing_matters() -> None:
    left = Zone("left", ZoneType.COOKING, ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    picture = room(2)
    picture[80:120, 200:280] = 255
    assert gate_after(room(), left).is_unchanged(picture, soon())
    picture[80:120, 20:80] = 255
    assert not gate_after(room(), left).is_unchanged(picture, soon())


def test_slow_changes_add_up_because_the_comparison_is_with_what_the_models_saw() -> None:
    gate = gate_after(room())
    picture = room(2).astype(np.int16)
    refused = 0
    for step in range(1, 8):
        picture[60:100, 100:140] += 2
        refused += not gate.is_unchanged(np.clip(picture, 0, 255).astype(np.uint8), soon(step))
    assert refused >= 1


@pytest.mark.parametrize(("seconds", "spared"), [(59.9, True), (60.0, False)])
def test_a_minute_is_the_longest_rest(seconds: float, *, spared: bool) -> None:
    assert gate_after(room()).is_unchanged(room(2), soon(seconds)) is spared


def test_another_size_is_a_change() -> None:
    assert not gate_after(room()).is_unchanged(room(2)[:90], soon())


def test_cells_are_means_and_zones_mark_their_cells() -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert cell_means(grey)[0, 0] == pytest.approx(grey[:4, :4].mean())
    corner = Zone("corner", ZoneType.OTHER, ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)))
    assert zone_mask([corner], (4, 4)).tolist() == [[True, True, False, False]] * 2 + [[False] * 4] * 2
    assert zone_mask([corner, Zone("all", ZoneType.OTHER)], (4, 4)).all()
