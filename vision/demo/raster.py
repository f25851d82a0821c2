"""From a mesh to pixels: quads drawn far to near as numbers, then lit and textured in one go (deferred shading)."""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.demo.arrays import Bytes, Floats, Ints, Vector, array, unit
from vision.demo.camera import Pinhole
from vision.demo.mesh import Mesh

SUBPIXEL_BITS = 4
MARGIN_PX = 3
NEAREST_M = 0.25
REMAP_COLUMNS = 1024
"""cv2.remap takes no row longer than 32,767."""


@dataclass(frozen=True, slots=True)
class Light:
    """A key direction plus the light that comes from everywhere; `tint` is a B, G, R gain."""

    towards: Vector = (0.25, -0.35, 0.9)
    key: float = 0.55
    ambient: float = 0.52
    tint: Vector = (1.0, 1.0, 1.0)
    infrared: bool = False
    """Lit by the camera's own infrared lamp, which falls off with distance."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """What a mesh looks like from the camera: a rectangle of the frame whose top left pixel is `xy`."""

    xy: tuple[int, int]
    colour: Floats
    """(h, w, 3) BGR, 0 to 255; black where nothing is."""
    depth: Floats
    """(h, w) metres; infinite where nothing is."""
    parts: Bytes
    """(h, w) labels; 0 where nothing is."""


@dataclass(frozen=True, slots=True)
class _Area:
    x0: int
    y0: int
    x1: int
    y1: int


def rasterise(mesh: Mesh, atlas: Bytes, camera: Pinhole, light: Light) -> Sprite | None:
    """Draw `mesh` dressed in `atlas`; None if no part of it is in the frame."""
    pixels, depth = camera.project(mesh.points)
    order = _facing(mesh, pixels, depth)
    corners = pixels[mesh.quads[order]]
    area = _area(corners, camera.frame_hw)
    if area is None:
        return None
    numbers = _paint(corners, area)
    rows, columns = np.nonzero(numbers)
    if not len(rows):
        return None
    faces = numbers[rows, columns] - 1
    values = np.column_stack([mesh.texels, _shade(mesh, camera, light), depth])[mesh.quads[order]]
    where = np.stack([columns + area.x0, rows + area.y0]).astype(np.float32) + np.float32(0.5)
    seen = _interpolate(corners, array(values), faces, where)
    return _sprite(area, (rows, columns), seen, mesh.parts[order][faces], _texture(atlas, seen, light))


def _facing(mesh: Mesh, pixels: Floats, depth: Floats) -> Ints:
    """Number the quads that face the camera, the farthest first."""
    corners = pixels[mesh.quads]
    rising, falling = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    facing = rising[:, 0] * falling[:, 1] - rising[:, 1] * falling[:, 0] < 0
    depths = depth[mesh.quads]
    visible = np.flatnonzero(facing & (depths.min(axis=1) > NEAREST_M))
    return visible[np.argsort(mesh.nearer_m[visible] - depths[visible].mean(axis=1), kind="stable")]


def _area(corners: Floats, frame_hw: tuple[int, int]) -> _Area | None:
    if not len(corners):
        return None
    low = np.floor(corners.min(axis=(0, 1))).astype(int) - MARGIN_PX
    high = np.ceil(corners.max(axis=(0, 1))).astype(int) + MARGIN_PX
    x0, y0 = max(int(low[0]), 0), max(int(low[1]), 0)
    x1, y1 = min(int(high[0]), frame_hw[1]), min(int(high[1]), frame_hw[0])
    return _Area(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _paint(corners: Floats, area: _Area) -> Ints:
    """Fill each quad with its number plus one."""
    numbers = np.zeros((area.y1 - area.y0, area.x1 - area.x0), np.int32)
    local = (corners - array([area.x0 + 0.5, area.y0 + 0.5])) * (1 << SUBPIXEL_BITS)
    fixed = np.ascontiguousarray(np.clip(np.rint(local), -(2**24), 2**24).astype(np.int32))
    fill = cv2.fillConvexPoly
    for number, quad in enumerate(fixed, start=1):
        fill(numbers, quad, number, 8, SUBPIXEL_BITS)
    return numbers


def _shade(mesh: Mesh, camera: Pinhole, light: Light) -> Floats:
    """Light each vertex (v,): the mean of the quads around it."""
    corners = mesh.points[mesh.quads]
    normals = unit(np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]))
    quads = _infrared(corners[:, 0], normals, camera) if light.infrared else _daylight(corners[:, 0], normals, light)
    flat, count = mesh.quads.ravel(), len(mesh.points)
    total = np.bincount(flat, weights=np.repeat(quads, 4), minlength=count)
    return array(total / np.maximum(np.bincount(flat, minlength=count), 1))


def _daylight(points: Floats, normals: Floats, light: Light) -> Floats:
    """Wrapped Lambert from the key, a sky above and a darker floor below; near the floor less light arrives."""
    facing = np.clip((normals @ unit(array(light.towards)) + 0.25) / 1.25, 0, 1)
    sky = light.ambient * (0.78 + 0.22 * normals[:, 2])
    near_floor = 0.8 + 0.2 * np.clip(points[:, 2] / 0.9, 0, 1)
    return array((light.key * facing + sky) * near_floor)


def _infrared(points: Floats, normals: Floats, camera: Pinhole) -> Floats:
    towards = array(camera.position) - points
    distance = np.sqrt(np.einsum("ij,ij->i", towards, towards))
    facing = np.clip(np.einsum("ij,ij->i", normals, towards) / distance, 0, 1)
    return array((0.25 + 0.75 * facing) * infrared_gain(distance))


def infrared_gain(distance_m: Floats) -> Floats:
    """How bright the camera's lamp makes things: a softened inverse square, exposed for the middle of a room."""
    return array(np.minimum(11.0 / (4.0 + distance_m**2), 1.3))


