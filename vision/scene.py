"""All that a rule may see of one look: who and what is where, what they wear, how the camera feels; never a pixel."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.errors import InvalidInputError
from vision.frames import CameraId
from vision.tracks import Tracks


class ZoneType(StrEnum):
    """What a part of the kitchen is used for; the law's duties depend on it (domain.md 1.1, key reading)."""

    SPECIAL_ROOM = "special_room"
    """专间"""
    SPECIAL_AREA = "special_area"
    """专用操作区"""
    SERVING = "serving"
    """备餐"""
    COOKING = "cooking"
    """烹饪"""
    ROUGH = "rough"
    """粗加工"""
    WASHING = "washing"
    """洗消"""
    STORAGE = "storage"
    """仓库"""
    DINING = "dining"
    """就餐"""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Zone:
    """A named part of one camera's picture."""

    name: str
    type: ZoneType
    polygon: tuple[tuple[float, float], ...] = ()
    """Corners as shares of width and height (0..1); empty means the whole picture."""


class ItemState(StrEnum):
    """How one person wears one item, as far as this look can tell."""

    WORN = "worn"
    IMPROPER = "improper"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Unseen(StrEnum):
    """Why an item's state is unknown; empty when it is known."""

    SEEN = ""
    NO_HEAD = "no head seen"
    TOO_SMALL = "head too small"
    TURNED_AWAY = "face turned away"
    DOUBTFUL = "not sure enough"
    NO_MODEL = "no model for this item"


STATES: tuple[ItemState, ...] = tuple(ItemState)
REASONS: tuple[Unseen, ...] = tuple(Unseen)
UNKNOWN_INDEX = STATES.index(ItemState.UNKNOWN)


@dataclass(frozen=True, slots=True, eq=False)
class Wear:
    """What n persons wear; row i belongs to person i, column j to `items[j]`."""

    items: tuple[str, ...]
    """Of hat, mask, uniform, gloves, torso (`torso`: the upper body is bare)."""
    log_odds: NDArray[np.float32]
    """(n, k) calibrated log-odds that the item is NOT worn as it should be; NaN = not visible or not sure (I3)."""
    state: NDArray[np.int8]
    """(n, k) index into `STATES`; unknown exactly where `log_odds` is NaN."""
    reason: NDArray[np.int8]
    """(n, k) index into `REASONS`."""
    head_xyxy: NDArray[np.float32]
    """(n, 4) frame px; a row of NaN where no head is seen."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together, and an unknown that carries evidence."""
        shape = (len(self.head_xyxy), len(self.items))
        if not self.log_odds.shape == self.state.shape == self.reason.shape == shape:
            raise InvalidInputError("Wear", (self.log_odds.shape, self.state.shape, self.reason.shape), f"{shape}")
        if not np.array_equal(np.isnan(self.log_odds), self.state == UNKNOWN_INDEX):
            raise InvalidInputError("Wear.log_odds", "evidence for an unknown state", "NaN exactly where unknown")

    @classmethod
    def unseen(cls, items: tuple[str, ...], head_xyxy: NDArray[np.float32], reason: Unseen) -> Self:
        """Return a wear that knows nothing of anybody, and says why."""
        shape = (len(head_xyxy), len(items))
        return cls(
            items,
            np.full(shape, np.nan, np.float32),
            np.full(shape, UNKNOWN_INDEX, np.int8),
            np.full(shape, REASONS.index(reason), np.int8),
            head_xyxy,
        )

    def column(self, item: str) -> NDArray[np.float32]:
        """Return the (n,) log-odds of one item; all NaN when no model speaks about it."""
        if item not in self.items:
            return np.full(len(self.head_xyxy), np.nan, np.float32)
        return self.log_odds[:, self.items.index(item)]


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the camera itself is doing, measured on the picture by `sources.health`; NaN = cannot be measured."""

    connected: bool = True
    """Packets arrive; False makes everything else of the scene unknown."""
    silent_s: float = 0.0
    """Seconds since the last packet."""
    luma: float = float("nan")
    """Mean brightness 0..255."""
    contrast: float = float("nan")
    """Standard deviation of brightness, 0..128."""
    sharpness: float = float("nan")
    """Variance of the Laplacian on a 320 px wide grey copy over this camera's running median; 1 = as usual."""
    change: float = float("nan")
    """Mean absolute difference to the previous look, 0..255; exactly 0 means an identical picture."""
    edge_loss: float = float("nan")
    """Share of the reference view's edges that are gone, 0..1."""
    shift: float = float("nan")
    """Displacement against the reference view as a share of the width."""
    clock_drift_s: float = float("nan")
    """Stream clock minus our clock since the connection began."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One look at one camera."""

    camera: CameraId
    at: datetime
    pts_s: float
    """Seconds since the first packet of the stream or file."""
    frame_hw: tuple[int, int]
    persons: Tracks
    """Tracked persons; row i belongs to row i of `wear`."""
    objects: Tracks
    """Everything else that is tracked."""
    wear: Wear
    zones: tuple[Zone, ...]
    vitals: Vitals

    def __post_init__(self) -> None:
        """Refuse a wear that is not about these persons."""
        if len(self.persons) != len(self.wear.head_xyxy):
            raise InvalidInputError("Scene.wear", len(self.wear.head_xyxy), f"one row per person ({len(self.persons)})")
