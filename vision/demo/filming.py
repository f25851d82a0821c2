"""Films a script: frame by frame the picture that the camera sends, and what is really to be seen in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from vision.demo import mishaps
from vision.demo.arrays import Bytes
from vision.demo.camera import Pinhole
from vision.demo.furniture import Piece, furnish
from vision.demo.happenings import Moment
from vision.demo.playing import Play
from vision.demo.raster import Light
from vision.demo.reading import read_objects, read_persons
from vision.demo.room import build
from vision.demo.script import Point, Room, Script, Stuff
from vision.demo.sensor import Sensor, expose
from vision.demo.solids import Doorway, Material, Shell
from vision.demo.staging import Shot, Stage
from vision.demo.truth import FrameTruth

FRAME_HW = (432, 768)
FPS = 5
"""Pictures a second: as many as a busy site's cameras send, and half the work of ten."""
BLIND = ("black", "covered")
"""States of a camera in which nothing can be seen."""
NO_PICTURE: Bytes = np.empty((0, 0, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One frame."""

    picture: Bytes
    """(h, w, 3) BGR, before compression."""
    truth: FrameTruth
    moment: Moment

    def without_picture(self) -> "Take":
        """Return the same without its pixels, to be kept."""
        return replace(self, picture=NO_PICTURE)


class Filming:
    """A scene that is ready to be filmed."""

    def __init__(self, script: Script, frame_hw: tuple[int, int] = FRAME_HW) -> None:
        self.play = Play(script)
        self.script = script
        self.frame_hw = frame_hw
        self._stage = self._look_at(script.lens.look_at_m)
        self._moved = [self._look_at(point) for point in script.lens.moved_look_at_m]
        self._sensor = Sensor(script.lens.noise, script.lens.vignette, script.room.seed, script.name)

    def takes(self, fps: float = FPS) -> Iterator[Take]:
        """Yield every frame of one turn of the film."""
        last: Take | None = None
        for number in range(round(self.script.seconds * fps)):
            last = self._take(number, number / fps, last)
            yield last

    def _take(self, number: int, at_s: float, last: Take | None) -> Take:
        state = self.play.camera(at_s)
        if state == "frozen" and last is not None:
            return Take(last.picture, replace(last.truth, number=number, at_s=at_s, camera=state), last.moment)
        shot = self._shoot(state, at_s)
        seen = () if state in BLIND else read_persons(shot)
        things = () if state in BLIND else read_objects(shot)
        picture = expose(self._spoil(shot.picture, state, at_s), self._sensor, number)
        truth = FrameTruth(number, round(at_s, 3), seen, things, state)
        return Take(picture, truth, Moment.of(self.play, at_s))

    def _shoot(self, state: str, at_s: float) -> Shot:
        share = self.play.mishap_share(at_s)
        stage = self._moved[int(share * len(self._moved))] if state == "moved" else self._stage
        return stage.shoot(self.play.actors(at_s), self.play.puffs(at_s), at_s)

    def _spoil(self, picture: Bytes, state: str, at_s: float) -> Bytes:
        match state:
            case "black":
                return mishaps.black(picture)
            case "covered":
                return mishaps.covered(picture, at_s)
            case "blurred":
                return mishaps.blurred(picture)
        return picture

    def _look_at(self, look_at: Point) -> Stage:
        lens, lamps, room = self.script.lens, self.script.lamps, self.script.room
        camera = Pinhole(lens.at_m, look_at, lens.focal * self.frame_hw[1], self.frame_hw)
        light = Light(key=lamps.key, ambient=lamps.ambient, tint=lamps.tint, infrared=lamps.infrared)
        solids = [solid for piece in room.pieces for solid in furnish(Piece(**piece.model_dump()))]
        return Stage(camera, light, build(_shell(room), solids, camera, light, room.seed))


def _shell(room: Room) -> Shell:
    doors = tuple(Doorway(door.wall, door.start_m, door.end_m) for door in room.doors)
    width, depth, _ = room.size_m
    lamps = tuple((width * x, depth * y) for x in (0.3, 0.7) for y in (0.3, 0.7))
    return Shell(room.size_m, _material(room.walls), _material(room.floor), doors, lamps)


def _material(stuff: Stuff) -> Material:
    return Material(stuff.kind, stuff.colour, stuff.grain_m)
