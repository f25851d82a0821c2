"""Who stands in the picture: persons get their heads, heads without a body get one, everything else is an object."""

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.geometry import Boxes, centres, coverage, iou
from vision.ports import People

PERSON = "person"
HEAD = "head"
PERSON_CLASSES = (PERSON,)
_NOBODY = np.empty(0, np.int64)

_UPPER_SHARE = 0.5
"""A head's centre lies in this upper share of its body's box; half, because a counter may hide the legs."""
_MIN_CONTAINED = 0.6
_HEAD_WIDTHS = (0.1, 0.95)
"""Width of a head as a share of its body's box: standing with arms out … only head and shoulders in the picture."""
_HEAD_HEIGHTS = (0.05, 0.75)
_BODY_HEADS = (3.0, 7.0)
"""A body is about three head widths wide and seven heads high (the painters' canon, Vitruvius to Loomis: 7 to 8)."""
_SAME_HEAD_IOU = 0.45
_UPRIGHT = (2.0, 4.5)
"""Height over width of a body that stands whole in the picture: only there we know where its head must be."""
_SUPPOSED_CONFIDENCE = 0.6
_SUPPOSED_HEAD = (0.8, 5.6)
"""Width over height of a supposed head, and how many of them make its body: hair included, so larger than the canon."""
_DOUBTFUL_HEAD = 0.5
_LOW_HEAD = 0.3
"""A doubtful head that begins by more than this share of its height below the top of its body is a neck or a collar."""
_SAME_BODY_IOU = 0.6
_SAME_BODY_COVERAGE = 0.75


def pair(detections: Detections, *, suppose_heads: bool = True) -> tuple[People, Detections]:
    """Split one look into people and all other objects.

    Every person gets at most one head and every head at most one person, best pair first. A head that nobody claims
    becomes a person of its own; its body box may reach beyond the frame, whose size is not known here. With
    `suppose_heads` an upright, surely seen person whose head the detector overlooked (long hair from behind) or put
    too low without being sure gets a head where it must be; the wear model still says *unknown* when it is not sure of
    what it sees there.
    """
    persons, heads = detections.of([PERSON]), _distinct(detections.of([HEAD]))
    if not len(persons) and not len(heads):
        return _people(persons, heads, {}, (_NOBODY, _NOBODY)), _others(detections)
    scores = _scores(persons, heads)
    chosen = _greedy(scores)
    kept = ~_doubles(persons, scores, chosen)
    lonely = np.array([i for i in range(len(heads)) if i not in chosen.values()], np.int64)
    people = _people(persons, heads, chosen, (np.flatnonzero(kept), lonely))
    if suppose_heads:
        people = _with_supposed_heads(people, heads)
    return people, _others(detections)


def body_of(head_xyxy: Boxes) -> Boxes:
    """Return the (n, 4) body boxes that belong to heads seen alone, downwards from the top of the head."""
    width, height = head_xyxy[:, 2] - head_xyxy[:, 0], head_xyxy[:, 3] - head_xyxy[:, 1]
    half = width * _BODY_HEADS[0] / 2
    middle, top = centres(head_xyxy)[:, 0], head_xyxy[:, 1]
    return np.stack([middle - half, top, middle + half, top + height * _BODY_HEADS[1]], axis=1).astype(np.float32)


def supposed_heads(body_xyxy: Boxes) -> Boxes:
    """Return the (n, 4) boxes where the heads of upright bodies must be: in the middle of the top."""
    height = (body_xyxy[:, 3] - body_xyxy[:, 1]) / _SUPPOSED_HEAD[1]
    half = height * _SUPPOSED_HEAD[0] / 2
    middle, top = centres(body_xyxy)[:, 0], body_xyxy[:, 1]
    return np.stack([middle - half, top, middle + half, top + height], axis=1).astype(np.float32)


