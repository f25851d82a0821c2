"""Photos as kitchen staff would take them, rendered: the rooms of the demo seen from a phone held by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.demo.arrays import Bytes
from vision.demo.filming import Filming
from vision.demo.script import SCENES, Body, Clothes, Person, Point, Script, Step

PHONE_HW = (720, 960)
CAMERA_HW = (432, 768)
LABEL_SHARE = 0.06
"""The renderer writes its name and the room's along the lower edge; cut off, for it would help to tell rooms apart."""
ROOMS = ("hot-kitchen", "special-room", "preparation", "dishwashing", "serving", "dry-store", "corridor")
HAND_M = 0.12
"""Standard deviation of where somebody stands who takes 'the same' photo again."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a phone is and where it looks, in metres of the room."""

    at_m: Point
    look_at_m: Point


def script_of(room: str) -> Script:
    """Return the scene of a room."""
    return Script.load(SCENES / f"{room}.toml")


def camera_view(script: Script, at_s: float = 0.0) -> Bytes:
    """Return what the kitchen's own camera sees."""
    return _taken(script, Pose(script.lens.at_m, script.lens.look_at_m), CAMERA_HW, at_s)


def spot_pose(script: Script) -> Pose:
    """Return where staff stand to show the spot that the camera looks at: below it, a step nearer, at eye level."""
    (x, y, _), look = script.lens.at_m, script.lens.look_at_m
    return Pose((x + 0.2 * (look[0] - x), y + 0.2 * (look[1] - y), 1.6), (look[0], look[1], 0.95))


def other_pose(script: Script) -> Pose:
    """Return a pose in the same room from which another corner is seen."""
    width, depth, _ = script.room.size_m
    x, y, _ = script.lens.look_at_m
    return Pose((x, y, 1.6), (width - x, depth / 4 if y > depth / 2 else depth * 0.9, 1.2))


def by_hand(pose: Pose, rng: np.random.Generator) -> Pose:
    """Return a pose as somebody finds it again."""
    at = tuple(float(v + d) for v, d in zip(pose.at_m, rng.normal(0, HAND_M, 3), strict=True))
    look = tuple(float(v + d) for v, d in zip(pose.look_at_m, rng.normal(0, HAND_M, 3), strict=True))
    return Pose((at[0], at[1], at[2]), (look[0], look[1], look[2]))


def scene_photo(script: Script, pose: Pose, at_s: float) -> Bytes:
    """Return a photo of the room."""
    return _taken(script, pose, PHONE_HW, at_s)


def portrait_photo(script: Script, rng: np.random.Generator) -> Bytes:
    """Return a photo of somebody in the room, taken by a colleague or with an outstretched arm."""
    x, y, _ = script.lens.look_at_m
    cx, cy, _ = script.lens.at_m
    away = float(np.hypot(cx - x, cy - y))
    at = (x + 1.5 * (cx - x) / away, y + 1.5 * (cy - y) / away, 1.5)
    facing = float(np.degrees(np.arctan2(at[0] - x, at[1] - y)) + rng.normal(0, 12))
    person = Person(
        id="staff",
        body=Body(height_m=float(rng.uniform(1.58, 1.82)), seed=int(rng.integers(1000))),
        dress=Clothes(hat="toque", mask="worn", clothing="jacket"),
        from_m=(x, y),
        steps=(Step(at_s=0, do="idle", face_deg=facing),),
    )
    alone = script.model_copy(update={"persons": (person,), "animals": ()})
    return _taken(alone, by_hand(Pose(at, (x, y, 1.35)), rng), PHONE_HW, 0.0)


def _taken(script: Script, pose: Pose, frame_hw: tuple[int, int], at_s: float) -> Bytes:
    lens = script.lens.model_copy(update={"at_m": pose.at_m, "look_at_m": pose.look_at_m, "moved_look_at_m": ()})
    seconds = script.model_copy(update={"lens": lens, "mishaps": ()})
    picture = next(_instants(seconds, frame_hw, at_s))
    return np.ascontiguousarray(picture[: round(picture.shape[0] * (1 - LABEL_SHARE))])


def _instants(script: Script, frame_hw: tuple[int, int], at_s: float) -> Iterator[Bytes]:
    """Yield the picture of one instant: a film of very few frames, whose second is the one that is wanted."""
    takes = Filming(script, frame_hw).takes(fps=1 / at_s if at_s else 1.0)
    if at_s:
        next(takes)
    yield next(takes).picture


@dataclass(frozen=True, slots=True)
class Album:
    """The photos of one room: the camera's view, the enrolled spot, honest photos of it, another corner, portraits."""

    room: str
    camera: Bytes
    spot: Bytes
    honest: tuple[Bytes, ...]
    elsewhere: Bytes
    portraits: tuple[Bytes, ...]


def album(room: str, seed: int, count: int) -> Album:
    """Return the photos of one room; `count` honest ones."""
    script, rng = script_of(room), np.random.default_rng((seed, ROOMS.index(room)))
    pose = spot_pose(script)
    seconds = rng.uniform(4, min(30, script.seconds - 4), count)
    return Album(
        room,
        camera_view(script, 2.0),
        scene_photo(script, by_hand(pose, rng), 3.0),
        tuple(scene_photo(script, by_hand(pose, rng), float(at_s)) for at_s in seconds),
        scene_photo(script, other_pose(script), 5.0),
        tuple(portrait_photo(script, rng) for _ in range(count)),
    )


def kept_album(folder: Path, room: str, seed: int, count: int) -> Album:
    """Return an album from a folder of PNGs, rendered when it is not there."""
    path = folder / f"{room}-{seed}-{count}.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = album(room, seed, count)
        lists = {"honest": np.stack(fresh.honest), "portraits": np.stack(fresh.portraits)}
        np.savez(path, camera=fresh.camera, spot=fresh.spot, elsewhere=fresh.elsewhere, **lists)
    with np.load(path) as kept:
        return Album(
            room, kept["camera"], kept["spot"], tuple(kept["honest"]), kept["elsewhere"], tuple(kept["portraits"])
        )


if __name__ == "__main__":
    import sys

    cv2.setNumThreads(1)
    for name in ROOMS:
        kept_album(Path(sys.argv[1]), name, 5, 6)
