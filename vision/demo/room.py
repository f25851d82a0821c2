"""The empty kitchen, rendered once per scene: coloured and lit, with the depth that hides people behind things."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.demo.arrays import Bytes, Floats, Mask, array
from vision.demo.camera import Pinhole
from vision.demo.casting import CEILING, FIRST_SOLID, FLOOR, WALL, Surface, blocked, cast
from vision.demo.raster import Light, infrared_gain
from vision.demo.solids import Material, Shell, Solid

SHADOW_STEP = 4
LAMP_HALF_M = (0.6, 0.15)


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The picture of an empty room and how far away each pixel of it is."""

    colour: Bytes
    """(h, w, 3) BGR."""
    depth: Floats
    """(h, w) metres."""
    floor: Mask
    """(h, w): where shadows of people fall."""


def build(shell: Shell, solids: Sequence[Solid], camera: Pinhole, light: Light, seed: int) -> Backdrop:
    """Render the room without its people."""
    surface = cast(shell, solids, camera)
    rng = np.random.default_rng(seed)
    colour = _paint(shell, solids, surface, camera, rng)
    lit = _by_infrared(surface, camera) if light.infrared else _by_lamps(shell, solids, surface, light, rng)
    picture = colour * lit[..., None] * array(light.tint)
    if light.infrared:
        picture = np.repeat((colour @ array([0.2, 0.35, 0.45]) * 0.75 + 0.1)[..., None] * lit[..., None], 3, axis=-1)
    smooth = cv2.GaussianBlur(array(np.clip(picture * 255, 0, 250)), (0, 0), 0.7)
    return Backdrop(smooth.astype(np.uint8), surface.depth, np.asarray(surface.owner == FLOOR))


def _paint(
    shell: Shell, solids: Sequence[Solid], surface: Surface, camera: Pinhole, rng: np.random.Generator
) -> Floats:
    colour = np.zeros_like(surface.normal)
    materials = {FLOOR: shell.floor, CEILING: shell.ceiling, WALL: shell.walls}
    materials |= {number: solid.material for number, solid in enumerate(solids, start=FIRST_SOLID)}
    groups: dict[Material, list[int]] = {}
    for number, material in materials.items():
        groups.setdefault(material, []).append(number)
    grain = array(
        cv2.GaussianBlur(rng.standard_normal((512, 512)).astype(np.float32), (0, 0), 1.2, borderType=cv2.BORDER_REFLECT)
    )
    look = _Look(grain / grain.std(), array(camera.position))
    for material, numbers in groups.items():
        where = np.isin(surface.owner, numbers)
        if where.any():
            colour[where] = look.at(material, surface.point[where], surface.normal[where])
    return array(colour)


@dataclass(frozen=True, slots=True)
class _Look:
    """How a material varies over a surface."""

    grain: Floats
    eye: Floats

    def at(self, material: Material, points: Floats, normals: Floats) -> Floats:
        """Reflectance (n, 3) of `material` at points that face along `normals`."""
        u, v = _along(points, normals)
        shade = {"tile": self._tiles, "floor": self._tiles, "steel": self._steel, "carton": self._carton}.get(
            material.kind, self._plain
        )
        return array(shade(material, np.stack([u, v]), points, normals)[:, None] * array(material.colour))

    def _noise(self, uv: Floats, per_m: float) -> Floats:
        cells = np.mod(np.floor(uv * per_m).astype(np.int64), 512)
        return array(self.grain[cells[1], cells[0]])

    def _plain(self, material: Material, uv: Floats, points: Floats, normals: Floats) -> Floats:
        del material, points, normals
        return array(1 + 0.02 * self._noise(uv, 60) + 0.025 * self._noise(uv, 5))

    def _tiles(self, material: Material, uv: Floats, points: Floats, normals: Floats) -> Floats:
        cell = uv / material.grain_m
        edge = np.abs(cell - np.round(cell)).min(axis=0) * material.grain_m
        grout = np.clip((edge - 0.002) / 0.003, 0, 1)
        tile = np.mod(np.floor(cell).astype(np.int64) * 37, 512)
        shade = (
            1 + 0.025 * self.grain[tile[1], tile[0]] + 0.02 * self._noise(uv, 40) + self._gloss(points, normals) * 0.12
        )
        if material.kind == "floor":
            shade += 0.05 * self._noise(uv, 3) + 0.03 * self._noise(uv, 11)
        return array(shade * (0.72 + 0.28 * grout))

    def _steel(self, material: Material, uv: Floats, points: Floats, normals: Floats) -> Floats:
        del material
        brushed = self._noise(uv * array([[1.0], [40.0]]), 12)
        return array(0.74 + 0.035 * brushed + 0.02 * self._noise(uv, 4) + 0.5 * self._gloss(points, normals))

    def _carton(self, material: Material, uv: Floats, points: Floats, normals: Floats) -> Floats:
        del points, normals
        tape = np.abs(np.mod(uv[0], 0.42) - 0.2) < 0.025
        return array(
            (1 + 0.05 * self._noise(uv, 30))
            * np.where(tape, 1.18, 1.0)
            * (0.95 + 0.05 * np.cos(uv[1] / max(material.grain_m, 0.01)))
        )

    def _gloss(self, points: Floats, normals: Floats) -> Floats:
        """How brightly the room above is mirrored: rays that bounce upwards meet the lamps."""
        view = points - self.eye
        view /= np.linalg.norm(view, axis=1, keepdims=True)
        bounce = view - 2 * np.einsum("ij,ij->i", view, normals)[:, None] * normals
        wave = 0.5 + 0.5 * np.sin(bounce[:, 0] * 9 + points[:, 0] * 2.2) * np.sin(bounce[:, 1] * 7 + points[:, 2] * 3.1)
        return array(np.clip(bounce[:, 2] * 0.5 + 0.3, 0, 1) * wave)


