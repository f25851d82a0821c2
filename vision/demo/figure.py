"""A dressed body in a pose: skeleton and wardrobe become the grids of one mesh."""

from dataclasses import dataclass

import numpy as np

from vision.demo.arrays import Floats, array, unit
from vision.demo.atlas import atlas
from vision.demo.head import Headwear, head_grids
from vision.demo.mesh import Grid, Mesh, around, assemble, ball, bar, tube
from vision.demo.parts import Cell, Part
from vision.demo.skeleton import STANDARD_HEIGHT_M, Limb, Pose, Skeleton, stand, turn
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


def dress_up(figure: Figure) -> Mesh:
    """The mesh of a figure in the room's metres; its texture is `wrap(figure)`."""
    bones = stand(figure.pose)
    grids = [*_torso(bones, figure), *_limbs(bones, figure), *_held(bones, figure.held), *_on_neck(bones, figure)]
    return _place(assemble(grids), figure)


def wrap(figure: Figure) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The texture atlas of a figure."""
    return atlas(figure.looks, figure.dress)


def _place(mesh: Mesh, figure: Figure) -> Mesh:
    scale = figure.looks.height_m / STANDARD_HEIGHT_M
    stance = figure.stance
    points = mesh.points * scale @ turn(stance.heading_deg, 0.0) + array([stance.x_m, stance.y_m, stance.base_m])
    return Mesh(array(points), mesh.quads, mesh.texels, mesh.parts, mesh.nearer_m)


def _torso(bones: Skeleton, figure: Figure) -> list[Grid]:
    girth, loose = figure.looks.girth, 1.0 if figure.dress.clothing == "bare" else 1.06
    tucked = figure.dress.clothing in {"bare", "everyday"}
    top = _TORSO[:9] if tucked else _TORSO
    front = bones.torso_turn[1]
    grids = [
        Grid(tube(_spine(bones, top), array(top[:, 1:3] * girth * loose), front, around(20)), Part.BODY, Cell.TOP, 0.03)
    ]
    if tucked:
        seat = _TORSO[7:]
        grids.append(
            Grid(
                tube(_spine(bones, seat), array(seat[:, 1:3] * girth * 1.05), front, around(20)),
                Part.BODY,
                Cell.LEGS,
                0.03,
            )
        )
    if figure.dress.clothing == "apron":
        grids += _apron(bones, girth)
    if figure.dress.clothing == "coat":
        grids += _skirt(bones, girth)
    return grids


def _spine(bones: Skeleton, rings: Floats) -> Floats:
    """Bend the torso: the pelvis stays upright, the chest follows the lean."""
    share = np.clip(rings[:, 0] / 0.25, 0, 1)[:, None]
    upright = rings[:, :1] * array([0, 0, 1]) + rings[:, 3:] * array([0, 1, 0])
    leaning = rings[:, :1] * bones.torso_turn[2] + rings[:, 3:] * bones.torso_turn[1]
    return array(bones.pelvis + upright * (1 - share) + leaning * share)


def _apron(bones: Skeleton, girth: float) -> list[Grid]:
    bib = _TORSO[4:9]
    chest = tube(_spine(bones, bib), array(bib[:, 1:3] * girth * 1.06 + 0.012), bones.torso_turn[1], around(10, 0.85))
    waist = tube(*_hem(bones, girth, 0.40, 0.018), array([0, 1, 0]), around(16, 1.9))
    return [Grid(chest, Part.BODY, Cell.APRON, 0.06), Grid(waist, Part.BODY, Cell.APRON, 0.08)]


def _skirt(bones: Skeleton, girth: float) -> list[Grid]:
    return [Grid(tube(*_hem(bones, girth, 0.42, 0.012), array([0, 1, 0]), around(20)), Part.BODY, Cell.SLEEVE, 0.06)]


def _hem(bones: Skeleton, girth: float, length_m: float, out_m: float) -> tuple[Floats, Floats]:
    """Path and radii of cloth that hangs from the waist over both thighs."""
    knees = (bones.legs[0].middle + bones.legs[1].middle) / 2
    spread = np.abs(bones.legs[0].middle - bones.legs[1].middle) / 2
    share = np.linspace(0, 1, 7)[:, None]
    path = bones.pelvis + array([0, 0, 0.10]) + share * array([0, 0, -0.10 - length_m])
    path[:, 1] += (share[:, 0] ** 1.5) * (knees[1] - bones.pelvis[1]) * 0.7
    waist, bottom = array([0.172, 0.128]) * girth, array([0.115 + spread[0], 0.105 + spread[1]])
    full = array([0.186, 0.136]) * girth
    radii = np.where(share < 0.4, waist + (full - waist) * share / 0.4, full + (bottom - full) * (share - 0.4) / 0.6)
    return array(path), array(radii + out_m)


def _limbs(bones: Skeleton, figure: Figure) -> list[Grid]:
    girth, grids = figure.looks.girth, []
    bare = 0.86 if figure.dress.clothing == "bare" else 1.0
    for limb in bones.arms:
        grids += [Grid(_limb(limb, array(_ARM_RADII) * girth * bare), Part.BODY, Cell.SLEEVE, 0.05), *_hand(limb)]
    for limb in bones.legs:
        grids += [Grid(_limb(limb, array(_LEG_RADII) * girth), Part.BODY, Cell.LEGS), _shoe(limb)]
    return grids


def _limb(limb: Limb, radii: Floats) -> Floats:
    """A tube around a bent limb, its joint rounded."""
    share = np.linspace(0, 1, 6)[:, None]
    path = np.concatenate(
        [limb.root + (limb.middle - limb.root) * share, (limb.middle + (limb.end - limb.middle) * share)[1:]]
    )
    path[1:-1] = path[1:-1] * 0.5 + (path[:-2] + path[2:]) * 0.25
    back = unit(path[0] - path[1]) * radii[0]
    end = path[-1] + (path[-1] - path[-2]) * 0.05
    full = np.concatenate([(path[0] + back * 0.8)[None], (path[0] + back * 0.5)[None], path, end[None]])
    round_end = np.concatenate([radii[:1] * 0.25, radii[:1] * 0.75, radii, [0.012]])
    return tube(array(full), array(np.stack([round_end, round_end], axis=1)), _beside(limb), around(12))


def _beside(limb: Limb) -> Floats:
    """A direction across the plane in which a limb bends."""
    plane = np.cross(limb.middle - limb.root, limb.end - limb.middle)
    return unit(plane) if np.linalg.norm(plane) > 1e-4 else array([1.0, 0.1, 0.0])


def _hand(limb: Limb) -> list[Grid]:
    along, across = unit(limb.end - limb.middle), _beside(limb)
    share = array([0.0, 0.02, 0.05, 0.09, 0.13, 0.165, 0.18])
    thick = array([0.012, 0.028, 0.038, 0.042, 0.036, 0.026, 0.004])
    path = limb.end + share[:, None] * along - array([0, 0, 0.012]) * (share[:, None] / 0.18)
    return [
        Grid(
            tube(array(path), array(np.stack([thick, thick * 0.55], axis=1)), across, around(10)),
            Part.HAND,
            Cell.HANDS,
            0.05,
        )
    ]


def _shoe(limb: Limb) -> Grid:
    middle = limb.end + array([0, 0.055, -0.035])
    return Grid(ball(middle, (0.052, 0.14, 0.048)), Part.BODY, Cell.SHOES)


def _on_neck(bones: Skeleton, figure: Figure) -> list[Grid]:
    skin = array([0.050, 0.052])
    path = np.linspace(
        bones.head - bones.head_turn[2] * 0.05 - bones.head_turn[1] * 0.022, bones.neck - bones.torso_turn[2] * 0.05, 4
    )
    neck = Grid(tube(array(path), array(np.tile(skin, (4, 1))), bones.torso_turn[1], around(12)), Part.BODY, Cell.SKIN)
    wear = Headwear(figure.dress.hat, figure.dress.mask, figure.looks.hair)
    size = 1.0 + (STANDARD_HEIGHT_M / figure.looks.height_m - 1.0) * 0.7
    turned = [
        Grid(array(g.points * size @ bones.head_turn + bones.head), g.part, g.cell, g.nearer_m)
        for g in head_grids(wear)
    ]
    return [neck, *turned]


def _held(bones: Skeleton, held: str) -> list[Grid]:
    limb = bones.arms[1]
    along = unit(limb.end - limb.middle)
    grip = limb.end + along * 0.10
    return [
        Grid(bar(*ends, half, front), part, cell, 0.09) for ends, half, front, part, cell in _tools(held, grip, bones)
    ]


Tool = tuple[tuple[Floats, Floats], tuple[float, float], Floats, Part, Cell]
"""A bar: its ends, half width and thickness, which way it faces, what it is, how it is painted."""


def _tools(held: str, grip: Floats, bones: Skeleton) -> list[Tool]:
    up, ahead = array([0, 0, 1]), bones.torso_turn[1]
    to_mouth = unit(bones.head + bones.head_turn @ array([0, 0, 0]) - grip)
    if held == "phone":
        return _phone(grip, unit(up + 0.35 * to_mouth), to_mouth)
    if held == "cigarette":
        return [
            (
                (grip + to_mouth * 0.02, grip - to_mouth * 0.065 + up * 0.01),
                (0.005, 0.005),
                up,
                Part.CIGARETTE,
                Cell.HAT,
            )
        ]
    if held in {"ladle", "knife"}:
        tip = grip + unit(ahead * 0.7 - up * 0.55) * (0.34 if held == "ladle" else 0.22)
        return [((grip, tip), (0.008, 0.012), up, Part.TOOL, Cell.PROP)]
    if held == "tray":
        middle = (bones.arms[0].end + bones.arms[1].end) / 2 + ahead * 0.12
        side = bones.torso_turn[0]
        return [((middle - side * 0.24, middle + side * 0.24), (0.16, 0.012), ahead, Part.TOOL, Cell.SHOES)]
    return []


def _phone(grip: Floats, along: Floats, to_eyes: Floats) -> list[Tool]:
    """A black case and, towards the eyes, a lit screen."""
    case: Tool = ((grip - along * 0.02, grip + along * 0.15), (0.042, 0.006), to_eyes, Part.PHONE, Cell.PROP)
    low, high = grip - along * 0.012 + to_eyes * 0.008, grip + along * 0.142 + to_eyes * 0.008
    return [case, ((low, high), (0.038, 0.001), to_eyes, Part.PHONE, Cell.MASK)]
