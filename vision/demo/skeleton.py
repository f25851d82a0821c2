"""Where a body's joints are: a pose in words of hands, feet and bends becomes points (two-bone inverse kinematics)."""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin

import numpy as np

from vision.demo.arrays import Floats, Vector, across, array, cross, unit

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
class Limbs:
    """Left and right arm, left and right leg: the joints (4, 3) of each."""

    root: Floats
    middle: Floats
    end: Floats
    aside: Floats
    """(4, 3): across the plane in which a limb bends."""


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
    limbs: Limbs


# Of each limb: where its bones start in the frame of chest or pelvis, how long they are, whither their joint bends.
_SHOULDERS = array([(side * SHOULDER_WIDTH_M, 0, SHOULDER_UP_M) for side in (-1, 1)])
_HIPS = array([(side * HIP_M, 0, -0.03) for side in (-1, 1)])
_UPPER, _LOWER = array([UPPER_ARM_M] * 2 + [THIGH_M] * 2), array([FOREARM_M] * 2 + [SHIN_M] * 2)
_POLES = array([(-0.8, -0.55, -0.6), (0.8, -0.55, -0.6), (-0.12, 1, 0), (0.12, 1, 0)])
_TO_ANKLE = array([0, -0.03, ANKLE_M])
_ANY_SIDE = array([1.0, 0.1, 0.0])


def turn(yaw_deg: float, pitch_deg: float) -> Floats:
    """Axes (right, ahead, up as rows) of something turned to its right and then bent forwards."""
    yaw, pitch = radians(yaw_deg), radians(pitch_deg)
    right, ahead = (cos(yaw), -sin(yaw), 0.0), (sin(yaw) * cos(pitch), cos(yaw) * cos(pitch), -sin(pitch))
    return array([right, ahead, (sin(yaw) * sin(pitch), cos(yaw) * sin(pitch), cos(pitch))])


@lru_cache(maxsize=512)
def stand(pose: Pose) -> Skeleton:
    """Place the joints of a 1.70 m body in a pose."""
    pelvis = array([pose.sway_m, 0.0, PELVIS_M - pose.drop_m])
    chest = turn(pose.twist_deg, pose.lean_deg)
    neck = pelvis + chest[2] * NECK_UP_M
    head_turn = turn(pose.twist_deg * 0.5 + pose.head_yaw_deg, pose.head_pitch_deg + pose.lean_deg * 0.5)
    head = neck + chest[2] * 0.06 + head_turn[2] * (HEAD_UP_M - NECK_UP_M - 0.06) + head_turn[1] * 0.015
    return Skeleton(pelvis, neck, array(head), head_turn, chest, _limbs(pose, pelvis, chest))


def _limbs(pose: Pose, pelvis: Floats, chest: Floats) -> Limbs:
    feet = array([pose.left_foot, pose.right_foot]) + _TO_ANKLE
    targets = np.concatenate([array([pose.left_hand, pose.right_hand]), feet])
    return bend(np.concatenate([pelvis + _SHOULDERS @ chest, pelvis + _HIPS]), targets)


def bend(root: Floats, target: Floats) -> Limbs:
    """Reach from `root` (4, 3) for `target` with two bones each; falls short rather than stretch."""
    reach = target - root
    distance = np.clip(np.sqrt((reach**2).sum(axis=1)), np.abs(_UPPER - _LOWER) + 0.02, _UPPER + _LOWER - 0.003)
    along = unit(reach)
    pole = across(_POLES, along)
    foot = (_UPPER**2 - _LOWER**2 + distance**2) / (2 * distance)
    height = np.sqrt(np.maximum(_UPPER**2 - foot**2, 0.0))
    middle, end = root + along * foot[:, None] + pole * height[:, None], root + along * distance[:, None]
    plane = cross(middle - root, end - middle)
    bent = np.einsum("ij,ij->i", plane, plane)[:, None] > 1e-8
    return Limbs(array(root), array(middle), array(end), array(np.where(bent, unit(plane), _ANY_SIDE)))
