"""Saves the models' time: tells whether a picture differs from the last one that they saw, where it matters.

The picture is reduced to the mean colours of small cells. A change of the light moves all cells alike and is taken out
by the median of each colour; what remains is compared with the noise of the same picture, so that a grainy night camera
does not count as busy. A rat of 20 px in 1080p still moves a cell by several levels.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from vision.frames import CameraId
from vision.geometry import inside_polygon
from vision.sampling.plan import phase_s
from vision.scene import Zone

LEVELS = 6.0
"""Levels by which a cell must differ in one colour at least."""
NOISE = 8.0
"""And by so many times the usual difference of the picture's cells (median absolute deviation)."""
LONGEST_S = 60.0
"""Never longer than this without the models (architecture: unchanged scenes)."""

Cells = NDArray[np.float32]
"""Mean colours, shape (rows, columns, 3); a cell is some 24 px of a 1080p picture wide (`sources.health.cells_of`)."""


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

    def is_unchanged(self, cells: Cells, at: datetime) -> bool:
        """Tell whether the models may be spared this picture."""
        if self._seen is None or self._seen_at is None or (at - self._seen_at).total_seconds() >= self.longest_s:
            return False
        if cells.shape != self._seen.shape or changed_cells(self._seen, cells, self._matters(cells.shape)):
            return False
        self.skipped += 1
        return True

    def saw(self, cells: Cells, at: datetime) -> None:
        """Remember a picture that the models are shown."""
        self._seen, self._seen_at = cells, at

    def _matters(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        if self._mask is None or self._mask.shape != shape:
            self._mask = zone_mask(self.zones, (shape[0], shape[1]))
        return self._mask


def longest_s(camera: CameraId) -> float:
    """Return how long a camera in whose picture nothing changes goes without the models: 45 s to 60 s, by its id.

    Cameras that came back at once (a switch, a power cut) would otherwise all need them in the same second, for ever.
    """
    return LONGEST_S - phase_s(camera, LONGEST_S / 4)


def changed_cells(before: Cells, after: Cells, matters: NDArray[np.bool_]) -> int:
    """Return how many of the cells that matter changed, beyond light and noise."""
    difference = after - before
    difference = np.abs(difference - np.median(difference, axis=(0, 1))).max(axis=2)
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
