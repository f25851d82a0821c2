"""Training frames from kitchens that no demo day shows: camera, light, people, colours and clutter drawn by lot."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vision.demo.acting import ACTS, HELD, walking
from vision.demo.animals import Animal
from vision.demo.arrays import Bytes, Vector
from vision.demo.camera import Pinhole
from vision.demo.effects import Puff
from vision.demo.figure import Figure, Stance
from vision.demo.furniture import Piece, furnish
from vision.demo.raster import Light
from vision.demo.reading import read_objects, read_persons
from vision.demo.room import build
from vision.demo.sensor import Sensor, expose
from vision.demo.solids import Material, Shell
from vision.demo.staging import Actor, Stage
from vision.demo.truth import ObjectTruth, PersonTruth
from vision.demo.version import RENDERER
from vision.demo.wardrobe import COLOURS, Dress, Looks

FRAME_HW = (720, 1280)
FRAMES_PER_ROOM = 5
CLOTHING_LETTERS = {"jacket": "j", "apron": "a", "coat": "o", "everyday": "p", "bare": "b"}
MASK_LETTERS = {"worn": "m", "improper": "b", "missing": "n", "unknown": "u"}
CLASSES = ("person", "head", "rat", "cat", "phone", "cigarette", "flame", "smoke")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Set:
    """A room with its furniture, ready for actors."""

    stage: Stage
    sensor: Sensor
    size_m: tuple[float, float]
    blocked: tuple[tuple[float, float, float, float], ...]
    burners: tuple[Vector, ...]
    """Where something may burn."""


def write_frames(folder: Path, seed: int, count: int, progress: Progress | None = None) -> Path:
    """Write `count` labelled JPEGs and annotations.json in the data folder's format; returns the latter's path.

    The same seed gives the same frames. Splits go by room: about one room in eight is for validation.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    entries = []
    for number, (picture, boxes) in enumerate(_frames(seed, count)):
        name = f"images/rendered-{seed}-{number:05d}.jpg"
        quality = int(np.random.default_rng((seed, number, 5)).integers(60, 93))
        cv2.imwrite(str(folder / name), picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        entries.append(_entry(name, seed, number, boxes))
        if progress:
            progress(number + 1, count)
    path = folder / "annotations.json"
    path.write_text(json.dumps(_document(seed, entries), ensure_ascii=False), encoding="utf-8")
    return path


def _document(seed: int, entries: list[dict[str, Any]]) -> dict[str, Any]:
    source = {
        "repo": "this project, vision/demo",
        "commit": RENDERER,
        "licence": "Apache-2.0",
        "note": f"rendered by our own code, seed {seed}",
    }
    return {"set": "rendered", "source": source, "classes": list(CLASSES), "images": entries}


def _entry(name: str, seed: int, number: int, boxes: list[dict[str, Any]]) -> dict[str, Any]:
    room = number // FRAMES_PER_ROOM
    split = "val" if room % 8 == 7 else "train"
    return {
        "file": name,
        "width": FRAME_HW[1],
        "height": FRAME_HW[0],
        "split": split,
        "group": f"rendered-{seed}-room-{room}",
        "boxes": boxes,
    }


def _frames(seed: int, count: int) -> Iterator[tuple[Bytes, list[dict[str, Any]]]]:
    for room in range(-(-count // FRAMES_PER_ROOM)):
        rng = np.random.default_rng((seed, room))
        scenery = _room(rng)
        for number in range(room * FRAMES_PER_ROOM, min((room + 1) * FRAMES_PER_ROOM, count)):
            yield _frame(scenery, rng, number)


def _frame(scenery: _Set, rng: np.random.Generator, number: int) -> tuple[Bytes, list[dict[str, Any]]]:
    shot = scenery.stage.shoot(_actors(scenery, rng), _puffs(scenery, rng), float(rng.uniform(0, 60)))
    picture = expose(_soften(shot.picture, rng), scenery.sensor, number)
    boxes = [box for person in read_persons(shot) for box in person_boxes(person)]
    return picture, [*boxes, *(object_box(thing) for thing in read_objects(shot))]


def person_boxes(person: PersonTruth) -> list[dict[str, Any]]:
    """A person and, where seen, the head, in the data sets' letters."""
    boxes: list[dict[str, Any]] = [
        {"xyxy": list(person.box), "label": "person", "clothing": CLOTHING_LETTERS[person.clothing]}
    ]
    if person.head:
        boxes.append(
            {"xyxy": list(person.head), "label": "head", "hat": person.hat_style, "mask": MASK_LETTERS[person.mask]}
        )
    return boxes


def object_box(thing: ObjectTruth) -> dict[str, Any]:
    """An object in the data sets' form."""
    return {"xyxy": list(thing.box), "label": thing.label}


def _soften(picture: Bytes, rng: np.random.Generator) -> Bytes:
    """Lens blur, exposure and white balance of a camera that nobody set up."""
    gain = rng.uniform(0.8, 1.35) * rng.uniform(0.95, 1.05, 3)
    bright = np.clip(picture * gain + rng.uniform(-6, 10), 0, 255).astype(np.uint8)
    return cv2.GaussianBlur(bright, (0, 0), float(rng.uniform(0.3, 1.2))).astype(np.uint8)


def _room(rng: np.random.Generator) -> _Set:
    width, depth, height = (float(rng.uniform(*span)) for span in ((3.8, 6.5), (4.0, 6.5), (2.8, 3.3)))
    shell = Shell((width, depth, height), _lining(rng), _flooring(rng), (), _lamps(width, depth))
    pieces = _pieces(rng, width, depth)
    light = _light(rng)
    mirrored = rng.random() < 0.5
    eye = (width - 0.3 if mirrored else 0.3, 0.3, height - 0.15)
    target = (width * rng.uniform(0.4, 0.6), depth * rng.uniform(0.5, 0.65), float(rng.uniform(0.6, 1.1)))
    camera = Pinhole(eye, target, float(rng.uniform(720, 1150)), FRAME_HW)
    backdrop = build(
        shell, [solid for piece in pieces for solid in furnish(piece)], camera, light, int(rng.integers(1 << 30))
    )
    sensor = Sensor(
        float(rng.uniform(1, 7 if light.infrared else 5)), float(rng.uniform(0, 0.45)), int(rng.integers(1 << 30)), None
    )
    feet = tuple(
        (p.at_m[0], p.at_m[1], p.at_m[0] + p.size_m[0], p.at_m[1] + p.size_m[1])
        for p in pieces
        if p.kind not in {"hood", "wall_shelf"}
    )
    burners = tuple(
        (p.at_m[0] + p.size_m[0] * share, p.at_m[1] + p.size_m[1] / 2, 0.9)
        for p in pieces
        if p.kind == "stove"
        for share in (0.25, 0.75)
    )
    return _Set(Stage(camera, light, backdrop), sensor, (width, depth), feet, burners)


def _lining(rng: np.random.Generator) -> Material:
    tone = rng.uniform(0.62, 0.9) * rng.uniform(0.93, 1.0, 3)
    return Material(
        str(rng.choice(["tile", "tile", "tile", "tile", "plain", "plain", "steel"])),
        _colour(tone),
        float(rng.choice([0.1, 0.15, 0.2, 0.3])),
    )


def _flooring(rng: np.random.Generator) -> Material:
    tone = rng.uniform(0.25, 0.62) * rng.uniform(0.85, 1.05, 3)
    return Material("floor", _colour(tone), float(rng.choice([0.2, 0.3, 0.45, 0.6])))


def _colour(tone: Any) -> Vector:
    return float(tone[0]), float(tone[1]), float(tone[2])


def _lamps(width: float, depth: float) -> tuple[tuple[float, float], ...]:
    return tuple((width * x, depth * y) for x in (0.3, 0.7) for y in (0.3, 0.7))


def _light(rng: np.random.Generator) -> Light:
    if rng.random() < 0.15:
        return Light(infrared=True)
    warm = rng.uniform(-0.1, 0.08)
    towards = (float(rng.uniform(-0.6, 0.6)), float(rng.uniform(-0.6, 0.3)), 0.9)
    return Light(towards, float(rng.uniform(0.4, 0.65)), float(rng.uniform(0.4, 0.58)), (1 + warm, 1.0, 1 - warm))


def _pieces(rng: np.random.Generator, width: float, depth: float) -> list[Piece]:
    """Furniture along the back and side walls, and often an island."""
    back = str(rng.choice(["stove", "counter", "sink", "shelf", "stove"]))
    side = str(rng.choice(["counter", "shelf", "sink", "cartons"]))
    pieces = [
        Piece(back, (0.8, depth - 0.78), (width - 2.0, 0.75), seed=int(rng.integers(999))),
        Piece(side, (width - 0.62, depth * 0.35), (0.6, depth * 0.4), seed=int(rng.integers(999))),
        Piece(
            str(rng.choice(["fridge", "bin", "sacks", "cartons"])),
            (width - 0.95, depth - 0.9),
            (0.8, 0.8),
            seed=int(rng.integers(999)),
        ),
        Piece(
            str(rng.choice(["counter", "sink", "shelf"])),
            (0.02, depth * 0.45),
            (0.55, depth * 0.4),
            seed=int(rng.integers(999)),
        ),
    ]
    if rng.random() < 0.65:
        pieces.append(Piece("counter", (width * 0.34, depth * 0.42), (width * 0.32, 0.7), seed=int(rng.integers(999))))
    if back == "stove" and rng.random() < 0.5:
        pieces.append(Piece("hood", (0.7, depth - 1.0), (width - 1.8, 0.98)))
    return pieces


def _actors(scenery: _Set, rng: np.random.Generator) -> list[Actor]:
    actors: list[Actor] = []
    for number in range(int(rng.choice([0, 1, 2, 3, 4, 5], p=[0.08, 0.22, 0.28, 0.22, 0.13, 0.07]))):
        spot = _free_spot(scenery, rng, [actor.what.stance for actor in actors])
        if spot:
            actors.append(Actor(f"person-{number}", _figure(spot, rng)))
    for kind, chance in (("rat", 0.22), ("cat", 0.16)):
        if rng.random() < chance:
            actors.append(Actor(kind, _animal(kind, scenery, rng)))
    return actors


def _free_spot(scenery: _Set, rng: np.random.Generator, taken: list[Stance]) -> tuple[float, float] | None:
    for _ in range(40):
        x, y = (float(rng.uniform(0.4, span - 0.4)) for span in scenery.size_m)
        on_things = any(x0 - 0.25 < x < x1 + 0.25 and y0 - 0.25 < y < y1 + 0.25 for x0, y0, x1, y1 in scenery.blocked)
        near_others = any((x - s.x_m) ** 2 + (y - s.y_m) ** 2 < 0.3 for s in taken)
        eye = scenery.stage.camera.position
        if not on_things and not near_others and (x - eye[0]) ** 2 + (y - eye[1]) ** 2 > 5.0:
            return x, y
    return None


def _figure(spot: tuple[float, float], rng: np.random.Generator) -> Figure:
    act = str(rng.choice(["walk", *ACTS], p=[0.25, *([0.75 / len(ACTS)] * len(ACTS))]))
    at_s, seed = float(rng.uniform(0, 60)), int(rng.integers(100))
    pose = (
        walking(float(rng.uniform(0, 2 * np.pi)), carrying=bool(rng.random() < 0.2))
        if act == "walk"
        else ACTS[act](at_s, seed)
    )
    pose = replace(
        pose,
        head_yaw_deg=pose.head_yaw_deg + float(rng.normal(0, 18)),
        head_pitch_deg=pose.head_pitch_deg + float(rng.normal(0, 7)),
    )
    return Figure(_looks(rng), _dress(rng), pose, Stance(*spot, float(rng.uniform(0, 360))), HELD.get(act, "nothing"))


def _looks(rng: np.random.Generator) -> Looks:
    skin = str(rng.choice(["light", "medium", "tan", "dark"], p=[0.4, 0.3, 0.2, 0.1]))
    hair = str(rng.choice(["short", "long", "bun", "bald"], p=[0.45, 0.25, 0.2, 0.1]))
    tone = str(rng.choice(["black", "brown", "grey", "blond"], p=[0.6, 0.2, 0.12, 0.08]))
    return Looks(
        float(rng.uniform(1.52, 1.86)), float(rng.uniform(0.88, 1.22)), skin, hair, tone, int(rng.integers(1 << 30))
    )


def _dress(rng: np.random.Generator) -> Dress:
    hat = str(
        rng.choice(["none", "toque", "cap", "skullcap", "net", "baseball"], p=[0.34, 0.14, 0.14, 0.12, 0.18, 0.08])
    )
    mask = str(rng.choice(["worn", "nose", "chin", "none"], p=[0.44, 0.1, 0.08, 0.38]))
    clothing = str(rng.choice(["jacket", "apron", "coat", "everyday", "bare"], p=[0.3, 0.28, 0.14, 0.22, 0.06]))
    any_colour = [str(c) for c in rng.choice(list(COLOURS), 4)]
    hat_colour = {"net": str(rng.choice(["sky", "white", "white", "green", "pink"])), "baseball": any_colour[3]}.get(
        hat, str(rng.choice(["white", "white", "black", "navy", "red", "grey"]))
    )
    top = (
        any_colour[0]
        if clothing in {"everyday", "apron"}
        else str(rng.choice(["white", "white", "white", "grey", "black", "navy", "sky"]))
    )
    mask_colour = str(rng.choice(["sky", "sky", "white", "black"]))
    trousers = str(rng.choice(["black", "navy", "grey", "denim", "white", "khaki"]))
    return Dress(
        hat,
        mask,
        clothing,
        str(rng.choice(["none", "none", "blue", "white"])),
        hat_colour,
        mask_colour,
        top,
        any_colour[1],
        trousers,
        str(rng.choice(["black", "white", "brown"])),
    )


def _animal(kind: str, scenery: _Set, rng: np.random.Generator) -> Animal:
    x, y = (float(rng.uniform(0.3, span - 0.3)) for span in scenery.size_m)
    coat = str(rng.choice(["rat", "dark", "grey"] if kind == "rat" else ["grey", "ginger", "dark", "white"]))
    stance = Stance(x, y, float(rng.uniform(0, 360)))
    return Animal(kind, stance, float(rng.uniform(0, 6)), float(rng.uniform(0.9, 1.25)), coat)


def _puffs(scenery: _Set, rng: np.random.Generator) -> list[Puff]:
    puffs = []
    for foot in scenery.burners:
        seed = int(rng.integers(100))
        if rng.random() < 0.45:
            puffs.append(
                Puff(
                    "flame",
                    foot,
                    float(rng.uniform(0.2, 0.5)),
                    float(rng.uniform(0.15, 0.6)),
                    float(rng.uniform(0.8, 1.2)),
                    seed,
                )
            )
        if rng.random() < 0.3:
            puffs.append(Puff("steam", foot, 0.5, float(rng.uniform(0.6, 1.1)), float(rng.uniform(0.5, 1.0)), seed))
        if rng.random() < 0.2:
            puffs.append(
                Puff(
                    "smoke",
                    foot,
                    float(rng.uniform(0.5, 1.0)),
                    float(rng.uniform(0.7, 1.3)),
                    float(rng.uniform(0.8, 1.3)),
                    seed,
                )
            )
    return puffs
