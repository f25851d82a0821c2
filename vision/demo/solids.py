"""The shapes a kitchen is made of, and what they are made from."""

from dataclasses import dataclass

from vision.demo.arrays import Vector

MATERIALS = ("tile", "floor", "steel", "plain", "carton", "lamp")


@dataclass(frozen=True, slots=True)
class Material:
    """A surface: its way of varying and its B, G, R reflectance from 0 to 1."""

    kind: str
    colour: Vector
    grain_m: float = 0.2
    """Edge of a tile, or the size of a carton's flutes."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box between two corners."""

    low: Vector
    high: Vector
    material: Material


@dataclass(frozen=True, slots=True)
class Drum:
    """An upright cylinder: the middle of its foot, radius, height."""

    foot: Vector
    radius_m: float
    height_m: float
    material: Material

    @property
    def low(self) -> Vector:
        """The low corner of the box around it."""
        return (self.foot[0] - self.radius_m, self.foot[1] - self.radius_m, self.foot[2])

    @property
    def high(self) -> Vector:
        """The high corner of the box around it."""
        return (self.foot[0] + self.radius_m, self.foot[1] + self.radius_m, self.foot[2] + self.height_m)


Solid = Box | Drum


@dataclass(frozen=True, slots=True)
class Doorway:
    """An opening in a wall, from the floor up: people come and go through it."""

    wall: str
    """left (x = 0), right (x = width), back (y = depth), front (y = 0)."""
    start_m: float
    end_m: float
    height_m: float = 2.1


@dataclass(frozen=True, slots=True)
class Shell:
    """The room itself: width along x, depth along y, height, what it is lined with, its doors and ceiling lamps."""

    size_m: Vector
    walls: Material
    floor: Material
    doors: tuple[Doorway, ...] = ()
    lamps_xy: tuple[tuple[float, float], ...] = ((1.5, 1.5), (3.5, 1.5), (1.5, 3.5), (3.5, 3.5))

    @property
    def ceiling(self) -> Material:
        """White panels."""
        return Material("plain", (0.86, 0.87, 0.87))
