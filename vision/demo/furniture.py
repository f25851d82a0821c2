"""Kitchen furniture by the piece: each word of a scene script becomes a handful of boxes and drums."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vision.demo.arrays import Vector
from vision.demo.solids import Box, Drum, Material, Solid

STEEL = Material("steel", (0.80, 0.79, 0.77))
DARK_STEEL = Material("steel", (0.36, 0.36, 0.36))
IRON = Material("plain", (0.09, 0.09, 0.10))
WHITE = Material("plain", (0.88, 0.89, 0.89))
CARDBOARD = Material("carton", (0.36, 0.52, 0.66), 0.05)
GOODS: tuple[Vector, ...] = (
    (0.25, 0.30, 0.62), (0.55, 0.38, 0.16), (0.20, 0.42, 0.24), (0.30, 0.62, 0.78),
    (0.72, 0.74, 0.74), (0.22, 0.22, 0.24), (0.42, 0.52, 0.58),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """Its kind, the low corner on the floor, width along x, depth along y, height, and its seed."""

    kind: str
    at_m: tuple[float, float]
    size_m: tuple[float, float]
    height_m: float = 0.0
    """0 takes the kind's own height."""
    seed: int = 0


def furnish(piece: Piece) -> list[Solid]:
    """Build a piece; its kind must be one of `KINDS`."""
    return KINDS[piece.kind](piece, np.random.default_rng(piece.seed))


def _span(piece: Piece, low: Vector, high: Vector, material: Material) -> Box:
    """A box given in shares of the piece's footprint and metres of height."""
    (x, y), (w, d) = piece.at_m, piece.size_m
    return Box((x + low[0] * w, y + low[1] * d, low[2]), (x + high[0] * w, y + high[1] * d, high[2]), material)


def _legs(piece: Piece, height_m: float, material: Material, half_m: float = 0.025) -> list[Solid]:
    (x, y), (w, d) = piece.at_m, piece.size_m
    feet = [
        (x + half_m, y + half_m),
        (x + w - half_m, y + half_m),
        (x + half_m, y + d - half_m),
        (x + w - half_m, y + d - half_m),
    ]
    return [Box((a - half_m, b - half_m, 0.0), (a + half_m, b + half_m, height_m), material) for a, b in feet]


