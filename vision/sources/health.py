"""Feels a camera's pulse: how bright, sharp, still, covered or displaced its picture is, and how its clock runs."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frames import Frame, Image, Packet, Picture
from vision.scene import Vitals

Grey = NDArray[np.uint8]
Plane = NDArray[np.float32]

LONGER_PX = 320
"""Longer side of the grey copy: a camera that hangs upright costs no more than any other."""
CELLS_ACROSS = 80
"""Cells of the change gate over the picture's width."""
MEDIAN_LOOKS = 301
"""The running median of sharpness: ten minutes at one look in two seconds, so that a blur is not usual in one."""
LEARN_RATE = 1 / 300
"""Share of each look in the reference view: people who pass leave no trace, a lamp that is switched on is learnt in
ten minutes."""
UNCHANGED_LOOKS = 3
"""Of looks at an unchanged picture, one in so many is measured in full."""
WARM_UP_LOOKS = 5
"""Before so many looks there is no reference to compare with."""
EDGE_LEVEL = 60.0
"""Sobel magnitude above which a pixel counts as an edge."""
FAINT, FAINT_LOSS = 1.25, 0.5
"""Where known edges are so many times as strong as the rest, they are not lost, and no more than this is told."""
_NEAR = np.ones((5, 5), np.uint8)
MIN_EDGES = 200
"""A view with fewer edge pixels has nothing that could be missed."""
SMALL_SHIFT = 0.02
"""Share of the width below which a shift is no finding, and nothing more is asked."""
BETTER = 0.1
"""By so much must two views correlate better when moved than when not, for a shift to be believed."""
STILL = 0.6
"""Views that are so much alike show the same place; of those that are less and fit no better moved nothing is known."""
PARTS_DOWN, PARTS_ACROSS, SLACK_PX = 3, 4, 4
"""How finely two views are compared, at half the size, and how far a part may lie from where the shift puts it."""
LEAST_PX = 3 * SLACK_PX
"""Where little is left that both views show, its parts are too narrow to be looked for."""
MIN_TEXTURE = 8.0
"""Spread of edge strength below which a part shows nothing that could be found again."""
MIN_RESPONSE = 0.08
"""Peak of the phase correlation below which two views have nothing in common, and no shift can be told."""


@dataclass(slots=True)
class PacketStats:
    """Follows the arrival of packets: silence, and how the stream's clock runs against ours."""

    _first: Packet | None = None
    _last: Packet | None = None

    def add(self, packet: Packet) -> None:
        """Take the next packet."""
        self._first = self._first or packet
        self._last = packet

    def silent_s(self, now: datetime) -> float:
        """Return seconds since the last packet; 0 before the first."""
        return max(0.0, (now - self._last.received_at).total_seconds()) if self._last else 0.0

    @property
    def drift_s(self) -> float:
        """Return the stream's elapsed time minus ours since the first packet; NaN before it."""
        if self._first is None or self._last is None:
            return float("nan")
        ours_s = (self._last.received_at - self._first.received_at).total_seconds()
        return self._last.pts_s - self._first.pts_s - ours_s


@dataclass(frozen=True, slots=True)
class View:
    """What a picture alone, and the reference, tell; see `scene.Vitals`."""

    luma: float
    contrast: float
    sharpness: float
    edge_loss: float
    shift: float


