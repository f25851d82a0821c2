import cv2
import numpy as np
from numpy.typing import NDArray

from tests.films import HEIGHT, WIDTH
from tests.unit.recording.scenes import opened, scene
from vision.recording.snapshot import annotated, blurred, caption, jpeg, private_areas
from vision.scene import Unseen, Wear


def busy() -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def test_private_areas_are_heads_and_upper_thirds() -> None:
    assert np.allclose(private_areas(scene(1)), [[27, 9, 53, 35], [90, 6, 130, 36]])


def test_blur_leaves_at_most_25_colours_of_each_head_and_nothing_else_changes() -> None:
    image = busy()
    kept = image.copy()
    result = blurred(image, scene(1))
    assert np.array_equal(image, kept), "the original is evidence"
    changed = (result != image).any(axis=2)
    hidden = np.zeros((HEIGHT, WIDTH), bool)
    for x0, y0, x1, y1 in private_areas(scene(1)).astype(int):
        assert len(np.unique(result[y0:y1, x0:x1].reshape(-1, 3), axis=0)) <= 25
        assert changed[y0:y1, x0:x1].mean() > 0.95
        hidden[y0:y1, x0:x1] = True
    assert not changed[~hidden].any()


def test_nobody_there_nothing_to_hide() -> None:
    image = busy()
    empty = scene(1)
    nobody = Wear.unseen(("hat",), np.empty((0, 4), np.float32), Unseen.NO_HEAD)
    alone = type(empty)(
        *(empty.camera, empty.at, 1.0, empty.frame_hw), empty.objects, empty.objects, nobody, (), empty.vitals
    )
    assert np.array_equal(blurred(image, alone), image)


def test_annotation_is_drawn_on_a_copy() -> None:
    image = busy()
    kept = image.copy()
    drawn = annotated(image, opened(9))
    assert np.array_equal(image, kept)
    assert (drawn[10, 20:60] == (48, 48, 230)).all(), "the box"
    assert (drawn[-20:] == 0).any()
    assert caption(opened(9)) == "no_hat  97%  zone cold  2026-11-24 01:02:12 UTC"


def test_a_jpeg_is_the_picture_again() -> None:
    image = cv2.GaussianBlur(busy(), (0, 0), 4)
    again = cv2.imdecode(np.frombuffer(jpeg(np.asarray(image, np.uint8)), np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(again.astype(int) - image).mean() < 3
