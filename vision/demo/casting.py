"""Rays against the solids of a room: for each pixel what is seen there, how far away, and which way it faces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.demo.arrays import Floats, Ints, Mask, array
from vision.demo.camera import Pinhole
from vision.demo.solids import Box, Doorway, Drum, Shell, Solid

FLOOR, CEILING, WALL = 0, 1, 2
FIRST_SOLID = 3
RECESS_M = 1.6


@dataclass(frozen=True, slots=True)
class Surface:
    """What the rays met."""

    depth: Floats
    """(h, w) metres along the optical axis."""
    normal: Floats
    """(h, w, 3)."""
    owner: Ints
    """(h, w): FLOOR, CEILING, WALL, or FIRST_SOLID + the number of a solid."""
    point: Floats
    """(h, w, 3) metres in the room."""


def cast(shell: Shell, solids: Sequence[Solid], camera: Pinhole) -> Surface:
    """Look into the room; the camera must hang inside it."""
    rays, eye = camera.rays(), array(camera.position)
    depth, normal, owner = _inside(shell, eye, rays)
    for number, solid in enumerate(solids, start=FIRST_SOLID):
        rows, columns = _window(solid, camera)
        if rows.start < rows.stop and columns.start < columns.stop:
            hit, facing = _hit(solid, eye, rays[rows, columns])
            nearer = hit < depth[rows, columns]
            depth[rows, columns][nearer], owner[rows, columns][nearer] = hit[nearer], number
            normal[rows, columns][nearer] = facing[nearer]
    return Surface(depth, normal, owner, array(eye + rays * depth[..., None]))


def blocked(solids: Sequence[Solid], starts: Floats, towards: Floats) -> Mask:
    """Tell which of the straight ways (n, 3) from `starts` to `towards` a solid cuts; drums count as their boxes."""
    way = towards - starts
    steps = np.where(np.abs(way) < 1e-6, np.float32(1e-6), way)
    inverse = np.ascontiguousarray((1.0 / steps).T)
    origin = np.ascontiguousarray(starts.T)
    cut = np.zeros(len(starts), np.bool_)
    for solid in solids:
        enter, leave = _slabs(solid, origin, inverse)
        cut |= (enter < leave) & (leave > 0.01) & (enter < 0.99) & (enter > -0.2)
    return cut


def _slabs(solid: Solid, origin: Floats, inverse: Floats) -> tuple[Floats, Floats]:
    enter, leave = np.float32(-1e9), np.float32(1e9)
    for axis in range(3):
        first = (np.float32(solid.low[axis]) - origin[axis]) * inverse[axis]
        second = (np.float32(solid.high[axis]) - origin[axis]) * inverse[axis]
        enter = np.maximum(enter, np.minimum(first, second))
        leave = np.minimum(leave, np.maximum(first, second))
    return array(enter), array(leave)


def _inside(shell: Shell, eye: Floats, rays: Floats) -> tuple[Floats, Floats, Ints]:
    size = array(shell.size_m)
    safe = np.where(np.abs(rays) < 1e-6, np.float32(1e-6), rays)
    reach = np.where(safe > 0, (size - eye) / safe, -eye / safe)
    axis = np.argmin(reach, axis=-1)
    depth = np.take_along_axis(reach, axis[..., None], axis=-1)[..., 0]
    normal = -np.sign(safe) * (np.arange(3) == axis[..., None])
    owner = np.where(axis < 2, WALL, np.where(rays[..., 2] > 0, CEILING, FLOOR))
    for door in shell.doors:
        _open(door, shell, (eye, safe), depth)
    return array(depth), array(normal), owner


def _open(door: Doorway, shell: Shell, view: tuple[Floats, Floats], depth: Floats) -> None:
    """Let the rays that hit a doorway run on to a corridor's wall."""
    eye, rays = view
    axis = 0 if door.wall in {"left", "right"} else 1
    plane = {"left": 0.0, "front": 0.0, "right": shell.size_m[0], "back": shell.size_m[1]}[door.wall]
    outward = -1.0 if door.wall in {"left", "front"} else 1.0
    point = eye + rays * depth[..., None]
    along = point[..., 1 - axis]
    through = (np.abs(point[..., axis] - plane) < 1e-3) & (along > door.start_m) & (along < door.end_m)
    through &= point[..., 2] < door.height_m
    beyond = (plane + outward * RECESS_M - eye[axis]) / rays[..., axis]
    depth[through] = beyond[through]


def _window(solid: Solid, camera: Pinhole) -> tuple[slice, slice]:
    """The rows and columns of the frame in which a solid can be seen."""
    corners = array(
        [
            (x, y, z)
            for x in (solid.low[0], solid.high[0])
            for y in (solid.low[1], solid.high[1])
            for z in (solid.low[2], solid.high[2])
        ]
    )
    pixels, depth = camera.project(corners)
    height, width = camera.frame_hw
    if depth.max() <= 0.05:
        return slice(0, 0), slice(0, 0)
    if depth.min() <= 0.05:
        return slice(0, height), slice(0, width)
    (x0, y0), (x1, y1) = np.floor(pixels.min(axis=0)), np.ceil(pixels.max(axis=0))
    return slice(max(int(y0), 0), min(int(y1), height)), slice(max(int(x0), 0), min(int(x1), width))


def _hit(solid: Solid, eye: Floats, rays: Floats) -> tuple[Floats, Floats]:
    return _hit_box(solid, eye, rays) if isinstance(solid, Box) else _hit_drum(solid, eye, rays)


def _hit_box(box: Box, eye: Floats, rays: Floats) -> tuple[Floats, Floats]:
    safe = np.where(np.abs(rays) < 1e-6, np.float32(1e-6), rays)
    first, second = (array(box.low) - eye) / safe, (array(box.high) - eye) / safe
    near, far = np.minimum(first, second), np.maximum(first, second)
    axis = np.argmax(near, axis=-1)
    enter = np.take_along_axis(near, axis[..., None], axis=-1)[..., 0]
    met = (enter < far.min(axis=-1)) & (enter > 0)
    facing = -np.sign(safe) * (np.arange(3) == axis[..., None])
    return array(np.where(met, enter, np.inf)), array(facing)


def _hit_drum(drum: Drum, eye: Floats, rays: Floats) -> tuple[Floats, Floats]:
    x, y = eye[0] - drum.foot[0], eye[1] - drum.foot[1]
    a = rays[..., 0] ** 2 + rays[..., 1] ** 2 + 1e-12
    b = x * rays[..., 0] + y * rays[..., 1]
    root = b * b - a * (x * x + y * y - drum.radius_m**2)
    side = (-b - np.sqrt(np.maximum(root, 0))) / a
    height = eye[2] + side * rays[..., 2]
    on_side = (root > 0) & (side > 0) & (height > drum.foot[2]) & (height < drum.foot[2] + drum.height_m)
    top = (drum.foot[2] + drum.height_m - eye[2]) / np.where(
        np.abs(rays[..., 2]) < 1e-6, np.float32(1e-6), rays[..., 2]
    )
    radius = (x + top * rays[..., 0]) ** 2 + (y + top * rays[..., 1]) ** 2
    on_top = (top > 0) & (radius < drum.radius_m**2) & (rays[..., 2] < 0)
    depth = np.where(on_top, top, np.where(on_side, side, np.inf))
    outwards = np.stack(
        [(x + side * rays[..., 0]) / drum.radius_m, (y + side * rays[..., 1]) / drum.radius_m, np.zeros_like(side)],
        axis=-1,
    )
    return array(depth), array(np.where(on_top[..., None], array([0, 0, 1]), outwards))
