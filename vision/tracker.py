"""Follows boxes from look to look, seconds apart: where should each be by now, and which box is it?

Association in two stages by confidence follows ByteTrack (Y. Zhang et al., "ByteTrack: Multi-Object Tracking by
Associating Every Detection Box", ECCV 2022): sure boxes choose first, doubtful ones continue what is left over. Unlike
there, a box that continues nothing always begins a track, because every row of a look has an id; that a doubtful one
is not enough for a violation is the rules' business. Our looks are 0.2 s to 2 s apart instead of 1/30 s, so overlap
alone does not carry: the cost adds the distance from a damped constant-velocity prediction, measured in sizes of the
thing and in what it can walk in the time that passed.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import numpy as np
from numpy.typing import NDArray

from vision.assignment import IMPOSSIBLE, assign
from vision.detections import Detections
from vision.geometry import Boxes, areas, centres, clipped, iou
from vision.tracks import Tracks

SURE = 0.5
"""Confidence from which a box is matched in the first stage."""
_DAMPING_S = 3.0
"""A prediction coasts at most so many seconds' worth of velocity: people stop and turn."""
_SMOOTHING_S = 0.5
"""Velocity is averaged over about this time, so that jitter at 5 looks/s does not throw the prediction."""
_MISSED_S = 1.0
"""A look without its box counts as missed from here on."""
_OUT_SHARE = 0.5
"""Share of the predicted box beyond the frame from which a thing that moved outwards has left."""
_MAX_SIZE_RATIO = 3.5
"""One look to the next, a box does not grow or shrink by more than this in the root of its area."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a thing may be from its prediction, in roots of its box's area."""

    at_once: float = 0.6
    """However little time has passed: jitter of the detector, an arm stretched out."""
    per_s: float = 0.4
    """More for each second: a person walks a body width between two looks."""
    most: float = 1.2
    """However long the gap: what turns up farther off is more likely the next person."""


_ANIMAL = "animal"
ANIMALS = ("rat", "mouse", "cat", "dog")
_FAST = Reach(at_once=1.5, per_s=4.0, most=10.0)
"""A rat runs many times its own length in a second."""


@dataclass(slots=True)
class _Track:
    """What is remembered of one thing; lives only inside its tracker."""

    id: int
    group: str
    xyxy: NDArray[np.float32]
    velocity: NDArray[np.float32]
    """(2,) px/s of the centre."""
    first_at: datetime
    seen_at: datetime

    def predicted(self, ahead_s: float) -> NDArray[np.float32]:
        """Return the (4,) box where it should be, `ahead_s` after it was last seen."""
        coasted_s = _DAMPING_S * (1 - math.exp(-ahead_s / _DAMPING_S))
        return (self.xyxy + np.tile(self.velocity, 2) * coasted_s).astype(np.float32)

    def move(self, xyxy: NDArray[np.float32], at: datetime) -> None:
        """Take the box of this look."""
        passed_s = max((at - self.seen_at).total_seconds(), 1e-3)
        measured = (centres(xyxy[None])[0] - centres(self.xyxy[None])[0]) / passed_s
        share = np.float32(1 - math.exp(-passed_s / _SMOOTHING_S))
        self.velocity = self.velocity + share * (measured - self.velocity)
        self.xyxy, self.seen_at = xyxy, at

    def has_left(self, at: datetime, frame_hw: tuple[int, int]) -> bool:
        """Tell whether it was moving out at the edge and by now is mostly beyond it."""
        missed_s = (at - self.seen_at).total_seconds()
        if missed_s < _MISSED_S:
            return False
        ahead = (self.xyxy + np.tile(self.velocity, 2) * missed_s)[None].astype(np.float32)
        return _outside(ahead, frame_hw) >= _OUT_SHARE and _outside(ahead, frame_hw) > _outside(
            self.xyxy[None], frame_hw
        )


def _outside(xyxy: NDArray[np.float32], frame_hw: tuple[int, int]) -> float:
    """Return the share of the (1, 4) box that lies beyond the frame."""
    area = float(areas(xyxy)[0])
    return 1 - float(areas(clipped(xyxy, frame_hw))[0]) / area if area > 0 else 0.0