def _along(points: Floats, normals: Floats) -> tuple[Floats, Floats]:
    """Two coordinates on a surface: the floor's x and y, or a wall's length and height."""
    flat = np.abs(normals[:, 2]) > 0.7
    u = np.where(np.abs(normals[:, 0]) > 0.7, points[:, 1], points[:, 0])
    return array(u), array(np.where(flat, points[:, 1], points[:, 2]))


def _by_infrared(surface: Surface, camera: Pinhole) -> Floats:
    towards = array(camera.position) - surface.point
    distance = np.sqrt((towards**2).sum(axis=-1))
    facing = np.clip((surface.normal * towards).sum(axis=-1) / distance, 0, 1)
    return array((0.3 + 0.7 * facing) * infrared_gain(array(distance)))


def _by_lamps(
    shell: Shell, solids: Sequence[Solid], surface: Surface, light: Light, rng: np.random.Generator
) -> Floats:
    direct = np.zeros(surface.depth.shape, np.float32)
    for x, y in shell.lamps_xy:
        lamp = array([x, y, shell.size_m[2] - 0.05])
        towards = lamp - surface.point
        distance2 = (towards**2).sum(axis=-1)
        facing = np.clip((surface.normal * towards).sum(axis=-1) / np.sqrt(distance2), 0, 1)
        direct += facing / (1 + distance2 / 5) * _open_sky(solids, surface, lamp, rng)
    sky = light.ambient * (0.82 + 0.18 * surface.normal[..., 2]) * _corners(shell, surface)
    glow = np.where(surface.owner == CEILING, 0.25, 0.0)
    return array(sky + glow + light.key * 1.5 * direct / max(len(shell.lamps_xy), 1) * 2)


def _open_sky(solids: Sequence[Solid], surface: Surface, lamp: Floats, rng: np.random.Generator) -> Floats:
    """Which share of a lamp is seen, from a coarse grid of pixels and three points of the lamp."""
    points = surface.point[::SHADOW_STEP, ::SHADOW_STEP]
    starts = (points + surface.normal[::SHADOW_STEP, ::SHADOW_STEP] * 0.02).reshape(-1, 3)
    seen = np.zeros(len(starts), np.float32)
    for _ in range(3):
        jitter = rng.uniform(-1, 1, (len(starts), 3)) * array([*LAMP_HALF_M, 0.0])
        seen += ~blocked(solids, starts, array(lamp + jitter))
    coarse = cv2.GaussianBlur(seen.reshape(points.shape[:2]) / 3, (0, 0), 1.3)
    return array(cv2.resize(coarse, surface.depth.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _corners(shell: Shell, surface: Surface) -> Floats:
    """Corners of the room and the floor under things get less light from the sky."""
    x, y, z = (surface.point[..., axis] for axis in range(3))
    walls = np.minimum(np.minimum(x, shell.size_m[0] - x), np.minimum(y, shell.size_m[1] - y))
    upright = np.abs(surface.normal[..., 2]) < 0.5
    distance = np.where(upright, np.maximum(z, 0), np.maximum(walls, 0))
    return array(1 - 0.38 * np.exp(-distance / 0.22))