@dataclass(slots=True)
class VitalsMeter:
    """Measures one camera's pictures, one after the other, on a grey copy of 320 px."""

    _sharpness: deque[float] = field(default_factory=lambda: deque(maxlen=MEDIAN_LOOKS))
    _last: Picture | None = None
    _last_grey: Grey | None = None
    _reference: Plane | None = None
    _looks: int = 0
    _view: View | None = None
    _view_looks: int = 0
    """Since `_view` was measured."""

    def measure(self, frame: Frame, stats: PacketStats, *, unchanged: bool = False) -> Vitals:
        """Return the vitals of a connected camera; NaN for what cannot be told yet.

        `unchanged`: the change gate saw nothing new, so how sharp the view is and where is not measured each time.
        """
        grey = grey_copy(frame.reduced)
        change = self._change(frame.picture, grey)
        self._view_looks += 1
        if self._view is None or not unchanged or self._view_looks >= UNCHANGED_LOOKS:
            self._view, self._view_looks = self._viewed(grey), 0
        self._learn(grey)
        view = self._view
        return Vitals(
            connected=True,
            silent_s=stats.silent_s(frame.at),
            luma=view.luma,
            contrast=view.contrast,
            sharpness=view.sharpness,
            change=change,
            edge_loss=view.edge_loss,
            shift=view.shift,
            clock_drift_s=stats.drift_s,
        )

    def _viewed(self, grey: Grey) -> View:
        mean, deviation = cv2.meanStdDev(grey)
        edge_loss, shift = self._against_reference(grey)
        return View(float(mean[0, 0]), float(deviation[0, 0]), self._relative_sharpness(grey), edge_loss, shift)

    def _change(self, picture: Picture, grey: Grey) -> float:
        """Return the mean absolute difference to the previous look; exactly 0 only if every pixel is the same."""
        last, last_grey, self._last, self._last_grey = self._last, self._last_grey, picture, grey
        if last is None or last_grey is None or last.hw != picture.hw:
            return float("nan")
        change = cv2.norm(grey, last_grey, cv2.NORM_L1) / grey.size
        if change == 0 and not np.array_equal(picture.image, last.image):
            return 1 / picture.image.size
        return change

    def _relative_sharpness(self, grey: Grey) -> float:
        # Against the contrast: a light that is switched off takes both, a lens out of focus only the fine detail.
        # Smoothed first: a sensor's noise is as sharp behind a blurred lens as behind any.
        fine = cv2.Laplacian(cv2.GaussianBlur(grey, (5, 5), 0), cv2.CV_32F)
        value = _variance(fine) / max(1.0, _variance(grey))
        usual = median(self._sharpness) if self._sharpness else float("nan")
        self._sharpness.append(value)
        return value / usual if usual else float("nan")

    def _against_reference(self, grey: Grey) -> tuple[float, float]:
        """Return (edge loss, shift as a share of the width)."""
        reference = self._reference
        if reference is None or reference.shape != grey.shape or self._looks < WARM_UP_LOOKS:
            return float("nan"), float("nan")
        return edge_loss(reference, grey), displacement(reference, grey)

    def _learn(self, grey: Grey) -> None:
        plane = grey.astype(np.float32)
        if self._reference is None or self._reference.shape != plane.shape:
            self._reference, self._looks = plane, 0
        self._looks += 1
        cv2.accumulateWeighted(plane, self._reference, max(LEARN_RATE, 1 / self._looks if self._warming() else 0))

    def _warming(self) -> bool:
        return self._looks <= WARM_UP_LOOKS


