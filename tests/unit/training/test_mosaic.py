import random

import numpy as np

from vision.training.degrade import degraded, recoloured
from vision.training.mosaic import CELL_PX, Canvas, mosaic, single
from vision.training.vocabulary import CLASS_INDEX, CLASSES

HEAD = CLASS_INDEX["head"]
SIDE = 256


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # draws pictures, guards no secret


def entry(**told: object) -> dict[str, object]:
    return {"boxes": [], "ignored": [], "known": [1] * len(CLASSES), **told}


def plain(value: int = 200) -> np.ndarray:
    return np.full((120, 160, 3), value, np.uint8)


def test_a_silent_set_is_learnt_only_in_its_boxes() -> None:
    silent = [0 if i == HEAD else 1 for i in range(len(CLASSES))]
    canvas = Canvas.blank(SIDE)
    told = entry(boxes=[[HEAD, 0, 0, 160, 120]], known=silent)
    canvas.paste(told, plain(), (0, 0, SIDE, SIDE), dice_of(3))
    box = [round(side / CELL_PX) for side in canvas.boxes[0][1:]]
    assert canvas.learnt[HEAD, box[1] : box[3] - 1, box[0] : box[2] - 1].all()
    bare = Canvas.blank(SIDE)
    bare.paste(entry(known=silent), plain(), (0, 0, SIDE, SIDE), dice_of(3))
    assert not bare.learnt[HEAD].all()
    assert bare.learnt[CLASS_INDEX["rat"]].all()


def test_a_mirrored_box_still_lies_on_its_object() -> None:
    for seed in range(20):
        picture = plain(0)
        picture[30:60, 20:50] = 255
        canvas = single(entry(boxes=[[HEAD, 20, 30, 50, 60]]), picture, SIDE, dice_of(seed))
        for _, x0, y0, x1, y1 in canvas.boxes:
            assert canvas.bgr[int((y0 + y1) / 2), int((x0 + x1) / 2), 0] == 255


def test_four_pictures_keep_their_own_silence() -> None:
    silent = [0] * len(CLASSES)
    pictures = [(entry(known=silent if i == 0 else [1] * len(CLASSES)), plain()) for i in range(4)]
    canvas = mosaic(pictures, SIDE, dice_of(1))  # type: ignore[arg-type]
    assert not canvas.learnt[HEAD, 0, 0]
    assert canvas.learnt[HEAD, -1, -1]


def test_a_sliver_of_an_object_is_ignored_not_labelled() -> None:
    silenced = False
    for seed in range(10):
        canvas = Canvas.blank(SIDE)
        canvas.paste(entry(boxes=[[HEAD, -300, 0, 60, 120]]), plain(), (0, 0, SIDE, SIDE), dice_of(seed))
        assert canvas.boxes == []
        silenced |= not canvas.learnt[HEAD].all()
    assert silenced


def test_spoiling_keeps_shape_and_repeats_with_its_seed() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (64, 48, 3), dtype=np.uint8)
    for seed in range(12):
        twins = (dice_of(seed), dice_of(seed))
        first, second = (degraded(recoloured(picture, dice), dice) for dice in twins)
        assert first.shape == picture.shape
        assert np.array_equal(first, second)