def _counter(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    height = piece.height_m or 0.85
    table = [
        _span(piece, (0, 0, height - 0.04), (1, 1, height), STEEL),
        _span(piece, (0.02, 0.02, 0.22), (0.98, 0.98, 0.25), STEEL),
    ]
    return [*table, *_legs(piece, height - 0.04, STEEL), *_clutter(piece, height, rng), *_clutter(piece, 0.25, rng)]


def _clutter(piece: Piece, height_m: float, rng: np.random.Generator) -> list[Solid]:
    """Bowls, boards, bottles, stacks and trays along the middle of a top."""
    (x, y), (w, d) = piece.at_m, piece.size_m
    count = int(max(w, d) / 0.42)
    things: list[Solid] = []
    for slot in range(count):
        if rng.random() < 0.72:
            share = (slot + 0.5) / count
            at = (
                (x + w * share, y + d * rng.uniform(0.35, 0.7))
                if w > d
                else (x + w * rng.uniform(0.3, 0.65), y + d * share)
            )
            things += _thing((*at, height_m), rng)
    return things


def _thing(at: Vector, rng: np.random.Generator) -> list[Solid]:
    x, y, z = at
    colour = Material("plain", GOODS[int(rng.integers(len(GOODS)))])
    match int(rng.integers(6)):
        case 0:
            return [Drum(at, 0.11, 0.09, STEEL), Drum((x, y, z + 0.08), 0.098, 0.012, colour)]
        case 1:
            return [
                Box((x - 0.19, y - 0.13, z), (x + 0.19, y + 0.13, z + 0.025), Material("plain", (0.62, 0.72, 0.78))),
                Drum((x + 0.04, y, z + 0.025), 0.04, 0.05, colour),
            ]
        case 2:
            return [Drum((x + dx, y + dy, z), 0.034, 0.25, colour) for dx, dy in ((0, 0), (0.08, 0.03))]
        case 3:
            return [Drum(at, 0.12, float(rng.uniform(0.05, 0.2)), WHITE)]
        case 4:
            return [
                Box((x - 0.16, y - 0.12, z), (x + 0.16, y + 0.12, z + 0.10), STEEL),
                Box((x - 0.14, y - 0.10, z + 0.1), (x + 0.14, y + 0.10, z + 0.105), colour),
            ]
        case _:
            return [Drum(at, 0.13, 0.17, DARK_STEEL), Drum((x, y, z + 0.17), 0.14, 0.012, STEEL)]


def _stove(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    height = piece.height_m or 0.82
    (x, y), (w, d) = piece.at_m, piece.size_m
    body: list[Solid] = [
        _span(piece, (0, 0, 0.1), (1, 1, height - 0.03), STEEL),
        _span(piece, (0, 0, height - 0.03), (1, 1, height), DARK_STEEL),
    ]
    along_x = w > d
    burners = max(int(max(w, d) / 0.6), 1)
    for slot in range(burners):
        share = (slot + 0.5) / burners
        at = (x + w * share, y + d * 0.5) if along_x else (x + w * 0.5, y + d * share)
        body += [Drum((*at, height), 0.19, 0.03, IRON)]
        body += [
            Drum(
                (*at, height + 0.06),
                0.21 if rng.random() < 0.6 else 0.15,
                float(rng.choice([0.07, 0.22])),
                IRON if rng.random() < 0.6 else STEEL,
            )
        ]
    return body


def _shelf(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    height = piece.height_m or 1.8
    solids = _legs(piece, height, STEEL, 0.018)
    for level in np.linspace(0.18, height - 0.05, 4):
        solids.append(_span(piece, (0, 0, float(level)), (1, 1, float(level) + 0.03), STEEL))
        solids += _goods(piece, float(level) + 0.03, rng)
    return solids


def _goods(piece: Piece, height_m: float, rng: np.random.Generator) -> list[Solid]:
    """Cartons, tins and crates side by side along the longer edge."""
    (x, y), (w, d) = piece.at_m, piece.size_m
    solids: list[Solid] = []
    place, length = 0.03, max(w, d)
    while place < length - 0.3:
        wide, tall = float(rng.uniform(0.16, 0.34)), float(rng.uniform(0.14, 0.34))
        material = CARDBOARD if rng.random() < 0.5 else Material("plain", GOODS[int(rng.integers(len(GOODS)))])
        low = (x + place, y + 0.05 * d, height_m) if w > d else (x + 0.05 * w, y + place, height_m)
        high = (low[0] + wide, y + 0.9 * d, height_m + tall) if w > d else (x + 0.9 * w, low[1] + wide, height_m + tall)
        solids.append(Box(low, high, material))
        place += wide + float(rng.uniform(0.02, 0.12))
    return solids


def _fridge(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    del rng
    height = piece.height_m or 1.95
    seam = [
        _span(piece, (0.49, -0.004, 0.2), (0.51, 1.004, height - 0.1), DARK_STEEL),
        _span(piece, (-0.004, 0.49, 0.2), (1.004, 0.51, height - 0.1), DARK_STEEL),
    ]
    return [
        _span(piece, (0, 0, 0.12), (1, 1, height), STEEL),
        _span(piece, (0.02, 0.02, 0), (0.98, 0.98, 0.12), IRON),
        *seam,
    ]


def _sink(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    del rng
    height = piece.height_m or 0.85
    (x, y), (w, d) = piece.at_m, piece.size_m
    body: list[Solid] = [_span(piece, (0, 0, height - 0.3), (1, 1, height), STEEL), *_legs(piece, height - 0.3, STEEL)]
    for share in (0.27, 0.73):
        low = (share - 0.19, 0.15, height) if w > d else (0.15, share - 0.19, height)
        high = (share + 0.19, 0.85, height + 0.004) if w > d else (0.85, share + 0.19, height + 0.004)
        body.append(_span(piece, low, high, DARK_STEEL))
    return [
        *body,
        Drum((x + w / 2, y + d * 0.9, height), 0.016, 0.28, STEEL),
        _span(piece, (0.49, 0.5, height + 0.26), (0.51, 0.9, height + 0.28), STEEL),
    ]


def _hood(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    del rng
    low = piece.height_m or 2.05
    return [
        _span(piece, (0, 0, low), (1, 1, low + 0.08), STEEL),
        _span(piece, (0.08, 0.08, low + 0.08), (0.92, 0.92, low + 0.42), STEEL),
    ]


def _bin(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    colour = Material("plain", GOODS[int(rng.integers(len(GOODS)))])
    (x, y), (w, _) = piece.at_m, piece.size_m
    height = piece.height_m or 0.6
    return [
        Drum((x + w / 2, y + w / 2, 0.0), w / 2, height, colour),
        Drum((x + w / 2, y + w / 2, height), w / 2 + 0.015, 0.03, IRON),
    ]


def _cartons(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    (x, y), (w, d) = piece.at_m, piece.size_m
    solids: list[Solid] = []
    for column in range(max(int(w / 0.42), 1)):
        top = 0.0
        while top < (piece.height_m or 1.0):
            tall, slip = float(rng.uniform(0.22, 0.34)), float(rng.uniform(0, 0.04))
            solids.append(
                Box((x + column * 0.42 + slip, y + slip, top), (x + column * 0.42 + 0.39, y + d, top + tall), CARDBOARD)
            )
            top += tall
    return solids


def _sacks(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    linen = Material("carton", (0.62, 0.72, 0.76), 0.02)
    layers = range(max(int((piece.height_m or 0.5) / 0.16), 1))
    return [
        _span(
            piece, (float(rng.uniform(0, 0.06)), 0, k * 0.16), (float(rng.uniform(0.94, 1)), 1, k * 0.16 + 0.15), linen
        )
        for k in layers
    ]


def _wall_shelf(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    height = piece.height_m or 1.5
    return [_span(piece, (0, 0, height), (1, 1, height + 0.03), STEEL), *_clutter(piece, height + 0.03, rng)]


def _block(piece: Piece, rng: np.random.Generator) -> list[Solid]:
    colour = Material("plain", GOODS[int(rng.integers(len(GOODS)))])
    return [_span(piece, (0, 0, 0), (1, 1, piece.height_m or 0.8), colour)]


KINDS: dict[str, Callable[[Piece, np.random.Generator], list[Solid]]] = {
    "counter": _counter, "stove": _stove, "shelf": _shelf, "fridge": _fridge, "sink": _sink, "hood": _hood, "bin": _bin,
    "cartons": _cartons, "sacks": _sacks, "wall_shelf": _wall_shelf, "block": _block,
}  # fmt: skip
