"""Masks worn wrongly are rare in the labelled sets: masks of other faces are laid too low over bare ones.

Only where a mask lies may tell: the same paste in the right place is a worn mask, and a pasted bare mouth is none.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.training.patch import Patch

LEAST_PX = 26
"""Width of the smallest face that gives or takes a mask."""
TOP, BOTTOM = 0.46, 1.04
"""Where a mask begins and ends on a tight face box, as shares of its height."""
DYED = 0.4
"""Share of the masks that get another colour: most donors wear pale blue, white or black."""

Face = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to lay a mask: where its top lies as shares of the face, how it is squeezed, and what that is called."""

    state: str
    tops: tuple[float, float]
    squeeze: tuple[float, float]
    donor: str
    share: float


WAYS: Final = (
    Way("improper", (0.66, 0.78), (0.65, 0.95), "worn", 0.36),  # the nose is bare
    Way("improper", (0.86, 1.0), (0.4, 0.8), "worn", 0.3),  # under the chin
    Way("worn", (0.42, 0.5), (0.9, 1.05), "worn", 0.18),
    Way("missing", (0.42, 0.5), (0.95, 1.05), "missing", 0.16),
)


class Pulled:
    """Lays lower halves of labelled faces over others."""

    def __init__(self, patches: Sequence[Patch]) -> None:
        usable = [patch for patch in patches if _usable(patch)]
        self._donors = {state: [p for p in usable if p.states.get("mask") == state] for state in ("worn", "missing")}

    def takes(self, patch: Patch) -> bool:
        """Tell whether a mask can be laid over this face."""
        return _usable(patch) and patch.states.get("mask") == "missing" and all(self._donors.values())

    def laid(self, patch: Patch, dice: random.Random) -> Patch:
        """Return the patch with another face's lower half on it, and the mask's state that this makes."""
        way = dice.choices(WAYS, [way.share for way in WAYS])[0]
        donor = dice.choice(self._donors[way.donor])
        piece = _lower_half(donor, dice)
        if way.donor == "worn" and dice.random() < DYED:
            piece = _dyed(piece, dice)
        area = _area(patch.face, way, dice)
        bgr = _blended(patch.bgr, _lit(piece, donor, patch), area)
        return replace(patch, bgr=bgr, states={**patch.states, "mask": way.state})


def _usable(patch: Patch) -> bool:
    if not patch.face or patch.face[2] - patch.face[0] < LEAST_PX:
        return False
    height, width = patch.bgr.shape[:2]
    x0, y0, x1, y1 = patch.face
    return x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height


def _lower_half(donor: Patch, dice: random.Random) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = donor.face
    top, bottom = int(y0 + TOP * (y1 - y0)), int(min(y0 + BOTTOM * (y1 - y0), donor.bgr.shape[0]))
    piece = donor.bgr[top:bottom, int(x0) : int(x1)]
    return np.ascontiguousarray(piece[:, ::-1]) if dice.random() < 0.5 else piece


def _dyed(piece: NDArray[np.uint8], dice: random.Random) -> NDArray[np.uint8]:
    gain = np.array([dice.uniform(0.35, 1.3) for _ in range(3)])
    return np.asarray(np.clip(piece * gain, 0, 255), np.uint8)


def _area(face: Face, way: Way, dice: random.Random) -> tuple[int, int, int, int]:
    """Return the xyxy in px on which the piece is laid."""
    x0, y0, x1, y1 = face
    w, h = x1 - x0, y1 - y0
    wide, shift = w * dice.uniform(0.86, 1.0), w * dice.uniform(-0.04, 0.04)
    tall, top = h * (BOTTOM - TOP) * dice.uniform(*way.squeeze), y0 + h * dice.uniform(*way.tops)
    middle = (x0 + x1) / 2 + shift
    return int(middle - wide / 2), int(top), int(middle + wide / 2), int(top + tall)


def _lit(piece: NDArray[np.uint8], donor: Patch, patch: Patch) -> NDArray[np.uint8]:
    """Return the piece in the light of the face that takes it, as far as foreheads tell."""
    gain = np.clip((_forehead(patch) + 8) / (_forehead(donor) + 8), 0.6, 1.5)
    return np.asarray(np.clip(piece * gain, 0, 255), np.uint8)


def _forehead(patch: Patch) -> float:
    x0, y0, x1, y1 = (int(side) for side in patch.face)
    return float(patch.bgr[y0 : max(y0 + 1, y0 + (y1 - y0) * 2 // 5), x0:x1].mean())


def _blended(bgr: NDArray[np.uint8], piece: NDArray[np.uint8], area: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = area
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, bgr.shape[1]), min(y1, bgr.shape[0])
    if x1 - x0 < 4 or y1 - y0 < 4 or not piece.size:
        return bgr
    size = (x1 - x0, y1 - y0)
    share = _shape(size)[..., None]
    laid = bgr.copy()
    over = cv2.resize(piece, size, interpolation=cv2.INTER_AREA)
    laid[y0:y1, x0:x1] = (laid[y0:y1, x0:x1] * (1 - share) + over * share).astype(np.uint8)
    return laid


def _shape(size: tuple[int, int]) -> NDArray[np.float32]:
    """Return the opacity of a piece: broad above, round below, soft at its rim."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across, down = np.abs(2 * (x + 0.5) / width - 1), (y + 0.5) / height
    rim = np.maximum(across**3 + np.maximum(down - 0.35, 0) ** 2.5 / 0.34, (1 - down) ** 12)
    return np.asarray(np.clip((1.0 - rim) / 0.25, 0, 1), np.float32)
