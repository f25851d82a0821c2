"""A dressed body in a pose: skeleton and wardrobe become the surfaces of one mesh."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from vision.demo.arrays import Bytes, Floats, array, unit
from vision.demo.atlas import atlas
from vision.demo.head import Headwear, head_grids
from vision.demo.mesh import AHEAD, Mesh, Tube, assemble, ball, bar, join, mesh_of
from vision.demo.parts import Cell, Part
from vision.demo.skeleton import STANDARD_HEIGHT_M, Pose, Skeleton, stand, turn
from vision.demo.wardrobe import Dress, Looks

# Rings of the torso from the neck down: metres above the pelvis, half width, half depth, forward shift.
_TORSO = array([
    (0.545, 0.052, 0.052, 0.000), (0.520, 0.068, 0.062, -0.005), (0.500, 0.120, 0.075, -0.008),
    (0.470, 0.172, 0.092, -0.006),
    (0.420, 0.188, 0.108, 0.002), (0.340, 0.182, 0.122, 0.010), (0.250, 0.170, 0.122, 0.008),
    (0.150, 0.163, 0.120, 0.004),
    (0.060, 0.170, 0.126, 0.000), (-0.020, 0.182, 0.132, -0.006), (-0.090, 0.180, 0.128, -0.006),
    (-0.130, 0.165, 0.115, 0.0),
])  # fmt: skip
_ARM_RADII = (0.062, 0.062, 0.058, 0.054, 0.051, 0.049, 0.047, 0.045, 0.042, 0.039, 0.037)
_LEG_RADII = (0.104, 0.102, 0.095, 0.087, 0.080, 0.074, 0.071, 0.070, 0.067, 0.063, 0.061)
_HAND_RINGS = array([0.0, 0.02, 0.05, 0.09, 0.13, 0.165, 0.18])
_HAND_RADII = array(np.outer([0.012, 0.028, 0.038, 0.042, 0.036, 0.026, 0.004], [1.0, 0.55]))
_HAND_SAGS = array(np.outer(_HAND_RINGS / 0.18, [0, 0, -0.012]))
_NECK_RADII = array(np.tile([0.050, 0.052], (4, 1)))
_SHARE = array(np.linspace(0, 1, 6)[:, None])


@dataclass(frozen=True, slots=True)
class Stance:
    """Where a body stands: metres on the floor, and the bearing of its front (0 looks along +y, 90 along +x)."""

    x_m: float
    y_m: float
    heading_deg: float
    base_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A person for one instant."""

    looks: Looks
    dress: Dress
    pose: Pose
    stance: Stance
    held: str = "nothing"
    """What the right hand holds: nothing, phone, cigarette, ladle, knife, tray."""


def dress_up(figure: Figure, *, far: bool = False) -> Mesh:
    """The mesh of a figure in the room's metres, its head coarser when it is `far`; its texture is `wrap(figure)`."""
    bones = stand(figure.pose)
    tubes = [*_torso(bones, figure), *_limbs(bones, figure), *_held(bones, figure.held), _neck(bones)]
    return _place(join([assemble(tubes), _head(bones, figure, far=far)]), figure)


def wrap(figure: Figure) -> Bytes:
    """The texture atlas of a figure."""
    return atlas(figure.looks, figure.dress)


def _place(mesh: Mesh, figure: Figure) -> Mesh:
    scale = figure.looks.height_m / STANDARD_HEIGHT_M
    stance = figure.stance
    axes = turn(stance.heading_deg, 0.0) * np.float32(scale)
    return replace(mesh, points=mesh.points @ axes + array([stance.x_m, stance.y_m, stance.base_m]))


def _torso(bones: Skeleton, figure: Figure) -> list[Tube]:
    girth, clothing = figure.looks.girth, figure.dress.clothing
    loose = 1.0 if clothing == "bare" else 1.06
    tucked = clothing in {"bare", "everyday"}
    tubes = [_trunk(bones, _TORSO[:9] if tucked else _TORSO, girth * loose, Cell.TOP)]
    if tucked:
        tubes.append(_trunk(bones, _TORSO[7:], girth * 1.05, Cell.LEGS))
    if clothing == "apron":
        tubes += _apron(bones, girth)
    if clothing == "coat":
        tubes.append(Tube(*_hem(bones, girth, 0.42, 0.012), AHEAD, Part.BODY, Cell.SLEEVE, 0.06, 20))
    return tubes


