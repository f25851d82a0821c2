"""What people do in a kitchen, second by second: each activity is a pose as a function of time."""

from collections.abc import Callable

import numpy as np

from vision.demo.skeleton import Pose

STRIDE_M = 1.25
"""Metres walked in one cycle of two steps."""


def walking(phase: float, *, carrying: bool = False) -> Pose:
    """A step of the gait; `phase` in radians, 2π per cycle."""
    swing = float(np.cos(phase))
    lift = [0.10 * max(0.0, float(np.sin(phase + turned))) for turned in (np.pi, 0.0)]
    left, right = (-0.10, 0.30 * swing, lift[0]), (0.10, -0.30 * swing, lift[1])
    drop = 0.035 + 0.018 * float(np.cos(2 * phase))
    if carrying:
        return Pose((-0.2, 0.34, 1.06), (0.2, 0.34, 1.06), left, right, lean_deg=2, drop_m=drop)
    hands = ((-0.27, -0.20 * swing + 0.05, 0.85 - 0.04 * swing), (0.27, 0.20 * swing + 0.05, 0.85 + 0.04 * swing))
    return Pose(*hands, left, right, lean_deg=4, drop_m=drop, twist_deg=5 * swing)


def idle(at_s: float, seed: int) -> Pose:
    """Stand, shift the weight and look about."""
    slow = _wave(at_s, 5.3, seed)
    return Pose(
        (-0.25, 0.08 + 0.02 * slow, 0.84), (0.25, 0.08 - 0.02 * slow, 0.84), (-0.12, 0.02, 0), (0.12, -0.02, 0),
        sway_m=0.025 * slow, drop_m=0.01, head_yaw_deg=22 * _wave(at_s, 7.1, seed + 1),
        head_pitch_deg=6 + 5 * _wave(at_s, 3.7, seed),
    )  # fmt: skip


def chop(at_s: float, seed: int) -> Pose:
    """Cut with the right hand, hold with the left; head bent."""
    stroke = abs(_wave(at_s, 0.9, seed))
    slow = _wave(at_s, 6.0, seed)
    return Pose(
        (-0.10, 0.40, 0.96), (0.12 + 0.03 * slow, 0.42, 0.98 + 0.09 * stroke), (-0.14, 0, 0), (0.14, 0.03, 0),
        lean_deg=13, sway_m=0.02 * slow, drop_m=0.01, head_pitch_deg=24 + 4 * slow, head_yaw_deg=8 * slow,
    )  # fmt: skip


def stir(at_s: float, seed: int) -> Pose:
    """Stir a wok with the right hand, the left on its handle."""
    turn = 2 * np.pi * at_s / 1.7 + seed
    right = (0.16 + 0.09 * float(np.cos(turn)), 0.44 + 0.07 * float(np.sin(turn)), 1.08)
    slow = _wave(at_s, 4.4, seed)
    return Pose(
        (-0.18, 0.40 + 0.03 * slow, 1.0),
        right,
        (-0.13, 0, 0),
        (0.13, 0.04, 0),
        lean_deg=9,
        head_pitch_deg=20,
        head_yaw_deg=9 * slow,
        twist_deg=4 * slow,
    )


def wash(at_s: float, seed: int) -> Pose:
    """Rub something in a basin."""
    rub = _wave(at_s, 0.8, seed)
    return Pose(
        (-0.10, 0.40 + 0.03 * rub, 0.88),
        (0.10, 0.40 - 0.03 * rub, 0.88),
        (-0.13, 0, 0),
        (0.13, 0, 0),
        lean_deg=15,
        head_pitch_deg=22,
        sway_m=0.01 * rub,
    )


def phone(at_s: float, seed: int) -> Pose:
    """Look at a phone in the right hand."""
    slow = _wave(at_s, 4.0, seed)
    return Pose(
        (-0.20, 0.16, 0.95),
        (0.13, 0.32, 1.18 + 0.01 * slow),
        (-0.13, 0, 0),
        (0.12, 0.05, 0),
        lean_deg=4,
        head_pitch_deg=22,
        head_yaw_deg=6,
        sway_m=0.01 * slow,
    )


def call(at_s: float, seed: int) -> Pose:
    """Hold a phone to the right ear."""
    slow = _wave(at_s, 4.6, seed)
    return Pose(
        (-0.25, 0.1, 0.88), (0.16, 0.10, 1.46), (-0.13, 0, 0), (0.12, 0.05, 0), head_yaw_deg=14 * slow, head_pitch_deg=3
    )


def smoke(at_s: float, seed: int) -> Pose:
    """Draw on a cigarette, lower it, again."""
    raised = float(np.clip(0.9 + 1.6 * _wave(at_s, 5.0, seed), 0, 1))
    right = (0.22 - 0.11 * raised, 0.22 + 0.06 * raised, 1.02 + 0.42 * raised)
    return Pose(
        (-0.25, 0.08, 0.86),
        right,
        (-0.13, 0, 0),
        (0.12, 0.04, 0),
        head_pitch_deg=4,
        head_yaw_deg=10 * _wave(at_s, 6.3, seed + 1),
    )


def at_face(at_s: float, seed: int) -> Pose:
    """Both hands at the ears: put a mask on or take it off."""
    slow = _wave(at_s, 1.2, seed)
    return Pose(
        (-0.12, 0.17 + 0.02 * slow, 1.52),
        (0.12, 0.17 - 0.02 * slow, 1.52),
        (-0.12, 0, 0),
        (0.12, 0, 0),
        head_pitch_deg=12,
    )


def at_head(at_s: float, seed: int) -> Pose:
    """Both hands at the hat."""
    slow = _wave(at_s, 1.2, seed)
    return Pose(
        (-0.15, 0.06, 1.70 + 0.02 * slow),
        (0.15, 0.06, 1.70 - 0.02 * slow),
        (-0.12, 0, 0),
        (0.12, 0, 0),
        head_pitch_deg=8,
    )


def reach(at_s: float, seed: int) -> Pose:
    """Reach up to a shelf."""
    slow = _wave(at_s, 2.6, seed)
    return Pose(
        (-0.18, 0.30, 1.1),
        (0.2, 0.38, 1.45 + 0.12 * slow),
        (-0.12, 0, 0),
        (0.12, 0.05, 0),
        lean_deg=5,
        head_pitch_deg=-8,
    )


def carry(at_s: float, seed: int) -> Pose:
    """Hold a tray."""
    del at_s, seed
    return Pose((-0.2, 0.34, 1.06), (0.2, 0.34, 1.06), lean_deg=1, head_pitch_deg=12)


ACTS: dict[str, Callable[[float, int], Pose]] = {
    "idle": idle, "chop": chop, "stir": stir, "wash": wash, "phone": phone, "call": call, "smoke": smoke,
    "at_face": at_face, "at_head": at_head, "reach": reach, "carry": carry,
}  # fmt: skip
HELD = {"chop": "knife", "stir": "ladle", "phone": "phone", "call": "phone", "smoke": "cigarette", "carry": "tray"}
"""What the right hand holds in an activity."""


def _wave(at_s: float, period_s: float, seed: int) -> float:
    return float(
        np.sin(2 * np.pi * at_s / period_s + seed * 1.7) * 0.7
        + np.sin(2 * np.pi * at_s / (period_s * 0.618) + seed) * 0.3
    )
