"""Where a body's joints are: a pose in words of hands, feet and bends becomes points (two-bone inverse kinematics)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vision.demo.arrays import Floats, Vector, array, unit

STANDARD_HEIGHT_M = 1.70
UPPER_ARM_M, FOREARM_M, THIGH_M, SHIN_M = 0.29, 0.26, 0.43, 0.42
HIP_M, PELVIS_M, ANKLE_M = 0.095, 0.92, 0.075
SHOULDER_WIDTH_M, SHOULDER_UP_M, NECK_UP_M, HEAD_UP_M = 0.175, 0.445, 0.535, 0.685


@dataclass(frozen=True, slots=True)
class Pose:
    """What a body does, in its own metres: x to its right, y ahead, z up from the floor, for a height of 1.70 m."""

    left_hand: Vector = (-0.27, 0.06, 0.82)
    right_hand: Vector = (0.27, 0.06, 0.82)
    left_foot: Vector = (-0.11, 0.0, 0.0)
    right_foot: Vector = (0.11, 0.0, 0.0)
    lean_deg: float = 2.0
    sway_m: float = 0.0
    drop_m: float = 0.0
    """How much lower the pelvis is than when standing upright."""
    twist_deg: float = 0.0
    head_yaw_deg: float = 0.0
    """Positive to the right."""
    head_pitch_deg: float = 0.0
    """Positive looks down."""


@dataclass(frozen=True, slots=True)
class Limb:
    """Root, middle and end joint."""

    root: Floats
    middle: Floats
    end: Floats


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Joints in the body's own metres."""

    pelvis: Floats
    neck: Floats
    head: Floats
    head_turn: Floats
    """(3, 3): rows are the head's right, ahead and up."""
    torso_turn: Floats
    """(3, 3): rows are the chest's right, ahead and up."""
    arms: tuple[Limb, Limb]
    legs: tuple[Limb, Limb]


def turn(yaw_deg: float, pitch_deg: float) -> Floats:
    """Axes (right, ahead, up as rows) of something turned to its right and then bent forwards."""
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    right = [np.cos(yaw), -np.sin(yaw), 0.0]
    level = array([np.sin(yaw), np.cos(yaw), 0.0])
    ahead = level * np.cos(pitch) + array([0, 0, -np.sin(pitch)])
    return array(np.stack([array(right), ahead, np.cross(array(right), ahead)]))


@lru_cache(maxsize=512)
def stand(pose: Pose) -> Skeleton:
    """Place the joints of a 1.70 m body in a pose."""
    pelvis = array([pose.sway_m, 0.0, PELVIS_M - pose.drop_m])
    chest = turn(pose.twist_deg, pose.lean_deg)
    neck = pelvis + chest[2] * NECK_UP_M
    head_turn = turn(pose.twist_deg * 0.5 + pose.head_yaw_deg, pose.head_pitch_deg + pose.lean_deg * 0.5)
    head = neck + chest[2] * 0.06 + head_turn[2] * (HEAD_UP_M - NECK_UP_M - 0.06) + head_turn[1] * 0.015
    return Skeleton(pelvis, neck, array(head), head_turn, chest, _arms(pose, pelvis, chest), _legs(pose, pelvis))


def _arms(pose: Pose, pelvis: Floats, chest: Floats) -> tuple[Limb, Limb]:
    arms = []
    for side, hand in ((-1, pose.left_hand), (1, pose.right_hand)):
        shoulder = pelvis + chest[2] * SHOULDER_UP_M + chest[0] * side * SHOULDER_WIDTH_M
        outwards = array([side * 0.8, -0.55, -0.6])
        arms.append(bend(shoulder, array(hand), (UPPER_ARM_M, FOREARM_M), outwards))
    return arms[0], arms[1]


def _legs(pose: Pose, pelvis: Floats) -> tuple[Limb, Limb]:
    legs = []
    for side, foot in ((-1, pose.left_foot), (1, pose.right_foot)):
        hip = pelvis + array([side * HIP_M, 0, -0.03])
        legs.append(bend(hip, array(foot) + array([0, -0.03, ANKLE_M]), (THIGH_M, SHIN_M), array([side * 0.12, 1, 0])))
    return legs[0], legs[1]


def bend(root: Floats, target: Floats, lengths_m: tuple[float, float], pole: Floats) -> Limb:
    """Reach for `target` with two bones whose joint bends towards `pole`; falls short rather than stretch."""
    upper, lower = lengths_m
    reach = target - root
    distance = float(np.clip(np.linalg.norm(reach), abs(upper - lower) + 0.02, upper + lower - 0.003))
    along = unit(reach)
    aside = unit(pole - along * float(pole @ along))
    foot = (upper**2 - lower**2 + distance**2) / (2 * distance)
    height = float(np.sqrt(max(upper**2 - foot**2, 0.0)))
    return Limb(array(root), array(root + along * foot + aside * height), array(root + along * distance))