def _trunk(bones: Skeleton, rings: Floats, wide: float, cell: Cell) -> Tube:
    size = rings[:, 1:3] * np.float32(wide)
    return Tube(_spine(bones, rings), size, bones.torso_turn[1], Part.BODY, cell, 0.03, 20)


def _spine(bones: Skeleton, rings: Floats) -> Floats:
    """Bend the torso: the pelvis stays upright, the chest follows the lean."""
    share = np.clip(rings[:, 0] / 0.25, 0, 1)[:, None]
    upright = rings[:, [3, 3, 0]] * array([0, 1, 1])
    leaning = rings[:, :1] * bones.torso_turn[2] + rings[:, 3:] * bones.torso_turn[1]
    return array(bones.pelvis + upright + (leaning - upright) * share)


def _apron(bones: Skeleton, girth: float) -> list[Tube]:
    bib = _TORSO[4:9]
    path, size, front = _spine(bones, bib), array(bib[:, 1:3] * girth * 1.06 + 0.012), bones.torso_turn[1]
    chest = Tube(path, size, front, Part.BODY, Cell.APRON, 0.06, 10, (-0.85, 0.85))
    return [chest, Tube(*_hem(bones, girth, 0.40, 0.018), AHEAD, Part.BODY, Cell.APRON, 0.08, 16, (-1.9, 1.9))]


def _hem(bones: Skeleton, girth: float, length_m: float, out_m: float) -> tuple[Floats, Floats]:
    """Path and radii of cloth that hangs from the waist over both thighs."""
    left, right = bones.limbs.middle[2:]
    knees, spread = (left + right) / 2, np.abs(left - right) / 2
    share = np.linspace(0, 1, 7)[:, None]
    path = bones.pelvis + array([0, 0, 0.10]) + share * array([0, 0, -0.10 - length_m])
    path[:, 1] += (share[:, 0] ** 1.5) * (knees[1] - bones.pelvis[1]) * 0.7
    waist, bottom = array([0.172, 0.128]) * girth, array([0.115 + spread[0], 0.105 + spread[1]])
    full = array([0.186, 0.136]) * girth
    radii = np.where(share < 0.4, waist + (full - waist) * share / 0.4, full + (bottom - full) * (share - 0.4) / 0.6)
    return array(path), array(radii + out_m)


def _limbs(bones: Skeleton, figure: Figure) -> list[Tube]:
    """Sleeves, hands, legs and shoes; arms come first in all that has four rows."""
    limbs, bare = bones.limbs, figure.dress.clothing == "bare"
    aside, along = limbs.aside, unit(limbs.end[:2] - limbs.middle[:2])
    radii = _limb_radii(figure.looks.girth, bare=bare)
    paths = _limb_paths(bones, radii)
    wear = ((Cell.SLEEVE, 0.05), (Cell.SLEEVE, 0.05), (Cell.LEGS, 0.0), (Cell.LEGS, 0.0))
    tubes = [Tube(paths[n], radii[n], aside[n], Part.BODY, cell, nearer_m) for n, (cell, nearer_m) in enumerate(wear)]
    hands = limbs.end[:2, None] + _HAND_RINGS[:, None] * along[:, None] + _HAND_SAGS
    tubes += [Tube(hands[n], _HAND_RADII, aside[n], Part.HAND, Cell.HANDS, 0.05, 10) for n in (0, 1)]
    shoes = limbs.end[2:] + array([0, 0.055, -0.035])
    return tubes + [ball(shoe, (0.052, 0.14, 0.048), Part.BODY, Cell.SHOES) for shoe in shoes]