def grey_copy(image: Image) -> Grey:
    """Return a grey copy of `LONGER_PX`; reads every second pixel of large pictures, which is plenty for that."""
    longer = max(image.shape[:2])
    height, width = (max(1, round(side * LONGER_PX / longer)) for side in image.shape[:2])
    size = (width, height)
    grey = cv2.cvtColor(_thinned(image, max(1, longer // (2 * LONGER_PX))), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _thinned(image: Image, step: int) -> Image:
    """Return every `step`-th pixel both ways; a fifth of the time that NumPy needs for the same pixels."""
    rows, columns = max(1, image.shape[0] // step), image.shape[1] // step
    if step == 1:
        return image
    whole = image[: rows * step, : columns * step]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_NEAREST), np.uint8)


def cells_of(image: Image) -> Plane:
    """Return the mean colours of a picture's cells, (rows, 80, 3), for `sampling.gate`."""
    height, width = image.shape[:2]
    step = max(1, width // (2 * LONGER_PX))
    size = (CELLS_ACROSS, max(1, round(height * CELLS_ACROSS / width)))
    small = cv2.resize(_thinned(image, step), size, interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)


def edge_loss(reference: Plane, grey: Grey) -> float:
    """Return the share of the reference's edges near which the picture has none; NaN for a view without edges."""
    known = _edges(reference)
    count = cv2.countNonZero(known)
    if count < MIN_EDGES:
        return float("nan")
    near = cv2.dilate(_edges(grey.astype(np.float32)), _NEAR)
    loss = 1 - cv2.countNonZero(cv2.bitwise_and(near, known)) / count
    return min(loss, FAINT_LOSS) if loss > FAINT_LOSS and _still_there(known, grey) else loss


def _still_there(known: Grey, grey: Grey) -> bool:
    """Tell whether most known edges stand out, however faintly: in a room without light, behind a lens out of focus."""
    found, edge = _strength(grey.astype(np.float32)), known > 0
    return bool(np.median(found[edge]) > FAINT * max(1.0, float(np.median(found[~edge]))))


def _edges(plane: Plane) -> Grey:
    """Return 1 where an edge is, else 0."""
    return (_strength(plane) > EDGE_LEVEL).view(np.uint8)


def _variance(plane: NDArray[Any]) -> float:
    _, deviation = cv2.meanStdDev(plane)
    return float(deviation[0, 0]) ** 2


def _strength(plane: Plane) -> Plane:
    across = cv2.Sobel(plane, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def displacement(reference: Plane, grey: Grey) -> float:
    """Return how far the view moved, as a share of its width, by phase correlation (Kuglin and Hines, 1975).

    At half the size: a whole view that moved is still seen. NaN where the two have too little in common.
    """
    size = (reference.shape[1] // 2, reference.shape[0] // 2)
    before = cv2.resize(reference, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    after = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    (dx, dy), response = cv2.phaseCorrelate(before, after, _window(size))
    if response < MIN_RESPONSE:
        return float("nan")
    share = float(np.hypot(dx, dy) / size[0])
    return share * _explained(before, after, round(dx), round(dy)) if share > SMALL_SHIFT else share


@lru_cache(maxsize=8)
def _window(size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.createHanningWindow(size, cv2.CV_32F), np.float32)


def _explained(before: Plane, after: Plane, dx: int, dy: int) -> float:
    """Return 1 where the views fit better when one is moved, 0 where they fit as they are, NaN where they hardly do.

    On tiles every period is a peak of the correlation; so a peak alone proves no shift.
    """
    # By their edges: large bright and dark parts are alike wherever one looks.
    seen = (_strength(before), _strength(after))
    still = _likeness(*seen, 0, 0)
    if _likeness(*seen, dx, dy) > still + BETTER:
        return 1.0
    return 0.0 if still >= STILL else float("nan")


def _likeness(before: Plane, after: Plane, dx: int, dy: int) -> float:
    """Return how much alike the parts are of what both views show, once the second is moved by whole px; -1..1.

    Part by part, each with a little slack: a wide lens that is turned moves what is near its rim farther than what is
    in the middle, so that no single shift brings all of a view to its place.
    """
    height, width = before.shape
    kept = before[max(0, -dy) : height - max(0, dy), max(0, -dx) : width - max(0, dx)]
    found = after[max(0, dy) : height - max(0, -dy), max(0, dx) : width - max(0, -dx)]
    if kept.size < before.size // 4:
        return -1.0
    parts = zip(_parts(kept), _parts(found), strict=True)
    likes = [_nearby(part, place) for part, place in parts if min(part.shape) >= LEAST_PX and part.std() > MIN_TEXTURE]
    return sum(likes) / len(likes) if likes else -1.0


def _parts(plane: Plane) -> list[Plane]:
    rows = np.array_split(plane, PARTS_DOWN, axis=0)
    return [part for row in rows for part in np.array_split(row, PARTS_ACROSS, axis=1)]


def _nearby(part: Plane, place: Plane) -> float:
    """Return the best correlation of the middle of a part with the place where it should be, `SLACK_PX` around."""
    middle = part[SLACK_PX:-SLACK_PX, SLACK_PX:-SLACK_PX]
    return float(cv2.matchTemplate(place, middle, cv2.TM_CCOEFF_NORMED).max())