class Tracker:
    """Gives every box of every look the id of the thing that it shows.

    Boxes are only compared within their group: animals are one, because a detector calls the same cat a rat now and
    then; every other class is a group of its own. Ids count from 1 in the order of appearance and depend on nothing but
    the looks; pass one `ids` to several trackers to keep them apart. A track ends when it was unseen for
    `max_gap_s`, or when the next look would come too late for it, or when it walked out over the edge of the frame.
    """

    def __init__(self, max_gap_s: float = 5.0, ids: Iterator[int] | None = None) -> None:
        self._max_gap_s = max_gap_s
        self._ids = ids if ids is not None else count(1)
        self._tracks: list[_Track] = []
        self._last_at: datetime | None = None

    def update(self, detections: Detections, at: datetime, frame_hw: tuple[int, int]) -> Tracks:
        """Return the tracks of this look: row i belongs to row i of `detections`."""
        ended = self._expire(at)
        order = _canonical(detections)
        rows = np.empty(len(detections), np.int64)
        matched = self._match(detections[order], at)
        for place, row in enumerate(order.tolist()):
            track = matched.get(place) or self._begin(detections, row, at)
            track.move(detections.xyxy[row], at)
            rows[row] = track.id
        ended += self._end(lambda track: track.has_left(at, frame_hw) or self._will_expire(track, at))
        self._last_at = at
        return self._told(detections, rows, ended)

    def rest(self, at: datetime) -> Tracks:
        """Return what ended by time alone: nobody looked, so nobody was missed."""
        ended = self._expire(at)
        return Tracks(np.empty(0, np.int64), Detections.empty(), np.empty(0, np.float32), tuple(ended))

    def _told(self, detections: Detections, rows: NDArray[np.int64], ended: list[int]) -> Tracks:
        first = {track.id: track for track in self._tracks}
        ages = [(first[i].seen_at - first[i].first_at).total_seconds() for i in rows.tolist()]
        return Tracks(rows, detections, np.array(ages, np.float32), tuple(sorted(ended)))

    def _begin(self, detections: Detections, row: int, at: datetime) -> _Track:
        group, box = _groups(detections)[row], detections.xyxy[row]
        track = _Track(next(self._ids), group, box, np.zeros(2, np.float32), at, at)
        self._tracks.append(track)
        return track

    def _match(self, detections: Detections, at: datetime) -> dict[int, _Track]:
        """Return row → track: sure boxes, then doubtful ones, then sure ones near where something was last seen."""
        sure = detections.confidence >= SURE
        stages = ((sure, 1.0), (~sure, 1.0), (sure, 0.0))
        found: dict[int, _Track] = {}
        for rows, coasting in stages:
            free = [row for row in np.flatnonzero(rows).tolist() if row not in found]
            taken = {id(track) for track in found.values()}
            lost = [track for track in self._tracks if id(track) not in taken]
            if not free or not lost:
                continue
            cost = self._cost(detections[np.array(free, np.int64)], lost, (at, coasting))
            found |= {free[column]: lost[row] for row, column in assign(cost)}
        return found

    def _cost(self, detections: Detections, tracks: list[_Track], when: tuple[datetime, float]) -> NDArray[np.float64]:
        """Return (tracks, boxes): distance as a share of the reach, plus what does not overlap, plus change of size."""
        at, coasting = when
        gaps_s = [(at - track.seen_at).total_seconds() for track in tracks]
        timed = list(zip(tracks, gaps_s, strict=True))
        expected = np.stack([track.predicted(gap_s * coasting) for track, gap_s in timed])
        reaches = np.array([_reach(track.group, gap_s) for track, gap_s in timed])
        alike = np.array([[track.group == group for group in _groups(detections)] for track in tracks])
        return np.where(alike, _prices(expected, detections.xyxy, reaches), IMPOSSIBLE)

    def _expire(self, at: datetime) -> list[int]:
        return self._end(lambda track: (at - track.seen_at).total_seconds() >= self._max_gap_s)

    def _will_expire(self, track: _Track, at: datetime) -> bool:
        """Tell whether the next look, after a pause like the last, will come too late for it: then it is over now."""
        pause_s = (at - self._last_at).total_seconds() if self._last_at else 0.0
        unseen_s = (at - track.seen_at).total_seconds()
        return unseen_s >= _MISSED_S and unseen_s + pause_s >= self._max_gap_s

    def _end(self, is_over: Callable[[_Track], bool]) -> list[int]:
        over = [track.id for track in self._tracks if is_over(track)]
        self._tracks = [track for track in self._tracks if track.id not in over]
        return over


def _groups(detections: Detections) -> list[str]:
    return [_ANIMAL if name in ANIMALS else name for name in detections.names()]


def _canonical(detections: Detections) -> NDArray[np.int64]:
    """Return the row order that the boxes themselves dictate, so that the detector's order decides nothing."""
    keys = (detections.class_id, detections.confidence, *detections.xyxy.T[::-1])
    return np.lexsort(keys).astype(np.int64)


def _reach(group: str, gap_s: float) -> float:
    reach = _FAST if group == _ANIMAL else Reach()
    return min(reach.at_once + reach.per_s * gap_s, reach.most)


def _prices(expected: Boxes, boxes: Boxes, reaches: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (n, m) costs of being one of m boxes for n things expected at theirs; at most 2.5 where possible."""
    here = np.sqrt(np.maximum(areas(expected), 1.0))[:, None]
    there = np.sqrt(np.maximum(areas(boxes), 1.0))[None]
    gaps = np.linalg.norm(centres(boxes)[None] - centres(expected)[:, None], axis=2)
    apart = gaps / ((here + there) / 2) / reaches[:, None]
    grown = np.maximum(here / there, there / here)
    price = apart + 0.5 * (1 - iou(expected, boxes)) + 0.5 * np.log(grown)
    return np.where((apart <= 1) & (grown <= _MAX_SIZE_RATIO), price, IMPOSSIBLE).astype(np.float64)
