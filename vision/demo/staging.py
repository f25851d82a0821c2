"""Puts actors and fumes into the empty room, the farthest first, and keeps what of each of them remains visible."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.demo.animals import Animal, fur, shape
from vision.demo.arrays import Bytes, Floats, array
from vision.demo.camera import Pinhole
from vision.demo.effects import Patch, Puff, lay_puff, place
from vision.demo.figure import Figure, dress_up, wrap
from vision.demo.head import HEAD_M
from vision.demo.raster import Light, Sprite, rasterise
from vision.demo.room import Backdrop

SOFT_EDGE, SOFT_PX = (3, 3), 0.7
FAR_HEAD_PX = 72
"""A head that seems no taller than this is drawn from fewer quads: they are still a few pixels small."""
FOOT_BLUR = (23, 23)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or animal with a name."""

    id: str
    what: Figure | Animal


@dataclass(slots=True)
class Seen:
    """What a camera sees of an actor: labels (h, w) from the pixel `xy` on, 0 where something hides it."""

    actor: Actor
    xy: tuple[int, int]
    parts: Bytes
    drawn_px: int
    """How many pixels it would cover if nothing stood before it."""

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the frame."""
        x, y = self.xy
        return slice(y, y + self.parts.shape[0]), slice(x, x + self.parts.shape[1])


@dataclass(frozen=True, slots=True)
class Fume:
    """What a camera sees of a puff: its strength (h, w) over the frame."""

    puff: Puff
    strength: Floats


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame before the sensor, and what is visible in it."""

    picture: Bytes
    seen: list[Seen]
    fumes: list[Fume]


@dataclass(frozen=True, slots=True)
class Stage:
    """One camera's view of one room in one light."""

    camera: Pinhole
    light: Light
    backdrop: Backdrop

    def shoot(self, actors: Sequence[Actor], puffs: Sequence[Puff], at_s: float) -> Shot:
        """Compose one instant."""
        picture = self.backdrop.colour.copy()
        if not self.light.infrared:
            for actor in actors:
                _shadow(picture, self.backdrop, self.camera, actor)
        sprites = [(sprite, actor) for actor in actors if (sprite := _draw(actor, self.camera, self.light))]
        patches = [(patch, puff) for puff in puffs if (patch := place(puff, self.camera))]
        layers: list[tuple[float, Sprite | Patch, Actor | Puff]] = [(s.middle_m, s, a) for s, a in sprites]
        layers += [(p.depth_m, p, puff) for p, puff in patches]
        return self._compose(picture, sorted(layers, key=lambda layer: -layer[0]), at_s)

    def _compose(self, picture: Bytes, layers: list[tuple[float, Sprite | Patch, Actor | Puff]], at_s: float) -> Shot:
        shot = Shot(picture, [], [])
        for _, layer, what in layers:
            if isinstance(layer, Sprite) and isinstance(what, Actor):
                shot.seen.append(_lay(shot, self.backdrop, layer, what))
            elif isinstance(layer, Patch) and isinstance(what, Puff):
                strength = lay_puff(picture, self.backdrop, what, layer, at_s)
                shot.fumes.extend([] if strength is None else [Fume(what, strength)])
        return shot


def _draw(actor: Actor, camera: Pinhole, light: Light) -> Sprite | None:
    if isinstance(actor.what, Figure):
        far = _is_far(actor.what, camera)
        return rasterise(dress_up(actor.what, far=far), wrap(actor.what), camera, light)
    return rasterise(shape(actor.what), fur(actor.what.fur), camera, light)


def _is_far(figure: Figure, camera: Pinhole) -> bool:
    stance = figure.stance
    _, depth = camera.project(array([[stance.x_m, stance.y_m, figure.looks.height_m]]))
    return bool(HEAD_M * camera.focal_px < FAR_HEAD_PX * depth[0])


def _lay(shot: Shot, backdrop: Backdrop, sprite: Sprite, actor: Actor) -> Seen:
    x, y = sprite.xy
    height, width = sprite.parts.shape
    rows, columns = slice(y, y + height), slice(x, x + width)
    visible = ((sprite.depth < backdrop.depth[rows, columns]) & (sprite.parts > 0)).astype(np.uint8)
    laid = cv2.copyTo(sprite.colour, visible, shot.picture[rows, columns].copy())
    soft = cv2.GaussianBlur(laid, SOFT_EDGE, SOFT_PX)
    shot.picture[rows, columns] = cv2.copyTo(soft, cv2.dilate(visible, np.ones(SOFT_EDGE, np.uint8)), laid)
    seen = Seen(actor, (x, y), sprite.parts * visible, sprite.drawn_px)
    for farther in shot.seen:
        _hide(farther, seen)
    return seen


def _hide(farther: Seen, nearer: Seen) -> None:
    """Take from the farther actor's labels what the nearer one covers."""
    rows, columns = (
        slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(farther.window, nearer.window, strict=True)
    )
    if rows.start < rows.stop and columns.start < columns.stop:
        own = farther.parts[_shift(rows, farther.xy[1]), _shift(columns, farther.xy[0])]
        own[nearer.parts[_shift(rows, nearer.xy[1]), _shift(columns, nearer.xy[0])] > 0] = 0


def _shift(span: slice, start: int) -> slice:
    return slice(span.start - start, span.stop - start)


def _shadow(picture: Bytes, backdrop: Backdrop, camera: Pinhole, actor: Actor) -> None:
    """Darken the floor around the feet with a soft ellipse."""
    stance, animal = actor.what.stance, isinstance(actor.what, Animal)
    angles = np.linspace(0, 2 * np.pi, 24)
    radius = 0.13 if animal else 0.42
    ring = np.stack([stance.x_m + radius * np.cos(angles), stance.y_m + radius * np.sin(angles), np.zeros(24)], axis=1)
    pixels, depth = camera.project(array(ring))
    height, width = camera.frame_hw
    (x0, y0), (x1, y1) = pixels.min(axis=0) - 24, pixels.max(axis=0) + 24
    rows, columns = slice(max(int(y0), 0), min(int(y1), height)), slice(max(int(x0), 0), min(int(x1), width))
    if depth.min() < 0.4 or rows.start >= rows.stop or columns.start >= columns.stop:
        return
    light = np.full((rows.stop - rows.start, columns.stop - columns.start), 255, np.uint8)
    cv2.fillConvexPoly(light, np.rint(pixels - [columns.start, rows.start]).astype(np.int32), 128)
    light = np.asarray(cv2.blur(cv2.blur(light, FOOT_BLUR), FOOT_BLUR), np.uint8)
    light[~backdrop.floor[rows, columns]] = 255
    picture[rows, columns] = cv2.multiply(picture[rows, columns], cv2.merge([light] * 3), scale=1 / 255)