def _interpolate(corners: Floats, values: Floats, faces: Ints, where: Floats) -> Floats:
    """Carry vertex `values` (q, 4, m) to the pixels `where` (2, p) of `faces` (p,); returns (m, p).

    A quad is taken as the affine map that its diagonals span, so that a pole with two equal corners does no harm.
    """
    first, second = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) < 1e-3, -1e-3, area)
    centre = corners.mean(axis=1)
    table = np.vstack([centre.T, second[:, 1] / area, -second[:, 0] / area, -first[:, 1] / area, first[:, 0] / area])
    cx, cy, a, b, c, d = np.take(array(table), faces, axis=1)
    x, y = where[0] - cx, where[1] - cy
    s, t = np.clip(a * x + b * y, -0.5, 0.5), np.clip(c * x + d * y, -0.5, 0.5)
    spans = array(np.stack([values.mean(axis=1), values[:, 2] - values[:, 0], values[:, 3] - values[:, 1]]))
    middle, rise, fall = (np.take(np.ascontiguousarray(part.T), faces, axis=1) for part in spans)
    return array(middle + s * rise + t * fall)


def _texture(atlas: Bytes, seen: Floats, light: Light) -> Floats:
    count = seen.shape[1]
    folded = np.zeros((2, -(-count // REMAP_COLUMNS) * REMAP_COLUMNS), np.float32)
    folded[:, :count] = seen[:2]
    at_x, at_y = folded.reshape(2, -1, REMAP_COLUMNS)
    texels = cv2.remap(atlas, at_x, at_y, cv2.INTER_LINEAR).reshape(-1, 3)[:count].astype(np.float32)
    if light.infrared:
        texels[:] = (texels @ array([0.2, 0.35, 0.45]) * 0.8 + 30)[:, None]
    return array(texels * seen[2][:, None] * array(light.tint))


def _sprite(area: _Area, pixels: tuple[Ints, Ints], seen: Floats, parts: Ints, colours: Floats) -> Sprite:
    shape = (area.y1 - area.y0, area.x1 - area.x0)
    colour = np.zeros((*shape, 3), np.float32)
    depth = np.full(shape, np.inf, np.float32)
    labels = np.zeros(shape, np.uint8)
    colour[pixels], depth[pixels], labels[pixels] = colours, seen[3], parts
    return Sprite((area.x0, area.y0), colour, depth, labels)
