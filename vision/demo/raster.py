"""From a mesh to pixels: quads drawn far to near as numbers, then lit and textured in one go (deferred shading)."""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.demo.arrays import Bytes, Floats, Ints, Mask, Vector, array, cross, unit
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
    colour: Bytes
    """(h, w, 3) BGR; black where nothing is."""
    depth: Floats
    """(h, w) metres; infinite where nothing is."""
    parts: Bytes
    """(h, w) labels; 0 where nothing is."""
    drawn_px: int
    """How many pixels it covers."""
    middle_m: float
    """Its mean depth."""


@dataclass(frozen=True, slots=True)
class _Area:
    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def hw(self) -> tuple[int, int]:
        """Return height and width."""
        return self.y1 - self.y0, self.x1 - self.x0

    def centres(self, mask: Mask) -> Floats:
        """Return the middles (2, p) of the true pixels of a mask (h, w), in the frame."""
        across = np.arange(self.x0 + 0.5, self.x1, dtype=np.float32)[None]
        down = np.arange(self.y0 + 0.5, self.y1, dtype=np.float32)[:, None]
        return np.stack([np.broadcast_to(across, self.hw)[mask], np.broadcast_to(down, self.hw)[mask]])


def rasterise(mesh: Mesh, atlas: Bytes, camera: Pinhole, light: Light) -> Sprite | None:
    """Draw `mesh` dressed in `atlas`; None if no part of it is in the frame."""
    pixels, depth = camera.project(mesh.points)
    order = _facing(mesh, pixels, depth)
    corners = pixels[mesh.quads[order]]
    area = _area(corners, camera.frame_hw)
    if area is None:
        return None
    numbers = _paint(corners, area)
    drawn = numbers > 0
    if not drawn.any():
        return None
    faces = numbers[drawn].astype(np.intp) - 1
    values = np.column_stack([mesh.texels, _shade(mesh, camera, light), depth])[mesh.quads[order]]
    seen = _interpolate(corners, array(values), faces, area.centres(drawn))
    return _sprite(area, drawn, seen, mesh.parts[order][faces], _texture(atlas, seen, light))


def _facing(mesh: Mesh, pixels: Floats, depth: Floats) -> Ints:
    """Number the quads that face the camera, the farthest first."""
    corners = pixels[mesh.quads]
    rising, falling = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    facing = rising[:, 0] * falling[:, 1] - rising[:, 1] * falling[:, 0] < 0
    depths = depth[mesh.quads]
    if depth.min() <= NEAREST_M:
        facing &= depths.min(axis=1) > NEAREST_M
    visible = np.flatnonzero(facing)
    return visible[np.argsort((mesh.nearer_m - _middle(depths))[visible], kind="stable")]


def _middle(corners: Floats) -> Floats:
    """Return the mean over the four corners, the second axis; far quicker than NumPy's own over so short an axis."""
    return array((corners[:, 0] + corners[:, 1] + corners[:, 2] + corners[:, 3]) * np.float32(0.25))


def _area(corners: Floats, frame_hw: tuple[int, int]) -> _Area | None:
    if not len(corners):
        return None
    across, down = corners[..., 0], corners[..., 1]
    low = np.floor([across.min(), down.min()]).astype(int) - MARGIN_PX
    high = np.ceil([across.max(), down.max()]).astype(int) + MARGIN_PX
    x0, y0 = max(int(low[0]), 0), max(int(low[1]), 0)
    x1, y1 = min(int(high[0]), frame_hw[1]), min(int(high[1]), frame_hw[0])
    return _Area(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _paint(corners: Floats, area: _Area) -> Ints:
    """Fill each quad with its number plus one."""
    numbers = np.zeros(area.hw, np.int32)
    local = (corners - array([area.x0 + 0.5, area.y0 + 0.5])) * (1 << SUBPIXEL_BITS)
    fixed = np.ascontiguousarray(np.clip(np.rint(local), -(2**24), 2**24).astype(np.int32))
    fill = cv2.fillConvexPoly
    for number, quad in enumerate(list(fixed), start=1):
        fill(numbers, quad, number, 8, SUBPIXEL_BITS)
    return numbers


def _shade(mesh: Mesh, camera: Pinhole, light: Light) -> Floats:
    """Light each vertex (v,): the mean of the quads around it."""
    corners = mesh.points[mesh.quads]
    normals = unit(cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]))
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
    (`mode="clip"` saves NumPy a copy: no number is out of range.)
    """
    first, second = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) < 1e-3, -1e-3, area)
    centre = _middle(corners)
    table = np.vstack([centre.T, second[:, 1] / area, -second[:, 0] / area, -first[:, 1] / area, first[:, 0] / area])
    cx, cy, a, b, c, d = np.take(array(table), faces, axis=1, mode="clip")
    x, y = where[0] - cx, where[1] - cy
    s, t = np.clip(a * x + b * y, -0.5, 0.5), np.clip(c * x + d * y, -0.5, 0.5)
    spans = array(np.stack([_middle(values), values[:, 2] - values[:, 0], values[:, 3] - values[:, 1]]))
    middle, rise, fall = (np.take(np.ascontiguousarray(part.T), faces, axis=1, mode="clip") for part in spans)
    return array(middle + s * rise + t * fall)


def _texture(atlas: Bytes, seen: Floats, light: Light) -> Bytes:
    """Return the colours (p, 4) of pixels whose atlas pixel and brightness are the first three rows of `seen`."""
    count = seen.shape[1]
    folded = np.zeros((3, -(-count // REMAP_COLUMNS) * REMAP_COLUMNS), np.float32)
    folded[:, :count] = seen[:3]
    at_x, at_y, bright = folded.reshape(3, -1, REMAP_COLUMNS)
    texels = cv2.remap(atlas, at_x, at_y, cv2.INTER_LINEAR)
    if light.infrared:
        grey = array(texels) @ array([0.2, 0.35, 0.45]) * 0.8 + 30
        texels = np.asarray(cv2.merge([grey] * 3), np.float32)
    lit = cv2.multiply(texels, cv2.merge([bright * np.float32(gain) for gain in light.tint]), dtype=cv2.CV_8U)
    return np.asarray(cv2.cvtColor(lit, cv2.COLOR_BGR2BGRA), np.uint8).reshape(-1, 4)[:count]


def _sprite(area: _Area, drawn: Mask, seen: Floats, parts: Ints, colours: Bytes) -> Sprite:
    """Spread what was seen of the `drawn` pixels; `colours` (p, 4) as whole words, ten times as fast as by bytes."""
    words = np.zeros(area.hw, np.uint32)
    depth = np.full(area.hw, np.inf, np.float32)
    labels = np.zeros(area.hw, np.uint8)
    words[drawn], depth[drawn], labels[drawn] = colours.view(np.uint32)[:, 0], seen[3], parts
    colour = np.asarray(cv2.cvtColor(words.view(np.uint8).reshape(*area.hw, 4), cv2.COLOR_BGRA2BGR), np.uint8)
    return Sprite((area.x0, area.y0), colour, depth, labels, len(parts), float(seen[3].mean()))