def _limb_paths(bones: Skeleton, radii: Floats) -> Floats:
    """Paths (4, 14, 3) along bent limbs, their joints rounded."""
    root, middle, end = (joint[:, None] for joint in (bones.limbs.root, bones.limbs.middle, bones.limbs.end))
    path = np.concatenate([root + (middle - root) * _SHARE, (middle + (end - middle) * _SHARE)[:, 1:]], axis=1)
    path[:, 1:-1] = path[:, 1:-1] * 0.5 + (path[:, :-2] + path[:, 2:]) * 0.25
    back = unit(path[:, :1] - path[:, 1:2]) * radii[:, 2:3, :1]
    tip = path[:, -1:] + (path[:, -1:] - path[:, -2:-1]) * 0.05
    return array(np.concatenate([path[:, :1] + back * 0.8, path[:, :1] + back * 0.5, path, tip], axis=1))


@lru_cache(maxsize=64)
def _limb_radii(girth: float, *, bare: bool) -> Floats:
    """Radii (4, 14, 2) along arms and legs."""
    arm, leg = array(_ARM_RADII) * girth * (0.86 if bare else 1.0), array(_LEG_RADII) * girth
    rounded = [np.concatenate([size[:1] * 0.25, size[:1] * 0.75, size, [0.012]]) for size in (arm, arm, leg, leg)]
    return array(np.repeat(np.stack(rounded)[..., None], 2, axis=-1))


def _neck(bones: Skeleton) -> Tube:
    top = bones.head - bones.head_turn[2] * 0.05 - bones.head_turn[1] * 0.022
    path = np.linspace(top, bones.neck - bones.torso_turn[2] * 0.05, 4)
    return Tube(array(path), _NECK_RADII, bones.torso_turn[1], Part.BODY, Cell.SKIN)


def _head(bones: Skeleton, figure: Figure, *, far: bool) -> Mesh:
    mesh = _headwear(Headwear(figure.dress.hat, figure.dress.mask, figure.looks.hair), far=far)
    size = 1.0 + (STANDARD_HEIGHT_M / figure.looks.height_m - 1.0) * 0.7
    return replace(mesh, points=mesh.points @ (bones.head_turn * np.float32(size)) + bones.head)


@lru_cache(maxsize=256)
def _headwear(wear: Headwear, *, far: bool) -> Mesh:
    return join([mesh_of(grid) for grid in head_grids(wear, far=far)])


def _held(bones: Skeleton, held: str) -> list[Tube]:
    up, ahead, arms = array([0, 0, 1]), bones.torso_turn[1], bones.limbs
    grip = arms.end[1] + unit(arms.end[1] - arms.middle[1]) * 0.10
    to_mouth = unit(bones.head - grip)
    match held:
        case "phone":
            return _phone(grip, unit(up + 0.35 * to_mouth), to_mouth)
        case "cigarette":
            ends = (grip + to_mouth * 0.02, grip - to_mouth * 0.065 + up * 0.01)
            return [bar(ends, (0.005, 0.005), up, Part.CIGARETTE, Cell.HAT)]
        case "ladle" | "knife":
            tip = grip + unit(ahead * 0.7 - up * 0.55) * (0.34 if held == "ladle" else 0.22)
            return [bar((grip, tip), (0.008, 0.012), up, Part.TOOL, Cell.PROP)]
        case "tray":
            middle, side = (arms.end[0] + arms.end[1]) / 2 + ahead * 0.12, bones.torso_turn[0]
            return [bar((middle - side * 0.24, middle + side * 0.24), (0.16, 0.012), ahead, Part.TOOL, Cell.SHOES)]
    return []


def _phone(grip: Floats, along: Floats, to_eyes: Floats) -> list[Tube]:
    """A black case and, towards the eyes, a lit screen."""
    case = bar((grip - along * 0.02, grip + along * 0.15), (0.042, 0.006), to_eyes, Part.PHONE, Cell.PROP)
    ends = (grip - along * 0.012 + to_eyes * 0.008, grip + along * 0.142 + to_eyes * 0.008)
    return [case, bar(ends, (0.038, 0.001), to_eyes, Part.PHONE, Cell.MASK)]