def _with_supposed_heads(people: People, heads: Detections) -> People:
    boxes, told = people.persons.xyxy, people.head_xyxy
    doubtful = heads.xyxy[heads.confidence < _DOUBTFUL_HEAD]
    low = told[:, 1] - boxes[:, 1] > _LOW_HEAD * (told[:, 3] - told[:, 1])
    misplaced = low & np.any(np.all(told[:, None] == doubtful[None], axis=2), axis=1)
    upright = _within((boxes[:, 3] - boxes[:, 1]) / np.maximum(boxes[:, 2] - boxes[:, 0], 1e-6), _UPRIGHT)
    sure = upright & (people.persons.confidence >= _SUPPOSED_CONFIDENCE)
    supposed = sure & (misplaced | np.isnan(told[:, 0]))
    return People(people.persons, np.where(supposed[:, None], supposed_heads(boxes), told).astype(np.float32))


def _distinct(heads: Detections) -> Detections:
    """Return the heads without the doubtful twins of surer ones."""
    if len(heads) < 2:
        return heads
    overlaps = iou(heads.xyxy, heads.xyxy) >= _SAME_HEAD_IOU
    kept: list[int] = []
    for row in np.argsort(-heads.confidence, kind="stable").tolist():
        if not overlaps[row, kept].any():
            kept.append(row)
    return heads[np.array(sorted(kept), np.int64)]


def _scores(persons: Detections, heads: Detections) -> NDArray[np.float32]:
    """Return (persons, heads): how well each pair fits, 0 where it cannot be."""
    body, head = persons.xyxy[:, None], heads.xyxy[None]
    body_wh, head_wh = body[..., 2:] - body[..., :2], head[..., 2:] - head[..., :2]
    share = head_wh / np.maximum(body_wh, 1e-6)
    depth = ((head[..., 1] + head[..., 3]) / 2 - body[..., 1]) / np.maximum(body_wh[..., 1], 1e-6)
    contained = coverage(heads.xyxy, persons.xyxy).T
    fits = (contained >= _MIN_CONTAINED) & (depth <= _UPPER_SHARE) & _within(share[..., 0], _HEAD_WIDTHS)
    fits &= _within(share[..., 1], _HEAD_HEIGHTS)
    closeness = contained * (1 - np.clip(depth, 0, 1)) * heads.confidence[None]
    return np.where(fits, closeness, 0).astype(np.float32)


def _within(values: NDArray[np.float32], limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= limits[0]) & (values <= limits[1])


def _greedy(scores: NDArray[np.float32]) -> dict[int, int]:
    """Return person → head, the best pair first; ties go to the earlier row."""
    chosen: dict[int, int] = {}
    for flat in np.argsort(-scores, axis=None, kind="stable"):
        person, head = (int(i) for i in np.unravel_index(flat, scores.shape))
        if scores[person, head] > 0 and person not in chosen and head not in chosen.values():
            chosen[person] = head
    return chosen


def _doubles(persons: Detections, scores: NDArray[np.float32], chosen: dict[int, int]) -> NDArray[np.bool_]:
    """Mark headless boxes around a body that already has the head which they would claim."""
    overlaps = iou(persons.xyxy, persons.xyxy)
    inside = coverage(persons.xyxy, persons.xyxy)
    double = np.zeros(len(persons), np.bool_)
    for owner, head in chosen.items():
        same = (overlaps[:, owner] >= _SAME_BODY_IOU) | (inside[:, owner] >= _SAME_BODY_COVERAGE)
        double |= same & (scores[:, head] > 0)
    double[list(chosen)] = False
    return double


def _people(
    persons: Detections, heads: Detections, chosen: dict[int, int], rows: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> People:
    kept, lonely = rows
    of_kept = np.full((len(kept), 4), np.nan, np.float32)
    for row, person in enumerate(kept.tolist()):
        if person in chosen:
            of_kept[row] = heads.xyxy[chosen[person]]
    xyxy = np.concatenate([persons.xyxy[kept], body_of(heads.xyxy[lonely])])
    confidence = np.concatenate([persons.confidence[kept], heads.confidence[lonely]])
    seen = Detections(xyxy, confidence, np.zeros(len(xyxy), np.int64), PERSON_CLASSES)
    return People(seen, np.concatenate([of_kept, heads.xyxy[lonely]]))


def _others(detections: Detections) -> Detections:
    return detections.of([name for name in detections.classes if name not in {PERSON, HEAD}])
