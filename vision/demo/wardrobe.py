"""Who a person is and what that person has on."""

from dataclasses import dataclass, replace
from typing import Self

from vision.demo.arrays import Vector

HATS = ("none", "toque", "cap", "skullcap", "net", "baseball")
MASKS = ("worn", "nose", "chin", "none")
CLOTHING = ("jacket", "apron", "coat", "everyday", "bare")
HAIRS = ("short", "long", "bun", "bald")
GLOVES = ("none", "blue", "white")

SKINS: dict[str, Vector] = {
    "light": (0.62, 0.72, 0.88),
    "medium": (0.50, 0.62, 0.80),
    "tan": (0.38, 0.50, 0.70),
    "dark": (0.20, 0.28, 0.42),
}
COLOURS: dict[str, Vector] = {
    "white": (0.90, 0.91, 0.91), "black": (0.10, 0.10, 0.10), "grey": (0.48, 0.48, 0.47), "navy": (0.30, 0.17, 0.11),
    "blue": (0.72, 0.45, 0.22), "sky": (0.88, 0.76, 0.56), "green": (0.30, 0.44, 0.20), "red": (0.17, 0.13, 0.62),
    "brown": (0.16, 0.24, 0.36), "khaki": (0.42, 0.56, 0.64), "denim": (0.42, 0.28, 0.18), "yellow": (0.25, 0.70, 0.84),
    "pink": (0.68, 0.58, 0.86), "purple": (0.44, 0.22, 0.36), "orange": (0.15, 0.42, 0.85),
}  # fmt: skip
"""B, G, R reflectances."""
HAIR_COLOURS: dict[str, Vector] = {
    "black": (0.07, 0.07, 0.08),
    "brown": (0.08, 0.13, 0.20),
    "grey": (0.42, 0.43, 0.44),
    "blond": (0.32, 0.50, 0.64),
}


@dataclass(frozen=True, slots=True)
class Looks:
    """A body; drawn by our own code, no living person's."""

    height_m: float = 1.70
    girth: float = 1.0
    skin: str = "light"
    hair: str = "short"
    hair_colour: str = "black"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Dress:
    """Clothes, by the words of this module."""

    hat: str = "toque"
    mask: str = "worn"
    clothing: str = "jacket"
    gloves: str = "none"
    hat_colour: str = "white"
    mask_colour: str = "sky"
    top_colour: str = "white"
    apron_colour: str = "black"
    trousers_colour: str = "black"
    shoes_colour: str = "black"

    def wearing(self, **changes: str) -> Self:
        """The same clothes with some put on, off or aside."""
        return replace(self, **changes)
