"""Saves the models' time: tells whether a picture differs from the last one that they saw, where it matters.

The picture is reduced to the mean brightness of small cells. A change of the light moves all cells alike and is taken
out by the median; what remains is compared with the noise of the same picture, so that a grainy night camera does not
count as busy. A rat of 20 px in 1080p still moves a cell by several levels.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from vision.geometry import inside_polygon
from vision.scene import Zone

CELL_PX = 4
"""Side of a cell of the grey copy (320 px wide): 24 px of a 1080p picture."""
LEVELS = 6.0
"""Grey levels by which a cell must differ at least."""
NOISE = 8.0
"""And by so many times the usual difference of the picture's cells (median absolute deviation)."""
LONGEST_S = 60.0
"""Never longer than this without the models (architecture: unchanged scenes)."""

Grey = NDArray[np.uint8]
Cells = NDArray[np.float32]


@dataclass(slots=True)
class ChangeGate:
    """One camera's gate; it remembers the last picture that the models saw."""

    zones: tuple[Zone, ...] = ()
    longest_s: float = LONGEST_S
    skipped: int = 0
    """Looks that were spared."""
    _seen: Cells | None = None
    _seen_at: datetime | None = None
    _mask: NDArray[np.bool_] | None = field(default=None, repr=False)

    def is_unchanged(self, grey: Grey, at: datetime) -> bool:
        """Tell whether the models may be spared this picture: grey uint8 (h, w), some 320 px wide."""
        if self._seen is None or self._seen_at is None or (at - self._seen_at).total_seconds() >= self.longest_s:
            return False
        cells = cell_means(grey)
        if cells.shape != self._seen.shape or changed_cells(self._seen, cells, self._matters(cells.shape)):
            return False
        self.skipped += 1
        return True

    def saw(self, grey: Grey, at: datetime) -> None:
        """Remember a picture that the models are shown."""
        self._seen, self._seen_at = cell_means(grey), at

    def _matters(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        if self._mask is None or self._mask.shape != shape:
            self._mask = zone_mask(self.zones, (shape[0], shape[1]))
        return self._mask


def cell_means(grey: Grey) -> Cells:
    """Return the (h / 4, w / 4) mean levels of a grey picture; what does not fill a cell at the edge is left out."""
    rows, columns = grey.shape[0] // CELL_PX, grey.shape[1] // CELL_PX
    whole = grey[: rows * CELL_PX, : columns * CELL_PX].astype(np.float32)
    return np.asarray(whole.reshape(rows, CELL_PX, columns, CELL_PX).mean(axis=(1, 3)), np.float32)


def changed_cells(before: Cells, after: Cells, matters: NDArray[np.bool_]) -> int:
    """Return how many of the cells that matter changed, beyond light and noise."""
    difference = after - before
    difference = np.abs(difference - np.median(difference))
    usual = float(np.median(difference))
    return int(np.count_nonzero(difference[matters] > max(LEVELS, NOISE * usual)))


def zone_mask(zones: Iterable[Zone], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which cells lie in a zone; all of them where there is no zone or one is the whole picture."""
    polygons = [zone.polygon for zone in zones]
    if not all(polygons) or not polygons:
        return np.ones(shape, np.bool_)
    rows, columns = np.indices(shape)
    middles = np.stack([(columns + 0.5) / shape[1], (rows + 0.5) / shape[0]], axis=-1).reshape(-1, 2)
    inside = [inside_polygon(middles.astype(np.float32), np.array(polygon, np.float32)) for polygon in polygons]
    return np.asarray(np.any(inside, axis=0)).reshape(shape)
